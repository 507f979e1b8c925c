import { compact, encode, newtype, tuple } from "../../../primitives/codec/index.ts";
import { unit } from "../../../primitives/codec/index.ts";
import { err, ok } from "../../../primitives/result.ts";
import { AccountIdTy, NonceTy } from "../../../primitives/types.ts";
import type { AccountId } from "../../../primitives/types.ts";
import type { Context } from "../../../frame/context.ts";
import type { TransactionExtension } from "../../../frame/extension.ts";
import type { InvalidTransaction, Validity } from "../../../frame/types.ts";
import { Account } from "../storage.ts";

const TagTy = tuple(AccountIdTy, NonceTy);
const invalid = (type: "Stale" | "Future" | "Payment") => err({ type: "Invalid", value: { type } as InvalidTransaction } as const);

/** The tag by which the pool orders one account's transactions. */
export function nonceTag(who: AccountId, nonce: number): Uint8Array {
  return encode(TagTy, [who, nonce]);
}

/** An account that nobody provides for cannot keep a nonce: the transaction could be replayed after it is reaped. */
function checkProvided(ctx: Context, who: AccountId): Validity<number> {
  const account = Account.get(ctx.state, who);
  return account.providers === 0 && account.sufficients === 0 ? invalid("Payment") : ok(account.nonce);
}

export const checkNonce: TransactionExtension<number> = {
  identifier: "CheckNonce",
  extra: newtype("frame_system::extensions::check_nonce::CheckNonce", compact(NonceTy), { params: { T: undefined } }),
  implicit: unit,
  implicitOfBlock: true,
  implicitValue: () => ok(undefined),
  validate(ctx, { signer }, nonce) {
    if (signer === undefined) return ok({});
    const expected = checkProvided(ctx, signer);
    if (!expected.ok) return expected;
    if (nonce < expected.value) return invalid("Stale");
    return ok({ provides: [nonceTag(signer, nonce)], requires: nonce > expected.value ? [nonceTag(signer, nonce - 1)] : [] });
  },
  prepare(ctx, { signer }, nonce) {
    if (signer === undefined) return ok(undefined);
    const expected = checkProvided(ctx, signer);
    if (!expected.ok) return expected;
    if (nonce !== expected.value) return invalid(nonce < expected.value ? "Stale" : "Future");
    Account.set(ctx.state, signer, { ...Account.get(ctx.state, signer), nonce: nonce + 1 });
    return ok(undefined);
  },
};
