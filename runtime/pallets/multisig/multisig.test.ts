import assert from "node:assert/strict";
import { test } from "node:test";
import { blake2b256 } from "#hash";
import { toHex } from "../../primitives/bytes.ts";
import { encode } from "../../primitives/codec/index.ts";
import type { AccountId } from "../../primitives/types.ts";
import { ROOT, signed } from "../../frame/pallet.ts";
import type { RuntimeCall } from "../../frame/pallet.ts";
import { account } from "../../frame/testing.ts";
import { ZERO_WEIGHT } from "../system/limits.ts";
import { MESI, TestChain, call, transferTo } from "../testing.ts";
import { depositFor } from "./calls.ts";
import { Multisigs, multiAccountId } from "./types.ts";
import type { Timepoint } from "./types.ts";

// Account n is 32 bytes of n, so they are sorted by number.
const [alice, bob, carol, dave] = [account(1), account(2), account(3), account(4)] as const;
const shared = multiAccountId([alice, bob, carol], 2);
const shared3 = multiAccountId([alice, bob, carol], 3);
const ENOUGH = { ref_time: 10n ** 12n, proof_size: 0n };
const payment = transferTo(dave, MESI);

function chain(): TestChain {
  const made = new TestChain();
  for (const who of [alice, bob, carol, shared, shared3]) made.endow(who, 10n * MESI);
  return made;
}

interface Approval {
  readonly threshold?: number;
  readonly others: readonly AccountId[];
  readonly at?: Timepoint | undefined;
}

function asMulti({ threshold = 2, others, at }: Approval, inner: RuntimeCall = payment, max_weight = ENOUGH): RuntimeCall {
  return call("Multisig.as_multi", { threshold, other_signatories: others, maybe_timepoint: at, call: inner, max_weight });
}

function hashOf(made: TestChain, inner: RuntimeCall = payment): Uint8Array {
  return blake2b256(encode(made.ctx.runtime.outer.call, inner));
}

function approve(made: TestChain, { threshold = 2, others, at }: Approval, inner: RuntimeCall = payment): RuntimeCall {
  return call("Multisig.approve_as_multi", {
    threshold,
    other_signatories: others,
    maybe_timepoint: at,
    call_hash: hashOf(made, inner),
    max_weight: ZERO_WEIGHT,
  });
}

function cancel(made: TestChain, { threshold = 2, others, at }: Approval): RuntimeCall {
  return call("Multisig.cancel_as_multi", { threshold, other_signatories: others, timepoint: at, call_hash: hashOf(made) });
}

function now({ ctx }: TestChain): Timepoint {
  return { height: ctx.blockNumber, index: ctx.extrinsicIndex };
}

function open(made: TestChain, multisig = shared) {
  return Multisigs.get(made.ctx.state, [multisig, hashOf(made)]);
}

test("a multisig's account is blake2_256 of FRAME's entropy", () => {
  // blake2_256("modlpy/utilisuba" ++ compact(3) ++ [1; 32] ++ [2; 32] ++ [3; 32] ++ 2u16), computed with an independent implementation.
  assert.equal(toHex(shared), "0x3ffd20eb97bafd6f5af8d026cd11101f1553fa9cb4b8a37d1721314fbbb48fc5");
});

test("the second of two approvals runs the call, cleans the storage and returns the deposit", () => {
  const made = chain();
  assert.equal(made.outcome(alice, asMulti({ others: [bob, carol] })), "ok");
  const at = now(made);
  assert.equal(made.lastEvent("Multisig")?.type, "NewMultisig");
  assert.equal(made.reserved(alice), depositFor(2));
  assert.equal(made.free(dave), 0n);
  made.next();
  assert.equal(made.outcome(bob, asMulti({ others: [alice, carol], at })), "ok");
  assert.equal(made.free(dave), MESI);
  assert.equal(made.free(shared), 9n * MESI);
  assert.equal(made.reserved(alice), 0n);
  assert.equal(open(made), undefined);
  const event = made.lastEvent("Multisig")!;
  assert.equal(event.type, "MultisigExecuted");
  assert.deepEqual((event.value as { result: unknown }).result, { ok: true, value: undefined });
});

test("three approvals may come as hashes, and any signatory may send the call once there are enough", () => {
  const made = chain();
  assert.equal(made.outcome(carol, approve(made, { threshold: 3, others: [alice, bob] })), "ok");
  const at = now(made);
  assert.equal(made.outcome(alice, approve(made, { threshold: 3, others: [bob, carol], at })), "ok");
  assert.equal(made.lastEvent("Multisig")?.type, "MultisigApproval");
  assert.equal(made.outcome(bob, approve(made, { threshold: 3, others: [alice, carol], at })), "ok");
  assert.deepEqual(open(made, shared3)?.approvals, [alice, bob, carol]);
  assert.equal(made.free(dave), 0n);
  assert.equal(made.outcome(alice, asMulti({ threshold: 3, others: [bob, carol], at })), "ok");
  assert.equal(made.free(dave), MESI);
  assert.equal(made.reserved(carol), 0n);
});

test("a failing call is still executed once: its error is in the event and the deposit is back", () => {
  const made = chain();
  made.endow(account(99), 1_000n * MESI);
  const tooMuch = transferTo(dave, 100n * MESI);
  made.submit(alice, asMulti({ others: [bob, carol] }, tooMuch));
  const at = now(made);
  assert.equal(made.outcome(bob, asMulti({ others: [alice, carol], at }, tooMuch)), "ok");
  const { result } = made.lastEvent("Multisig")!.value as { result: Parameters<TestChain["nameOf"]>[0] };
  assert.equal(made.nameOf(result), "Token.FundsUnavailable");
  assert.equal(made.reserved(alice), 0n);
  assert.equal(made.outcome(bob, asMulti({ others: [alice, carol], at }, tooMuch)), "Multisig.UnexpectedTimepoint");
});

test("timepoints: none at first, then exactly the first approval's", () => {
  const made = chain();
  const at = { height: 1, index: 1 };
  assert.equal(made.outcome(alice, asMulti({ others: [bob, carol], at })), "Multisig.UnexpectedTimepoint");
  made.submit(alice, asMulti({ others: [bob, carol] }));
  const right = now(made);
  assert.equal(made.outcome(bob, asMulti({ others: [alice, carol] })), "Multisig.NoTimepoint");
  assert.equal(made.outcome(bob, asMulti({ others: [alice, carol], at: { ...right, index: right.index + 1 } })), "Multisig.WrongTimepoint");
  assert.equal(
    made.outcome(bob, asMulti({ others: [alice, carol], at: { ...right, height: right.height + 1 } })),
    "Multisig.WrongTimepoint",
  );
  assert.equal(made.outcome(bob, asMulti({ others: [alice, carol], at: right })), "ok");
});

test("approving twice is refused", () => {
  const made = chain();
  made.submit(alice, approve(made, { threshold: 3, others: [bob, carol] }));
  const at = now(made);
  assert.equal(made.outcome(alice, approve(made, { threshold: 3, others: [bob, carol], at })), "Multisig.AlreadyApproved");
  assert.equal(made.outcome(alice, asMulti({ threshold: 3, others: [bob, carol], at })), "Multisig.AlreadyApproved");
  assert.deepEqual(open(made, shared3)?.approvals, [alice]);
});

test("the signatories must be sorted, distinct, without the sender, and neither none nor too many", () => {
  const made = chain();
  const refused = (others: readonly AccountId[]): string => made.outcome(alice, asMulti({ others }));
  assert.equal(refused([carol, bob]), "Multisig.SignatoriesOutOfOrder");
  assert.equal(refused([bob, bob]), "Multisig.SignatoriesOutOfOrder");
  assert.equal(refused([alice, bob]), "Multisig.SenderInSignatories");
  assert.equal(refused([]), "Multisig.TooFewSignatories");
  const many = Array.from({ length: 100 }, (_, i) => account(i + 2));
  assert.equal(refused(many), "Multisig.TooManySignatories");
  assert.equal(refused(many.slice(1)), "ok");
  assert.equal(made.outcome(alice, asMulti({ threshold: 1, others: [bob] })), "Multisig.MinimumThreshold");
  assert.equal(made.outcome(ROOT, asMulti({ others: [bob] })), "BadOrigin");
});

test("the last approval must allow the weight of the call", () => {
  const made = chain();
  made.submit(alice, asMulti({ others: [bob, carol] }));
  const at = now(made);
  assert.equal(made.outcome(bob, asMulti({ others: [alice, carol], at }, payment, ZERO_WEIGHT)), "Multisig.MaxWeightTooLow");
  const weight = made.ctx.dispatchInfo(payment).weight;
  assert.equal(made.outcome(bob, asMulti({ others: [alice, carol], at }, payment, weight)), "ok");
});

test("only the depositor cancels, at the right timepoint, and has the deposit back", () => {
  const made = chain();
  assert.equal(made.outcome(alice, cancel(made, { others: [bob, carol], at: { height: 1, index: 0 } })), "Multisig.NotFound");
  made.submit(alice, approve(made, { others: [bob, carol] }));
  const at = now(made);
  assert.equal(made.outcome(bob, cancel(made, { others: [alice, carol], at })), "Multisig.NotOwner");
  assert.equal(made.outcome(alice, cancel(made, { others: [bob, carol], at: { ...at, index: at.index + 1 } })), "Multisig.WrongTimepoint");
  assert.equal(made.outcome(alice, cancel(made, { others: [bob, carol], at })), "ok");
  assert.equal(made.reserved(alice), 0n);
  assert.equal(open(made), undefined);
  assert.equal(made.lastEvent("Multisig")?.type, "MultisigCancelled");
});

test("an operation that nobody can pay the deposit for leaves no trace", () => {
  const made = chain();
  made.endow(dave, made.ctx.params.existential_deposit);
  assert.equal(made.outcome(dave, asMulti({ others: [bob, carol] })), "Balances.InsufficientBalance");
  assert.equal(Multisigs.entries(made.ctx.state, 10).length, 0);
});

test("one approval suffices for a threshold of one, without a deposit and under the multisig's own filter", () => {
  const made = chain();
  const single = multiAccountId([alice, bob], 1);
  made.endow(single, 5n * MESI);
  const through = call("Multisig.as_multi_threshold_1", { other_signatories: [alice], call: payment });
  const limited = { ...signed(bob), filter: (inner: RuntimeCall) => inner.type !== "Balances" };
  assert.equal(made.outcome(limited, through), "ok");
  assert.deepEqual([made.free(single), made.free(dave), made.reserved(bob)], [4n * MESI, MESI, 0n]);
  assert.equal(
    made.outcome(bob, call("Multisig.as_multi_threshold_1", { other_signatories: [], call: payment })),
    "Multisig.TooFewSignatories",
  );
  assert.equal(
    made.outcome(bob, call("Multisig.as_multi_threshold_1", { other_signatories: [bob], call: payment })),
    "Multisig.SenderInSignatories",
  );
});

test("the same call can be under way in two multisigs, and twice in one after another", () => {
  const made = chain();
  made.submit(alice, asMulti({ others: [bob, carol] }));
  const first = now(made);
  made.submit(alice, asMulti({ threshold: 3, others: [bob, carol] }));
  assert.equal(made.reserved(alice), depositFor(2) + depositFor(3));
  assert.equal(made.outcome(bob, asMulti({ others: [alice, carol], at: first })), "ok");
  made.submit(bob, asMulti({ others: [alice, carol] }));
  assert.equal(made.outcome(alice, asMulti({ others: [bob, carol], at: now(made) })), "ok");
  assert.equal(made.free(dave), 2n * MESI);
});

test("a call cannot run its own operation again while it runs", () => {
  const made = chain();
  const recursive = transferTo(dave, MESI);
  made.submit(alice, asMulti({ others: [bob, carol] }, recursive));
  const at = now(made);
  const twice = call("Utility.force_batch", {
    calls: [asMulti({ others: [alice, carol], at }, recursive), asMulti({ others: [alice, carol], at }, recursive)],
  });
  assert.equal(made.outcome(bob, twice), "ok");
  assert.equal(made.free(dave), MESI);
});

test("poke_deposit brings an old deposit to today's and is free when it changes something", () => {
  const made = chain();
  made.submit(alice, asMulti({ others: [bob, carol] }));
  const key = [shared, hashOf(made)] as const;
  const poke = call("Multisig.poke_deposit", { threshold: 2, other_signatories: [bob, carol], call_hash: key[1] });
  const unchanged = made.submit(alice, poke);
  assert.ok(unchanged.ok && unchanged.value?.pays_fee !== "No");
  // As if the constants had been lower when the operation began.
  Multisigs.set(made.ctx.state, key, { ...Multisigs.get(made.ctx.state, key)!, deposit: depositFor(2) - MESI / 1_000n });
  const changed = made.submit(alice, poke);
  assert.ok(changed.ok && changed.value?.pays_fee === "No");
  assert.equal(Multisigs.get(made.ctx.state, key)?.deposit, depositFor(2));
  assert.equal(made.lastEvent("Multisig")?.type, "DepositPoked");
  const other = call("Multisig.poke_deposit", { threshold: 2, other_signatories: [alice, carol], call_hash: key[1] });
  assert.equal(made.outcome(bob, other), "Multisig.NotOwner");
});

test("a multisig can be a signatory of another", () => {
  const made = chain();
  const outer = multiAccountId(
    [shared, dave].sort((a, b) => (toHex(a) < toHex(b) ? -1 : 1)),
    2,
  );
  made.endow(outer, 5n * MESI);
  made.endow(dave, 5n * MESI);
  const inner = transferTo(carol, MESI);
  made.submit(dave, asMulti({ others: [shared] }, inner));
  const outerAt = now(made);
  const second = asMulti({ others: [dave], at: outerAt }, inner);
  const more = made.ctx.dispatchInfo(second).weight;
  made.submit(alice, asMulti({ others: [bob, carol] }, second, more));
  assert.equal(made.outcome(bob, asMulti({ others: [alice, carol], at: now(made) }, second, more)), "ok");
  assert.deepEqual([made.free(outer), made.free(carol), made.reserved(dave)], [4n * MESI, 11n * MESI, 0n]);
});
