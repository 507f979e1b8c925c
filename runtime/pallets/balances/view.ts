// Reading balances. Nothing here writes.
import type { AccountId, Balance } from "../../primitives/types.ts";
import { done, err } from "../../primitives/result.ts";
import type { Context } from "../../frame/context.ts";
import type { CallError, Outcome } from "../../frame/types.ts";
import { accountOf, canDecProvider } from "../system/account.ts";
import { InactiveIssuance, TotalIssuance } from "./storage.ts";
import type { Fortitude, Preservation } from "./types.ts";

export const U128_MAX = (1n << 128n) - 1n;

export function minBalance(a: Balance, b: Balance): Balance {
  return a < b ? a : b;
}

export function maxBalance(a: Balance, b: Balance): Balance {
  return a > b ? a : b;
}

/** a - b, never below zero. */
export function saturatingSub(a: Balance, b: Balance): Balance {
  return a > b ? a - b : 0n;
}

export const tokenError = (type: "FundsUnavailable" | "OnlyProvider" | "BelowMinimum" | "CannotCreate" | "Frozen" | "CannotCreateHold" | "NotExpendable") =>
  err({ type: "Token", value: { type } } as CallError);
export const OVERFLOW = err({ type: "Arithmetic", value: { type: "Overflow" } } as CallError);
export const UNDERFLOW = err({ type: "Arithmetic", value: { type: "Underflow" } } as CallError);

/** The least balance that keeps an account alive. */
export function existentialDeposit(ctx: Context): Balance {
  return ctx.params.existential_deposit;
}

export function totalIssuance(ctx: Context): Balance {
  return TotalIssuance.get(ctx.state);
}

/** Issuance without what the system has put aside. */
export function activeIssuance(ctx: Context): Balance {
  return saturatingSub(TotalIssuance.get(ctx.state), InactiveIssuance.get(ctx.state));
}

export function freeBalance(ctx: Context, who: AccountId): Balance {
  return accountOf(ctx.state, who).data.free;
}

/** Held and reserved together. */
export function reservedBalance(ctx: Context, who: AccountId): Balance {
  return accountOf(ctx.state, who).data.reserved;
}

export function totalBalance(ctx: Context, who: AccountId): Balance {
  const { free, reserved } = accountOf(ctx.state, who).data;
  return free + reserved;
}

/** The most that can leave the free balance under these conditions. */
export function reducibleBalance(ctx: Context, who: AccountId, preservation: Preservation, fortitude: Fortitude): Balance {
  const account = accountOf(ctx.state, who);
  const { free, reserved, frozen } = account.data;
  // A freeze is on the total: what is reserved already satisfies a part of it.
  const untouchable = fortitude === "Polite" ? saturatingSub(frozen, reserved) : 0n;
  const keepDeposit =
    preservation === "Preserve" || (free > 0n && (preservation === "Protect" ? account.providers === 1 : !canDecProvider(account)));
  return saturatingSub(free, keepDeposit ? maxBalance(untouchable, existentialDeposit(ctx)) : untouchable);
}

/** The most that can leave the reserved balance: under `Polite` the total stays at or above what is frozen. */
export function reducibleOnHold(ctx: Context, who: AccountId, fortitude: Fortitude): Balance {
  const { free, reserved, frozen } = accountOf(ctx.state, who).data;
  return fortitude === "Force" ? reserved : saturatingSub(reserved, saturatingSub(frozen, free));
}

/** Whether `amount` that exists already may be added to the free balance. */
export function canDeposit(ctx: Context, who: AccountId, amount: Balance): Outcome {
  if (amount === 0n) return done;
  const { free, reserved } = accountOf(ctx.state, who).data;
  if (free + amount + reserved > U128_MAX) return OVERFLOW;
  return free + amount < existentialDeposit(ctx) ? tokenError("BelowMinimum") : done;
}

/** Whether `amount` may leave the free balance; with `keepAlive` the account must survive it. */
export function canWithdraw(ctx: Context, who: AccountId, amount: Balance, keepAlive: boolean): Outcome {
  if (amount === 0n) return done;
  if (TotalIssuance.get(ctx.state) < amount) return UNDERFLOW;
  const account = accountOf(ctx.state, who);
  if (account.data.free < amount) return tokenError("FundsUnavailable");
  if (amount > reducibleBalance(ctx, who, "Expendable", "Polite")) return tokenError("Frozen");
  const left = account.data.free - amount;
  if (left >= existentialDeposit(ctx)) return done;
  if (!canDecProvider(account)) return tokenError("OnlyProvider");
  return keepAlive ? tokenError("NotExpendable") : done;
}
