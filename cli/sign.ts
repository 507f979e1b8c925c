// Making a signed transaction without the node's help: everything it needs to know comes in.
import type { RuntimeApis } from "../runtime/frame/apis.ts";
import { Context } from "../runtime/frame/context.ts";
import type { Host } from "../runtime/frame/context.ts";
import { encodeExtrinsic, signedMessage, signingPayload } from "../runtime/frame/extrinsic.ts";
import type { RuntimeCall } from "../runtime/frame/pallet.ts";
import { EMPTY_STATE, State } from "../runtime/frame/state.ts";
import { concatBytes } from "../runtime/primitives/bytes.ts";
import { encode } from "../runtime/primitives/codec/index.ts";
import { eraBirth } from "../runtime/primitives/era.ts";
import type { Era } from "../runtime/primitives/era.ts";
import { InvariantError } from "../runtime/primitives/errors.ts";
import type { AccountId, Hash, MultiSignature } from "../runtime/primitives/types.ts";
import { BlockHash } from "../runtime/pallets/system/storage.ts";

/** What a signature covers besides the call. */
export interface SigningTerms {
  readonly genesisHash: Hash;
  readonly era: Era;
  /** The best block when the era was chosen, and the hash of the era's first block. */
  readonly blockNumber: number;
  readonly birthHash: Hash;
  readonly nonce: number;
  /** Smallest unit. */
  readonly tip: bigint;
}

const NO_HOST: Host = {
  verifySignature: () => false,
  generateSessionKeys: () => {
    throw new InvariantError("NO_KEYS", "signing makes no session keys");
  },
};

/** One value per extension, in their order. */
export function extrasOf({ runtime }: RuntimeApis, { era, nonce, tip }: SigningTerms): readonly unknown[] {
  const values: Readonly<Record<string, unknown>> = { CheckMortality: era, CheckNonce: nonce, ChargeTransactionPayment: tip, CheckMetadataHash: { mode: { type: "Disabled" } } };
  return runtime.extensions.map(({ identifier }) => values[identifier]);
}

/** The bytes that are signed; above 256 of them, their hash. */
export function messageToSign(apis: RuntimeApis, call: RuntimeCall, terms: SigningTerms): { readonly payload: Uint8Array; readonly message: Uint8Array } {
  const { runtime } = apis;
  const ctx = new Context(runtime, new State(EMPTY_STATE, runtime.storageItems), NO_HOST);
  ctx.blockNumber = terms.blockNumber;
  BlockHash.set(ctx.state, eraBirth(terms.era, terms.blockNumber), terms.birthHash);
  BlockHash.set(ctx.state, 0, terms.genesisHash);
  const extras = extrasOf(apis, terms);
  const extraBytes = concatBytes(...runtime.extensions.map(({ extra }, i) => encode(extra, extras[i])));
  const payload = signingPayload(ctx, encode(runtime.outer.call, call), extraBytes, extras);
  if (!payload.ok) throw new InvariantError("NO_PAYLOAD", `the payload cannot be made: ${payload.error.value.type}`);
  return { payload: payload.value, message: signedMessage(payload.value) };
}

/** The transaction with its length prefix. */
export function signedExtrinsic(apis: RuntimeApis, call: RuntimeCall, terms: SigningTerms, signer: AccountId, signature: MultiSignature): Uint8Array {
  return encodeExtrinsic(apis.runtime, { type: "Signed", address: { type: "Id", value: signer }, signature, extras: extrasOf(apis, terms) }, call);
}
