// polkadot-api reads the chain, through its raw provider and its default one: storage, streams, runtime functions, blocks.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { blake2AsHex } from "@polkadot/util-crypto";
import { toHex } from "../../runtime/primitives/bytes.ts";
import { startDevNode } from "../support/dev-node.ts";
import type { DevNode } from "../support/dev-node.ts";
import { MESI, PROVIDERS, account, accountInfo, connectPapi, fund, holds, to, transfer, until } from "./papi-support.ts";
import type { Papi } from "./papi-support.ts";

const alice = account("//Alice");
const GENESIS_ACCOUNTS = 12;

let node: DevNode;
before(async () => {
  node = await startDevNode();
});
after(() => node.stop());

for (const kind of PROVIDERS) {
  describe(`with the ${kind} provider`, () => {
    let papi: Papi;
    let api: Papi["api"];
    let client: Papi["client"];
    before(() => {
      papi = connectPapi(node.wsUrl, kind);
      ({ api, client } = papi);
    });
    after(() => {
      papi.close();
      assert.deepEqual(papi.losses, [], "the socket lived all the time");
    });
    const fresh = (name: string) => account(`//papi//${kind}//${name}`);
    const nudge = () => transfer(api, fresh("nudge"), MESI).signAndSubmit(alice.signer);

    test("the chain says who it is", async () => {
      const { name, genesisHash, properties } = await client.getChainSpecData();
      assert.equal(name, "Creator Chain Development");
      assert.deepEqual(properties, { ss58Format: 42, tokenDecimals: 12, tokenSymbol: "MESI" });
      assert.equal(await api.query["System"]!["BlockHash"]!.getValue(0), genesisHash);
    });

    test("a value is the one of the block asked for: finalized, best, by hash, or long unpinned", async ({ mock }) => {
      const friend = fresh("friend");
      const free = async (at: string): Promise<bigint> => (await accountInfo(api, friend, at)).data.free;
      const earlier = await client.getFinalizedBlock();
      const { block } = await transfer(api, friend, 3n * MESI).signAndSubmit(alice.signer);
      assert.deepEqual(await Promise.all([free("finalized"), free("best"), free(block.hash)]), [3n * MESI, 3n * MESI, 3n * MESI]);
      assert.equal(await free(earlier.hash), 0n);
      const { genesisHash } = await client.getChainSpecData();
      assert.equal(await free(genesisHash), 0n);
      assert.equal(await api.query["System"]!["Number"]!.getValue({ at: genesisHash }), 0);
      const both = (await api.query["System"]!["Account"]!.getValues([[alice.address], [friend.address]])) as { nonce: number }[];
      assert.ok(both[0]!.nonce > 0 && both[1]!.nonce === 0);
      mock.method(console, "warn", () => {}); // PAPI prints the errors that it rejects with
      await assert.rejects(free(`0x${"ab".repeat(32)}`), /Block 0xabab\w+ is not pinned/);
    });

    test("a map longer than many pages is read whole, now and as it was", async () => {
      const { genesisHash } = await client.getChainSpecData();
      const earlier = await client.getFinalizedBlock();
      const entries = async (at: string): Promise<string[]> =>
        (await api.query["System"]!["Account"]!.getEntries({ at })).map(({ keyArgs }) => String((keyArgs as unknown[])[0]));
      const known = await entries("finalized");
      const many = Array.from({ length: 60 }, (_, i) => fresh(`many${i}`));
      await fund(api, many, MESI);
      assert.deepEqual((await entries("best")).sort(compare), [...known, ...many.map(({ address }) => address)].sort(compare));
      assert.equal((await entries(earlier.hash)).length, known.length);
      assert.equal((await entries(genesisHash)).length, GENESIS_ACCOUNTS);
    });

    test("a watched value is told at once and again when it changes", async () => {
      const friend = fresh("watched");
      const watched = (at: "best" | "finalized") =>
        until(api.query["System"]!["Account"]!.watchValue(friend.address, { at }), holds(2n * MESI));
      const streams = [watched("best"), watched("finalized")];
      const { block } = await transfer(api, friend, 2n * MESI).signAndSubmit(alice.signer);
      for (const values of await Promise.all(streams)) {
        assert.ok(holds(0n)(values[0]!));
        assert.equal(values.at(-1)!.block.hash, block.hash);
      }
    });

    test("watched entries begin with all and go on with what changed", async () => {
      const friend = fresh("entry");
      const changed = (entries: readonly { args: unknown }[] = []) => entries.map(({ args }) => (args as unknown[])[0]);
      const entries = api.query["System"]!["Account"]!.watchEntries();
      const stream = until(entries, ({ deltas }) => changed(deltas?.upserted).includes(friend.address));
      await nudge();
      await transfer(api, friend, MESI).signAndSubmit(alice.signer);
      const values = await stream;
      assert.ok(values[0]!.entries.length >= GENESIS_ACCOUNTS);
      const last = values.at(-1)!;
      assert.deepEqual(new Set(changed(last.deltas!.upserted)), new Set([alice.address, friend.address]));
    });

    test("blocks come parents first, and each becomes best, then final", async () => {
      const start = await client.getFinalizedBlock();
      const wanted = start.number + 2;
      const streams = Promise.all([
        until(client.blocks$, ({ number }) => number === wanted),
        until(client.bestBlocks$, ([best]) => best!.number === wanted),
        until(client.finalizedBlock$, ({ number }) => number === wanted),
      ]);
      await nudge();
      await nudge();
      const [blocks, best, finalized] = await streams;
      assert.deepEqual(blocks.map(({ number }) => number), [start.number, start.number + 1, wanted]);
      blocks.slice(1).forEach(({ parent }, i) => assert.equal(parent, blocks[i]!.hash));
      for (const [newest] of best) assert.ok(newest!.number >= start.number);
      assert.equal(finalized[0]!.hash, start.hash);
      assert.equal(finalized.at(-1)!.hash, blocks.at(-1)!.hash);
    });

    test("events of a kind are watched, and read from a block", async () => {
      const friend = fresh("event");
      const mine = (payload: unknown): boolean => (payload as { to: string }).to === friend.address;
      const stream = until(api.event["Balances"]!["Transfer"]!.watch(), ({ events }) => events.some(({ payload }) => mine(payload)));
      const { block } = await transfer(api, friend, MESI).signAndSubmit(alice.signer);
      const seen = (await stream).at(-1)!;
      assert.equal(seen.block.hash, block.hash);
      const read = await api.event["Balances"]!["Transfer"]!.get(block.hash);
      const payloads = read.map(({ payload }) => payload).filter(mine);
      assert.deepEqual(payloads, [{ from: alice.address, to: friend.address, amount: MESI }]);
    });

    test("constants decode", async () => {
      assert.equal(await api.constants["Balances"]!["ExistentialDeposit"]!(), 1_000_000_000n);
      assert.equal(await api.constants["System"]!["SS58Prefix"]!(), 42);
      assert.equal(((await api.constants["System"]!["Version"]!()) as { spec_name: string }).spec_name, "creator");
    });

    test("runtime functions answer", async () => {
      const { nonce } = await accountInfo(api, alice);
      assert.equal(await api.apis["AccountNonceApi"]!["account_nonce"]!(alice.address), nonce);
      const version = (await api.apis["Core"]!["version"]!()) as { spec_version: number };
      assert.equal(version.spec_version, ((await api.constants["System"]!["Version"]!()) as { spec_version: number }).spec_version);
      assert.deepEqual(await api.apis["Metadata"]!["metadata_versions"]!(), [14, 15, 16]);
      assert.equal(await api.apis["TransactionPaymentApi"]!["query_length_to_fee"]!(10), 10_000_000n);
      const { hash } = await client.getFinalizedBlock();
      assert.equal(await api.apis["AccountNonceApi"]!["account_nonce"]!(fresh("nobody").address, { at: hash }), 0);
    });

    test("view functions answer", async () => {
      const superset = api.view["Proxy"]!["is_superset"]!;
      assert.equal(await superset({ type: "Any" }, { type: "Governance" }), true);
      assert.equal(await superset({ type: "Governance" }, { type: "Any" }), false);
      const call = transfer(api, alice, 1n).decodedCall;
      assert.equal(await api.view["Proxy"]!["check_permissions"]!(call, { type: "NonTransfer" }), false);
    });

    test("headers hash to the block's name and bodies hold its transactions", async () => {
      const { block, txHash } = await nudge();
      const header = await client.getBlockHeader(block.hash);
      assert.equal(header.number, block.number);
      const [digest] = header.digests;
      assert.deepEqual(digest, { type: "preRuntime", value: { engine: "pow_", payload: toHex(alice.accountId) } });
      const raw = await client._request<string>("archive_v1_header", [block.hash]);
      assert.equal(blake2AsHex(raw), block.hash);
      const body = await client.getBlockBody(block.hash);
      assert.equal(blake2AsHex(body[block.index]!), txHash);
      const { genesisHash } = await client.getChainSpecData();
      assert.deepEqual(await client.getBlockBody(genesisHash), []);
      assert.equal((await client.getBlockHeader(genesisHash)).number, 0);
    });

    test("call data from elsewhere decodes", async () => {
      const data = await transfer(api, alice, 5n).getEncodedData();
      const { decodedCall } = await api.txFromCallData(data);
      const args = { dest: to(alice), value: 5n };
      assert.deepEqual(decodedCall, { type: "Balances", value: { type: "transfer_keep_alive", value: args } });
      await assert.rejects(api.txFromCallData(Uint8Array.of(250, 0)));
    });

    test("raw keys are read", async () => {
      const key = await api.query["System"]!["Number"]!.getKey();
      assert.match((await client.rawQuery(key))!, /^0x[0-9a-f]{8}$/);
      assert.ok(await client.rawQuery(":code"));
      assert.equal(await client.rawQuery("0x00"), null);
    });
  });
}

function compare(a: string, b: string): number {
  return a < b ? -1 : 1;
}
