import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { LOCAL_PARAMS } from "../../params.ts";
import { encode, u32 } from "../../primitives/codec/index.ts";
import type { MultiSignature } from "../../primitives/types.ts";
import type { Context } from "../../frame/context.ts";
import type { TransactionView } from "../../frame/extension.ts";
import { SUCCESS, call } from "../../frame/pallet.ts";
import type { RuntimeCall } from "../../frame/pallet.ts";
import { account, eventsOf, newContext, testRuntime } from "../../frame/testing.ts";
import type { PostInfo } from "../../frame/types.ts";
import { genesisBalances } from "../balances/genesis.ts";
import { checkState } from "../balances/invariants.ts";
import { balances } from "../balances/pallet.ts";
import { TotalIssuance } from "../balances/storage.ts";
import { transfer } from "../balances/transfer.ts";
import { freeBalance } from "../balances/view.ts";
import { BLOCK_WEIGHTS, MICROSECOND, ZERO_WEIGHT, limitsOf, refTime } from "../system/limits.ts";
import { system } from "../system/pallet.ts";
import { chargeTransactionPayment } from "./charge.ts";
import { computeActualFee, computeFee, feeDetails, queryInfo, weightToFee } from "./fee.ts";
import { FIXED_MAX, FIXED_ONE } from "./fixed.ts";
import { MINIMUM_MULTIPLIER, TARGET_WEIGHT, nextMultiplier } from "./multiplier.ts";
import { transactionPayment } from "./pallet.ts";
import { priorityOf } from "./priority.ts";
import { NextFeeMultiplier, StorageVersion, genesisTransactionPayment } from "./storage.ts";

const ED = LOCAL_PARAMS.existential_deposit;
const WEIGHT = refTime(60n * MICROSECOND);
const NORMAL_MAX = limitsOf("Normal").max_total!.ref_time;
const [A, B] = [account(1), account(2)];

const runtime = testRuntime(
  (outer) => [
    [0, system(outer, () => ({}) as never)],
    [2, balances(outer)],
    [3, transactionPayment],
    [
      9,
      {
        name: "Work",
        crate: "pallet_work",
        calls: {
          paid: call(0, { n: u32 }, { weight: WEIGHT }, () => SUCCESS),
          free: call(1, { n: u32 }, { weight: WEIGHT, pays: "No" }, () => SUCCESS),
          urgent: call(2, { n: u32 }, { weight: WEIGHT, class: "Operational" }, () => SUCCESS),
        },
      },
    ],
  ],
  LOCAL_PARAMS,
);

const work = (type: "paid" | "free" | "urgent"): RuntimeCall => ({ type: "Work", value: { type, value: { n: 1 } } });

function chain(free = 10n ** 12n): Context {
  const ctx = newContext(runtime);
  genesisBalances(ctx.state, [{ account: A, amount: free }], ED);
  genesisTransactionPayment(ctx.state);
  return ctx;
}

function view(ctx: Context, type: "paid" | "free" | "urgent" = "paid", scheme: MultiSignature["type"] | undefined = "Sr25519", length = 143): TransactionView {
  return { signer: A, scheme, call: work(type), info: ctx.dispatchInfo(work(type)), length };
}

/** Prepares, runs `during`, settles; returns what the signer paid. */
function pay(ctx: Context, tx: TransactionView, tip: bigint, post: PostInfo = {}, during: () => void = () => {}): bigint {
  const before = freeBalance(ctx, A);
  const pre = chargeTransactionPayment.prepare!(ctx, tx, tip);
  assert.ok(pre.ok);
  during();
  chargeTransactionPayment.postDispatch!(ctx, tx, pre.value, post, true);
  checkState(ctx.state, LOCAL_PARAMS);
  return before - freeBalance(ctx, A);
}

test("a fee is base and signature, bytes, weight times multiplier, and the tip", () => {
  const ctx = chain();
  const { info } = view(ctx);
  // 40 µs base + 600 µs signature + 143 bytes + 60 µs weight + 7
  assert.equal(computeFee(ctx, 143, info, 7n, "Sr25519"), 40_000_000n + 600_000_000n + 143_000_000n + 60_000_000n + 7n);
  assert.equal(computeFee(ctx, 143, info, 0n, "Ed25519"), 343_000_000n);
  assert.equal(computeFee(ctx, 0, info, 0n, "Ecdsa"), 800_000_000n);
  NextFeeMultiplier.set(ctx.state, (FIXED_ONE * 5n) / 2n);
  assert.equal(computeFee(ctx, 0, info, 0n, "Ed25519"), 140_000_000n + 150_000_000n);
  assert.equal(computeFee(ctx, 0, info, FIXED_MAX, "Ed25519"), FIXED_MAX, "it saturates");
});

test("a fraction of a unit is the payer's", () => {
  const ctx = chain();
  NextFeeMultiplier.set(ctx.state, FIXED_ONE / 1_000_000_000n + 1n);
  const details = feeDetails(ctx, work("paid"), 0, 0n, false);
  assert.equal(details.inclusion_fee?.adjusted_weight_fee, 1n); // 60,000,000 * 10^-9 = 0.06
});

test("no weight counts for more than a block", () => {
  assert.equal(weightToFee({ ref_time: 1n << 60n, proof_size: 0n }), BLOCK_WEIGHTS.max_block.ref_time);
});

test("a quote counts the dearest signature, with the byte by which it is longer, and leaves the tip out; unsigned and free calls pay nothing", () => {
  const ctx = chain();
  assert.deepEqual(queryInfo(ctx, work("paid"), 100, false), { weight: WEIGHT, class: { type: "Normal" }, partial_fee: 901_000_000n });
  assert.deepEqual(feeDetails(ctx, work("paid"), 100, 5n, false), {
    inclusion_fee: { base_fee: 741_000_000n, len_fee: 100_000_000n, adjusted_weight_fee: 60_000_000n },
    tip: 5n,
  });
  assert.equal(queryInfo(ctx, work("paid"), 100, true).partial_fee, 0n);
  assert.deepEqual(feeDetails(ctx, work("free"), 100, 0n, false), { inclusion_fee: undefined, tip: 0n });
});

test("the actual fee never exceeds the announced one", () => {
  const ctx = chain();
  const u40 = fc.bigInt(0n, 1n << 40n);
  fc.assert(
    fc.property(u40, u40, fc.bigInt(MINIMUM_MULTIPLIER, FIXED_ONE * 1_000n), fc.nat(5_000), fc.boolean(), (weight, used, multiplier, length, pays) => {
      NextFeeMultiplier.set(ctx.state, multiplier);
      const info = { weight: refTime(weight), class: "Normal", pays_fee: "Yes" } as const;
      const most = computeFee(ctx, length, info, 3n, "Ed25519");
      const actual = computeActualFee(ctx, length, info, { actual_weight: refTime(used), pays_fee: pays ? undefined : "No" }, 3n, "Ed25519");
      assert.ok(actual <= most);
      assert.ok(actual >= 3n);
    }),
  );
});

test("the signer pays the actual fee, the rest comes back, and the issuance falls by what was paid", () => {
  const ctx = chain();
  const paid = pay(ctx, view(ctx), 7n, { actual_weight: refTime(10n * MICROSECOND) });
  assert.equal(paid, 793_000_007n);
  assert.equal(TotalIssuance.get(ctx.state), 10n ** 12n - paid);
  assert.deepEqual(eventsOf(ctx), [
    { type: "Balances", value: { type: "Withdraw", value: { who: A, amount: 843_000_007n } } },
    { type: "Balances", value: { type: "Deposit", value: { who: A, amount: 50_000_000n } } },
    { type: "TransactionPayment", value: { type: "TransactionFeePaid", value: { who: A, actual_fee: paid, tip: 7n } } },
  ]);
});

test("without a refund there is no deposit, and a call that pays nothing is still announced", () => {
  const ctx = chain();
  assert.equal(pay(ctx, view(ctx, "free"), 0n), 0n);
  assert.equal(pay(ctx, view(ctx, "paid"), 0n), 843_000_000n);
  assert.deepEqual(eventsOf(ctx).map(({ value }) => value.type), ["TransactionFeePaid", "Withdraw", "TransactionFeePaid"]);
  assert.equal(pay(ctx, view(ctx, "paid"), 3n, { pays_fee: "No" }), 3n);
});

test("an account that its own call killed gets nothing back", () => {
  const ctx = chain(10n * ED);
  const tx = view(ctx);
  pay(ctx, tx, 0n, { actual_weight: ZERO_WEIGHT }, () => assert.equal(transfer(ctx, A, B, freeBalance(ctx, A), "Expendable").ok, true));
  assert.equal(freeBalance(ctx, A), 0n);
  assert.equal(TotalIssuance.get(ctx.state), 10n * ED - 843_000_000n);
});

test("a raised multiplier does not raise the fee of the call that raised it", () => {
  const ctx = chain();
  assert.equal(pay(ctx, view(ctx), 0n, {}, () => NextFeeMultiplier.set(ctx.state, FIXED_ONE * 100n)), 843_000_000n);
});

test("a fee may not kill its payer, and nobody pays what they do not have", () => {
  const fee = 843_000_000n;
  const refused = { ok: false, error: { type: "Invalid", value: { type: "Payment" } } };
  const short = chain(ED + fee - 1n);
  assert.deepEqual(chargeTransactionPayment.validate!(short, view(short), 0n), refused);
  assert.deepEqual(chargeTransactionPayment.prepare!(short, view(short), 0n), refused);
  assert.equal(short.events.count, 0);
  const enough = chain(ED + fee);
  assert.equal(chargeTransactionPayment.validate!(enough, view(enough), 0n).ok, true);
  assert.equal(chargeTransactionPayment.validate!(enough, view(enough), 1n).ok, false);
  assert.equal(pay(enough, view(enough), 0n), fee);
  assert.equal(freeBalance(enough, A), ED);
});

test("a transaction without a signer is not charged", () => {
  const ctx = chain();
  const tx = { ...view(ctx), signer: undefined };
  assert.deepEqual(chargeTransactionPayment.validate!(ctx, tx, 0n), { ok: true, value: {} });
  assert.deepEqual(chargeTransactionPayment.prepare!(ctx, tx, 0n), { ok: true, value: undefined });
  chargeTransactionPayment.postDispatch!(ctx, tx, undefined, {}, true);
  assert.equal(ctx.events.count, 0);
});

test("the tip stands compact in the transaction", () => {
  assert.deepEqual(encode(chargeTransactionPayment.extra, 63n), Uint8Array.of(252));
});

test("priority is the tip per share of a block, and operational calls come first", () => {
  const ctx = chain();
  const normal = view(ctx).info;
  assert.equal(priorityOf(normal, 143, 0n, 0n), 150_000n / 60n);
  assert.equal(priorityOf(normal, 143, 9n, 0n), 10n * 2_500n);
  assert.equal(priorityOf(normal, 7_864, 0n, 0n), 100n, "the length may be what is scarce"); // 786,432 / 7,864
  assert.equal(priorityOf(view(ctx, "urgent").info, 143, 0n, 1_000n), 5_001n * 2_500n);
  assert.equal(priorityOf(normal, 143, FIXED_MAX, 0n), (1n << 64n) - 1n);
});

test("the multiplier rests at the target, rises above it and falls below it", () => {
  assert.equal(nextMultiplier(FIXED_ONE, TARGET_WEIGHT), FIXED_ONE);
  // d = 0.75: v*d = 0.00005625, (v*d)^2 / 2 = 0.00000000158203125
  assert.equal(nextMultiplier(FIXED_ONE, NORMAL_MAX), FIXED_ONE + 56_250_000_000_000n + 1_582_031_250n);
  // d = 0.25: v*d = 0.00001875, (v*d)^2 / 2 = 0.00000000017578125
  assert.equal(nextMultiplier(FIXED_ONE, 0n), FIXED_ONE - 18_750_000_000_000n + 175_781_250n);
  assert.equal(nextMultiplier(FIXED_ONE, NORMAL_MAX * 2n), nextMultiplier(FIXED_ONE, NORMAL_MAX));
});

test("the multiplier stays within its bounds and can leave the lower one", () => {
  fc.assert(
    fc.property(fc.bigInt(0n, FIXED_MAX), fc.bigInt(0n, NORMAL_MAX * 2n), (previous, weight) => {
      const next = nextMultiplier(previous, weight);
      const from = previous < MINIMUM_MULTIPLIER ? MINIMUM_MULTIPLIER : previous;
      assert.ok(next >= MINIMUM_MULTIPLIER && next <= FIXED_MAX);
      assert.ok(weight >= TARGET_WEIGHT ? next >= from : next <= from);
    }),
  );
  assert.equal(nextMultiplier(MINIMUM_MULTIPLIER, 0n), MINIMUM_MULTIPLIER);
  assert.ok(nextMultiplier(MINIMUM_MULTIPLIER, (TARGET_WEIGHT * 101n) / 100n) > MINIMUM_MULTIPLIER);
  assert.equal(nextMultiplier(FIXED_MAX, NORMAL_MAX), FIXED_MAX);
});

test("the end of a block sets the multiplier from that block's normal weight", () => {
  const ctx = chain();
  assert.deepEqual([NextFeeMultiplier.get(ctx.state), StorageVersion.get(ctx.state)], [FIXED_ONE, { type: "V2" }]);
  ctx.weightUsed.Normal = refTime(NORMAL_MAX);
  transactionPayment.hooks!.onFinalize!(ctx);
  assert.equal(NextFeeMultiplier.get(ctx.state), nextMultiplier(FIXED_ONE, NORMAL_MAX));
  transactionPayment.checkState!(ctx.state, LOCAL_PARAMS);
});
