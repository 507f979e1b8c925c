import assert from "node:assert/strict";
import { test } from "node:test";
import { BlockHash, Hash } from "../../runtime/primitives/types.ts";
import type { TransactionStatus } from "../backend.ts";
import { hex } from "../encode.ts";
import { heard, poolError, startNode } from "../testing.ts";
import { post, until } from "../transport/testing.ts";

test("a broadcast has a string id, is watched, and ends when it is stopped", async (t) => {
  const { client, pool, chain } = await startNode(t);
  const { result: id } = await client.request("transaction_v1_broadcast", "0x0400");
  assert.equal(typeof id, "string");
  await until(() => pool.reports.length === 1);
  assert.equal((await client.request("transaction_v1_stop", id)).result, null);
  assert.equal(pool.unwatched, 1);
  assert.equal((await client.request("transaction_v1_stop", id)).error.code, -32602);
  assert.equal(chain.listeners.size, 0);
});

test("a dropped or temporarily refused transaction is tried again at each new best block, until stopped", async (t) => {
  const { client, pool, chain } = await startNode(t);
  pool.refusal = poolError("POOL_TEMPORARILY_BANNED", "banned");
  const { result: id } = await client.request("transaction_v1_broadcast", "0x0400");
  assert.deepEqual(pool.submitted.length, 1);
  const one = chain.grow(chain.genesis);
  await until(() => pool.submitted.length === 2);
  await client.request("system_name");
  pool.refusal = undefined;
  const two = chain.grow(one);
  await until(() => pool.reports.length === 1);
  const three = chain.grow(two);
  assert.equal(pool.submitted.length, 3);
  pool.reports[0]!({ type: "dropped", reason: "full" });
  const four = chain.grow(three);
  await until(() => pool.reports.length === 2);
  pool.reports[1]!({ type: "dropped", reason: "full" });
  await client.request("transaction_v1_stop", id);
  chain.grow(four);
  assert.equal(pool.submitted.length, 4);
});

test("an invalid transaction is not tried again, nor a finalized or replaced one; all keep their place until stopped", async (t) => {
  const { client, pool, chain } = await startNode(t, {}, { broadcast: { perConnection: 3 } });
  pool.refusal = poolError("POOL_INVALID_TX", "stale", "Transaction is outdated");
  const { result: invalid } = await client.request("transaction_v1_broadcast", "0x0401");
  pool.refusal = undefined;
  await client.request("transaction_v1_broadcast", "0x0402");
  await client.request("transaction_v1_broadcast", "0x0403");
  await until(() => pool.reports.length === 2);
  pool.reports[0]!({ type: "finalized", block: chain.genesisHash, index: 0 });
  pool.reports[1]!({ type: "usurped", by: Hash(new Uint8Array(32)) });
  chain.grow(chain.genesis);
  assert.equal((await client.request("transaction_v1_broadcast", "0x0404")).result, null);
  assert.equal(pool.submitted.length, 3);
  await client.request("transaction_v1_stop", invalid);
  assert.equal(typeof (await client.request("transaction_v1_broadcast", "0x0404")).result, "string");
});

test("attempts are bounded", async (t) => {
  const { client, pool, chain } = await startNode(t, {}, { broadcast: { attempts: 2 } });
  pool.refusal = poolError("POOL_IMMEDIATELY_DROPPED", "full");
  await client.request("transaction_v1_broadcast", "0x0401");
  let tip = chain.genesis;
  for (let i = 0; i < 4; i++) {
    tip = chain.grow(tip);
    await client.request("system_name");
  }
  assert.equal(pool.submitted.length, 2);
});

test("at one block no more than allowed are tried again, the longest waiting first", async (t) => {
  const { client, pool, chain } = await startNode(t, {}, { broadcast: { retriesPerBlock: 2 } });
  pool.refusal = poolError("POOL_IMMEDIATELY_DROPPED", "full");
  for (const encoded of ["0x0401", "0x0402", "0x0403"]) await client.request("transaction_v1_broadcast", encoded);
  const tip = chain.grow(chain.genesis);
  await client.request("system_name");
  chain.grow(tip);
  await client.request("system_name");
  assert.deepEqual(pool.submitted.slice(3), ["0x0401", "0x0402", "0x0403", "0x0401"]);
});

test("leaving stops a client's broadcasts; over HTTP there is nothing to leave, and none is begun", async (t) => {
  const { client, pool, chain, port } = await startNode(t);
  await client.request("transaction_v1_broadcast", "0x0401");
  await until(() => pool.reports.length === 1);
  client.ws.terminate();
  await until(() => pool.unwatched === 1 && chain.listeners.size === 0);
  const reply = await post(port, { jsonrpc: "2.0", id: 1, method: "transaction_v1_broadcast", params: ["0x0401"] });
  assert.equal(reply.json.error.code, -32601);
  assert.equal(pool.submitted.length, 1);
});

test("a watched transaction's events, and their end", async (t) => {
  const { client, pool } = await startNode(t);
  const block = BlockHash(new Uint8Array(32).fill(5));
  const { result: id } = await client.request("transactionWatch_v1_submitAndWatch", "0x0401");
  const report = pool.reports[0]!;
  const steps: TransactionStatus[] = [
    { type: "ready" },
    { type: "broadcast", peers: [] },
    { type: "inBlock", block, index: 2 },
    { type: "retracted", block },
    { type: "finalized", block, index: 2 },
  ];
  for (const status of steps) report(status);
  const at = { hash: hex(block), index: 2 };
  assert.deepEqual(await heard(client, id, 4), [
    { event: "validated" },
    { event: "bestChainBlockIncluded", block: at },
    { event: "bestChainBlockIncluded", block: null },
    { event: "finalized", block: at },
  ]);
  assert.equal((await client.request("transactionWatch_v1_unwatch", id)).result, null);
  assert.equal(pool.unwatched, 1);
});

test("a refused transaction is an event after the reply, not an error of the call", async (t) => {
  const { client, pool } = await startNode(t);
  pool.refusal = poolError("POOL_INVALID_TX", "Invalid Transaction", "Transaction has a bad signature");
  const { result: id } = await client.request("transactionWatch_v1_submitAndWatch", "0x0401");
  assert.deepEqual(await heard(client, id, 1), [{ event: "invalid", error: "Invalid Transaction: Transaction has a bad signature" }]);
  pool.refusal = poolError("POOL_IMMEDIATELY_DROPPED", "the pool is full");
  const { result: dropped } = await client.request("transactionWatch_v1_submitAndWatch", "0x0401");
  assert.deepEqual(await heard(client, dropped, 1), [{ event: "dropped", error: "the pool is full" }]);
  assert.equal((await client.request("transactionWatch_v1_submitAndWatch", "no")).error.code, -32602);
});
