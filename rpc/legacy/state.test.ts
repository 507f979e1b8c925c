import assert from "node:assert/strict";
import { test } from "node:test";
import { blake2b256 } from "#hash";
import { utf8 } from "../../runtime/primitives/bytes.ts";
import { verifyProof } from "../../runtime/trie/proof.ts";
import { hex } from "../encode.ts";
import { VERSION, heard, keyOf, notifications, startNode } from "../testing.ts";
import { fromHex } from "../../runtime/primitives/bytes.ts";

const VALUES = { a1: "one", a2: "two", b: "three" };

test("values are read at the best block or at the one asked for, by all names of the methods", async (t) => {
  const { chain, client } = await startNode(t, VALUES);
  chain.grow(chain.genesis, { changes: { a1: "uno", a2: undefined } });
  const ask = async (method: string, ...params: unknown[]) => (await client.request(method, ...params)).result;
  assert.equal(await ask("state_getStorage", keyOf("a1")), hex(utf8("uno")));
  assert.equal(await ask("state_getStorage", keyOf("a1").toUpperCase().replace("0X", "0x"), hex(chain.genesisHash)), hex(utf8("one")));
  assert.equal(await ask("state_getStorageAt", keyOf("a2"), null), null);
  assert.equal(await ask("state_getStorageHashAt", keyOf("b")), hex(blake2b256(utf8("three"))));
  assert.equal(await ask("state_getStorageSize", keyOf("b")), 5);
  assert.equal(await ask("state_getStorageSizeAt", keyOf("a"), hex(chain.genesisHash)), 6);
  assert.equal(await ask("state_getStorageSize", keyOf("zz")), null);
});

test("state_queryStorageAt gives one change set with all keys as asked, in lower case", async (t) => {
  const { chain, client } = await startNode(t, VALUES);
  const block = chain.grow(chain.genesis);
  const upper = `0x${Buffer.from("zz~").toString("hex").toUpperCase()}`;
  const { result } = await client.request("state_queryStorageAt", [keyOf("b"), upper]);
  assert.deepEqual(result, [{ block: hex(block.hash), changes: [[keyOf("b"), hex(utf8("three"))], [upper.toLowerCase(), null]] }]);
  assert.equal((await client.request("state_queryStorageAt", ["zz"])).error.code, -32602);
});

test("keys come in pages that start after the start key, and a page of more than 1000 is refused with 4002", async (t) => {
  const { chain, client } = await startNode(t, VALUES);
  const page = async (...params: unknown[]) => (await client.request("state_getKeysPaged", ...params)).result;
  assert.deepEqual(await page(keyOf("a"), 1000, keyOf("a")), [keyOf("a1"), keyOf("a2")]);
  assert.deepEqual(await page(keyOf("a"), 1, null), [keyOf("a1")]);
  assert.deepEqual(await page(keyOf("a"), 1000, keyOf("a1")), [keyOf("a2")]);
  assert.deepEqual(await page(null, 1000), [keyOf("a1"), keyOf("a2"), keyOf("b")]);
  assert.deepEqual(await page("0x", 0), []);
  const { error } = await client.request("state_getKeysPagedAt", "0x", 1001, null, hex(chain.genesisHash));
  assert.deepEqual(error, { code: 4002, message: "count exceeds maximum value. value: 1001, max: 1000" });
  assert.deepEqual((await client.request("state_getKeys", "0x")).result.length, 3);
  assert.deepEqual((await client.request("state_getPairs", keyOf("b"))).result, [[keyOf("b"), hex(utf8("three"))]]);
});

test("more keys than a method without pages gives are refused, not gathered", async (t) => {
  const many = Object.fromEntries(Array.from({ length: 10_001 }, (_, i) => [`k${i}`, "v"]));
  const { client } = await startNode(t, many);
  assert.equal((await client.request("state_getKeys", "0x")).error.code, -32008);
  assert.equal((await client.request("state_getPairs", "0x")).error.code, -32008);
});

test("state_queryStorage lists the first values and then what changed, block by block, and refuses a range over forks", async (t) => {
  const { chain, client } = await startNode(t, VALUES);
  const one = chain.grow(chain.genesis, { changes: { a1: "uno" } });
  const two = chain.grow(one, { changes: { zz: "other" } });
  const three = chain.grow(two, { changes: { a1: undefined } });
  const fork = chain.make(chain.genesis);
  const ask = (...params: unknown[]) => client.request("state_queryStorage", [keyOf("a1"), keyOf("b")], ...params);
  assert.deepEqual((await ask(hex(chain.genesisHash))).result, [
    { block: hex(chain.genesisHash), changes: [[keyOf("a1"), hex(utf8("one"))], [keyOf("b"), hex(utf8("three"))]] },
    { block: hex(one.hash), changes: [[keyOf("a1"), hex(utf8("uno"))]] },
    { block: hex(three.hash), changes: [[keyOf("a1"), null]] },
  ]);
  assert.equal((await ask(hex(fork.hash), hex(three.hash))).error.code, 4001);
  assert.equal((await ask(hex(three.hash), hex(one.hash))).error.code, 4001);
});

test("state_call gives the raw output; what the runtime or the state refuses is 4003 in Substrate's words", async (t) => {
  const { chain, client } = await startNode(t, VALUES);
  assert.equal((await client.request("state_call", "Test_echo", "0x0102")).result, "0x0102");
  assert.equal((await client.request("state_callAt", "Test_echo", "", hex(chain.genesisHash))).result, "0x");
  const unknown = (await client.request("state_call", "Test_none", "0x")).error;
  assert.equal(unknown.code, 4003);
  assert.match(unknown.message, /^Client error: Execution failed: .*Test_none/);
  chain.grow(chain.genesis);
  chain.discarded.add(hex(chain.genesisHash));
  const discarded = (await client.request("state_getStorage", keyOf("b"), hex(chain.genesisHash))).error;
  assert.deepEqual(discarded, { code: 4003, message: `Client error: UnknownBlock: State already discarded for ${hex(chain.genesisHash)}` });
  const nowhere = `0x${"11".repeat(32)}`;
  assert.match((await client.request("state_getMetadata", nowhere)).error.message, /Header was not found in the database: 0x1111/);
});

test("the runtime version is that of the block's own state, with apis as pairs and both names of the state version", async (t) => {
  const { chain, client } = await startNode(t);
  chain.grow(chain.genesis, { newRuntime: { ...VERSION, spec_version: 8 } });
  const expected = {
    specName: "test", implName: "test-ts", authoringVersion: 1, specVersion: 8, implVersion: 0,
    apis: [["0x37e397fc7c91f5e4", 2]], transactionVersion: 3, systemVersion: 1, stateVersion: 1,
  };
  assert.deepEqual((await client.request("state_getRuntimeVersion")).result, expected);
  assert.deepEqual((await client.request("chain_getRuntimeVersion", hex(chain.genesisHash))).result, { ...expected, specVersion: 7 });
  assert.equal((await client.request("state_getMetadata")).result, "0x6d6574610e");
});

test("a read proof proves presence and absence against the block's state root", async (t) => {
  const { chain, client } = await startNode(t, { ...VALUES, long: "x".repeat(80) });
  const { result } = await client.request("state_getReadProof", [keyOf("long"), keyOf("zz")]);
  assert.equal(result.at, hex(chain.genesisHash));
  const nodes = result.proof.map(fromHex);
  const root = chain.genesis.header.state_root;
  assert.deepEqual(verifyProof(root, nodes, utf8("long")), { ok: true, value: { present: true, value: utf8("x".repeat(80)) } });
  assert.deepEqual(verifyProof(root, nodes, utf8("zz")), { ok: true, value: { present: false } });
});

test("a storage subscription tells all keys first, absent ones as null, and then only those that best blocks wrote", async (t) => {
  const { chain, client } = await startNode(t, VALUES);
  const { result: id } = await client.request("state_subscribeStorage", [keyOf("a1"), keyOf("none"), keyOf("b")]);
  const [first] = await heard(client, id, 1);
  assert.deepEqual(first, {
    block: hex(chain.genesisHash),
    changes: [[keyOf("a1"), hex(utf8("one"))], [keyOf("none"), null], [keyOf("b"), hex(utf8("three"))]],
  });
  const one = chain.grow(chain.genesis, { changes: { b: "drei", other: "x" } });
  const two = chain.grow(one, { changes: { other: "y" } });
  const three = chain.grow(two, { changes: { b: undefined, none: "now" } });
  const all = await heard(client, id, 3);
  assert.deepEqual(all.slice(1), [
    { block: hex(one.hash), changes: [[keyOf("b"), hex(utf8("drei"))]] },
    { block: hex(three.hash), changes: [[keyOf("none"), hex(utf8("now"))], [keyOf("b"), null]] },
  ]);
  assert.equal((await client.request("state_unsubscribeStorage", id)).result, true);
  assert.equal(chain.listeners.size, 0);
});

test("after a change of fork a storage subscription tells what the left blocks had written, as it is on the new fork", async (t) => {
  const { chain, client } = await startNode(t, VALUES);
  const { result: id } = await client.request("state_subscribeStorage", [keyOf("a1"), keyOf("a2"), keyOf("b")]);
  chain.grow(chain.genesis, { changes: { a1: "left", a2: "left" } });
  const right = chain.make(chain.genesis, { changes: { a2: "right" } });
  chain.announce(right);
  chain.setBest(right);
  const all = await heard(client, id, 3);
  assert.deepEqual(all[2], { block: hex(right.hash), changes: [[keyOf("a1"), hex(utf8("one"))], [keyOf("a2"), hex(utf8("right"))]] });
});

test("a storage subscription needs its keys named, not too many of them", async (t) => {
  const { chain, client } = await startNode(t);
  assert.equal((await client.request("state_subscribeStorage")).error.code, -32602);
  assert.equal((await client.request("state_subscribeStorage", new Array(4097).fill("0x00"))).error.code, -32602);
  chain.discarded.add(hex(chain.genesisHash));
  assert.equal((await client.request("state_subscribeStorage", ["0x00"])).error.code, 4003);
  assert.equal(chain.listeners.size, 0);
});

test("a runtime version subscription tells the present one, then changes only, also back after a change of fork", async (t) => {
  const { chain, client } = await startNode(t);
  const { result: id } = await client.request("state_subscribeRuntimeVersion");
  const one = chain.grow(chain.genesis);
  chain.grow(one, { newRuntime: { ...VERSION, spec_version: 8 } });
  await heard(client, id, 2);
  const fork = chain.make(one);
  chain.announce(fork);
  chain.setBest(fork);
  const all = await heard(client, id, 3);
  assert.deepEqual(all.map(({ specVersion }) => specVersion), [7, 8, 7]);
  assert.equal((await client.request("chain_unsubscribeRuntimeVersion", id)).result, true);
  chain.grow(fork, { newRuntime: { ...VERSION, spec_version: 9 } });
  await client.request("system_name");
  assert.equal(notifications(client, id).length, 3);
});

test("there are no child tries: their keys are absent", async (t) => {
  const { client } = await startNode(t);
  assert.equal((await client.request("childstate_getStorage", "0x01", "0x02")).result, null);
  assert.deepEqual((await client.request("childstate_getStorageEntries", "0x01", ["0x02", "0x03"])).result, [null, null]);
  assert.deepEqual((await client.request("childstate_getKeysPagedAt", "0x01", "0x", 10)).result, []);
});
