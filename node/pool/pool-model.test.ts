// Random histories: submissions, blocks, reorganizations, refusals; after each step the pool's promises hold.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FINAL_STATUSES } from "../../rpc/backend.ts";
import { toLatin1 } from "../../runtime/primitives/bytes.ts";
import { FakeChain, account, assertBlockOrder, fieldsOf, hashOf, invalidity, settled, tx } from "./testing.ts";
import { TransactionPool } from "./pool.ts";

const ACCOUNTS = 4;
const LIMITS = { limitCount: 12, limitBytes: 1500, futureCount: 5, futureBytes: 600 };
const SHORT = { banSeconds: 0, finalityTimeoutBlocks: 6, futureBlocks: 8, revalidationsPerBlock: 2 };
const from = fc.integer({ min: 0, max: ACCOUNTS - 1 });
const index = fc.nat({ max: 50 });

type Step =
  | ({ readonly type: "submit" } & Readonly<Record<"from" | "ahead" | "priority" | "salt" | "size", number>>)
  | { readonly type: "block"; readonly take: number; readonly foreign: number | undefined }
  | { readonly type: "reorg"; readonly depth: number; readonly keep: number }
  | { readonly type: "finalize" }
  | { readonly type: "report"; readonly index: number; readonly error: "Payment" | "Future" | "Stale" | "ExhaustsResources" }
  | { readonly type: "remove"; readonly index: number }
  | { readonly type: "wait" };

const submit = fc.record({
  type: fc.constant("submit" as const),
  from,
  ahead: fc.integer({ min: -1, max: 5 }),
  priority: fc.nat({ max: 6 }),
  salt: fc.nat({ max: 3 }),
  size: fc.nat({ max: 200 }),
});
const block = fc.record({ type: fc.constant("block" as const), take: fc.nat({ max: 6 }), foreign: fc.option(from, { nil: undefined }) });
const reorg = fc.record({ type: fc.constant("reorg" as const), depth: fc.integer({ min: 1, max: 3 }), keep: fc.nat({ max: 3 }) });
const errors = fc.constantFrom("Payment" as const, "Future" as const, "Stale" as const, "ExhaustsResources" as const);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: submit },
  { weight: 3, arbitrary: block },
  { weight: 2, arbitrary: reorg },
  { weight: 1, arbitrary: fc.constant({ type: "finalize" as const }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("report" as const), index, error: errors }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("remove" as const), index }) },
  { weight: 4, arbitrary: fc.constant({ type: "wait" as const }) },
);

/** One history: the pool, its chain, and what each watcher has heard last. */
class History {
  readonly chain = new FakeChain();
  readonly pool = new TransactionPool(this.chain, { now: () => 0, ...SHORT, ...LIMITS });
  readonly watches: { readonly id: string; last: string }[] = [];
  final = this.chain.genesis as FakeChain["head"];

  async run(next: Step): Promise<void> {
    switch (next.type) {
      case "submit":
        return this.submit(next);
      case "block": {
        const taken = this.pool.pending().slice(0, next.take);
        const foreign = next.foreign;
        const nonces = this.chain.build(this.chain.head, taken).nonces;
        const more = foreign === undefined ? [] : [tx({ from: foreign, nonce: nonces.get(foreign) ?? 0, salt: 99 })];
        this.chain.extend(this.pool, [...taken, ...more]);
        return;
      }
      case "reorg":
        return this.reorg(next.depth, next.keep);
      case "finalize":
        return this.finalize();
      case "report": {
        const pending = this.pool.pending();
        if (pending.length > 0) this.pool.reportInvalid(hashOf(pending[next.index % pending.length]!), invalidity(next.error));
        return;
      }
      case "remove": {
        const pending = this.pool.pending();
        if (pending.length > 0) this.pool.remove([hashOf(pending[next.index % pending.length]!)]);
        return;
      }
      case "wait":
        return settled(2);
    }
  }

  /** Not awaited: submissions overlap with what follows. */
  submit({ from, ahead, priority, salt, size }: Extract<Step, { type: "submit" }>): void {
    const nonce = Math.max(0, this.chain.nonce(account(from)) + ahead);
    const encoded = tx({ from, nonce, priority, salt, size });
    const watch = { id: toLatin1(hashOf(encoded)), last: "accepted" };
    const report = (type: string): void => {
      assert.ok(!FINAL_STATUSES.has(watch.last as never), `${type} after ${watch.last}`);
      watch.last = type;
    };
    this.pool.submitAndWatch(encoded, ({ type }) => report(type)).then(
      () => this.watches.push(watch),
      (error: { code?: string }) => assert.match(String(error.code), /^POOL_/),
    );
  }

  reorg(depth: number, keep: number): void {
    let fork = this.chain.head;
    const dropped: Uint8Array[] = [];
    for (let i = 0; i < depth && fork !== this.final && fork.parent !== undefined; i++) {
      dropped.unshift(...fork.extrinsics);
      fork = fork.parent;
    }
    const length = this.chain.head.number - fork.number + 1;
    let head = this.chain.build(fork, dropped.slice(0, keep));
    for (let i = 1; i < length; i++) head = this.chain.build(head, []);
    this.chain.setBest(this.pool, head);
  }

  finalize(): void {
    const blocks = [];
    for (let block = this.chain.head; block !== this.final; block = block.parent!) blocks.unshift(block);
    this.final = this.chain.head;
    this.pool.onFinalized(blocks);
  }

  async check(): Promise<void> {
    const { ready, future, bytes } = this.pool.size;
    assert.ok(ready <= LIMITS.limitCount && future <= LIMITS.futureCount, `${ready} ready, ${future} future`);
    assert.ok(bytes <= LIMITS.limitBytes + LIMITS.futureBytes, `${bytes} bytes`);
    const pending = this.pool.pending();
    assert.equal(pending.length, ready, "a ready transaction is never reached");
    assertBlockOrder(pending, assert.fail);
    for (let n = 0; n < ACCOUNTS; n++) {
      const nonces = pending.map(fieldsOf).filter((fields) => fields.from === n).map(({ nonce }) => nonce);
      assert.equal(await this.pool.nextNonce(account(n)), this.chain.nonce(account(n)) + nonces.length);
    }
  }

  /** Each accepted transaction is still there, or in a block, or its watcher knows why not. */
  async end(): Promise<void> {
    await settled(20);
    await this.check();
    const pooled = new Set(this.pool.pending().map((encoded) => toLatin1(hashOf(encoded))));
    const included = new Set<string>();
    for (let block = this.chain.head; block.parent !== undefined; block = block.parent) {
      for (const encoded of block.extrinsics) included.add(toLatin1(hashOf(encoded)));
    }
    let waiting = 0;
    for (const { id, last } of this.watches) {
      if (FINAL_STATUSES.has(last as never)) continue;
      if (last === "future") waiting++;
      else if (last === "inBlock") assert.ok(included.has(id), "inBlock, but in no block");
      else assert.ok(last === "ready" && pooled.has(id), `${last}, but not in the pool`);
    }
    // Those of a foreign block that was retracted wait unwatched.
    assert.ok(waiting <= this.pool.size.future, `${waiting} wait, ${this.pool.size.future} in the queue`);
  }
}

test("whatever happens, limits hold, blocks are in order, and every watcher knows where its transaction is", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 60, size: "max" }), async (steps) => {
      const history = new History();
      for (const next of steps) {
        await history.run(next);
        if (next.type === "wait") await history.check();
      }
      await history.end();
    }),
    { numRuns: 400 },
  );
});

test("submissions in any order are given out by nonce within an account and by priority among what is unlocked", async () => {
  const one = fc.record({ from, nonce: fc.nat({ max: 6 }), priority: fc.nat({ max: 5 }) });
  const submissions = fc.uniqueArray(one, { selector: ({ from, nonce }) => `${from}:${nonce}`, maxLength: 28, size: "max" });
  await fc.assert(
    fc.asyncProperty(submissions, async (all) => {
      const chain = new FakeChain();
      const pool = new TransactionPool(chain, { now: () => 0, futureCount: 100 });
      await Promise.all(all.map((fields) => pool.submit(tx(fields))));
      const pending = pool.pending();
      assertBlockOrder(pending, assert.fail);
      const sent = new Set(all.map(({ from, nonce }) => `${from}:${nonce}`));
      const hasAllBefore = ({ from, nonce }: { from: number; nonce: number }): boolean =>
        nonce === 0 || (sent.has(`${from}:${nonce - 1}`) && hasAllBefore({ from, nonce: nonce - 1 }));
      assert.equal(pending.length, all.filter(hasAllBefore).length);
    }),
  );
});
