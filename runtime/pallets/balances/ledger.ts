// The one place that writes balances. It keeps three things true: an account whose free balance reaches the existential
// deposit has one provider from here, one with anything reserved or frozen has one consumer, and dust leaves the issuance.
import type { AccountId, Balance } from "../../primitives/types.ts";
import { done, err, ok } from "../../primitives/result.ts";
import { InvariantError } from "../../primitives/errors.ts";
import type { Result } from "../../primitives/result.ts";
import type { Context } from "../../frame/context.ts";
import { fail } from "../../frame/pallet.ts";
import type { DispatchError, Outcome } from "../../frame/types.ts";
import { MAX_CONSUMERS, accountOf, decConsumers, decProviders, incConsumers, incProviders } from "../system/account.ts";
import { Account } from "../system/storage.ts";
import { NEW_LOGIC_FLAG } from "../system/types.ts";
import type { AccountData, AccountInfo } from "../system/types.ts";
import { BalancesError, BalancesEvent } from "./events.ts";
import { TotalIssuance } from "./storage.ts";
import type { Fortitude, Precision, Preservation } from "./types.ts";
import { ensureUpgraded } from "./upgrade.ts";
import { OVERFLOW, U128_MAX, existentialDeposit, minBalance, reducibleBalance, saturatingSub, tokenError } from "./view.ts";

export type Amounts = Omit<AccountData, "flags">;

export function balancesOf(ctx: Context, who: AccountId): AccountData {
  return accountOf(ctx.state, who).data;
}

function holdsBack({ reserved, frozen }: Amounts): boolean {
  return reserved > 0n || frozen > 0n;
}

function isZero({ free, reserved, frozen }: Amounts): boolean {
  return free === 0n && reserved === 0n && frozen === 0n;
}

interface References {
  readonly gainsProvider: boolean;
  readonly losesProvider: boolean;
  readonly gainsConsumer: boolean;
  readonly losesConsumer: boolean;
}

function referencesOf(before: Amounts, next: Amounts, minimum: Balance): References {
  const provided = before.free >= minimum;
  const provides = next.free >= minimum;
  const consumed = holdsBack(before);
  const consumes = holdsBack(next);
  return {
    gainsProvider: !provided && provides,
    losesProvider: provided && !provides,
    gainsConsumer: !consumed && consumes,
    losesConsumer: consumed && !consumes,
  };
}

function refusal({ providers, consumers }: AccountInfo, change: References): DispatchError | undefined {
  if (change.gainsConsumer && providers === 0 && !change.gainsProvider) return { type: "NoProviders" };
  if (change.gainsConsumer && consumers >= MAX_CONSUMERS) return { type: "TooManyConsumers" };
  const consumersAfter = consumers + (change.gainsConsumer ? 1 : 0) - (change.losesConsumer ? 1 : 0);
  return change.losesProvider && providers <= 1 && consumersAfter > 0 ? { type: "ConsumerRemaining" } : undefined;
}

/** The step was checked before the first write, so its refusal is a bug. */
function mustPass(result: Result<unknown, DispatchError>): void {
  if (!result.ok) throw new InvariantError("ACCOUNT_REFERENCES", `a checked change of references was refused: ${result.error.type}`);
}

function applyReferences(ctx: Context, who: AccountId, change: References): void {
  if (change.gainsProvider) incProviders(ctx, who);
  if (change.losesConsumer) decConsumers(ctx, who);
  if (change.gainsConsumer) mustPass(incConsumers(ctx, who));
  if (change.losesProvider) mustPass(decProviders(ctx, who)); // may reap, so it comes last
}

/**
 * Sets what an account has. Refused before anything is written where its references do not allow it. A free balance below the
 * existential deposit with nothing reserved is dust: it is destroyed and leaves the issuance. Otherwise the issuance is the caller's.
 */
export function writeBalances(ctx: Context, who: AccountId, next: Amounts): Outcome {
  ensureUpgraded(ctx, who);
  const account = accountOf(ctx.state, who);
  const minimum = existentialDeposit(ctx);
  const change = referencesOf(account.data, next, minimum);
  const refused = refusal(account, change);
  if (refused !== undefined) return err(refused);
  applyReferences(ctx, who, change);
  const dust = next.free > 0n && next.free < minimum && next.reserved === 0n ? next.free : 0n;
  store(ctx, who, { free: next.free - dust, reserved: next.reserved, frozen: next.frozen });
  if (isZero(account.data) && !isZero(next)) ctx.deposit(BalancesEvent, { type: "Endowed", value: { account: who, free_balance: next.free } });
  if (dust > 0n) {
    ctx.deposit(BalancesEvent, { type: "DustLost", value: { account: who, amount: dust } });
    burnCredit(ctx, dust);
  }
  return done;
}

/** An account without any reference has nothing left to store. */
function store(ctx: Context, who: AccountId, amounts: Amounts): void {
  const account = accountOf(ctx.state, who);
  if (account.providers === 0 && account.sufficients === 0) return;
  Account.set(ctx.state, who, { ...account, data: { ...amounts, flags: account.data.flags | NEW_LOGIC_FLAG } });
}

/** Takes an amount that has left its account out of the issuance, without an event of its own: what FRAME does with a dropped credit. */
export function burnCredit(ctx: Context, amount: Balance): void {
  if (amount > 0n) TotalIssuance.set(ctx.state, saturatingSub(TotalIssuance.get(ctx.state), amount));
}

/** What can be taken of `amount` under these conditions. */
export function takeable(ctx: Context, who: AccountId, amount: Balance, precision: Precision, preservation: Preservation, fortitude: Fortitude): Outcome<Balance> {
  const liquid = reducibleBalance(ctx, who, preservation, fortitude);
  if (precision === "BestEffort") return ok(minBalance(amount, liquid));
  return amount > liquid ? tokenError("FundsUnavailable") : ok(amount);
}

/** Takes from the free balance and returns what was taken; the issuance still counts it, so the caller must burn it or put it somewhere. */
export function decreaseBalance(
  ctx: Context,
  who: AccountId,
  amount: Balance,
  precision: Precision,
  preservation: Preservation,
  fortitude: Fortitude,
): Outcome<Balance> {
  const taken = takeable(ctx, who, amount, precision, preservation, fortitude);
  if (!taken.ok || taken.value === 0n) return taken;
  const data = balancesOf(ctx, who);
  // Stricter than the caller's conditions only where other consumers need the provider.
  if (taken.value > reducibleBalance(ctx, who, "Expendable", "Force")) return fail(BalancesError, "InsufficientBalance");
  const written = writeBalances(ctx, who, { ...data, free: data.free - taken.value });
  return written.ok ? taken : written;
}

/** Adds to the free balance and returns what was added; the issuance must count it already, or the caller adds it. */
export function increaseBalance(ctx: Context, who: AccountId, amount: Balance, precision: Precision): Outcome<Balance> {
  const data = balancesOf(ctx, who);
  const room = U128_MAX - data.free - data.reserved;
  if (precision === "Exact" && amount > room) return OVERFLOW;
  const added = minBalance(amount, room);
  if (data.free + added < existentialDeposit(ctx)) return precision === "Exact" ? tokenError("BelowMinimum") : ok(0n);
  if (added === 0n) return ok(0n);
  const written = writeBalances(ctx, who, { ...data, free: data.free + added });
  return written.ok ? ok(added) : written;
}
