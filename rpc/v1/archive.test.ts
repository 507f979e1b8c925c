import assert from "node:assert/strict";
import { test } from "node:test";
import { blake2b256 } from "#hash";
import { utf8 } from "../../runtime/primitives/bytes.ts";
import { hex } from "../encode.ts";
import { heard, keyOf, startNode } from "../testing.ts";
import { until } from "../transport/testing.ts";

const UNKNOWN = `0x${"11".repeat(32)}`;

test("any block by height, with header and body; null for an unknown one", async (t) => {
  const { chain, client } = await startNode(t);
  const one = chain.grow(chain.genesis, { extrinsics: [Uint8Array.of(4, 1)] });
  const fork = chain.make(chain.genesis);
  chain.announce(fork);
  const ask = async (name: string, ...params: unknown[]) => (await client.request(`archive_v1_${name}`, ...params)).result;
  assert.equal(await ask("genesisHash"), hex(chain.genesisHash));
  assert.equal(await ask("finalizedHeight"), 0);
  assert.deepEqual(await ask("hashByHeight", 1), [hex(one.hash), hex(fork.hash)]);
  assert.deepEqual(await ask("hashByHeight", 9), []);
  assert.deepEqual(await ask("body", hex(one.hash)), ["0x0401"]);
  assert.equal(await ask("body", UNKNOWN), null);
  assert.equal(hex(blake2b256(Buffer.from((await ask("header", hex(one.hash))).slice(2), "hex"))), hex(one.hash));
  assert.equal(await ask("header", UNKNOWN), null);
});

test("a call tells success or why not, and null for an unknown block", async (t) => {
  const { chain, client } = await startNode(t);
  const call = async (hash: string, name: string) => (await client.request("archive_v1_call", hash, name, "0x01")).result;
  assert.deepEqual(await call(hex(chain.genesisHash), "Test_echo"), { success: true, value: "0x01" });
  const failed = await call(hex(chain.genesisHash), "Test_none");
  assert.equal(failed.success, false);
  assert.match(failed.error, /Test_none/);
  assert.equal(await call(UNKNOWN, "Test_echo"), null);
});

test("storage items come one by one, then storageDone, and the subscription is over", async (t) => {
  const { chain, client } = await startNode(t, { a1: "one", a2: "two" });
  const items = [{ key: keyOf("a1"), type: "hash" }, { key: keyOf("a"), type: "descendantsValues", paginationStartKey: keyOf("a1") }];
  const { result: id } = await client.request("archive_v1_storage", hex(chain.genesisHash), items, null);
  assert.deepEqual(await heard(client, id, 3), [
    { event: "storage", key: keyOf("a1"), hash: hex(blake2b256(utf8("one"))) },
    { event: "storage", key: keyOf("a2"), value: hex(utf8("two")) },
    { event: "storageDone" },
  ]);
  assert.equal(client.heard.find((message) => message.method !== undefined).method, "archive_v1_storageEvent");
  await until(() => chain.pins.size === 0);
  const { result: lost } = await client.request("archive_v1_storage", UNKNOWN, items);
  assert.deepEqual(await heard(client, lost, 1), [{ event: "storageError", error: "unknown block" }]);
});

test("a long answer can be stopped, and the number of running ones is bounded", async (t) => {
  const many = Object.fromEntries(Array.from({ length: 200 }, (_, i) => [`k${i}`, "v"]));
  const { chain, client } = await startNode(t, many, { archive: { queriesPerConnection: 1, burstChars: 1, pauseMs: 5 } });
  const items = [{ key: "0x", type: "descendantsValues" }];
  const { result: id } = await client.request("archive_v1_storage", hex(chain.genesisHash), items, null);
  await heard(client, id, 2);
  assert.equal((await client.request("archive_v1_storage", hex(chain.genesisHash), items, null)).error.code, -32006);
  assert.equal((await client.request("archive_v1_stopStorage", id)).result, null);
  assert.equal(chain.pins.size, 0);
  assert.equal(typeof (await client.request("archive_v1_storage", hex(chain.genesisHash), items, null)).result, "string");
  assert.ok((await heard(client, id, 2)).length < 200);
});
