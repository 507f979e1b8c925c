// Anonymous reserves: deposits of pallets that keep their own record of who reserved what. What is held or reserved by name is
// out of their reach, so no pallet can free another's.
import { equalBytes } from "../../primitives/bytes.ts";
import { done, ok } from "../../primitives/result.ts";
import type { AccountId, Balance } from "../../primitives/types.ts";
import type { Context } from "../../frame/context.ts";
import { fail } from "../../frame/pallet.ts";
import type { Outcome } from "../../frame/types.ts";
import { BalancesError, BalancesEvent } from "./events.ts";
import type { Slash } from "./credit.ts";
import { balancesOf, writeBalances } from "./ledger.ts";
import { Holds, Reserves } from "./storage.ts";
import type { BalanceStatus } from "./types.ts";
import { OVERFLOW, U128_MAX, existentialDeposit, minBalance, reducibleOnHold, saturatingSub } from "./view.ts";

const sum = (list: readonly { readonly amount: Balance }[]): Balance => list.reduce((total, { amount }) => total + amount, 0n);

/** Of the reserved balance, what is neither held nor reserved by name. */
export function anonymousReserve(ctx: Context, who: AccountId): Balance {
  const { reserved } = balancesOf(ctx, who);
  return reserved === 0n ? 0n : saturatingSub(reserved, sum(Holds.get(ctx.state, who)) + sum(Reserves.get(ctx.state, who)));
}

export function canReserve(ctx: Context, who: AccountId, amount: Balance): boolean {
  if (amount === 0n) return true;
  const { free, frozen } = balancesOf(ctx, who);
  return free >= amount && free - amount >= existentialDeposit(ctx) && free - amount >= frozen;
}

/** Moves `amount` from free to reserved. Errors: InsufficientBalance, LiquidityRestrictions, ConsumerRemaining (it would kill the account). */
export function reserve(ctx: Context, who: AccountId, amount: Balance): Outcome {
  if (amount === 0n) return done;
  const data = balancesOf(ctx, who);
  if (data.free < amount) return fail(BalancesError, "InsufficientBalance");
  if (data.reserved + amount > U128_MAX) return OVERFLOW;
  if (data.free - amount < data.frozen) return fail(BalancesError, "LiquidityRestrictions");
  const written = writeBalances(ctx, who, { ...data, free: data.free - amount, reserved: data.reserved + amount });
  if (written.ok) ctx.deposit(BalancesEvent, { type: "Reserved", value: { who, amount } });
  return written;
}

/** Moves up to `amount` back to free. Returns what could not be moved. */
export function unreserve(ctx: Context, who: AccountId, amount: Balance): Balance {
  return amount - unreserveUpTo(ctx, who, amount, anonymousReserve(ctx, who));
}

/** Returns what moved. `limit` is the part of the reserve that the caller answers for. */
export function unreserveUpTo(ctx: Context, who: AccountId, amount: Balance, limit: Balance): Balance {
  const data = balancesOf(ctx, who);
  if (amount === 0n || data.free + data.reserved === 0n) return 0n;
  const moved = minBalance(amount, limit);
  if (!writeBalances(ctx, who, { ...data, free: data.free + moved, reserved: data.reserved - moved }).ok) return 0n;
  ctx.deposit(BalancesEvent, { type: "Unreserved", value: { who, amount: moved } });
  return moved;
}

/** Takes up to `amount` out of the reserve. The caller settles what was slashed. */
export function slashReserved(ctx: Context, who: AccountId, amount: Balance): Slash {
  return slashReservedUpTo(ctx, who, amount, anonymousReserve(ctx, who));
}

export function slashReservedUpTo(ctx: Context, who: AccountId, amount: Balance, limit: Balance): Slash {
  const data = balancesOf(ctx, who);
  if (amount === 0n || data.free + data.reserved === 0n) return { slashed: 0n, remaining: amount };
  const slashed = minBalance(amount, limit);
  if (!writeBalances(ctx, who, { ...data, reserved: data.reserved - slashed }).ok) return { slashed: 0n, remaining: amount };
  ctx.deposit(BalancesEvent, { type: "Slashed", value: { who, amount: slashed } });
  return { slashed, remaining: amount - slashed };
}

/** Moves up to `amount` of one account's reserve to another account, which must exist. Returns what could not be moved. */
export function repatriateReserved(ctx: Context, from: AccountId, to: AccountId, amount: Balance, status: BalanceStatus): Outcome<Balance> {
  const moved = repatriateUpTo(ctx, from, to, amount, anonymousReserve(ctx, from), status);
  return moved.ok ? ok(amount - moved.value) : moved;
}

/** Returns what moved. What is frozen stays: this is no way around a freeze. */
export function repatriateUpTo(ctx: Context, from: AccountId, to: AccountId, amount: Balance, limit: Balance, status: BalanceStatus): Outcome<Balance> {
  if (amount === 0n) return ok(0n);
  const moved = minBalance(amount, minBalance(limit, reducibleOnHold(ctx, from, "Polite")));
  if (equalBytes(from, to)) return ok(status === "Free" ? unreserveUpTo(ctx, from, moved, moved) : moved);
  const target = balancesOf(ctx, to);
  if (target.free + target.reserved + target.frozen === 0n) return fail(BalancesError, "DeadAccount");
  if (moved > 0n) {
    const written = moveReserve(ctx, from, to, moved, status);
    if (!written.ok) return written;
  }
  ctx.deposit(BalancesEvent, { type: "ReserveRepatriated", value: { from, to, amount: moved, destination_status: { type: status } } });
  return ok(moved);
}

// The target first: it may be refused (too many consumers), while giving up a reserve never is.
function moveReserve(ctx: Context, from: AccountId, to: AccountId, moved: Balance, status: BalanceStatus): Outcome {
  const target = balancesOf(ctx, to);
  if (target.free + target.reserved + moved > U128_MAX) return OVERFLOW;
  const [free, reserved] = status === "Free" ? [target.free + moved, target.reserved] : [target.free, target.reserved + moved];
  const added = writeBalances(ctx, to, { ...target, free, reserved });
  if (!added.ok) return added;
  const source = balancesOf(ctx, from);
  return writeBalances(ctx, from, { ...source, reserved: source.reserved - moved });
}
