import assert from "node:assert/strict";
import { test } from "node:test";
import { LOCAL_PARAMS } from "../../params.ts";
import type { RuntimeParams } from "../../params.ts";
import { encode, decode, v, variant } from "../../primitives/codec/index.ts";
import type { AnyTy } from "../../primitives/codec/index.ts";
import type { Result } from "../../primitives/result.ts";
import type { AccountId } from "../../primitives/types.ts";
import type { Context } from "../../frame/context.ts";
import { ROOT, signed } from "../../frame/pallet.ts";
import type { Origin } from "../../frame/pallet.ts";
import { account, eventsOf, newContext, testRuntime } from "../../frame/testing.ts";
import type { CallError, DispatchError, DispatchResult } from "../../frame/types.ts";
import { accountOf, decConsumers, incConsumers, incProviders } from "../system/account.ts";
import { system } from "../system/pallet.ts";
import { Account } from "../system/storage.ts";
import { burnCredit, deactivate, deposit, issue, mintInto, reactivate, rescind, resolveOrBurn, slash, withdraw } from "./credit.ts";
import { extendFreeze, extendLock, lockOf, removeLock, setFreeze, setLock, thaw } from "./freeze.ts";
import { genesisBalances } from "./genesis.ts";
import { balanceOnHold, burnHeld, hold, release, setOnHold, slashHeld, transferAndHold, transferOnHold } from "./hold.ts";
import { checkState } from "./invariants.ts";
import { ensureReservedNamed, repatriateReservedNamed, reserveNamed, reservedBalanceNamed, slashReservedNamed, unreserveNamed } from "./named-reserve.ts";
import { balances } from "./pallet.ts";
import { canReserve, repatriateReserved, reserve, slashReserved, unreserve } from "./reserve.ts";
import { Freezes, Holds, Locks, Reserves, TotalIssuance } from "./storage.ts";
import { freezeReason, holdReason } from "./types.ts";
import { activeIssuance, freeBalance, reducibleBalance, reservedBalance, totalBalance } from "./view.ts";

const PARAMS: RuntimeParams = { ...LOCAL_PARAMS, existential_deposit: 10n };
const ReasonTy = variant("pallet_staking::pallet::HoldReason", { Staking: v(0), Slashing: v(1) }) as AnyTy;
const STAKING = holdReason(20, 0);
const SLASHING = holdReason(20, 1);
const POOL = freezeReason(20, 1);
const NAME = new Uint8Array(8).fill(7);
const OTHER = new Uint8Array(8).fill(9);
const [A, B, C] = [account(1), account(2), account(3)];

const runtime = testRuntime(
  (outer) => [
    [0, system(outer, () => ({}) as never)],
    [2, balances(outer)],
    [20, { name: "Staking", crate: "pallet_staking", holdReason: ReasonTy, freezeReason: ReasonTy }],
  ],
  PARAMS,
);

function chain(...free: readonly bigint[]): Context {
  const ctx = newContext(runtime);
  genesisBalances(ctx.state, free.map((amount, i) => ({ account: account(i + 1), amount })), PARAMS.existential_deposit);
  return ctx;
}

function dispatch(ctx: Context, origin: Origin, type: string, value: Record<string, unknown>): DispatchResult<DispatchError> {
  const result = ctx.dispatch({ type: "Balances", value: { type, value } }, origin);
  checkState(ctx.state, PARAMS);
  return result;
}

const id = (who: AccountId) => ({ type: "Id", value: who });
const send = (ctx: Context, from: AccountId, to: AccountId, value: bigint, type = "transfer_allow_death") => dispatch(ctx, signed(from), type, { dest: id(to), value });

/** `ok`, or the error's name: `Token.Frozen`, `Balances.DeadAccount`. */
function named(result: Result<unknown, CallError> | DispatchResult<CallError>): string {
  return result.ok ? "ok" : runtime.describeError(runtime.dispatchError(result.error)).name;
}

const happened = (ctx: Context): string[] => eventsOf(ctx).map(({ type, value }) => `${type}.${value.type}`);
const exists = (ctx: Context, who: AccountId): boolean => Account.exists(ctx.state, who);

test("a transfer moves exactly its value and creates its target", () => {
  const ctx = chain(100n);
  assert.equal(named(send(ctx, A, B, 40n)), "ok");
  assert.deepEqual([freeBalance(ctx, A), freeBalance(ctx, B), TotalIssuance.get(ctx.state)], [60n, 40n, 100n]);
  assert.deepEqual(happened(ctx), ["System.NewAccount", "Balances.Endowed", "Balances.Transfer"]);
});

test("a transfer that leaves less than the existential deposit reaps the sender and burns the dust", () => {
  const ctx = chain(100n, 100n);
  assert.equal(named(send(ctx, A, B, 95n)), "ok");
  assert.equal(exists(ctx, A), false);
  assert.equal(freeBalance(ctx, B), 195n);
  assert.equal(TotalIssuance.get(ctx.state), 195n);
  assert.deepEqual(happened(ctx), ["System.KilledAccount", "Balances.DustLost", "Balances.Transfer"]);
});

test("keep-alive refuses what would kill the sender, down to the last unit", () => {
  const ctx = chain(100n, 100n);
  assert.equal(named(send(ctx, A, B, 91n, "transfer_keep_alive")), "Token.NotExpendable");
  assert.equal(named(send(ctx, A, B, 90n, "transfer_keep_alive")), "ok");
  assert.equal(freeBalance(ctx, A), 10n);
});

test("a new account needs the existential deposit, and nobody can send what they do not have", () => {
  const ctx = chain(100n);
  assert.equal(named(send(ctx, A, B, 9n)), "Token.BelowMinimum");
  assert.equal(named(send(ctx, A, B, 101n)), "Arithmetic.Underflow");
  genesisBalances(ctx.state, [{ account: C, amount: 1_000n }], 10n);
  assert.equal(named(send(ctx, A, B, 101n)), "Token.FundsUnavailable");
  assert.equal(named(send(ctx, A, B, 10n)), "ok");
  assert.equal(named(dispatch(ctx, signed(A), "transfer_allow_death", { dest: { type: "Index", value: 1 }, value: 5n })), "CannotLookup");
});

test("a transfer to oneself checks but changes and announces nothing", () => {
  const ctx = chain(100n);
  assert.equal(named(send(ctx, A, A, 100n)), "ok");
  assert.notEqual(named(send(ctx, A, A, 101n)), "ok");
  assert.equal(freeBalance(ctx, A), 100n);
  assert.deepEqual(happened(ctx), []);
});

test("transfer_all empties the account or leaves the existential deposit", () => {
  const gone = chain(100n, 100n);
  assert.equal(named(dispatch(gone, signed(A), "transfer_all", { dest: id(B), keep_alive: false })), "ok");
  assert.deepEqual([exists(gone, A), freeBalance(gone, B)], [false, 200n]);
  const kept = chain(100n, 100n);
  assert.equal(named(dispatch(kept, signed(A), "transfer_all", { dest: id(B), keep_alive: true })), "ok");
  assert.deepEqual([freeBalance(kept, A), freeBalance(kept, B)], [10n, 190n]);
  const bound = chain(100n, 100n);
  assert.equal(reserve(bound, A, 30n).ok, true);
  assert.equal(named(dispatch(bound, signed(A), "transfer_all", { dest: id(B), keep_alive: false })), "ok");
  assert.deepEqual([freeBalance(bound, A), reservedBalance(bound, A)], [10n, 30n]);
});

test("a consumer keeps the account's last provider", () => {
  const ctx = chain(100n, 100n);
  assert.equal(incConsumers(ctx, A).ok, true);
  assert.equal(named(send(ctx, A, B, 91n)), "Token.Frozen");
  assert.equal(reducibleBalance(ctx, A, "Expendable", "Force"), 90n);
  assert.deepEqual(slash(ctx, A, 100n), { slashed: 90n, remaining: 10n });
  rescind(ctx, 90n);
  decConsumers(ctx, A);
  assert.equal(named(send(ctx, A, B, 10n)), "ok");
  assert.equal(exists(ctx, A), false);
});

test("only root may force, and only signed accounts may send", () => {
  const ctx = chain(100n, 100n);
  for (const [type, value] of [
    ["force_transfer", { source: id(A), dest: id(B), value: 1n }],
    ["force_unreserve", { who: id(A), amount: 1n }],
    ["force_set_balance", { who: id(A), new_free: 1n }],
    ["force_adjust_total_issuance", { direction: { type: "Increase" }, delta: 1n }],
  ] as const) {
    assert.equal(named(dispatch(ctx, signed(A), type, value)), "BadOrigin", type);
  }
  for (const [type, value] of [
    ["transfer_allow_death", { dest: id(B), value: 1n }],
    ["transfer_keep_alive", { dest: id(B), value: 1n }],
    ["transfer_all", { dest: id(B), keep_alive: true }],
    ["burn", { value: 1n, keep_alive: true }],
    ["upgrade_accounts", { who: [] }],
  ] as const) {
    assert.equal(named(dispatch(ctx, ROOT, type, value)), "BadOrigin", type);
  }
  assert.equal(named(dispatch(ctx, ROOT, "force_transfer", { source: id(A), dest: id(B), value: 1n })), "ok");
  assert.equal(freeBalance(ctx, B), 101n);
});

test("force_set_balance moves the issuance with the balance and announces both", () => {
  const ctx = chain(100n);
  assert.equal(named(dispatch(ctx, ROOT, "force_set_balance", { who: id(B), new_free: 50n })), "ok");
  assert.equal(named(dispatch(ctx, ROOT, "force_set_balance", { who: id(A), new_free: 9n })), "ok");
  assert.deepEqual([exists(ctx, A), freeBalance(ctx, B), TotalIssuance.get(ctx.state)], [false, 50n, 50n]);
  assert.deepEqual(happened(ctx), [
    "System.NewAccount", "Balances.Endowed", "Balances.Issued", "Balances.BalanceSet",
    "System.KilledAccount", "Balances.Rescinded", "Balances.BalanceSet",
  ]);
  assert.equal(reserve(ctx, B, 20n).ok, true);
  assert.equal(named(dispatch(ctx, ROOT, "force_set_balance", { who: id(B), new_free: 0n })), "ConsumerRemaining");
  assert.equal(named(dispatch(ctx, ROOT, "force_set_balance", { who: id(C), new_free: (1n << 128n) - 1n })), "Arithmetic.Overflow");
});

test("force_adjust_total_issuance saturates, needs a delta, and respects what is inactive", () => {
  const ctx = chain(100n);
  const adjust = (type: "Increase" | "Decrease", delta: bigint) =>
    ctx.dispatch({ type: "Balances", value: { type: "force_adjust_total_issuance", value: { direction: { type }, delta } } }, ROOT);
  assert.equal(named(adjust("Increase", 0n)), "Balances.DeltaZero");
  assert.equal(named(adjust("Increase", 32n)), "ok");
  deactivate(ctx, 50n);
  assert.equal(activeIssuance(ctx), 82n);
  assert.equal(named(adjust("Decrease", 83n)), "Balances.IssuanceDeactivated");
  reactivate(ctx, 100n);
  assert.equal(named(adjust("Decrease", 1_000n)), "ok");
  assert.equal(TotalIssuance.get(ctx.state), 0n);
});

test("burn lowers the issuance by what it burns, dust included", () => {
  const ctx = chain(100n, 100n);
  assert.equal(named(dispatch(ctx, signed(A), "burn", { value: 91n, keep_alive: true })), "Token.FundsUnavailable");
  assert.equal(named(dispatch(ctx, signed(A), "burn", { value: 90n, keep_alive: true })), "ok");
  assert.equal(TotalIssuance.get(ctx.state), 110n);
  assert.equal(named(dispatch(ctx, signed(A), "burn", { value: 5n, keep_alive: false })), "ok");
  assert.deepEqual([exists(ctx, A), TotalIssuance.get(ctx.state)], [false, 100n]);
});

test("upgrade_accounts is free only when it had nearly everything to do", () => {
  const ctx = chain(100n, 100n);
  const unflagged = accountOf(ctx.state, A);
  assert.equal(reserve(ctx, A, 20n).ok, true);
  Account.set(ctx.state, A, { ...unflagged, data: { ...unflagged.data, free: 80n, reserved: 20n, flags: 0n } });
  const first = ctx.dispatch({ type: "Balances", value: { type: "upgrade_accounts", value: { who: [A] } } }, signed(B));
  assert.deepEqual(first, { ok: true, value: { pays_fee: "No" } });
  assert.equal(accountOf(ctx.state, A).consumers, 1);
  const again = dispatch(ctx, signed(B), "upgrade_accounts", { who: [A, account(99)] });
  assert.deepEqual(again, { ok: true, value: { pays_fee: "Yes" } });
});

test("a reserve takes a consumer, leaves the existential deposit, and gives both back", () => {
  const ctx = chain(100n);
  assert.deepEqual([canReserve(ctx, A, 91n), named(reserve(ctx, A, 91n))], [false, "ConsumerRemaining"]);
  assert.equal(named(reserve(ctx, A, 101n)), "Balances.InsufficientBalance");
  assert.deepEqual([canReserve(ctx, A, 90n), named(reserve(ctx, A, 90n))], [true, "ok"]);
  assert.deepEqual([freeBalance(ctx, A), totalBalance(ctx, A), accountOf(ctx.state, A).consumers], [10n, 100n, 1]);
  assert.equal(unreserve(ctx, A, 100n), 10n);
  assert.deepEqual([freeBalance(ctx, A), accountOf(ctx.state, A).consumers], [100n, 0]);
  checkState(ctx.state, PARAMS);
});

test("slashing a reserve leaves the free balance alone", () => {
  const ctx = chain(1_000n);
  assert.equal(reserve(ctx, A, 800n).ok, true);
  const { slashed, remaining } = slashReserved(ctx, A, 900n);
  rescind(ctx, slashed);
  assert.deepEqual([slashed, remaining, freeBalance(ctx, A), reservedBalance(ctx, A)], [800n, 100n, 200n, 0n]);
  checkState(ctx.state, PARAMS);
});

test("operations on a dead account change nothing", () => {
  const ctx = chain();
  assert.equal(unreserve(ctx, A, 42n), 42n);
  assert.equal(slashReserved(ctx, A, 42n).remaining, 42n);
  assert.equal(slash(ctx, A, 42n).remaining, 42n);
  assert.equal(named(reserve(ctx, A, 42n)), "Balances.InsufficientBalance");
  assert.equal(named(repatriateReserved(ctx, A, B, 42n, "Free")), "Balances.DeadAccount");
  assert.equal(named(setLock(ctx, NAME, A, 5n, "All")), "NoProviders");
  assert.deepEqual([ctx.state.changes().length, ctx.events.count], [1, 0]); // genesis wrote an issuance of 0
});

test("repatriation moves a reserve to a living account, free or reserved, and respects freezes", () => {
  const ctx = chain(100n, 100n);
  assert.equal(reserve(ctx, A, 80n).ok, true);
  assert.deepEqual(repatriateReserved(ctx, A, B, 30n, "Free"), { ok: true, value: 0n });
  assert.deepEqual(repatriateReserved(ctx, A, B, 20n, "Reserved"), { ok: true, value: 0n });
  assert.deepEqual([reservedBalance(ctx, A), freeBalance(ctx, B), reservedBalance(ctx, B)], [30n, 130n, 20n]);
  assert.equal(named(repatriateReserved(ctx, A, C, 1n, "Free")), "Balances.DeadAccount");
  assert.equal(setFreeze(ctx, POOL, A, 40n).ok, true); // 20 free, so 20 of the reserve must stay
  assert.deepEqual(repatriateReserved(ctx, A, B, 30n, "Free"), { ok: true, value: 20n });
  assert.equal(reservedBalance(ctx, A), 20n);
  checkState(ctx.state, PARAMS);
});

test("named reserves add up, move and vanish under their own name", () => {
  const ctx = chain(1_000n, 1_000n);
  assert.equal(reserveNamed(ctx, NAME, A, 100n).ok, true);
  assert.equal(reserveNamed(ctx, OTHER, A, 50n).ok, true);
  assert.equal(ensureReservedNamed(ctx, NAME, A, 120n).ok, true);
  assert.deepEqual([reservedBalanceNamed(ctx, NAME, A), reservedBalance(ctx, A)], [120n, 170n]);
  assert.equal(unreserve(ctx, A, 10n), 10n, "an anonymous unreserve must not free a named reserve");
  assert.equal(unreserveNamed(ctx, OTHER, A, 60n), 10n);
  assert.deepEqual(repatriateReservedNamed(ctx, NAME, A, B, 150n, "Reserved"), { ok: true, value: 30n });
  assert.deepEqual([reservedBalanceNamed(ctx, NAME, B), Reserves.exists(ctx.state, A)], [120n, false]);
  const { slashed } = slashReservedNamed(ctx, NAME, B, 20n);
  burnCredit(ctx, slashed);
  assert.deepEqual([slashed, reservedBalanceNamed(ctx, NAME, B)], [20n, 100n]);
  checkState(ctx.state, PARAMS);
});

test("an account may have 50 named reserves and no more", () => {
  const ctx = chain(1_000n);
  for (let i = 0; i < 50; i++) assert.equal(reserveNamed(ctx, new Uint8Array(8).fill(i), A, 1n).ok, true);
  assert.equal(named(reserveNamed(ctx, new Uint8Array(8).fill(50), A, 1n)), "Balances.TooManyReserves");
  assert.equal(named(reserveNamed(ctx, new Uint8Array(8).fill(49), A, 1n)), "ok");
});

test("holds stand by reason and never mix", () => {
  const ctx = chain(100n);
  assert.equal(named(hold(ctx, STAKING, A, 91n)), "Token.FundsUnavailable");
  assert.equal(hold(ctx, STAKING, A, 40n).ok, true);
  assert.equal(hold(ctx, SLASHING, A, 20n).ok, true);
  assert.deepEqual([balanceOnHold(ctx, STAKING, A), balanceOnHold(ctx, SLASHING, A), reservedBalance(ctx, A)], [40n, 20n, 60n]);
  assert.equal(unreserve(ctx, A, 60n), 60n, "an anonymous unreserve must not free a hold");
  assert.equal(named(release(ctx, SLASHING, A, 21n, "Exact")), "Token.FundsUnavailable");
  assert.deepEqual(release(ctx, SLASHING, A, 21n, "BestEffort"), { ok: true, value: 20n });
  assert.equal(setOnHold(ctx, STAKING, A, 5n).ok, true);
  assert.deepEqual([freeBalance(ctx, A), reservedBalance(ctx, A)], [95n, 5n]);
  assert.equal(setOnHold(ctx, STAKING, A, 0n).ok, true);
  assert.deepEqual([Holds.exists(ctx.state, A), accountOf(ctx.state, A).consumers], [false, 0]);
  checkState(ctx.state, PARAMS);
});

test("a hold needs a living account", () => {
  const ctx = chain(100n);
  assert.equal(named(hold(ctx, STAKING, B, 0n)), "Token.CannotCreateHold");
  assert.equal(named(transferAndHold(ctx, STAKING, A, B, 20n, "Exact", "Preserve", "Polite")), "Token.CannotCreateHold");
});

test("held funds can be burnt, slashed and moved, on hold or free", () => {
  const ctx = chain(100n, 100n);
  assert.equal(hold(ctx, STAKING, A, 80n).ok, true);
  assert.deepEqual(transferOnHold(ctx, STAKING, A, B, 30n, "Exact", "OnHold", "Polite"), { ok: true, value: 30n });
  assert.deepEqual(transferOnHold(ctx, STAKING, A, B, 10n, "Exact", "Free", "Polite"), { ok: true, value: 10n });
  assert.deepEqual([balanceOnHold(ctx, STAKING, A), balanceOnHold(ctx, STAKING, B), freeBalance(ctx, B)], [40n, 30n, 110n]);
  assert.equal(setFreeze(ctx, POOL, A, 50n).ok, true); // 20 free, so 30 of the hold must stay
  assert.equal(named(burnHeld(ctx, STAKING, A, 11n, "Exact", "Polite")), "Token.Frozen");
  assert.deepEqual(burnHeld(ctx, STAKING, A, 15n, "BestEffort", "Polite"), { ok: true, value: 10n });
  const { slashed, remaining } = slashHeld(ctx, STAKING, A, 50n);
  resolveOrBurn(ctx, B, slashed);
  assert.deepEqual([slashed, remaining, freeBalance(ctx, B), TotalIssuance.get(ctx.state)], [30n, 20n, 140n, 190n]);
  assert.deepEqual(transferAndHold(ctx, SLASHING, B, A, 30n, "Exact", "Preserve", "Polite"), { ok: true, value: 30n });
  assert.equal(balanceOnHold(ctx, SLASHING, A), 30n);
  checkState(ctx.state, PARAMS);
});

test("freezes overlap: the greatest counts, and what is reserved counts towards it", () => {
  const ctx = chain(100n, 100n);
  assert.equal(setFreeze(ctx, POOL, A, 60n).ok, true);
  assert.equal(setLock(ctx, NAME, A, 40n, "All").ok, true);
  assert.equal(reducibleBalance(ctx, A, "Expendable", "Polite"), 40n);
  assert.equal(named(send(ctx, A, B, 41n)), "Token.Frozen");
  assert.equal(hold(ctx, STAKING, A, 50n).ok, true, "frozen funds may be held");
  assert.equal(reducibleBalance(ctx, A, "Expendable", "Polite"), 40n);
  assert.equal(named(send(ctx, A, B, 40n)), "ok");
  assert.equal(thaw(ctx, POOL, A).ok, true);
  assert.equal(accountOf(ctx.state, A).data.frozen, 40n);
  assert.equal(removeLock(ctx, NAME, A).ok, true);
  assert.deepEqual([Freezes.exists(ctx.state, A), Locks.exists(ctx.state, A), accountOf(ctx.state, A).data.frozen], [false, false, 0n]);
  checkState(ctx.state, PARAMS);
});

test("extending never lowers a freeze or a lock, setting does", () => {
  const ctx = chain(100n);
  assert.equal(setFreeze(ctx, POOL, A, 60n).ok, true);
  assert.equal(extendFreeze(ctx, POOL, A, 20n).ok, true);
  assert.equal(accountOf(ctx.state, A).data.frozen, 60n);
  assert.equal(setFreeze(ctx, POOL, A, 20n).ok, true);
  assert.equal(accountOf(ctx.state, A).data.frozen, 20n);
  assert.equal(setLock(ctx, NAME, A, 30n, "Fee").ok, true);
  assert.equal(extendLock(ctx, NAME, A, 25n, "Misc").ok, true);
  assert.deepEqual(lockOf(ctx, NAME, A), { id: NAME, amount: 30n, reasons: { type: "All" } });
  assert.deepEqual(happened(ctx), ["Balances.Frozen", "Balances.Thawed", "Balances.Locked"]);
  checkState(ctx.state, PARAMS);
});

test("legacy reserves may not dip into what is frozen", () => {
  const ctx = chain(100n);
  assert.equal(setLock(ctx, NAME, A, 60n, "All").ok, true);
  assert.equal(named(reserve(ctx, A, 41n)), "Balances.LiquidityRestrictions");
  assert.equal(named(reserve(ctx, A, 40n)), "ok");
});

test("a freeze outlives the dust of an account that another provider keeps alive", () => {
  const ctx = chain(100n, 100n);
  incProviders(ctx, A);
  assert.equal(setFreeze(ctx, POOL, A, 5n).ok, true);
  assert.equal(named(send(ctx, A, B, 95n)), "ok");
  assert.deepEqual([freeBalance(ctx, A), accountOf(ctx.state, A).data.frozen, TotalIssuance.get(ctx.state)], [0n, 5n, 195n]);
});

test("credits keep the issuance exact however they are settled", () => {
  const ctx = chain(100n);
  assert.equal(mintInto(ctx, A, 50n).ok, true);
  assert.equal(named(mintInto(ctx, B, 9n)), "Token.BelowMinimum");
  const credit = issue(ctx, 40n);
  assert.deepEqual(deposit(ctx, B, credit, "Exact"), { ok: true, value: 40n });
  assert.deepEqual(withdraw(ctx, A, 100n, "Exact", "Preserve", "Polite"), { ok: true, value: 100n });
  resolveOrBurn(ctx, C, 9n); // too little for a new account
  rescind(ctx, 91n);
  assert.equal(TotalIssuance.get(ctx.state), 90n);
  checkState(ctx.state, PARAMS);
});

test("genesis refuses what is too small or stands twice", () => {
  const refusal = (entries: readonly { account: AccountId; amount: bigint }[]) => () => genesisBalances(newContext(runtime).state, entries, 10n);
  assert.throws(refusal([{ account: A, amount: 9n }]), { code: "GENESIS_BALANCE_BELOW_MINIMUM" });
  assert.throws(refusal([{ account: A, amount: 10n }, { account: A, amount: 10n }]), { code: "GENESIS_BALANCE_DUPLICATE" });
  assert.throws(refusal([{ account: A, amount: (1n << 128n) - 1n }, { account: B, amount: 10n }]), { code: "GENESIS_BALANCES_OVERFLOW" });
});

test("the bytes of a hold are those of the runtime's own reason enum", () => {
  const ctx = chain(100n);
  assert.equal(hold(ctx, SLASHING, A, 20n).ok, true);
  const stored = ctx.state.getRaw(Holds.keyBytes(A))!;
  const shown = runtime.pallet("Balances").storage!.find(({ item }) => item.name === "Holds")!.item.valueType;
  const value = [{ id: { type: "Staking", value: { type: "Slashing", value: undefined } }, amount: 20n }];
  assert.deepEqual(decode(shown, stored), value);
  assert.deepEqual(encode(shown, value), stored);
});
