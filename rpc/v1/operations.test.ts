import assert from "node:assert/strict";
import { test } from "node:test";
import { blake2b256 } from "#hash";
import { utf8 } from "../../runtime/primitives/bytes.ts";
import { hex } from "../encode.ts";
import { heard, keyOf, startNode } from "../testing.ts";
import type { TestNode, Values } from "../testing.ts";
import type { MethodsOptions } from "../methods.ts";
import { until } from "../transport/testing.ts";
import type { TestContext } from "node:test";

interface Following extends TestNode {
  readonly id: string;
  /** Calls `chainHead_v1_<name>` with the subscription first. */
  ask(name: string, ...params: unknown[]): Promise<any>;
  /** Events of one operation, once it has `count`. */
  events(operationId: string, count: number): Promise<any[]>;
}

async function following(
  t: TestContext, values: Values = {}, chainHead: MethodsOptions["chainHead"] = {}, withRuntime = true,
): Promise<Following> {
  const node = await startNode(t, values, { chainHead });
  const { client } = node;
  const id = (await client.request("chainHead_v1_follow", withRuntime)).result;
  await heard(client, id, 2);
  const own = (operationId: string) => {
    return client.heard.map((message) => message.params?.result).filter((event) => event?.operationId === operationId);
  };
  return {
    ...node,
    id,
    ask: (name, ...params) => client.request(`chainHead_v1_${name}`, id, ...params),
    events: async (operationId, count) => {
      await until(() => own(operationId).length >= count);
      return own(operationId).map((event) => withoutId(event));
    },
  };
}

function withoutId(event: Record<string, unknown>): any {
  const { operationId, ...rest } = event;
  assert.equal(typeof operationId, "string");
  return rest;
}

/** Waits for the last event of a storage operation. */
function ended({ client }: TestNode, operationId: string): Promise<void> {
  const isEnd = (event: any): boolean => event?.operationId === operationId && /Done|Error|Inaccessible/.test(event.event);
  return until(() => client.heard.some(({ params }) => isEnd(params?.result)));
}

const at = (node: TestNode) => hex(node.chain.genesisHash);

test("body, call and header of a pinned block; the events come after the reply", async (t) => {
  const node = await following(t);
  const block = node.chain.grow(node.chain.genesis, { extrinsics: [Uint8Array.of(4, 1), Uint8Array.of(4, 2)] });
  const body = (await node.ask("body", hex(block.hash))).result;
  assert.equal(body.result, "started");
  assert.deepEqual(await node.events(body.operationId, 1), [{ event: "operationBodyDone", value: ["0x0401", "0x0402"] }]);
  const call = (await node.ask("call", hex(block.hash), "Test_echo", "0xbeef")).result;
  assert.deepEqual(await node.events(call.operationId, 1), [{ event: "operationCallDone", output: "0xbeef" }]);
  assert.notEqual(call.operationId, body.operationId);
  const reply = node.client.heard.findIndex((message) => message.result?.operationId === body.operationId);
  const event = node.client.heard.findIndex((message) => message.params?.result?.operationId === body.operationId);
  assert.ok(reply < event);
  assert.equal(hex(blake2b256(Buffer.from((await node.ask("header", hex(block.hash))).result.slice(2), "hex"))), hex(block.hash));
});

test("a failing runtime call is operationError, a lost state operationInaccessible", async (t) => {
  const node = await following(t);
  const failing = (await node.ask("call", at(node), "Test_none", "0x")).result.operationId;
  assert.match((await node.events(failing, 1))[0].error, /no method "Test_none"/);
  node.chain.discarded.add(at(node));
  const lost = (await node.ask("call", at(node), "Test_echo", "0x")).result.operationId;
  assert.deepEqual(await node.events(lost, 1), [{ event: "operationInaccessible" }]);
});

test("refusals: an unpinned block is -32801, a call without runtime -32802, wrong parameters -32602", async (t) => {
  const node = await following(t, {}, {}, false);
  const unknown = `0x${"11".repeat(32)}`;
  assert.equal((await node.ask("body", unknown)).error.code, -32801);
  assert.equal((await node.ask("call", unknown, "Test_echo", "0x")).error.code, -32801);
  assert.equal((await node.ask("storage", unknown, [{ key: "0x", type: "value" }], null)).error.code, -32801);
  assert.equal((await node.ask("call", at(node), "Test_echo", "0x")).error.code, -32802);
  assert.equal((await node.ask("body", "0x11")).error.code, -32602);
  assert.equal((await node.ask("storage", at(node), [{ key: "0x", type: "all" }], null)).error.code, -32602);
  assert.equal((await node.ask("storage", at(node), [{ key: "0x", type: "value", paginationStartKey: "0x" }], null)).error.code, -32602);
});

const VALUES = { a1: "one", a2: "two", a3: "x".repeat(100), b: "three" };

async function read(node: Following, items: unknown[], childTrie: unknown = null): Promise<any[]> {
  const { operationId } = (await node.ask("storage", at(node), items, childTrie)).result;
  await ended(node, operationId);
  return node.events(operationId, 1);
}

test("storage items: values, hashes and descendants; absent keys give nothing; one event for all of a small answer", async (t) => {
  const node = await following(t, VALUES);
  const items = [
    { key: keyOf("a1"), type: "value" },
    { key: keyOf("none"), type: "value" },
    { key: keyOf("b"), type: "hash" },
    { key: keyOf("a"), type: "descendantsValues", paginationStartKey: keyOf("a1") },
    { key: keyOf("b"), type: "descendantsHashes" },
  ];
  assert.deepEqual(await read(node, items), [
    {
      event: "operationStorageItems",
      items: [
        { key: keyOf("a1"), value: hex(utf8("one")) },
        { key: keyOf("b"), hash: hex(blake2b256(utf8("three"))) },
        { key: keyOf("a2"), value: hex(utf8("two")) },
        { key: keyOf("a3"), value: hex(utf8("x".repeat(100))) },
        { key: keyOf("b"), hash: hex(blake2b256(utf8("three"))) },
      ],
    },
    { event: "operationStorageDone" },
  ]);
  assert.deepEqual(await read(node, [{ key: keyOf("none"), type: "value" }]), [{ event: "operationStorageDone" }]);
  assert.deepEqual(await read(node, [{ key: keyOf("a1"), type: "value" }], "0x00"), [{ event: "operationStorageDone" }]);
});

test("the Merkle value of a prefix changes exactly when something below it does", async (t) => {
  const node = await following(t, VALUES);
  const merkle = async (block: string, key: string): Promise<string | undefined> => {
    const { operationId } = (await node.ask("storage", block, [{ key, type: "closestDescendantMerkleValue" }], null)).result;
    await ended(node, operationId);
    const [first] = await node.events(operationId, 1);
    if (first.event === "operationStorageDone") return undefined;
    assert.equal(first.items[0].key, key);
    return first.items[0].closestDescendantMerkleValue;
  };
  const other = hex(node.chain.grow(node.chain.genesis, { changes: { b: "changed", c: "new" } }).hash);
  const below = hex(node.chain.grow(node.chain.blocks.get(other)!, { changes: { a3: "y".repeat(100) } }).hash);
  assert.equal(await merkle(at(node), "0x"), hex(node.chain.genesis.header.state_root));
  assert.equal(await merkle(at(node), keyOf("nothing")), undefined);
  const before = await merkle(at(node), keyOf("a"));
  assert.notEqual(before, undefined);
  assert.equal(await merkle(other, keyOf("a")), before);
  assert.notEqual(await merkle(below, keyOf("a")), before);
  assert.notEqual(await merkle(at(node), keyOf("b")), await merkle(other, keyOf("b")));
});

test("a large answer comes in pages, each asked for, and none is announced that does not exist", async (t) => {
  const many = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`k${String(i).padStart(3, "0")}`, String(i)]));
  const node = await following(t, many, { pageItems: 100 });
  const { operationId } = (await node.ask("storage", at(node), [{ key: keyOf("k"), type: "descendantsValues" }], null)).result;
  assert.deepEqual((await node.events(operationId, 2)).map(({ event }) => event), ["operationStorageItems", "operationWaitingForContinue"]);
  assert.equal((await node.ask("continue", operationId)).result, null);
  await node.events(operationId, 4);
  assert.equal((await node.ask("continue", operationId)).result, null);
  const events = await node.events(operationId, 6);
  assert.deepEqual(events.slice(4).map(({ event }) => event), ["operationStorageItems", "operationStorageDone"]);
  const keys = events.flatMap((event) => event.items ?? []).map(({ key }) => key);
  assert.deepEqual(keys, Object.keys(many).map(keyOf));
  // It has ended: continuing and stopping it have no effect.
  assert.equal((await node.ask("continue", operationId)).result, null);
  assert.equal((await node.ask("stopOperation", operationId)).result, null);
});

test("continuing what does not wait is -32803; stopping ends an operation without a word and frees its place", async (t) => {
  const node = await following(t, VALUES, { operationsPerFollow: 1, pageItems: 1 });
  const { operationId: slow } = (await node.ask("call", at(node), "Test_slow", "0x")).result;
  assert.equal((await node.ask("continue", slow)).error.code, -32803);
  const second = await following(t, VALUES, { operationsPerFollow: 1, pageItems: 1 });
  const { operationId } = (await second.ask("storage", at(second), [{ key: keyOf("a"), type: "descendantsValues" }], null)).result;
  await second.events(operationId, 2);
  assert.deepEqual((await second.ask("body", at(second))).result, { result: "limitReached" });
  assert.equal((await second.ask("stopOperation", operationId)).result, null);
  assert.equal((await second.ask("body", at(second))).result.result, "started");
  assert.equal((await second.events(operationId, 2)).length, 2);
});

test("each storage item takes a place: what has none is discarded, and without any the limit is reached", async (t) => {
  const node = await following(t, VALUES, { operationsPerFollow: 3 });
  const item = { key: keyOf("a1"), type: "value" };
  const { result } = await node.ask("storage", at(node), [item, item, item, item, item], null);
  assert.equal(result.discardedItems, 2);
  assert.equal((await node.events(result.operationId, 2))[0].items.length, 3);
  for (let i = 0; i < 3; i++) assert.equal((await node.ask("call", at(node), "Test_slow", "0x")).result.result, "started");
  assert.deepEqual((await node.ask("storage", at(node), [item], null)).result, { result: "limitReached" });
});

test("sixteen operations run at once by default", async (t) => {
  const node = await following(t);
  for (let i = 0; i < 16; i++) assert.equal((await node.ask("call", at(node), "Test_slow", "0x")).result.result, "started");
});

test("an operation finishes on a block that was unpinned meanwhile, and holds it until then", async (t) => {
  const node = await following(t, VALUES, { pageItems: 1 });
  const { operationId } = (await node.ask("storage", at(node), [{ key: keyOf("a"), type: "descendantsHashes" }], null)).result;
  await node.events(operationId, 2);
  assert.equal((await node.ask("unpin", at(node))).result, null);
  assert.equal(node.chain.pins.size, 1);
  for (let count = 4; count <= 6; count += 2) {
    await node.ask("continue", operationId);
    await node.events(operationId, count);
  }
  assert.equal((await node.events(operationId, 6)).at(-1).event, "operationStorageDone");
  await until(() => node.chain.pins.size === 0);
  assert.deepEqual(node.failures, []);
});
