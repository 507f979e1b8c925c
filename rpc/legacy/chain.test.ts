import assert from "node:assert/strict";
import { test } from "node:test";
import { blake2b256 } from "#hash";
import { encode } from "../../runtime/primitives/codec/index.ts";
import { HeaderTy } from "../../runtime/primitives/types.ts";
import { hex } from "../encode.ts";
import { heard, notifications, startNode } from "../testing.ts";
import { until } from "../transport/testing.ts";

test("a header has Substrate's JSON shape, and its hash is that of its SCALE bytes", async (t) => {
  const { chain, client } = await startNode(t);
  const block = chain.grow(chain.genesis);
  const { result } = await client.request("chain_getHeader", hex(block.hash));
  assert.deepEqual(result, {
    parentHash: hex(chain.genesisHash),
    number: "0x1",
    stateRoot: hex(block.header.state_root),
    extrinsicsRoot: hex(block.header.extrinsics_root),
    digest: { logs: [`0x06706f775f80${"00".repeat(32)}`] },
  });
  assert.equal(hex(blake2b256(encode(HeaderTy, block.header))), hex(block.hash));
  assert.deepEqual((await client.request("chain_getHeader")).result, result);
  assert.equal((await client.request("chain_getHeader", `0x${"11".repeat(32)}`)).result, null);
});

test("a block has header, extrinsics and justifications as arrays of numbers", async (t) => {
  const { chain, client } = await startNode(t);
  const block = chain.grow(chain.genesis, { extrinsics: [Uint8Array.of(8, 4, 0)] });
  const { result } = await client.request("chain_getBlock");
  assert.deepEqual(result.block.extrinsics, ["0x080400"]);
  assert.equal(result.block.header.number, "0x1");
  assert.equal(result.justifications, null);
  chain.finalize(block);
  assert.deepEqual((await client.request("chain_getBlock")).result.justifications, [[[77, 69, 83, 73], [1, 2, 3]]]);
  assert.equal((await client.request("chain_getBlock", `0x${"11".repeat(32)}`)).result, null);
});

test("chain_getBlockHash takes nothing, null, a number, hex, or an array of them", async (t) => {
  const { chain, client } = await startNode(t);
  const one = hex(chain.grow(chain.genesis).hash);
  const genesis = hex(chain.genesisHash);
  const ask = async (...params: unknown[]) => (await client.request("chain_getBlockHash", ...params)).result;
  assert.equal(await ask(), one);
  assert.equal(await ask(null), one);
  assert.equal(await ask(0), genesis);
  assert.equal(await ask("0x01"), one);
  assert.equal(await ask(7), null);
  assert.deepEqual(await ask([0, "0x1", 9]), [genesis, one, null]);
  assert.equal((await client.request("chain_getHead")).result, one);
  assert.equal((await client.request("chain_getBlockHash", "one")).error.code, -32602);
});

test("head subscriptions begin with the current head, after the reply, and then follow best, all and finalized blocks", async (t) => {
  const { chain, client } = await startNode(t);
  const ids: Record<string, string> = {};
  for (const name of ["chain_subscribeNewHead", "chain_subscribeAllHeads", "chain_subscribeFinalizedHeads"]) {
    ids[name] = (await client.request(name)).result;
  }
  const numbers = async (name: string, count: number) => (await heard(client, ids[name]!, count)).map(({ number }) => Number(number));
  const one = chain.grow(chain.genesis);
  chain.announce(chain.make(chain.genesis));
  const two = chain.grow(one);
  chain.finalize(two);
  assert.deepEqual(await numbers("chain_subscribeNewHead", 3), [0, 1, 2]);
  assert.deepEqual(await numbers("chain_subscribeAllHeads", 4), [0, 1, 1, 2]);
  // Finalized heads leave no gaps, even when one event finalizes several.
  assert.deepEqual(await numbers("chain_subscribeFinalizedHeads", 3), [0, 1, 2]);
  const methods = new Set(client.heard.filter(({ method }) => method !== undefined).map(({ method }) => method));
  assert.deepEqual([...methods].sort(), ["chain_allHead", "chain_finalizedHead", "chain_newHead"]);
});

test("an ended head subscription leaves no listener and says nothing more", async (t) => {
  const { chain, client } = await startNode(t);
  const { result: id } = await client.request("subscribe_newHead");
  await heard(client, id, 1);
  assert.equal(chain.listeners.size, 1);
  assert.equal((await client.request("unsubscribe_newHead", id)).result, true);
  assert.equal((await client.request("chain_unsubscribeNewHeads", id)).result, false);
  chain.grow(chain.genesis);
  await client.request("chain_getFinalisedHead");
  assert.equal(notifications(client, id).length, 1);
  await client.request("chain_subscribeAllHeads");
  client.ws.terminate();
  await until(() => chain.listeners.size === 0);
});
