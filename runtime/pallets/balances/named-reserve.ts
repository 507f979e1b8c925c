// Reserves under an 8-byte name, so several pallets can reserve on one account without a record of their own.
import { compareBytes, equalBytes } from "../../primitives/bytes.ts";
import { done, ok } from "../../primitives/result.ts";
import type { AccountId, Balance } from "../../primitives/types.ts";
import type { Context } from "../../frame/context.ts";
import { fail } from "../../frame/pallet.ts";
import type { Outcome } from "../../frame/types.ts";
import { BalancesError, BalancesEvent } from "./events.ts";
import type { Slash } from "./credit.ts";
import { repatriateUpTo, reserve, slashReservedUpTo, unreserveUpTo } from "./reserve.ts";
import { MAX_RESERVES, Reserves } from "./storage.ts";
import type { BalanceStatus } from "./types.ts";
import { minBalance, saturatingSub } from "./view.ts";

export function reservedBalanceNamed(ctx: Context, id: Uint8Array, who: AccountId): Balance {
  return Reserves.get(ctx.state, who).find((item) => equalBytes(item.id, id))?.amount ?? 0n;
}

/** The list stays sorted by id, without empty entries; without any the key goes. */
function setNamed(ctx: Context, id: Uint8Array, who: AccountId, amount: Balance): void {
  const others = Reserves.get(ctx.state, who).filter((item) => !equalBytes(item.id, id));
  const next = amount === 0n ? others : [...others, { id, amount }].sort((a, b) => compareBytes(a.id, b.id));
  if (next.length === 0) Reserves.remove(ctx.state, who);
  else Reserves.set(ctx.state, who, next);
}

function hasRoom(ctx: Context, id: Uint8Array, who: AccountId): boolean {
  const reserves = Reserves.get(ctx.state, who);
  return reserves.length < MAX_RESERVES || reserves.some((item) => equalBytes(item.id, id));
}

/** As `reserve`; also TooManyReserves. */
export function reserveNamed(ctx: Context, id: Uint8Array, who: AccountId, amount: Balance): Outcome {
  if (amount === 0n) return done;
  if (!hasRoom(ctx, id, who)) return fail(BalancesError, "TooManyReserves");
  const reserved = reserve(ctx, who, amount);
  if (reserved.ok) setNamed(ctx, id, who, reservedBalanceNamed(ctx, id, who) + amount);
  return reserved;
}

/** Returns what could not be moved back to free. */
export function unreserveNamed(ctx: Context, id: Uint8Array, who: AccountId, amount: Balance): Balance {
  const named = reservedBalanceNamed(ctx, id, who);
  const wanted = minBalance(named, amount);
  if (wanted === 0n) return amount;
  const moved = unreserveUpTo(ctx, who, wanted, wanted);
  setNamed(ctx, id, who, named - moved);
  return amount - moved;
}

/** Reserves or unreserves until exactly `amount` is reserved under this name. */
export function ensureReservedNamed(ctx: Context, id: Uint8Array, who: AccountId, amount: Balance): Outcome {
  const named = reservedBalanceNamed(ctx, id, who);
  if (named < amount) return reserveNamed(ctx, id, who, amount - named);
  unreserveNamed(ctx, id, who, named - amount);
  return done;
}

/** The caller settles what was slashed. FRAME announces a named slash twice, and so does this. */
export function slashReservedNamed(ctx: Context, id: Uint8Array, who: AccountId, amount: Balance): Slash {
  const named = reservedBalanceNamed(ctx, id, who);
  const wanted = minBalance(named, amount);
  if (wanted === 0n) return { slashed: 0n, remaining: amount };
  const { slashed } = slashReservedUpTo(ctx, who, wanted, wanted);
  setNamed(ctx, id, who, named - slashed);
  ctx.deposit(BalancesEvent, { type: "Slashed", value: { who, amount: slashed } });
  return { slashed, remaining: amount - slashed };
}

/** With `Reserved` the target holds it under the same name. Returns what could not be moved. */
export function repatriateReservedNamed(ctx: Context, id: Uint8Array, from: AccountId, to: AccountId, amount: Balance, status: BalanceStatus): Outcome<Balance> {
  const named = reservedBalanceNamed(ctx, id, from);
  if (amount === 0n) return ok(0n);
  if (equalBytes(from, to)) return ok(status === "Free" ? unreserveNamed(ctx, id, from, amount) : saturatingSub(amount, named));
  const wanted = minBalance(named, amount);
  if (wanted === 0n) return ok(amount);
  if (status === "Reserved" && !hasRoom(ctx, id, to)) return fail(BalancesError, "TooManyReserves");
  const moved = repatriateUpTo(ctx, from, to, wanted, wanted, status);
  if (!moved.ok) return moved;
  setNamed(ctx, id, from, named - moved.value);
  if (status === "Reserved") setNamed(ctx, id, to, reservedBalanceNamed(ctx, id, to) + moved.value);
  return ok(amount - moved.value);
}
