import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LOCAL_PARAMS } from "../../params.ts";
import type { RuntimeParams } from "../../params.ts";
import { equalBytes, toHex } from "../../primitives/bytes.ts";
import type { Context } from "../../frame/context.ts";
import { ROOT, signed } from "../../frame/pallet.ts";
import { account, newContext, testRuntime } from "../../frame/testing.ts";
import { MAX_CONSUMERS, incConsumers, incProviders } from "../system/account.ts";
import { system } from "../system/pallet.ts";
import { burnCredit, deposit, forceBalance, issue, mintInto, rescind, resolveOrBurn, slash, withdraw } from "./credit.ts";
import { extendFreeze, extendLock, removeLock, setFreeze, setLock, thaw } from "./freeze.ts";
import { genesisBalances } from "./genesis.ts";
import { burnHeld, hold, release, setOnHold, slashHeld, transferAndHold, transferOnHold } from "./hold.ts";
import { checkState } from "./invariants.ts";
import { ensureReservedNamed, repatriateReservedNamed, reserveNamed, slashReservedNamed, unreserveNamed } from "./named-reserve.ts";
import { balances } from "./pallet.ts";
import { repatriateReserved, reserve, slashReserved, unreserve } from "./reserve.ts";
import { TotalIssuance } from "./storage.ts";
import { freezeReason, holdReason } from "./types.ts";

const PARAMS: RuntimeParams = { ...LOCAL_PARAMS, existential_deposit: 10n };
const runtime = testRuntime((outer) => [[0, system(outer, () => ({}) as never)], [2, balances(outer)]], PARAMS);
const ACCOUNTS = [1, 2, 3, 4].map(account);
const NAMES = [1, 2].map((n) => new Uint8Array(8).fill(n));

interface Step {
  readonly op: number;
  readonly from: number;
  readonly to: number;
  readonly amount: bigint;
  readonly id: number;
  readonly flag: boolean;
  readonly three: number;
}
type Done = { readonly ok: boolean } | void;

const call = (ctx: Context, origin: typeof ROOT, type: string, value: Record<string, unknown>): Done => ctx.dispatch({ type: "Balances", value: { type, value } }, origin);
const id = (n: number) => ({ type: "Id", value: ACCOUNTS[n]! });
const PRESERVATION = ["Expendable", "Protect", "Preserve"] as const;
const REASONS = ["Fee", "Misc", "All"] as const;
const precision = (flag: boolean) => (flag ? "Exact" : "BestEffort");
const fortitude = (three: number) => (three === 0 ? "Force" : "Polite");

const OPERATIONS: readonly ((ctx: Context, s: Step) => Done)[] = [
  (ctx, s) => call(ctx, signed(ACCOUNTS[s.from]!), "transfer_allow_death", { dest: id(s.to), value: s.amount }),
  (ctx, s) => call(ctx, signed(ACCOUNTS[s.from]!), "transfer_keep_alive", { dest: id(s.to), value: s.amount }),
  (ctx, s) => call(ctx, signed(ACCOUNTS[s.from]!), "transfer_all", { dest: id(s.to), keep_alive: s.flag }),
  (ctx, s) => call(ctx, ROOT, "force_transfer", { source: id(s.from), dest: id(s.to), value: s.amount }),
  (ctx, s) => call(ctx, ROOT, "force_unreserve", { who: id(s.from), amount: s.amount }),
  (ctx, s) => call(ctx, ROOT, "force_set_balance", { who: id(s.from), new_free: s.amount }),
  (ctx, s) => call(ctx, signed(ACCOUNTS[s.from]!), "burn", { value: s.amount, keep_alive: s.flag }),
  (ctx, s) => mintInto(ctx, ACCOUNTS[s.from]!, s.amount),
  (ctx, s) => resolveOrBurn(ctx, ACCOUNTS[s.from]!, issue(ctx, s.amount)),
  (ctx, s) => {
    const taken = withdraw(ctx, ACCOUNTS[s.from]!, s.amount, precision(s.flag), PRESERVATION[s.three]!, "Polite");
    if (!taken.ok) return taken;
    const given = deposit(ctx, ACCOUNTS[s.to]!, taken.value, "BestEffort");
    burnCredit(ctx, taken.value - (given.ok ? given.value : 0n));
    return taken;
  },
  (ctx, s) => rescind(ctx, slash(ctx, ACCOUNTS[s.from]!, s.amount).slashed),
  (ctx, s) => forceBalance(ctx, ACCOUNTS[s.from]!, s.amount),
  (ctx, s) => reserve(ctx, ACCOUNTS[s.from]!, s.amount),
  (ctx, s) => void unreserve(ctx, ACCOUNTS[s.from]!, s.amount),
  (ctx, s) => resolveOrBurn(ctx, ACCOUNTS[s.to]!, slashReserved(ctx, ACCOUNTS[s.from]!, s.amount).slashed),
  (ctx, s) => repatriateReserved(ctx, ACCOUNTS[s.from]!, ACCOUNTS[s.to]!, s.amount, s.flag ? "Free" : "Reserved"),
  (ctx, s) => reserveNamed(ctx, NAMES[s.id]!, ACCOUNTS[s.from]!, s.amount),
  (ctx, s) => void unreserveNamed(ctx, NAMES[s.id]!, ACCOUNTS[s.from]!, s.amount),
  (ctx, s) => ensureReservedNamed(ctx, NAMES[s.id]!, ACCOUNTS[s.from]!, s.amount),
  (ctx, s) => rescind(ctx, slashReservedNamed(ctx, NAMES[s.id]!, ACCOUNTS[s.from]!, s.amount).slashed),
  (ctx, s) => repatriateReservedNamed(ctx, NAMES[s.id]!, ACCOUNTS[s.from]!, ACCOUNTS[s.to]!, s.amount, s.flag ? "Free" : "Reserved"),
  (ctx, s) => hold(ctx, holdReason(20, s.id), ACCOUNTS[s.from]!, s.amount),
  (ctx, s) => release(ctx, holdReason(20, s.id), ACCOUNTS[s.from]!, s.amount, precision(s.flag)),
  (ctx, s) => setOnHold(ctx, holdReason(20, s.id), ACCOUNTS[s.from]!, s.amount),
  (ctx, s) => burnHeld(ctx, holdReason(20, s.id), ACCOUNTS[s.from]!, s.amount, precision(s.flag), fortitude(s.three)),
  (ctx, s) => resolveOrBurn(ctx, ACCOUNTS[s.to]!, slashHeld(ctx, holdReason(20, s.id), ACCOUNTS[s.from]!, s.amount).slashed),
  (ctx, s) => transferOnHold(ctx, holdReason(20, s.id), ACCOUNTS[s.from]!, ACCOUNTS[s.to]!, s.amount, precision(s.flag), s.three === 1 ? "Free" : "OnHold", fortitude(s.three)),
  (ctx, s) => transferAndHold(ctx, holdReason(20, s.id), ACCOUNTS[s.from]!, ACCOUNTS[s.to]!, s.amount, precision(s.flag), PRESERVATION[s.three]!, "Polite"),
  (ctx, s) => setFreeze(ctx, freezeReason(21, s.id), ACCOUNTS[s.from]!, s.amount),
  (ctx, s) => extendFreeze(ctx, freezeReason(21, s.id), ACCOUNTS[s.from]!, s.amount),
  (ctx, s) => thaw(ctx, freezeReason(21, s.id), ACCOUNTS[s.from]!),
  (ctx, s) => setLock(ctx, NAMES[s.id]!, ACCOUNTS[s.from]!, s.amount, REASONS[s.three]!),
  (ctx, s) => extendLock(ctx, NAMES[s.id]!, ACCOUNTS[s.from]!, s.amount, REASONS[s.three]!),
  (ctx, s) => removeLock(ctx, NAMES[s.id]!, ACCOUNTS[s.from]!),
];

const step: fc.Arbitrary<Step> = fc.record({
  op: fc.nat(OPERATIONS.length - 1),
  from: fc.nat(3),
  to: fc.nat(3),
  // Around the existential deposit, around the balances, and far above.
  amount: fc.oneof(fc.bigInt(0n, 12n), fc.bigInt(0n, 300n), fc.constant((1n << 128n) - 1n)),
  id: fc.nat(1),
  flag: fc.boolean(),
  three: fc.nat(2),
});

function genesis(): Context {
  const ctx = newContext(runtime);
  genesisBalances(ctx.state, [0, 1, 2].map((n) => ({ account: ACCOUNTS[n]!, amount: 100n * BigInt(n + 1) })), 10n);
  // Account 1 can take no further consumer, account 2 has another provider: both are corners of the reference rules.
  for (let i = 0; i < MAX_CONSUMERS; i++) assert.equal(incConsumers(ctx, ACCOUNTS[1]!).ok, true);
  incProviders(ctx, ACCOUNTS[2]!);
  return ctx;
}

const snapshot = (ctx: Context): string =>
  ctx.state
    .changes()
    .map(({ key, value }) => `${toHex(key)}=${value === undefined ? "" : toHex(value)}`)
    .join("\n");

test("no sequence of currency operations breaks an invariant, and a refused one leaves no trace", () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
      const ctx = genesis();
      for (const s of steps) {
        const [before, events] = [snapshot(ctx), ctx.events.count];
        const result = OPERATIONS[s.op]!(ctx, s);
        if (result !== undefined && !result.ok) {
          assert.equal(snapshot(ctx), before);
          assert.equal(ctx.events.count, events);
        }
        checkState(ctx.state, PARAMS);
      }
    }),
    { numRuns: 400 },
  );
});

test("transfers alone change no issuance beyond the dust they announce", () => {
  fc.assert(
    fc.property(fc.array(fc.record({ from: fc.nat(3), to: fc.nat(3), amount: fc.bigInt(0n, 320n) }), { maxLength: 30 }), (transfers) => {
      const ctx = genesis();
          const issued = TotalIssuance.get(ctx.state);
      let dust = 0n;
      for (const { from, to, amount } of transfers) {
        const before = TotalIssuance.get(ctx.state);
        call(ctx, signed(ACCOUNTS[from]!), "transfer_allow_death", { dest: id(to), value: amount });
        const lost = before - TotalIssuance.get(ctx.state);
        assert.ok(lost >= 0n && lost < 10n);
        assert.ok(lost === 0n || !equalBytes(ACCOUNTS[from]!, ACCOUNTS[to]!));
        dust += lost;
      }
      assert.equal(TotalIssuance.get(ctx.state) + dust, issued);
      checkState(ctx.state, PARAMS);
    }),
    { numRuns: 200 },
  );
});
