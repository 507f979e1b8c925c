import { equalBytes } from "../../primitives/bytes.ts";
import { done } from "../../primitives/result.ts";
import type { AccountId, Balance } from "../../primitives/types.ts";
import type { Context } from "../../frame/context.ts";
import type { Outcome } from "../../frame/types.ts";
import { BalancesEvent } from "./events.ts";
import { balancesOf, writeBalances } from "./ledger.ts";
import type { Preservation } from "./types.ts";
import { canDeposit, canWithdraw } from "./view.ts";

/** Moves free balance. To oneself it only checks. Errors: FundsUnavailable, Frozen, NotExpendable, BelowMinimum. */
export function transfer(ctx: Context, from: AccountId, to: AccountId, amount: Balance, preservation: Preservation): Outcome {
  const withdrawable = canWithdraw(ctx, from, amount, preservation !== "Expendable");
  if (!withdrawable.ok) return withdrawable;
  const depositable = canDeposit(ctx, to, amount);
  if (!depositable.ok) return depositable;
  if (equalBytes(from, to)) return done;
  if (amount > 0n) {
    const moved = move(ctx, from, to, amount);
    if (!moved.ok) return moved;
  }
  ctx.deposit(BalancesEvent, { type: "Transfer", value: { from, to, amount } });
  return done;
}

function move(ctx: Context, from: AccountId, to: AccountId, amount: Balance): Outcome {
  const source = balancesOf(ctx, from);
  const taken = writeBalances(ctx, from, { ...source, free: source.free - amount });
  if (!taken.ok) return taken;
  const target = balancesOf(ctx, to);
  return writeBalances(ctx, to, { ...target, free: target.free + amount });
}
