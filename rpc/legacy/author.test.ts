import assert from "node:assert/strict";
import { test } from "node:test";
import { blake2b256 } from "#hash";
import { BlockHash, Hash } from "../../runtime/primitives/types.ts";
import type { TransactionStatus } from "../backend.ts";
import { hex } from "../encode.ts";
import { heard, poolError, startNode } from "../testing.ts";
import type { TestNode } from "../testing.ts";

const block = BlockHash(new Uint8Array(32).fill(5));
const blockHex = hex(block);

test("submitting gives the hash of the encoded transaction", async (t) => {
  const { client, pool } = await startNode(t);
  assert.equal((await client.request("author_submitExtrinsic", "0x0801ff")).result, hex(blake2b256(Uint8Array.of(8, 1, 255))));
  assert.deepEqual(pool.submitted, ["0x0801ff"]);
  assert.deepEqual((await client.request("author_pendingExtrinsics")).result, ["0x0401"]);
});

test("every refusal of the pool has Substrate's code, message and data", async (t) => {
  const { client, pool } = await startNode(t);
  const hash = `0x${"ab".repeat(32)}`;
  const cases = [
    [poolError("POOL_BAD_FORMAT", "not a transaction"), 1001, "Extrinsic has invalid format: not a transaction", undefined],
    [poolError("POOL_VERIFICATION", "runtime failed"), 1002, "Verification Error: runtime failed", undefined],
    [poolError("POOL_INVALID_TX", "bad proof", "Transaction has a bad signature"), 1010, "Invalid Transaction", "Transaction has a bad signature"],
    [poolError("POOL_INVALID_TX", "stale"), 1010, "Invalid Transaction", "stale"],
    [poolError("POOL_UNKNOWN_VALIDITY", "x", "CannotLookup"), 1011, "Unknown Transaction Validity", "CannotLookup"],
    [poolError("POOL_TEMPORARILY_BANNED", "x"), 1012, "Transaction is temporarily banned", undefined],
    [poolError("POOL_ALREADY_IMPORTED", "x", hash), 1013, "Transaction Already Imported", hash],
    [poolError("POOL_TOO_LOW_PRIORITY", "Priority is too low: (9 vs 8)"), 1014, "Priority is too low: (9 vs 8)", /too low priority to replace/],
    [poolError("POOL_CYCLE", "x"), 1015, "Cycle Detected", undefined],
    [poolError("POOL_IMMEDIATELY_DROPPED", "x"), 1016, "Immediately Dropped", /because of the limit/],
    [poolError("POOL_UNACTIONABLE", "x"), 1018, "Unactionable", /not propagable/],
    [poolError("POOL_NO_TAGS", "x"), 1019, "No tags provided", /does not provide any tags/],
    [poolError("POOL_INVALID_BLOCK_ID", "x"), 1020, "The provided block ID is not valid", undefined],
    [poolError("POOL_FUTURE_NOT_ACCEPTED", "x"), 1021, "The pool is not accepting future transactions", undefined],
  ] as const;
  for (const [refusal, code, message, data] of cases) {
    pool.refusal = refusal;
    for (const method of ["author_submitExtrinsic", "author_submitAndWatchExtrinsic"]) {
      const { error } = await client.request(method, "0x00");
      assert.equal(error.code, code);
      assert.equal(error.message, message);
      if (data instanceof RegExp) assert.match(error.data, data);
      else assert.equal(error.data, data);
    }
  }
});

async function watch(node: TestNode): Promise<{ id: string; report: (status: TransactionStatus) => void }> {
  const { result: id } = await node.client.request("author_submitAndWatchExtrinsic", "0x0400");
  return { id, report: node.pool.reports.at(-1)! };
}

test("a watched transaction's steps have Substrate's JSON, and the last one ends the subscription", async (t) => {
  const node = await startNode(t);
  const { id, report } = await watch(node);
  report({ type: "future" });
  report({ type: "ready" });
  report({ type: "broadcast", peers: ["12D3"] });
  report({ type: "inBlock", block, index: 1 });
  report({ type: "retracted", block });
  report({ type: "finalized", block, index: 1 });
  report({ type: "ready" });
  assert.deepEqual(await heard(node.client, id, 6), [
    "future", "ready", { broadcast: ["12D3"] }, { inBlock: blockHex }, { retracted: blockHex }, { finalized: blockHex },
  ]);
  assert.equal((await node.client.request("author_unwatchExtrinsic", id)).result, false);
  assert.equal(node.pool.unwatched, 1);
});

test("other ends of a watched transaction", async (t) => {
  const node = await startNode(t);
  const ends: [TransactionStatus, unknown][] = [
    [{ type: "finalityTimeout", block }, { finalityTimeout: blockHex }],
    [{ type: "usurped", by: Hash(block) }, { usurped: blockHex }],
    [{ type: "dropped", reason: "full" }, "dropped"],
    [{ type: "invalid", reason: "stale" }, "invalid"],
  ];
  for (const [status, json] of ends) {
    const { id, report } = await watch(node);
    report(status);
    assert.deepEqual(await heard(node.client, id, 1), [json]);
  }
});

test("unwatching, and leaving, take the watch from the pool", async (t) => {
  const node = await startNode(t);
  const { id } = await watch(node);
  assert.equal((await node.client.request("author_unwatchExtrinsic", id)).result, true);
  assert.equal(node.pool.unwatched, 1);
});

test("transactions are removed by hash or by their bytes", async (t) => {
  const { client } = await startNode(t);
  const hash = hex(blake2b256(Uint8Array.of(4, 1)));
  for (const item of [{ extrinsic: "0x0401" }, { Hash: hash }, { hash }, hash]) {
    assert.deepEqual((await client.request("author_removeExtrinsic", [item])).result, [hash]);
  }
  assert.equal((await client.request("author_removeExtrinsic", [{}])).error.code, -32602);
});

test("session keys are rotated, inserted and looked for", async (t) => {
  const { client } = await startNode(t);
  const keys = (await client.request("author_rotateKeys")).result;
  assert.equal(keys.length, 2 + 96);
  assert.equal((await client.request("author_insertKey", "smpx", "//Alice", "0x07")).result, null);
  assert.equal((await client.request("author_insertKey", "smpx", "bad", "0x07")).error.code, 1040);
  assert.equal((await client.request("author_insertKey", "toolong", "//Alice", "0x07")).error.code, 1040);
  assert.equal((await client.request("author_hasKey", "0x07", "smpx")).result, true);
  assert.equal((await client.request("author_hasSessionKeys", keys)).result, true);
});
