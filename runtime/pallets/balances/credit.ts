// Amounts on their way. FRAME returns imbalances that settle themselves when dropped; here they are plain amounts, so each
// function says who settles. Settling means: `deposit` into an account, `burnCredit` (silent), or `rescind` (with its event).
import { ok } from "../../primitives/result.ts";
import type { AccountId, Balance } from "../../primitives/types.ts";
import type { Context } from "../../frame/context.ts";
import type { Outcome } from "../../frame/types.ts";
import { canDecProvider, accountOf } from "../system/account.ts";
import { BalancesEvent } from "./events.ts";
import { balancesOf, burnCredit, decreaseBalance, increaseBalance, takeable, writeBalances } from "./ledger.ts";
import { InactiveIssuance, TotalIssuance } from "./storage.ts";
import type { Fortitude, Precision, Preservation } from "./types.ts";
import { OVERFLOW, U128_MAX, UNDERFLOW, existentialDeposit, minBalance, saturatingSub, totalBalance } from "./view.ts";

export { burnCredit } from "./ledger.ts";

/** Creates `amount` in an account. Issuance is raised here. */
export function mintInto(ctx: Context, who: AccountId, amount: Balance): Outcome<Balance> {
  const issued = TotalIssuance.get(ctx.state);
  if (issued + amount > U128_MAX) return OVERFLOW;
  const added = increaseBalance(ctx, who, amount, "Exact");
  if (!added.ok) return added;
  TotalIssuance.set(ctx.state, issued + added.value);
  ctx.deposit(BalancesEvent, { type: "Minted", value: { who, amount } });
  return added;
}

/** Destroys `amount` of an account's free balance. Issuance is lowered here. */
export function burnFrom(ctx: Context, who: AccountId, amount: Balance, preservation: Preservation, precision: Precision, fortitude: Fortitude): Outcome<Balance> {
  const taken = takeable(ctx, who, amount, precision, preservation, fortitude);
  if (!taken.ok) return taken;
  if (TotalIssuance.get(ctx.state) < taken.value) return UNDERFLOW;
  const burned = decreaseBalance(ctx, who, taken.value, "BestEffort", preservation, fortitude);
  if (!burned.ok) return burned;
  burnCredit(ctx, burned.value);
  ctx.deposit(BalancesEvent, { type: "Burned", value: { who, amount: burned.value } });
  return burned;
}

/** Takes `amount` out of an account (a fee). The caller settles what is returned. */
export function withdraw(ctx: Context, who: AccountId, amount: Balance, precision: Precision, preservation: Preservation, fortitude: Fortitude): Outcome<Balance> {
  const taken = decreaseBalance(ctx, who, amount, precision, preservation, fortitude);
  if (taken.ok) ctx.deposit(BalancesEvent, { type: "Withdraw", value: { who, amount: taken.value } });
  return taken;
}

/** Puts `amount` that the issuance counts already (a credit) into an account and returns what went in. */
export function deposit(ctx: Context, who: AccountId, amount: Balance, precision: Precision): Outcome<Balance> {
  const added = increaseBalance(ctx, who, amount, precision);
  if (added.ok) ctx.deposit(BalancesEvent, { type: "Deposit", value: { who, amount: added.value } });
  return added;
}

/** Raises the issuance and returns the credit, which the caller puts somewhere: less than `amount` only at the top of u128. */
export function issue(ctx: Context, amount: Balance): Balance {
  const issued = TotalIssuance.get(ctx.state);
  const credit = minBalance(amount, U128_MAX - issued);
  if (credit === 0n) return 0n;
  TotalIssuance.set(ctx.state, issued + credit);
  ctx.deposit(BalancesEvent, { type: "Issued", value: { amount: credit } });
  return credit;
}

/** Lowers the issuance by a credit that nobody gets (a burnt slash). */
export function rescind(ctx: Context, amount: Balance): void {
  if (amount === 0n) return;
  burnCredit(ctx, amount);
  ctx.deposit(BalancesEvent, { type: "Rescinded", value: { amount } });
}

export interface Slash {
  /** Left the account; the caller settles it. */
  readonly slashed: Balance;
  /** What could not be slashed. */
  readonly remaining: Balance;
}

/** Takes from the free balance, freezes or not; leaves the existential deposit where consumers need the account. */
export function slash(ctx: Context, who: AccountId, amount: Balance): Slash {
  const none = { slashed: 0n, remaining: amount };
  if (amount === 0n || totalBalance(ctx, who) === 0n) return none;
  const account = accountOf(ctx.state, who);
  const { free } = account.data;
  const slashed = minBalance(amount, canDecProvider(account) ? free : saturatingSub(free, existentialDeposit(ctx)));
  if (!writeBalances(ctx, who, { ...account.data, free: free - slashed }).ok) return none;
  ctx.deposit(BalancesEvent, { type: "Slashed", value: { who, amount: slashed } });
  return { slashed, remaining: amount - slashed };
}

/** Sets `amount` aside as inactive: it does not count for turnout. Never more than the issuance. */
export function deactivate(ctx: Context, amount: Balance): void {
  InactiveIssuance.set(ctx.state, minBalance(InactiveIssuance.get(ctx.state) + amount, TotalIssuance.get(ctx.state)));
}

export function reactivate(ctx: Context, amount: Balance): void {
  InactiveIssuance.set(ctx.state, saturatingSub(InactiveIssuance.get(ctx.state), amount));
}

/** Sets the free balance of an account to `free`, or to nothing when that is below the existential deposit. Issuance follows. */
export function forceBalance(ctx: Context, who: AccountId, free: Balance): Outcome<Balance> {
  const next = free < existentialDeposit(ctx) ? 0n : free;
  const data = balancesOf(ctx, who);
  const issued = TotalIssuance.get(ctx.state);
  if (issued + next > U128_MAX + data.free || data.reserved + next > U128_MAX) return OVERFLOW;
  const written = writeBalances(ctx, who, { ...data, free: next });
  if (!written.ok) return written;
  if (next > data.free) issue(ctx, next - data.free);
  else rescind(ctx, data.free - next);
  return ok(next);
}

/** Puts a credit into an account, or burns it where the account cannot take it. */
export function resolveOrBurn(ctx: Context, who: AccountId, credit: Balance): void {
  if (credit === 0n) return;
  const added = deposit(ctx, who, credit, "Exact");
  burnCredit(ctx, added.ok ? 0n : credit);
}

