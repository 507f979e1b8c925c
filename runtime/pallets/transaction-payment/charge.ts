import { compact, newtype, unit } from "../../primitives/codec/index.ts";
import { err, ok } from "../../primitives/result.ts";
import { BalanceTy } from "../../primitives/types.ts";
import type { AccountId, Balance } from "../../primitives/types.ts";
import type { Context } from "../../frame/context.ts";
import type { TransactionExtension } from "../../frame/extension.ts";
import type { Validity } from "../../frame/types.ts";
import { burnCredit, deposit, withdraw } from "../balances/credit.ts";
import { canWithdraw, totalBalance } from "../balances/view.ts";
import { TransactionPaymentEvent } from "./events.ts";
import { computeActualFee, computeFee } from "./fee.ts";
import { priorityOf } from "./priority.ts";

/** What was taken before the call ran; undefined when there is no signer to take it from. */
export interface Charged {
  readonly who: AccountId;
  /** Tip included. */
  readonly fee: Balance;
  readonly tip: Balance;
}

const CANNOT_PAY = err({ type: "Invalid", value: { type: "Payment" } } as const);

/** A fee never kills the account that pays it: it would forget its nonce. */
function take(ctx: Context, who: AccountId, fee: Balance): Validity<undefined> {
  if (fee === 0n) return ok(undefined);
  const able = canWithdraw(ctx, who, fee, true);
  if (!able.ok) return CANNOT_PAY;
  return withdraw(ctx, who, fee, "Exact", "Preserve", "Polite").ok ? ok(undefined) : CANNOT_PAY;
}

/** Gives back what was charged too much and burns the rest: issuance falls by exactly what was paid. An account that died gets nothing back. */
function settle(ctx: Context, { who, fee }: Charged, actual: Balance): void {
  const refund = fee - actual;
  const returned = refund > 0n && totalBalance(ctx, who) > 0n ? deposit(ctx, who, refund, "BestEffort") : undefined;
  burnCredit(ctx, fee - (returned?.ok ? returned.value : 0n));
}

/** The signer pays for the transaction: the most it may cost before it runs, what it did cost after. The extra is the tip. */
export const chargeTransactionPayment: TransactionExtension<Balance, Charged | undefined> = {
  identifier: "ChargeTransactionPayment",
  extra: newtype("pallet_transaction_payment::ChargeTransactionPayment", compact(BalanceTy), { params: { T: undefined } }),
  implicit: unit,
  implicitOfBlock: true,
  implicitValue: () => ok(undefined),
  validate(ctx, { signer, scheme, info, length }, tip) {
    if (signer === undefined) return ok({});
    const fee = computeFee(ctx, length, info, tip, scheme);
    if (!canWithdraw(ctx, signer, fee, true).ok) return CANNOT_PAY;
    return ok({ priority: priorityOf(info, length, tip, fee) });
  },
  prepare(ctx, { signer, scheme, info, length }, tip) {
    if (signer === undefined) return ok(undefined);
    const fee = computeFee(ctx, length, info, tip, scheme);
    const taken = take(ctx, signer, fee);
    return taken.ok ? ok({ who: signer, fee, tip }) : taken;
  },
  postDispatch(ctx, { scheme, info, length }, charged, post) {
    if (charged === undefined) return;
    const computed = computeActualFee(ctx, length, info, post, charged.tip, scheme);
    // A call may raise the multiplier under its own feet (root only); nobody pays more than was announced.
    const actual_fee = computed < charged.fee ? computed : charged.fee;
    settle(ctx, charged, actual_fee);
    ctx.deposit(TransactionPaymentEvent, { type: "TransactionFeePaid", value: { who: charged.who, actual_fee, tip: charged.tip } });
  },
};
