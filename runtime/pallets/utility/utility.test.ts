import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { decode, encode } from "../../primitives/codec/index.ts";
import { DecodeError } from "../../primitives/errors.ts";
import { toHex } from "../../primitives/bytes.ts";
import { NONE, ROOT, signed } from "../../frame/pallet.ts";
import type { RuntimeCall } from "../../frame/pallet.ts";
import { account } from "../../frame/testing.ts";
import { addWeight } from "../system/limits.ts";
import { MESI, TestChain, call, id, transferTo } from "../testing.ts";
import { BATCHED_CALLS_LIMIT, derivativeAccountId } from "./calls.ts";
import { AS_DERIVATIVE, IF_ELSE, batchWeight } from "./weights.ts";

const [alice, bob, carol] = [account(1), account(2), account(3)] as const;
/** More than anyone has, less than there is. */
const TOO_MUCH = 1_000n * MESI;

function chain(): TestChain {
  const made = new TestChain();
  made.endow(alice, 100n * MESI);
  made.endow(bob, MESI);
  made.endow(account(99), TOO_MUCH);
  return made;
}

function names(made: TestChain): string[] {
  return made.events("Utility").map(({ type }) => type);
}

const remark = call("System.remark", { remark: Uint8Array.of(1) });
const batch = (...calls: RuntimeCall[]): RuntimeCall => call("Utility.batch", { calls });
const batchAll = (...calls: RuntimeCall[]): RuntimeCall => call("Utility.batch_all", { calls });
const forceBatch = (...calls: RuntimeCall[]): RuntimeCall => call("Utility.force_batch", { calls });

test("batch keeps what was done before the first failure and succeeds", () => {
  const made = chain();
  assert.equal(made.outcome(alice, batch(transferTo(bob, MESI), transferTo(bob, TOO_MUCH), transferTo(bob, MESI))), "ok");
  assert.equal(made.free(bob), 2n * MESI);
  assert.deepEqual(names(made), ["ItemCompleted", "BatchInterrupted"]);
  assert.equal((made.lastEvent("Utility")!.value as { index: number }).index, 1);
});

test("batch_all drops everything with its first failure and fails with its error", () => {
  const made = chain();
  assert.equal(made.outcome(alice, batchAll(transferTo(bob, MESI), transferTo(bob, TOO_MUCH))), "Token.FundsUnavailable");
  assert.equal(made.free(bob), MESI);
  assert.deepEqual(names(made), []);
  assert.equal(made.outcome(alice, batchAll(transferTo(bob, MESI), transferTo(bob, MESI))), "ok");
  assert.equal(made.free(bob), 3n * MESI);
  assert.deepEqual(names(made), ["ItemCompleted", "ItemCompleted", "BatchCompleted"]);
});

test("force_batch goes on after failures and says which calls failed", () => {
  const made = chain();
  assert.equal(made.outcome(alice, forceBatch(transferTo(bob, MESI), transferTo(bob, TOO_MUCH), transferTo(bob, MESI))), "ok");
  assert.equal(made.free(bob), 3n * MESI);
  assert.deepEqual(names(made), ["ItemCompleted", "ItemFailed", "ItemCompleted", "BatchCompletedWithErrors"]);
});

test("users cannot nest batch_all in batch_all at any depth, but may put it into batch and batch into it", () => {
  const made = chain();
  assert.equal(made.outcome(alice, batchAll(batchAll(remark))), "System.CallFiltered");
  assert.equal(made.outcome(alice, batchAll(call("Utility.as_derivative", { index: 0, call: batchAll(remark) }))), "System.CallFiltered");
  assert.equal(made.outcome(alice, batch(batchAll(remark))), "ok");
  assert.equal(made.outcome(alice, batchAll(batch(remark))), "ok");
  assert.equal(made.outcome(ROOT, batchAll(batchAll(remark))), "ok");
});

test("batches refuse the None origin and too many calls", () => {
  const made = chain();
  for (const make of [batch, batchAll, forceBatch]) {
    assert.equal(made.outcome(NONE, make(remark)), "BadOrigin");
    assert.equal(made.outcome(alice, make(...Array<RuntimeCall>(BATCHED_CALLS_LIMIT + 1).fill(remark))), "Utility.TooManyCalls");
  }
});

test("the origin's filter holds for every inner call of a user, and never for root", () => {
  const made = chain();
  const filter = (inner: RuntimeCall): boolean => inner.type !== "Balances";
  const limited = { ...signed(alice), filter };
  const asDerivative = call("Utility.as_derivative", { index: 1, call: transferTo(bob, MESI) });
  assert.equal(made.outcome(limited, batchAll(transferTo(bob, MESI))), "System.CallFiltered");
  assert.equal(made.outcome(limited, asDerivative), "System.CallFiltered");
  assert.equal(
    made.outcome(limited, call("Utility.if_else", { main: transferTo(bob, MESI), fallback: asDerivative })),
    "System.CallFiltered",
  );
  assert.equal(made.outcome(limited, batch(transferTo(bob, MESI))), "ok");
  assert.deepEqual(names(made), ["BatchInterrupted"]);
  assert.equal(made.free(bob), MESI);
  const force = call("Balances.force_transfer", { source: id(alice), dest: id(bob), value: MESI });
  assert.equal(made.outcome({ ...ROOT, filter }, batchAll(force)), "ok");
  assert.equal(made.free(bob), 2n * MESI);
});

test("as_derivative acts as the pseudonym and pays from it", () => {
  const made = chain();
  const pseudonym = derivativeAccountId(alice, 7);
  const through = call("Utility.as_derivative", { index: 7, call: transferTo(bob, MESI) });
  assert.equal(made.outcome(alice, through), "Token.FundsUnavailable");
  made.endow(pseudonym, 5n * MESI);
  assert.equal(made.outcome(alice, through), "ok");
  assert.equal(made.free(pseudonym), 4n * MESI);
  assert.equal(made.outcome(ROOT, through), "BadOrigin");
});

const DERIVATIVE_OF_ONES = "0x1a4dfb39d9805df468da8e070dad6bcc4b4d697339a072f7a1a03c0e12eb6c9d";
test("a pseudonym is blake2_256 of FRAME's entropy", () => {
  // blake2_256("modlpy/utilisuba" ++ [1; 32] ++ 0u16), computed with an independent implementation.
  assert.equal(toHex(derivativeAccountId(alice, 0)), DERIVATIVE_OF_ONES);
});

test("dispatch_as and dispatch_as_fallible act as any origin for root only; the second forwards the failure", () => {
  const made = chain();
  const as_origin = signed(alice).caller;
  const args = { as_origin, call: transferTo(bob, TOO_MUCH) };
  assert.equal(made.outcome(alice, call("Utility.dispatch_as", args)), "BadOrigin");
  assert.equal(made.outcome(alice, call("Utility.dispatch_as_fallible", args)), "BadOrigin");
  assert.equal(made.outcome(ROOT, call("Utility.dispatch_as", args)), "ok");
  assert.equal((made.lastEvent("Utility")!.value as { result: { ok: boolean } }).result.ok, false);
  assert.equal(made.outcome(ROOT, call("Utility.dispatch_as_fallible", args)), "Token.FundsUnavailable");
  assert.equal(made.outcome(ROOT, call("Utility.dispatch_as_fallible", { as_origin, call: transferTo(bob, MESI) })), "ok");
  assert.equal(made.free(bob), 2n * MESI);
});

test("if_else runs the fallback only after a failure and fails with the fallback's error", () => {
  const made = chain();
  const ifElse = (main: RuntimeCall, fallback: RuntimeCall): RuntimeCall => call("Utility.if_else", { main, fallback });
  assert.equal(made.outcome(alice, ifElse(transferTo(bob, MESI), transferTo(carol, MESI))), "ok");
  assert.deepEqual([made.free(bob), made.free(carol)], [2n * MESI, 0n]);
  assert.equal(made.outcome(alice, ifElse(transferTo(bob, TOO_MUCH), transferTo(carol, MESI))), "ok");
  assert.deepEqual([made.free(bob), made.free(carol)], [2n * MESI, MESI]);
  assert.equal(made.outcome(alice, ifElse(transferTo(bob, TOO_MUCH), call("System.kill_storage", { keys: [] }))), "BadOrigin");
  assert.deepEqual(names(made), ["IfElseMainSuccess", "IfElseFallbackCalled"]);
});

test("with_weight runs as root, for root only, at the weight that root names", () => {
  const made = chain();
  const weight = { ref_time: 5n, proof_size: 0n };
  const set = call("Utility.with_weight", { call: call("Balances.force_set_balance", { who: id(carol), new_free: MESI }), weight });
  assert.deepEqual(made.ctx.dispatchInfo(set).weight, weight);
  assert.equal(made.outcome(alice, set), "BadOrigin");
  assert.equal(made.outcome(ROOT, set), "ok");
  assert.equal(made.free(carol), MESI);
});

test("a batch weighs the sum of its calls and is operational unless one inside is normal", () => {
  const { ctx } = chain();
  const one = ctx.dispatchInfo(remark).weight;
  assert.deepEqual(ctx.dispatchInfo(batch(remark, remark)).weight, addWeight(addWeight(one, one), batchWeight(2)));
  const operational = call("System.set_heap_pages", { pages: 1n });
  assert.equal(ctx.dispatchInfo(operational).class, "Operational");
  assert.equal(ctx.dispatchInfo(batch(operational, operational)).class, "Operational");
  assert.equal(ctx.dispatchInfo(batch(operational, remark)).class, "Normal");
  assert.equal(ctx.dispatchInfo(call("Utility.if_else", { main: operational, fallback: remark })).class, "Normal");
});

test("an interrupted batch gives back the weight of what did not run", () => {
  const made = chain();
  const result = made.submit(alice, batch(remark, transferTo(bob, TOO_MUCH), remark, remark));
  const { ctx } = made;
  const spent = addWeight(batchWeight(2), addWeight(ctx.dispatchInfo(remark).weight, ctx.dispatchInfo(transferTo(bob, TOO_MUCH)).weight));
  assert.deepEqual(result.ok && result.value?.actual_weight, spent);
  const skipped = made.submit(alice, call("Utility.if_else", { main: remark, fallback: batch(remark, remark) }));
  assert.deepEqual(skipped.ok && skipped.value?.actual_weight, addWeight(IF_ELSE, ctx.dispatchInfo(remark).weight));
});

test("reported weight never exceeds the announced one, whatever the nesting", () => {
  const leaf = fc.constantFrom(remark, transferTo(bob, MESI), transferTo(bob, TOO_MUCH));
  const { tree } = fc.letrec<{ tree: RuntimeCall }>((tie) => ({
    tree: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      leaf,
      fc.array(tie("tree"), { maxLength: 3 }).map((calls) => batch(...calls)),
      fc.array(tie("tree"), { maxLength: 3 }).map((calls) => batchAll(...calls)),
      fc.array(tie("tree"), { maxLength: 3 }).map((calls) => forceBatch(...calls)),
      tie("tree").map((inner) => call("Utility.as_derivative", { index: 0, call: inner })),
      fc.tuple(tie("tree"), tie("tree")).map(([main, fallback]) => call("Utility.if_else", { main, fallback })),
    ),
  }));
  fc.assert(
    fc.property(tree, (nested) => {
      const made = chain();
      const announced = made.ctx.dispatchInfo(nested).weight.ref_time;
      const result = made.submit(alice, nested);
      const reported = result.ok ? result.value?.actual_weight : result.post?.actual_weight;
      assert.ok(reported === undefined || reported.ref_time <= announced);
      assert.equal(made.free(alice) + made.free(bob) + made.free(derivativeAccountId(alice, 0)), 101n * MESI);
    }),
    { numRuns: 200 },
  );
});

function nested(depth: number, inner: RuntimeCall): RuntimeCall {
  return depth === 0 ? inner : batch(nested(depth - 1, inner));
}

test("calls nested deeper than the decoder's limit are refused, and those at the limit run", () => {
  const made = chain();
  const type = made.ctx.runtime.outer.call;
  const deepest = decode(type, encode(type, nested(254, remark)));
  assert.equal(made.outcome(alice, deepest), "ok");
  assert.throws(() => decode(type, encode(type, nested(300, remark))), DecodeError);
});

test("weighing deep nesting around many calls takes each call once", () => {
  const { ctx } = chain();
  let asked = 0;
  const counted: RuntimeCall = new Proxy(remark, { get: (target, key) => (key === "value" && asked++, Reflect.get(target, key)) });
  ctx.dispatchInfo(nested(200, batch(...Array<RuntimeCall>(10).fill(counted))));
  assert.ok(asked <= 10, `${asked} look-ups`);
});

test("as_derivative reports its own weight and that of the inner call, also when that failed", () => {
  const made = chain();
  const inner = transferTo(bob, TOO_MUCH);
  const result = made.submit(alice, call("Utility.as_derivative", { index: 0, call: inner }));
  assert.deepEqual(!result.ok && result.post?.actual_weight, addWeight(AS_DERIVATIVE, made.ctx.dispatchInfo(inner).weight));
});
