import assert from "node:assert/strict";
import { test } from "node:test";
import type { PoolError } from "../../rpc/backend.ts";
import { toHex } from "../../runtime/primitives/bytes.ts";
import { account, fakePool, fieldsOf, hashOf, invalidity, settled, tx, watched } from "./testing.ts";

const refusedWith = (code: string, data?: RegExp) => (error: PoolError) => {
  assert.equal(error.code, code);
  if (data !== undefined) assert.match(String(error.detail.data), data);
  return true;
};
const order = (pending: readonly Uint8Array[]): string[] => pending.map(fieldsOf).map(({ from, nonce }) => `${from}:${nonce}`);

test("a transaction ahead of its account's nonce waits, and becomes ready when the gap closes", async () => {
  const { pool } = fakePool();
  const second = await watched(pool, tx({ from: 1, nonce: 1 }));
  assert.deepEqual(pool.size.future, 1);
  await pool.submit(tx({ from: 1, nonce: 0 }));
  await settled();
  assert.deepEqual(second.heard, ["future", "ready"]);
  assert.deepEqual(order(pool.pending()), ["1:0", "1:1"]);
});

test("a block takes the highest priority whose requirements are met, and the earlier among equals", async () => {
  const { pool } = fakePool();
  await pool.submit(tx({ from: 1, nonce: 0, priority: 1 }));
  await pool.submit(tx({ from: 1, nonce: 1, priority: 9 }));
  await pool.submit(tx({ from: 2, nonce: 0, priority: 5 }));
  await pool.submit(tx({ from: 3, nonce: 0, priority: 5 }));
  assert.deepEqual(order(pool.pending()), ["2:0", "3:0", "1:0", "1:1"]);
});

test("what depends on a transaction that found no room in a block is not offered to that block", async () => {
  const { pool } = fakePool();
  for (const fields of [{ from: 1, nonce: 0, priority: 9 }, { from: 1, nonce: 1 }, { from: 2, nonce: 0 }]) await pool.submit(tx(fields));
  const ready = pool.ready();
  assert.equal(fieldsOf(ready.next()!.extrinsic.encoded).from, 1);
  ready.skipDependants();
  assert.equal(fieldsOf(ready.next()!.extrinsic.encoded).from, 2);
  assert.equal(ready.next(), undefined);
});

test("a watcher hears of the block with the transaction's index, then of finality, and then nothing", async () => {
  const { chain, pool } = fakePool();
  const [first, second] = [tx({ from: 1, nonce: 0 }), tx({ from: 2, nonce: 0 })];
  await pool.submit(first);
  const watch = await watched(pool, second);
  const block = chain.extend(pool, [first, second]);
  pool.onFinalized([block]);
  pool.onFinalized([block]);
  await settled();
  const at = { block: block.hash, index: 1 };
  assert.deepEqual(watch.statuses, [{ type: "ready" }, { type: "inBlock", ...at }, { type: "finalized", ...at }]);
  assert.deepEqual(pool.size, { ready: 0, future: 0, bytes: 0 });
});

test("the first report comes after the promise of the submission", async () => {
  const { pool } = fakePool();
  const heard: string[] = [];
  await pool.submitAndWatch(tx({ from: 1, nonce: 0 }), ({ type }) => heard.push(type));
  assert.deepEqual(heard, []);
  await settled();
  assert.deepEqual(heard, ["ready"]);
});

test("a listener that throws does not cost the others their reports", async () => {
  const flushes: (() => void)[] = [];
  const { pool } = fakePool({ defer: (flush) => void flushes.push(flush) });
  await pool.submitAndWatch(tx({ from: 1, nonce: 0 }), () => {
    throw new Error("a bug in a listener");
  });
  const other = await watched(pool, tx({ from: 2, nonce: 0 }));
  assert.throws(() => flushes.shift()!(), /a bug in a listener/);
  flushes.shift()!();
  assert.deepEqual(other.heard, ["ready"]);
});

test("one replaces another of the same nonce only with a strictly higher priority; what came after stays", async () => {
  const { pool } = fakePool();
  const old = await watched(pool, tx({ from: 1, nonce: 0, priority: 5 }));
  const next = await watched(pool, tx({ from: 1, nonce: 1 }));
  await assert.rejects(pool.submit(tx({ from: 1, nonce: 0, priority: 5, salt: 1 })), (error: PoolError) => {
    assert.equal(error.message, "Priority is too low: (5 vs 5)");
    return refusedWith("POOL_TOO_LOW_PRIORITY")(error);
  });
  const better = tx({ from: 1, nonce: 0, priority: 6 });
  await pool.submit(better);
  await settled();
  assert.deepEqual(old.statuses.at(-1), { type: "usurped", by: hashOf(better) });
  assert.deepEqual(next.heard, ["ready"]);
  assert.deepEqual(order(pool.pending()), ["1:0", "1:1"]);
});

test("a pooled transaction whose nonce another one used in a block is usurped by it", async () => {
  const { chain, pool } = fakePool();
  const pooled = await watched(pool, tx({ from: 1, nonce: 0 }));
  const next = await watched(pool, tx({ from: 1, nonce: 1 }));
  const foreign = tx({ from: 1, nonce: 0, salt: 7 });
  chain.extend(pool, [foreign]);
  await settled();
  assert.deepEqual(pooled.statuses.at(-1), { type: "usurped", by: hashOf(foreign) });
  assert.deepEqual(next.heard, ["ready"]);
  assert.deepEqual(order(pool.pending()), ["1:1"]);
});

test("transactions of a retracted block come back, before those that follow them, and are included again", async () => {
  const { chain, pool } = fakePool();
  const [zero, one, two] = [tx({ from: 1, nonce: 0 }), tx({ from: 1, nonce: 1 }), tx({ from: 1, nonce: 2 })];
  const watch = await watched(pool, zero);
  await pool.submit(one);
  const fork = chain.head;
  const retracted = chain.extend(pool, [zero, one]);
  const follower = await watched(pool, two);
  chain.setBest(pool, chain.build(chain.build(fork, []), []));
  await settled();
  assert.deepEqual(watch.heard, ["ready", "inBlock", "retracted", "ready"]);
  assert.deepEqual(watch.statuses[2], { type: "retracted", block: retracted.hash });
  assert.deepEqual(follower.heard, ["ready", "future", "ready"]);
  assert.deepEqual(order(pool.pending()), ["1:0", "1:1", "1:2"]);
  const again = chain.extend(pool, [zero, one, two]);
  pool.onFinalized([again]);
  await settled();
  assert.deepEqual(watch.heard.slice(4), ["inBlock", "finalized"]);
  assert.deepEqual(watch.statuses.at(-1), { type: "finalized", block: again.hash, index: 0 });
});

test("a transaction that is in the new branch too is retracted and included, and does not come back", async () => {
  const { chain, pool } = fakePool();
  const encoded = tx({ from: 1, nonce: 0 });
  const watch = await watched(pool, encoded);
  const fork = chain.head;
  chain.extend(pool, [encoded]);
  const block = chain.build(chain.build(fork, []), [encoded]);
  chain.setBest(pool, block);
  await settled();
  assert.deepEqual(watch.heard, ["ready", "inBlock", "retracted", "inBlock"]);
  assert.equal(pool.size.ready, 0);
});

test("a retracted transaction whose nonce the new branch used otherwise is invalid", async () => {
  const { chain, pool } = fakePool();
  const encoded = tx({ from: 1, nonce: 0 });
  const watch = await watched(pool, encoded);
  const fork = chain.head;
  chain.extend(pool, [encoded]);
  chain.setBest(pool, chain.build(chain.build(fork, []), [tx({ from: 1, nonce: 0, salt: 1 })]));
  await settled();
  assert.deepEqual(watch.statuses.at(-1), { type: "invalid", reason: "Transaction is outdated" });
});

test("a retracted transaction that is included again while it is validated is not pooled", async () => {
  const { chain, pool } = fakePool();
  const encoded = tx({ from: 1, nonce: 0 });
  const watch = await watched(pool, encoded);
  const fork = chain.head;
  chain.extend(pool, [encoded]);
  let open = (): void => {};
  chain.gate = () => new Promise((resolve) => (open = resolve));
  const empty = chain.build(chain.build(fork, []), []);
  chain.setBest(pool, empty);
  chain.extend(pool, [encoded]);
  open();
  await settled();
  assert.deepEqual(watch.heard, ["ready", "inBlock", "retracted", "inBlock"]);
  assert.equal(pool.size.ready, 0);
});

test("a watcher stops waiting for finality after the given number of blocks", async () => {
  const { chain, pool } = fakePool({ finalityTimeoutBlocks: 3 });
  const encoded = tx({ from: 1, nonce: 0 });
  const watch = await watched(pool, encoded);
  const block = chain.extend(pool, [encoded]);
  for (let i = 0; i < 2; i++) chain.extend(pool, []);
  await settled();
  assert.deepEqual(watch.heard, ["ready", "inBlock"]);
  chain.extend(pool, []);
  await settled();
  assert.deepEqual(watch.statuses.at(-1), { type: "finalityTimeout", block: block.hash });
});

test("a transaction is refused while the same one is checked, is pooled, or is in a recent block", async () => {
  const { chain, pool } = fakePool();
  const encoded = tx({ from: 1, nonce: 0 });
  const first = pool.submit(encoded);
  await assert.rejects(pool.submit(encoded), refusedWith("POOL_ALREADY_IMPORTED", new RegExp(`^${toHex(hashOf(encoded))}$`)));
  await first;
  await assert.rejects(watched(pool, encoded), refusedWith("POOL_ALREADY_IMPORTED"));
  chain.extend(pool, [encoded]);
  await assert.rejects(pool.submit(encoded), refusedWith("POOL_ALREADY_IMPORTED", /is in block #1 0x/));
  assert.equal(chain.validations, 1);
});

test("one sender's transactions come in as they were sent, however their verifications finish", async () => {
  const { chain, pool } = fakePool({ futureCount: 0 });
  const gates = new Map<number, () => void>();
  chain.gate = (encoded) => new Promise((resolve) => void gates.set(fieldsOf(encoded).nonce, resolve));
  const sent = [0, 1, 2].map((nonce) => pool.submit(tx({ from: 1, nonce })));
  for (const nonce of [2, 1, 0]) gates.get(nonce)!();
  await Promise.all(sent);
  assert.deepEqual(order(pool.pending()), ["1:0", "1:1", "1:2"]);
});

test("a transaction that was validated before a new best block comes in as that block sees it", async () => {
  const { chain, pool } = fakePool();
  const zero = tx({ from: 1, nonce: 0 });
  await pool.submit(zero);
  let open = (): void => {};
  const validate = chain.validate.bind(chain);
  // Validated against the old block, delayed on the way back.
  chain.validate = async (extrinsic) => {
    const validity = await validate(extrinsic);
    await new Promise<void>((resolve) => (open = resolve));
    return validity;
  };
  const one = pool.submit(tx({ from: 1, nonce: 1 }));
  await settled();
  chain.extend(pool, [zero]);
  open();
  await one;
  assert.deepEqual(order(pool.pending()), ["1:1"]);
});

test("what is refused for good is banned for the given time with its reason, what may pass later is not", async () => {
  const { chain, pool, clock } = fakePool({ banSeconds: 10 });
  const [bad, poor] = [tx({ from: 1, nonce: 0 }), tx({ from: 2, nonce: 0 })];
  chain.refusals.set(toHex(hashOf(bad)), invalidity("BadProof"));
  chain.refusals.set(toHex(hashOf(poor)), invalidity("Payment"));
  await assert.rejects(pool.submit(bad), refusedWith("POOL_INVALID_TX", /^Transaction has a bad signature$/));
  await assert.rejects(pool.submit(poor), refusedWith("POOL_INVALID_TX", /^Inability to pay some fees/));
  chain.refusals.clear();
  await pool.submit(poor);
  clock.now = 9000;
  await assert.rejects(pool.submit(bad), refusedWith("POOL_TEMPORARILY_BANNED", /bad signature.* for 1 s/));
  clock.now = 10_000;
  await pool.submit(bad);
});

test("with no ban time a corrected mistake can be sent again at once, and the hint says what differs", async () => {
  const { chain, pool } = fakePool({ banSeconds: 0 });
  chain.describeInvalid = () => "CheckGenesis: the genesis hash differs";
  const encoded = tx({ from: 1, nonce: 0 });
  chain.refusals.set(toHex(hashOf(encoded)), invalidity("BadProof"));
  const hinted = refusedWith("POOL_INVALID_TX", /^Transaction has a bad signature: CheckGenesis/);
  for (let i = 0; i < 2; i++) await assert.rejects(pool.submit(encoded), hinted);
});

test("the ban table is bounded", async () => {
  const { chain, pool } = fakePool({ banMax: 2 });
  const all = [0, 1, 2].map((from) => tx({ from, nonce: 0 }));
  for (const encoded of all) {
    chain.refusals.set(toHex(hashOf(encoded)), invalidity("BadProof"));
    await assert.rejects(pool.submit(encoded));
  }
  await assert.rejects(pool.submit(all[2]!), refusedWith("POOL_TEMPORARILY_BANNED"));
  await assert.rejects(pool.submit(all[0]!), refusedWith("POOL_INVALID_TX"));
});

test("a transaction is removed after the last block of its mortality, and told so", async () => {
  const { chain, pool } = fakePool();
  const mortal = tx({ from: 1, nonce: 0, longevity: 2 });
  const watch = await watched(pool, mortal);
  const next = await watched(pool, tx({ from: 1, nonce: 1 }));
  chain.revalidate = ((original) => (extrinsic) => {
    const validity = original(extrinsic);
    if (!validity.ok || fieldsOf(extrinsic.encoded).longevity === undefined) return validity;
    return { ok: true, value: { ...validity.value, longevity: BigInt(2 - chain.head.number) } };
  })(chain.revalidate.bind(chain));
  chain.extend(pool, []);
  chain.extend(pool, []);
  assert.equal(pool.size.ready, 2);
  chain.extend(pool, []);
  await settled();
  assert.equal(watch.heard.at(-1), "invalid");
  assert.deepEqual(next.heard, ["ready", "future"]);
  await assert.rejects(pool.submit(mortal), refusedWith("POOL_TEMPORARILY_BANNED", /mortality ended/));
});

test("a full pool drops the lowest priority with what depends on it, and refuses a newcomer that is no better", async () => {
  const { pool } = fakePool({ limitCount: 3 });
  const low = await watched(pool, tx({ from: 1, nonce: 0, priority: 1 }));
  const dependant = await watched(pool, tx({ from: 1, nonce: 1, priority: 9 }));
  await pool.submit(tx({ from: 2, nonce: 0, priority: 2 }));
  await assert.rejects(pool.submit(tx({ from: 3, nonce: 0, priority: 1 })), refusedWith("POOL_IMMEDIATELY_DROPPED"));
  // Its own predecessor is the lowest, so it could not be included without it.
  await assert.rejects(pool.submit(tx({ from: 1, nonce: 2, priority: 9 })), refusedWith("POOL_IMMEDIATELY_DROPPED"));
  await pool.submit(tx({ from: 3, nonce: 0, priority: 3 }));
  await settled();
  assert.deepEqual([low.heard.at(-1), dependant.heard.at(-1)], ["dropped", "dropped"]);
  assert.match((low.statuses.at(-1) as { reason: string }).reason, /ready queue is full/);
  assert.deepEqual(order(pool.pending()), ["3:0", "2:0"]);
});

test("a newcomer that depends on the lowest by tags alone is refused, and nobody is dropped for it", async () => {
  const { pool } = fakePool({ limitCount: 2 });
  await pool.submit(tx({ from: 0, nonce: 0, priority: 1, provides: ["a"] }));
  await pool.submit(tx({ from: 0, nonce: 0, priority: 5, provides: ["b"], requires: ["a"] }));
  const newcomer = tx({ from: 0, nonce: 0, priority: 9, provides: ["c"], requires: ["b"] });
  await assert.rejects(pool.submit(newcomer), refusedWith("POOL_IMMEDIATELY_DROPPED"));
  assert.equal(pool.size.ready, 2);
});

test("the pool is bounded in bytes too", async () => {
  const { pool } = fakePool({ limitBytes: 1000 });
  await pool.submit(tx({ from: 1, nonce: 0, priority: 2, size: 300 }));
  await pool.submit(tx({ from: 2, nonce: 0, priority: 1, size: 300 }));
  await assert.rejects(pool.submit(tx({ from: 3, nonce: 0, priority: 1, size: 300 })), refusedWith("POOL_IMMEDIATELY_DROPPED"));
  await pool.submit(tx({ from: 3, nonce: 0, priority: 3, size: 300 }));
  assert.deepEqual(order(pool.pending()), ["3:0", "1:0"]);
  assert.ok(pool.size.bytes <= 1000);
});

test("a transaction that waits too long for another is dropped with the reason", async () => {
  const { chain, pool } = fakePool({ futureBlocks: 2 });
  const watch = await watched(pool, tx({ from: 1, nonce: 5 }));
  for (let i = 0; i < 3; i++) chain.extend(pool, []);
  await settled();
  assert.match((watch.statuses.at(-1) as { reason: string }).reason, /waited 2 blocks/);
  assert.equal(pool.size.future, 0);
});

test("a refusal at inclusion removes the transaction and lets its followers wait; lack of room does not", async () => {
  const { pool } = fakePool();
  const encoded = tx({ from: 1, nonce: 0 });
  const watch = await watched(pool, encoded);
  const next = await watched(pool, tx({ from: 1, nonce: 1 }));
  pool.reportInvalid(hashOf(encoded), invalidity("ExhaustsResources"));
  assert.equal(pool.size.ready, 2);
  pool.reportInvalid(hashOf(encoded), invalidity("Payment"));
  await settled();
  assert.deepEqual(watch.statuses.at(-1), { type: "invalid", reason: "Inability to pay some fees (e.g. account balance too low)" });
  assert.deepEqual(next.heard, ["ready", "future"]);
});

test("a nonce that was stale only in the block under construction stays when the best block still accepts it", async () => {
  const { chain, pool } = fakePool();
  const encoded = tx({ from: 1, nonce: 0 });
  const watch = await watched(pool, encoded);
  pool.reportInvalid(hashOf(encoded), invalidity("Stale"));
  assert.equal(pool.size.ready, 1);
  chain.head = chain.build(chain.head, [tx({ from: 1, nonce: 0, salt: 1 })]);
  pool.reportInvalid(hashOf(encoded), invalidity("Stale"));
  await settled();
  assert.deepEqual(watch.statuses.at(-1), { type: "invalid", reason: "Transaction is outdated" });
});

test("pooled transactions are validated again in turn, a bounded number at each block", async () => {
  const { chain, pool } = fakePool({ revalidationsPerBlock: 1 });
  const all = [1, 2].map((from) => tx({ from, nonce: 0 }));
  for (const encoded of all) await pool.submit(encoded);
  for (const encoded of all) chain.refusals.set(toHex(hashOf(encoded)), invalidity("Payment"));
  chain.extend(pool, []);
  assert.equal(pool.size.ready, 1);
  chain.extend(pool, []);
  assert.equal(pool.size.ready, 0);
});

test("the next nonce follows the best state and the account's ready transactions, without the waiting ones", async () => {
  const { chain, pool } = fakePool();
  const all = [0, 1, 3].map((nonce) => tx({ from: 1, nonce }));
  for (const encoded of all) await pool.submit(encoded);
  assert.equal(await pool.nextNonce(account(1)), 2);
  assert.equal(await pool.nextNonce(account(2)), 0);
  chain.extend(pool, [all[0]!]);
  assert.equal(await pool.nextNonce(account(1)), 2);
  await pool.submit(tx({ from: 1, nonce: 2 }));
  assert.equal(await pool.nextNonce(account(1)), 4);
});

test("an operator removes transactions by hash; they are banned and their watchers told", async () => {
  const { pool } = fakePool();
  const encoded = tx({ from: 1, nonce: 0 });
  const watch = await watched(pool, encoded);
  assert.deepEqual(pool.remove([hashOf(encoded), hashOf(tx({ from: 9, nonce: 9 }))]), [hashOf(encoded)]);
  await settled();
  assert.equal(watch.heard.at(-1), "dropped");
  await assert.rejects(pool.submit(encoded), refusedWith("POOL_TEMPORARILY_BANNED", /operator/));
});

test("submissions beyond what can be checked at once are refused, as are bytes that are no transaction", async () => {
  const { chain, pool } = fakePool({ validationsMax: 1 });
  let open = (): void => {};
  chain.gate = () => new Promise((resolve) => (open = resolve));
  const first = pool.submit(tx({ from: 1, nonce: 0 }));
  await assert.rejects(pool.submit(tx({ from: 2, nonce: 0 })), refusedWith("POOL_IMMEDIATELY_DROPPED", /the node is busy/));
  await assert.rejects(pool.submit(new Uint8Array(0)), refusedWith("POOL_BAD_FORMAT"));
  open();
  await first;
});

test("a failed verifier refuses the transaction and leaves the way free for the sender's next", async () => {
  const { chain, pool } = fakePool();
  chain.gate = () => Promise.reject(new Error("a worker died"));
  await assert.rejects(pool.submit(tx({ from: 1, nonce: 0 })), refusedWith("POOL_VERIFICATION", /a worker died/));
  chain.gate = undefined;
  await pool.submit(tx({ from: 1, nonce: 0 }));
});

test("without tags, or in a circle, a transaction is refused", async () => {
  const { pool } = fakePool();
  await assert.rejects(pool.submit(tx({ from: 0, nonce: 0, provides: [] })), refusedWith("POOL_NO_TAGS"));
  await assert.rejects(pool.submit(tx({ from: 0, nonce: 0, provides: ["a"], requires: ["a"] })), refusedWith("POOL_CYCLE"));
  await pool.submit(tx({ from: 0, nonce: 0, provides: ["a"] }));
  await pool.submit(tx({ from: 0, nonce: 0, provides: ["b"], requires: ["a"] }));
  await assert.rejects(pool.submit(tx({ from: 0, nonce: 0, priority: 9, provides: ["a"], requires: ["b"] })), refusedWith("POOL_CYCLE"));
  assert.equal(pool.size.ready, 2);
});

test("gossip hears of each ready transaction that may travel once, and the sender of the peers that got it", async () => {
  const { pool } = fakePool();
  const heard: string[] = [];
  let ready = 0;
  pool.onReady(() => ready++);
  const stop = pool.onImported(({ extrinsic }) => heard.push(String(fieldsOf(extrinsic.encoded).nonce)));
  const first = tx({ from: 1, nonce: 0 });
  await pool.submit(tx({ from: 1, nonce: 1 }));
  await pool.submit(tx({ from: 2, nonce: 7, priority: 3, provides: ["x"], propagate: false }));
  await settled();
  assert.deepEqual(heard, []);
  const watch = await watched(pool, first);
  pool.noteBroadcast(hashOf(first), ["peer"]);
  await settled();
  assert.deepEqual(heard, ["0", "1"]);
  assert.equal(ready, 3);
  assert.deepEqual(watch.statuses.at(-1), { type: "broadcast", peers: ["peer"] });
  stop();
});

test("after unwatch nothing is reported, not even what was due; the transaction stays", async () => {
  const { pool } = fakePool();
  const watch = await watched(pool, tx({ from: 1, nonce: 0 }));
  watch.unwatch();
  await settled();
  assert.deepEqual(watch.heard, []);
  assert.equal(pool.size.ready, 1);
});

test("a node that stops tells its watchers, and takes nothing more", async () => {
  const { pool } = fakePool();
  const watch = await watched(pool, tx({ from: 1, nonce: 0 }));
  pool.close();
  await settled();
  assert.deepEqual(watch.statuses.at(-1), { type: "dropped", reason: "the node is stopping" });
  await assert.rejects(pool.submit(tx({ from: 2, nonce: 0 })), refusedWith("POOL_IMMEDIATELY_DROPPED"));
});
