// Holds: reserved funds that belong to one reason of one pallet. They need a provider and can always be slashed.
import { equalBytes } from "../../primitives/bytes.ts";
import { done, ok } from "../../primitives/result.ts";
import type { AccountId, Balance } from "../../primitives/types.ts";
import type { Context } from "../../frame/context.ts";
import { fail } from "../../frame/pallet.ts";
import type { Outcome } from "../../frame/types.ts";
import { accountOf } from "../system/account.ts";
import type { Slash } from "./credit.ts";
import { BalancesError } from "./events.ts";
import { balancesOf, burnCredit, takeable, writeBalances } from "./ledger.ts";
import { Holds, MAX_HOLDS } from "./storage.ts";
import { amountOf, sameReason, withAmount } from "./types.ts";
import type { Fortitude, HoldId, Precision, Preservation, Restriction } from "./types.ts";
import { OVERFLOW, U128_MAX, canDeposit, minBalance, reducibleBalance, reducibleOnHold, tokenError } from "./view.ts";

export function balanceOnHold(ctx: Context, id: HoldId, who: AccountId): Balance {
  return amountOf(Holds.get(ctx.state, who), id);
}

function setHold(ctx: Context, id: HoldId, who: AccountId, amount: Balance): void {
  const next = withAmount(Holds.get(ctx.state, who), id, amount);
  if (next.length === 0) Holds.remove(ctx.state, who);
  else Holds.set(ctx.state, who, next);
}

/** Whether this account may have (more of) this hold at all. */
export function holdAvailable(ctx: Context, id: HoldId, who: AccountId): boolean {
  const holds = Holds.get(ctx.state, who);
  return accountOf(ctx.state, who).providers > 0 && (holds.length < MAX_HOLDS || holds.some((item) => sameReason(item.id, id)));
}

export function ensureCanHold(ctx: Context, id: HoldId, who: AccountId, amount: Balance): Outcome {
  if (amount > reducibleBalance(ctx, who, "Protect", "Force")) return tokenError("FundsUnavailable");
  return holdAvailable(ctx, id, who) ? done : tokenError("CannotCreateHold");
}

/** Puts `amount` of free balance on hold, on top of what this reason holds. The existential deposit stays free. */
export function hold(ctx: Context, id: HoldId, who: AccountId, amount: Balance): Outcome {
  const able = ensureCanHold(ctx, id, who, amount);
  if (!able.ok || amount === 0n) return able;
  const data = balancesOf(ctx, who);
  if (data.reserved + amount > U128_MAX) return OVERFLOW;
  const written = writeBalances(ctx, who, { ...data, free: data.free - amount, reserved: data.reserved + amount });
  if (written.ok) setHold(ctx, id, who, balanceOnHold(ctx, id, who) + amount);
  return written;
}

/** Frees what is on hold and returns how much. */
export function release(ctx: Context, id: HoldId, who: AccountId, amount: Balance, precision: Precision): Outcome<Balance> {
  if (!canDeposit(ctx, who, amount).ok) return tokenError("CannotCreate");
  const held = balanceOnHold(ctx, id, who);
  if (precision === "Exact" && amount > held) return tokenError("FundsUnavailable");
  const freed = minBalance(amount, held);
  if (freed === 0n) return ok(0n);
  const data = balancesOf(ctx, who);
  const written = writeBalances(ctx, who, { ...data, free: data.free + freed, reserved: data.reserved - freed });
  if (!written.ok) return written;
  setHold(ctx, id, who, held - freed);
  return ok(freed);
}

/** Holds or releases until exactly `amount` is on hold for this reason. */
export function setOnHold(ctx: Context, id: HoldId, who: AccountId, amount: Balance): Outcome {
  const held = balanceOnHold(ctx, id, who);
  if (held < amount) return hold(ctx, id, who, amount - held);
  if (held === amount) return done;
  const released = release(ctx, id, who, held - amount, "Exact");
  return released.ok ? done : released;
}

/** Takes from the hold; the caller settles it. Gives up a reserve, which is never refused. */
function takeHeld(ctx: Context, id: HoldId, who: AccountId, amount: Balance): Outcome<Balance> {
  if (amount === 0n) return ok(0n);
  const data = balancesOf(ctx, who);
  const written = writeBalances(ctx, who, { ...data, reserved: data.reserved - amount });
  if (!written.ok) return written;
  setHold(ctx, id, who, balanceOnHold(ctx, id, who) - amount);
  return ok(amount);
}

/** What of `amount` this hold can give away, seen from freezes and from the hold itself. */
function heldTakeable(ctx: Context, id: HoldId, who: AccountId, amount: Balance, precision: Precision, fortitude: Fortitude): Outcome<Balance> {
  const held = balanceOnHold(ctx, id, who);
  const liquid = reducibleOnHold(ctx, who, fortitude);
  if (precision === "BestEffort") return ok(minBalance(amount, minBalance(liquid, held)));
  if (amount > liquid) return tokenError("Frozen");
  return amount > held ? tokenError("FundsUnavailable") : ok(amount);
}

/** Destroys held funds. Issuance is lowered here. */
export function burnHeld(ctx: Context, id: HoldId, who: AccountId, amount: Balance, precision: Precision, fortitude: Fortitude): Outcome<Balance> {
  const able = heldTakeable(ctx, id, who, amount, precision, fortitude);
  if (!able.ok) return able;
  const taken = takeHeld(ctx, id, who, able.value);
  if (taken.ok) burnCredit(ctx, taken.value);
  return taken;
}

/** Takes as much of `amount` as this reason holds, freezes or not. The caller settles what was slashed. */
export function slashHeld(ctx: Context, id: HoldId, who: AccountId, amount: Balance): Slash {
  const taken = takeHeld(ctx, id, who, minBalance(amount, balanceOnHold(ctx, id, who)));
  const slashed = taken.ok ? taken.value : 0n;
  return { slashed, remaining: amount - slashed };
}

/** Adds to an account's hold what the issuance counts already. */
function addHeld(ctx: Context, id: HoldId, who: AccountId, amount: Balance): Outcome {
  const data = balancesOf(ctx, who);
  if (data.free + data.reserved + amount > U128_MAX) return OVERFLOW;
  const held = balanceOnHold(ctx, id, who);
  if (held === 0n && Holds.get(ctx.state, who).length >= MAX_HOLDS) return fail(BalancesError, "TooManyHolds");
  const written = writeBalances(ctx, who, { ...data, reserved: data.reserved + amount });
  if (written.ok) setHold(ctx, id, who, held + amount);
  return written;
}

function addFree(ctx: Context, who: AccountId, amount: Balance): Outcome {
  const data = balancesOf(ctx, who);
  return writeBalances(ctx, who, { ...data, free: data.free + amount });
}

/** Moves held funds to another account: free there, or on hold for the same reason. Returns what moved. */
export function transferOnHold(
  ctx: Context,
  id: HoldId,
  from: AccountId,
  to: AccountId,
  amount: Balance,
  precision: Precision,
  mode: Restriction,
  fortitude: Fortitude,
): Outcome<Balance> {
  const able = heldTakeable(ctx, id, from, amount, precision, fortitude);
  if (!able.ok) return able;
  if (!canDeposit(ctx, to, able.value).ok) return tokenError("CannotCreate");
  if (mode === "OnHold" && !holdAvailable(ctx, id, to)) return tokenError("CannotCreateHold");
  if (equalBytes(from, to)) return mode === "OnHold" ? able : release(ctx, id, from, able.value, "Exact");
  if (able.value === 0n) return able;
  // The target first: it may be refused, while giving up a hold never is.
  const added = mode === "OnHold" ? addHeld(ctx, id, to, able.value) : addFree(ctx, to, able.value);
  return added.ok ? takeHeld(ctx, id, from, able.value) : added;
}

/** Moves free balance to another account, on hold there. Returns what moved. */
export function transferAndHold(
  ctx: Context,
  id: HoldId,
  from: AccountId,
  to: AccountId,
  amount: Balance,
  precision: Precision,
  preservation: Preservation,
  fortitude: Fortitude,
): Outcome<Balance> {
  if (!holdAvailable(ctx, id, to)) return tokenError("CannotCreateHold");
  if (!canDeposit(ctx, to, amount).ok) return tokenError("CannotCreate");
  const able = takeable(ctx, from, amount, precision, preservation, fortitude);
  if (!able.ok || able.value === 0n) return able;
  if (equalBytes(from, to)) {
    const held = hold(ctx, id, from, able.value);
    return held.ok ? able : held;
  }
  const added = addHeld(ctx, id, to, able.value);
  if (!added.ok) return added;
  const data = balancesOf(ctx, from);
  const taken = writeBalances(ctx, from, { ...data, free: data.free - able.value });
  return taken.ok ? able : taken;
}
