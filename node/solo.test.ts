import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import type { TransactionSupply } from "./author.ts";
import { AUTHORS, TestNode } from "./chain/testing.ts";
import { SoloSealing } from "./solo.ts";

const INTERVAL_MS = 20;

/** A sealer over a chain whose every commit takes `commitMs`, and a pool that always has something that no block takes. */
async function slowSealer(t: TestContext, commitMs: number): Promise<{ sealing: SoloSealing; node: TestNode; failures: unknown[] }> {
  const node = await TestNode.open();
  const { chain } = node;
  const finalize = chain.finalize.bind(chain);
  chain.finalize = async (...args) => {
    await new Promise((resolve) => setTimeout(resolve, commitMs));
    return finalize(...args);
  };
  const transaction = { extrinsic: node.sign(chain.best, AUTHORS[1]!, { type: "System", value: { type: "remark", value: { remark: new Uint8Array(0) } } }, { bad: true }) };
  const supply: TransactionSupply = { ready: () => ({ next: () => transaction, skipDependants() {} }), reportInvalid: () => undefined };
  const failures: unknown[] = [];
  const road = { ...node.road, now: () => Date.now() };
  const sealing = new SoloSealing(road, supply, { author: AUTHORS[0]!, budgetMs: 1, minIntervalMs: INTERVAL_MS, maxIdleMs: 60_000, onFatal: (error) => failures.push(error) });
  t.after(async () => {
    await sealing.stop();
    await node.remove();
  });
  return { sealing, node, failures };
}

test("blocks go on after one whose commit took longer than the interval, while transactions came in", async (t) => {
  const { sealing, node, failures } = await slowSealer(t, 4 * INTERVAL_MS);
  sealing.start();
  const arrivals = setInterval(() => sealing.transactionReady(), 5);
  t.after(() => clearInterval(arrivals));
  for (let waitedMs = 0; node.chain.best.number < 5; waitedMs += 20) {
    assert.ok(waitedMs < 20_000, `no block after block ${node.chain.best.number}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  assert.deepEqual(failures, []);
});
