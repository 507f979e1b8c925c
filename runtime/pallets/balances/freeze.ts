// Freezes and locks: a least total that an account may not go below. They overlap: the greatest counts.
import { equalBytes } from "../../primitives/bytes.ts";
import { done } from "../../primitives/result.ts";
import type { AccountId, Balance } from "../../primitives/types.ts";
import { InvariantError } from "../../primitives/errors.ts";
import type { Context } from "../../frame/context.ts";
import { fail } from "../../frame/pallet.ts";
import type { Outcome } from "../../frame/types.ts";
import { BalancesError, BalancesEvent } from "./events.ts";
import { balancesOf, writeBalances } from "./ledger.ts";
import { Freezes, Locks, MAX_FREEZES, MAX_LOCKS } from "./storage.ts";
import { amountOf, sameReason, withAmount } from "./types.ts";
import type { BalanceLock, FreezeId, IdAmount, Reasons } from "./types.ts";
import { maxBalance } from "./view.ts";

type Amounts = readonly { readonly amount: Balance }[];

/** What an account with these restrictions has frozen. */
export function frozenBy(locks: Amounts, freezes: Amounts): Balance {
  return [...locks, ...freezes].reduce((most, { amount }) => maxBalance(most, amount), 0n);
}

/** Sets `frozen` and announces the difference. Refused when the account cannot take a consumer. */
function setFrozen(ctx: Context, who: AccountId, frozen: Balance, up: "Locked" | "Frozen", down: "Unlocked" | "Thawed"): Outcome {
  const data = balancesOf(ctx, who);
  const before = data.frozen;
  const written = writeBalances(ctx, who, { ...data, frozen });
  if (!written.ok) return written;
  if (before > frozen) ctx.deposit(BalancesEvent, { type: down, value: { who, amount: before - frozen } });
  if (frozen > before) ctx.deposit(BalancesEvent, { type: up, value: { who, amount: frozen - before } });
  return done;
}

function updateFreezes(ctx: Context, who: AccountId, freezes: readonly IdAmount[]): Outcome {
  const written = setFrozen(ctx, who, frozenBy(Locks.get(ctx.state, who), freezes), "Frozen", "Thawed");
  if (!written.ok) return written;
  if (freezes.length === 0) Freezes.remove(ctx.state, who);
  else Freezes.set(ctx.state, who, freezes);
  return done;
}

export function balanceFrozen(ctx: Context, id: FreezeId, who: AccountId): Balance {
  return amountOf(Freezes.get(ctx.state, who), id);
}

/** Replaces this reason's freeze; zero thaws. The amount may be above the balance. Error: TooManyFreezes. */
export function setFreeze(ctx: Context, id: FreezeId, who: AccountId, amount: Balance): Outcome {
  if (amount === 0n) return thaw(ctx, id, who);
  const freezes = Freezes.get(ctx.state, who);
  if (freezes.length >= MAX_FREEZES && !freezes.some((item) => sameReason(item.id, id))) return fail(BalancesError, "TooManyFreezes");
  return updateFreezes(ctx, who, withAmount(freezes, id, amount));
}

/** As `setFreeze`, but never lowers a freeze. */
export function extendFreeze(ctx: Context, id: FreezeId, who: AccountId, amount: Balance): Outcome {
  return amount === 0n ? done : setFreeze(ctx, id, who, maxBalance(amount, balanceFrozen(ctx, id, who)));
}

export function thaw(ctx: Context, id: FreezeId, who: AccountId): Outcome {
  const freezes = Freezes.get(ctx.state, who);
  return amountOf(freezes, id) === 0n ? done : updateFreezes(ctx, who, withAmount(freezes, id, 0n));
}

function updateLocks(ctx: Context, who: AccountId, locks: readonly BalanceLock[]): Outcome {
  if (locks.length > MAX_LOCKS) throw new InvariantError("TOO_MANY_LOCKS", `an account has ${locks.length} locks; pallets use at most ${MAX_LOCKS} ids`);
  const written = setFrozen(ctx, who, frozenBy(locks, Freezes.get(ctx.state, who)), "Locked", "Unlocked");
  if (!written.ok) return written;
  if (locks.length === 0) Locks.remove(ctx.state, who);
  else Locks.set(ctx.state, who, locks);
  return done;
}

export function lockOf(ctx: Context, id: Uint8Array, who: AccountId): BalanceLock | undefined {
  return Locks.get(ctx.state, who).find((lock) => equalBytes(lock.id, id));
}

function putLock(ctx: Context, who: AccountId, lock: BalanceLock): Outcome {
  const locks = Locks.get(ctx.state, who);
  const known = locks.some(({ id }) => equalBytes(id, lock.id));
  return updateLocks(ctx, who, known ? locks.map((other) => (equalBytes(other.id, lock.id) ? lock : other)) : [...locks, lock]);
}

/** Replaces the lock of this 8-byte id; zero removes it. Refused (unlike FRAME's, which stores it without effect) for a dead account. */
export function setLock(ctx: Context, id: Uint8Array, who: AccountId, amount: Balance, reasons: Reasons): Outcome {
  return amount === 0n ? removeLock(ctx, id, who) : putLock(ctx, who, { id, amount, reasons: { type: reasons } });
}

/** As `setLock`, but never lowers the amount nor narrows the reasons. */
export function extendLock(ctx: Context, id: Uint8Array, who: AccountId, amount: Balance, reasons: Reasons): Outcome {
  if (amount === 0n) return done;
  const known = lockOf(ctx, id, who);
  if (known === undefined) return setLock(ctx, id, who, amount, reasons);
  return setLock(ctx, id, who, maxBalance(known.amount, amount), known.reasons.type === reasons ? reasons : "All");
}

export function removeLock(ctx: Context, id: Uint8Array, who: AccountId): Outcome {
  const locks = Locks.get(ctx.state, who);
  return locks.some((lock) => equalBytes(lock.id, id)) ? updateLocks(ctx, who, locks.filter((lock) => !equalBytes(lock.id, id))) : done;
}
