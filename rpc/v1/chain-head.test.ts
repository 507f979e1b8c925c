import assert from "node:assert/strict";
import { test } from "node:test";
import { hex } from "../encode.ts";
import { VERSION, heard, notifications, startNode } from "../testing.ts";
import type { BlockPlan, TestBlock, TestNode } from "../testing.ts";
import { until } from "../transport/testing.ts";

const spec = (specVersion: number) => ({
  type: "valid",
  spec: { specName: "test", implName: "test-ts", specVersion, implVersion: 0, transactionVersion: 3, apis: { "0x37e397fc7c91f5e4": 2 } },
});
const best = (block: TestBlock) => ({ event: "bestBlockChanged", bestBlockHash: hex(block.hash) });
const finalized = (hashes: TestBlock[], pruned: TestBlock[]) => ({
  event: "finalized",
  finalizedBlockHashes: hashes.map(({ hash }) => hex(hash)),
  prunedBlockHashes: pruned.map(({ hash }) => hex(hash)),
});
function announced(block: TestBlock, newRuntime?: object | null) {
  const event = { event: "newBlock", blockHash: hex(block.hash), parentBlockHash: hex(block.parent) };
  return newRuntime === undefined ? event : { ...event, newRuntime };
}

async function follow({ client }: Pick<TestNode, "client">, withRuntime = true): Promise<string> {
  return (await client.request("chainHead_v1_follow", withRuntime)).result;
}

/** Announces a child of `parent` without making it best. */
function side({ chain }: TestNode, parent: TestBlock, plan: BlockPlan = {}): TestBlock {
  const block = chain.make(parent, plan);
  chain.announce(block);
  return block;
}

test("the reply comes first, then initialized, every unfinalized block after its parent, and the best block", async (t) => {
  const node = await startNode(t);
  const { chain, client } = node;
  const one = chain.grow(chain.genesis);
  chain.finalize(one);
  const two = chain.grow(one, { newRuntime: { ...VERSION, spec_version: 8 } });
  const fork = side(node, one);
  const three = chain.grow(two);
  const id = await follow(node);
  assert.deepEqual(await heard(client, id, 5), [
    { event: "initialized", finalizedBlockHashes: [hex(chain.genesisHash), hex(one.hash)], finalizedBlockRuntime: spec(7) },
    announced(two, spec(8)),
    announced(fork, null),
    announced(three, null),
    best(three),
  ]);
  assert.ok("id" in client.heard[0]);
});

test("without runtime no event speaks of one", async (t) => {
  const node = await startNode(t);
  const two = node.chain.grow(node.chain.genesis, { newRuntime: { ...VERSION, spec_version: 8 } });
  const id = await follow(node, false);
  assert.deepEqual(await heard(node.client, id, 3), [
    { event: "initialized", finalizedBlockHashes: [hex(node.chain.genesisHash)] },
    announced(two),
    best(two),
  ]);
});

test("the best block is told even when it is the finalized one", async (t) => {
  const node = await startNode(t);
  const id = await follow(node);
  assert.deepEqual((await heard(node.client, id, 2))[1], best(node.chain.genesis));
});

test("finalized ancestors are named only as far back as their state can be read", async (t) => {
  const node = await startNode(t);
  const { chain } = node;
  const blocks = [chain.genesis];
  for (let i = 0; i < 12; i++) blocks.push(chain.grow(blocks.at(-1)!));
  chain.finalize(blocks[12]!);
  const [first] = await heard(node.client, await follow(node), 1);
  assert.deepEqual(first.finalizedBlockHashes, blocks.slice(5).map(({ hash }) => hex(hash)));
  chain.discarded.add(hex(blocks[9]!.hash));
  const [second] = await heard(node.client, await follow(node), 1);
  assert.deepEqual(second.finalizedBlockHashes, blocks.slice(10).map(({ hash }) => hex(hash)));
});

test("a fork, a change of best to it, and its finality: parents first, best announced, only announced blocks pruned", async (t) => {
  const node = await startNode(t);
  const { chain, client } = node;
  const hidden = side(node, chain.genesis);
  const id = await follow(node);
  const a1 = chain.grow(chain.genesis);
  const a2 = chain.grow(a1);
  const b1 = side(node, chain.genesis);
  const b2 = side(node, b1);
  chain.setBest(b2);
  chain.finalize(b1);
  chain.finalize(b2);
  const events = await heard(client, id, 12);
  assert.deepEqual(events.slice(3), [
    announced(a1, null), best(a1), announced(a2, null), best(a2), announced(b1, null), announced(b2, null), best(b2),
    finalized([b1], [hidden, a1, a2]),
    finalized([b2], []),
  ]);
});

test("events that come while the first one is prepared follow it in order", async (t) => {
  const node = await startNode(t);
  const { chain, client } = node;
  client.send({ jsonrpc: "2.0", id: 99, method: "chainHead_v1_follow", params: [true] });
  await until(() => chain.listeners.size === 1);
  const one = chain.grow(chain.genesis);
  chain.finalize(one);
  const id = (await client.find((message) => message.id === 99)).result;
  const events = await heard(client, id, 5);
  assert.deepEqual(events.map(({ event }) => event), ["initialized", "bestBlockChanged", "newBlock", "bestBlockChanged", "finalized"]);
});

test("a best block that its finality would prune is replaced before it is pruned", async (t) => {
  const node = await startNode(t);
  const { chain, client } = node;
  const id = await follow(node);
  const a1 = chain.grow(chain.genesis);
  const b1 = side(node, chain.genesis);
  chain.finalize(b1);
  const events = await heard(client, id, 7);
  assert.deepEqual(events.slice(3), [best(a1), announced(b1, null), best(b1), finalized([b1], [a1])]);
});

test("a gap in the chain's events ends in stop, and releases every pin", async (t) => {
  const node = await startNode(t);
  const { chain, client } = node;
  const id = await follow(node);
  await heard(client, id, 2);
  const unseen = chain.make(chain.genesis);
  chain.grow(unseen);
  assert.deepEqual((await heard(client, id, 3))[2], { event: "stop" });
  assert.equal(chain.pins.size, 0);
  assert.equal(chain.listeners.size, 0);
  // The client may not have read of the end yet: its calls are no errors.
  const hash = hex(chain.genesisHash);
  assert.equal((await client.request("chainHead_v1_header", id, hash)).result, null);
  assert.deepEqual((await client.request("chainHead_v1_body", id, hash)).result, { result: "limitReached" });
  assert.equal((await client.request("chainHead_v1_unpin", id, hash)).result, null);
  assert.equal((await client.request("chainHead_v1_unfollow", id)).result, null);
});

test("a connection has two follows and a third is -32800; one that ends makes room", async (t) => {
  const node = await startNode(t);
  const first = await follow(node);
  await follow(node);
  assert.equal((await node.client.request("chainHead_v1_follow", true)).error.code, -32800);
  assert.equal((await node.client.request("chainHead_v1_unfollow", first)).result, null);
  assert.equal(typeof (await follow(node)), "string");
  assert.equal((await node.client.request("chainHead_v1_follow", "yes")).error.code, -32602);
});

test("blocks stay pinned until they are unpinned, one by one or as an array, all or none", async (t) => {
  const node = await startNode(t);
  const { chain, client } = node;
  const id = await follow(node);
  const one = chain.grow(chain.genesis);
  const two = chain.grow(one);
  chain.finalize(two);
  await heard(client, id, 7);
  const [zero, first, second] = [chain.genesis, one, two].map(({ hash }) => hex(hash)) as [string, string, string];
  assert.deepEqual([...chain.pins.keys()], [zero, first, second]);
  const unpin = async (hashes: unknown) => {
    const { result, error } = await client.request("chainHead_v1_unpin", id, hashes);
    return error?.code ?? result;
  };
  assert.equal(await unpin([first, `0x${"11".repeat(32)}`]), -32801);
  assert.equal(await unpin([first, first]), -32804);
  assert.equal(await unpin("0x11"), -32602);
  assert.equal(chain.pins.size, 3);
  assert.equal(await unpin(zero), null);
  assert.equal(await unpin([first]), null);
  assert.equal(await unpin(first), -32801);
  assert.deepEqual([...chain.pins.keys()], [second]);
  assert.equal((await client.request("chainHead_v1_header", id, first)).error.code, -32801);
  assert.match((await client.request("chainHead_v1_header", id, second)).result, /^0x/);
  client.ws.terminate();
  await until(() => chain.pins.size === 0 && chain.listeners.size === 0);
});

test("too many finalized blocks held: the client that holds most is stopped, the others go on", async (t) => {
  const node = await startNode(t, {}, { chainHead: { settledPins: 4 } });
  const { chain, client } = node;
  const careless = await follow(node);
  const other = await node.open();
  const careful = await follow({ client: other });
  let tip = chain.genesis;
  for (let i = 0; i < 6; i++) {
    const next = chain.grow(tip);
    chain.finalize(next);
    await other.request("chainHead_v1_unpin", careful, hex(tip.hash));
    tip = next;
  }
  await client.find((message) => message.params?.result?.event === "stop");
  assert.equal(notifications(client, careless).at(-1).event, "stop");
  chain.grow(tip);
  assert.equal((await heard(other, careful, 21)).at(-1).event, "bestBlockChanged");
  assert.deepEqual([...chain.pins.keys()].length, 2);
});

test("unfinalized blocks do not count against the pin limit, however many there are", async (t) => {
  const node = await startNode(t, {}, { chainHead: { settledPins: 4 } });
  const id = await follow(node);
  let tip = node.chain.genesis;
  for (let i = 0; i < 40; i++) tip = node.chain.grow(tip);
  const events = await heard(node.client, id, 82);
  assert.deepEqual(events.at(-1), best(tip));
});

test("a silent chain repeats the best block, so that no client takes the socket for dead", async (t) => {
  const node = await startNode(t, {}, { chainHead: { heartbeatMs: 20 } });
  const id = await follow(node);
  const genesis = best(node.chain.genesis);
  assert.deepEqual((await heard(node.client, id, 4)).slice(1, 4), [genesis, genesis, genesis]);
});

test("a subscription of another connection is unknown", async (t) => {
  const node = await startNode(t);
  const id = await follow(node);
  const other = await node.open();
  assert.equal((await other.request("chainHead_v1_header", id, hex(node.chain.genesisHash))).result, null);
});
