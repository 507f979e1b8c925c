// @polkadot/api reads the chain: metadata, state now and then, subscriptions, heads, proofs, and all that over HTTP too.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ApiPromise, HttpProvider } from "@polkadot/api";
import { validateProofs } from "@polkadot-api/substrate-bindings";
import type { Header } from "@polkadot/types/interfaces";
import type { FrameSystemAccountInfo } from "@polkadot/types/lookup";
import { blake2AsHex } from "@polkadot/util-crypto";
import { hexToU8a, u8aToHex } from "@polkadot/util";
import { toHex } from "../../runtime/primitives/bytes.ts";
import { verifyProof } from "../../runtime/trie/proof.ts";
import { startDevNode } from "../support/dev-node.ts";
import type { DevNode } from "../support/dev-node.ts";
import { FUNDS, MESI, connect, eventNames, find, free, freshPair, fund, pair, toFinalized } from "./pjs-support.ts";
import type { Connection } from "./pjs-support.ts";

const alice = pair("//Alice");
const bob = pair("//Bob");
const PAGE = 1000;
/** More than a page of keys. */
const CROWD = 1200;
const crowd = Array.from({ length: CROWD }, (_, i) => ({ address: u8aToHex(Uint8Array.of(i >> 8, i & 255, ...new Uint8Array(30).fill(1))) }));

let node: DevNode;
let connection: Connection;
let api: ApiPromise;
before(async () => {
  node = await startDevNode();
  connection = await connect(node.wsUrl);
  api = connection.api;
  for (let i = 0; i < CROWD; i += 300) await fund(api, crowd.slice(i, i + 300), MESI);
});
after(async () => {
  await connection?.close();
  await node?.stop();
});

/** What a subscription brings until it is `done`. */
async function collect<T>(subscribe: (next: (value: T) => void) => Promise<() => void>, done: (seen: readonly T[]) => boolean): Promise<T[]> {
  const seen: T[] = [];
  let finish = (): void => {};
  const finished = new Promise<void>((resolve) => (finish = resolve));
  const stop = await subscribe((value) => {
    seen.push(value);
    if (done(seen)) finish();
  });
  await finished;
  stop();
  return seen;
}

async function blocks(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await toFinalized(api.tx.system.remark("0x00"), bob);
}

test("it connects without a complaint, to the chain that the node says it is", async () => {
  assert.deepEqual(connection.warnings, []);
  const rpc = api.rpc.system;
  const [chain, type, properties] = await Promise.all([rpc.chain(), rpc.chainType(), rpc.properties()]);
  const [version, health] = await Promise.all([rpc.version(), rpc.health()]);
  assert.equal(chain.toString(), "Creator Chain Development");
  assert.ok(type.isDevelopment);
  assert.deepEqual([api.registry.chainSS58, api.registry.chainDecimals, api.registry.chainTokens], [42, [12], ["MESI"]]);
  assert.equal(properties.tokenSymbol.unwrap().toString(), "[MESI]");
  assert.match(version.toString(), /^\d+\.\d+\.\d+/);
  assert.ok(health.isSyncing.isFalse && health.shouldHavePeers.isFalse);
});

test("of the metadata it takes the newest it knows, and reads constants, storage, calls and errors from it", async () => {
  assert.equal(api.runtimeMetadata.version, 16);
  assert.equal(api.consts.balances.existentialDeposit.toBigInt(), 1_000_000_000n);
  assert.equal(api.consts.system.ss58Prefix.toNumber(), 42);
  assert.equal(api.tx.balances.transferKeepAlive.meta.docs.length > 0, true);
  assert.ok(api.errors.proxy.NotFound);
  const legacy = await api.rpc.state.getMetadata();
  assert.equal(legacy.version, 14);
});

test("one-shot queries: a value, a map entry, an absent one, and several at once", async () => {
  assert.equal((await api.query.sudo.key()).unwrap().toString(), alice.address);
  assert.ok((await api.query.balances.totalIssuance()).toBigInt() > FUNDS);
  assert.equal((await api.query.system.account(freshPair().address)).data.free.toBigInt(), 0n);
  const several = await api.query.system.account.multi(crowd.slice(0, 120).map(({ address }) => address));
  assert.deepEqual(new Set(several.map(({ data }) => data.free.toBigInt())), new Set([MESI]));
  assert.equal(several.length, 120);
});

test("queryMulti reads different items together and follows their changes", async () => {
  const to = freshPair();
  let transfer: Promise<unknown> | undefined;
  const seen = await collect<[number, bigint]>(
    (next) => api.queryMulti([api.query.system.number, [api.query.system.account, to.address]], ([number, account]) => {
      const { data } = account as FrameSystemAccountInfo;
      next([Number(number!.toString()), data.free.toBigInt()]);
      transfer ??= toFinalized(api.tx.balances.transferKeepAlive(to.address, MESI), bob);
    }),
    (values) => values.at(-1)![1] > 0n,
  );
  await transfer;
  assert.deepEqual([seen[0]![1], seen.at(-1)![1]], [0n, MESI]);
  assert.ok(seen.at(-1)![0] > seen[0]![0]);
});

test("a subscribed query brings the value at once and then each change", async () => {
  const to = freshPair();
  const sent: Promise<unknown>[] = [];
  const seen = await collect<bigint>(
    (next) => api.query.system.account(to.address, ({ data }) => {
      next(data.free.toBigInt());
      if (sent.length < 2) sent.push(toFinalized(api.tx.balances.transferKeepAlive(to.address, MESI), sent.length === 0 ? bob : alice));
    }),
    (values) => values.at(-1) === 2n * MESI,
  );
  await Promise.all(sent);
  assert.equal(seen[0], 0n);
  assert.deepEqual([...new Set(seen)], seen, "no value is told twice");
});

test("maps are read whole and by the page", async () => {
  const all = await api.query.system.account.entries();
  assert.ok(all.length > CROWD);
  const keys = new Set(all.map(([key]) => key.toHex()));
  assert.equal(keys.size, all.length);
  assert.deepEqual(new Set((await api.query.system.account.keys()).map((key) => key.toHex())), keys);

  const paged = new Set<string>();
  const sizes: number[] = [];
  for (let startKey: string | undefined; ; ) {
    const page = await api.query.system.account.entriesPaged({ args: [], pageSize: 500, ...(startKey === undefined ? {} : { startKey }) });
    sizes.push(page.length);
    for (const [key] of page) paged.add(key.toHex());
    if (page.length < 500) break;
    startKey = page.at(-1)![0].toHex();
  }
  assert.ok(sizes.length >= 3, `pages of ${sizes}`);
  assert.deepEqual(paged, keys);

  const first = await api.query.system.account.keysPaged({ args: [], pageSize: PAGE });
  assert.equal(first.length, PAGE);
  const prefix = api.query.system.account.keyPrefix();
  await assert.rejects(api.rpc.state.getKeysPaged(prefix, PAGE + 1), /4002|count/i);
});

test("an old block's state is read as it was, and its events are decoded", async () => {
  const to = freshPair();
  const before = await api.rpc.chain.getFinalizedHead();
  const result = await toFinalized(api.tx.balances.transferKeepAlive(to.address, MESI), bob);
  const block = result.status.asFinalized;
  await blocks(2);

  const [old, then] = [await api.at(before), await api.at(block)];
  assert.equal((await old.query.system.account(to.address)).data.free.toBigInt(), 0n);
  assert.equal((await then.query.system.account(to.address)).data.free.toBigInt(), MESI);
  assert.ok((await old.query.system.number()).lt(await then.query.system.number()));
  const events = await then.query.system.events();
  assert.ok(eventNames({ events }).includes("balances.Transfer"));

  const raw = await api.rpc.state.getStorage(api.query.system.events.key(), block) as unknown as { toU8a(isBare?: boolean): Uint8Array };
  const decoded = api.registry.createType("Vec<FrameSystemEventRecord>", hexToU8a(u8aToHex(raw.toU8a(true))));
  assert.equal(decoded.toHex(), events.toHex());
  const atGenesis = await api.at(api.genesisHash);
  assert.equal((await atGenesis.query.system.events()).length, 0);
  assert.equal((await atGenesis.query.system.account(alice.address)).nonce.toNumber(), 0);
});

test("a block holds its transactions, under hashes that the client makes itself", async () => {
  const result = await toFinalized(api.tx.system.remarkWithEvent("0xcafe"), bob);
  const { block } = await api.rpc.chain.getBlock(result.status.asFinalized);
  assert.equal(block.header.hash.toHex(), result.status.asFinalized.toHex());
  const own = block.extrinsics.find(({ hash }) => hash.eq(result.txHash))!;
  assert.equal(own.signer.toString(), bob.address);
  assert.equal(own.method.toHex(), api.tx.system.remarkWithEvent("0xcafe").method.toHex());
  assert.equal(`${block.extrinsics[0]!.method.section}.${block.extrinsics[0]!.method.method}`, "timestamp.set");
  assert.equal(block.header.hash.toHex(), blake2AsHex(block.header.toU8a()));
  const [, hash] = find(result, "system.Remarked").data;
  assert.equal(hash!.toHex(), blake2AsHex("0xcafe"));
});

test("new, finalized and all heads come without a gap and hang together", async () => {
  const kinds = ["subscribeNewHeads", "subscribeFinalizedHeads", "subscribeAllHeads"] as const;
  const watched = kinds.map((kind) => collect<Header>((next) => api.rpc.chain[kind](next), (seen) => seen.length >= 4));
  await blocks(4);
  for (const [i, heads] of (await Promise.all(watched)).entries()) {
    for (const [at, head] of heads.slice(1).entries()) assert.equal(head.parentHash.toHex(), heads[at]!.hash.toHex(), kinds[i]);
  }
});

test("derived data: the author of a block is the authority, balances add up, best and finalized numbers agree", async () => {
  const head = await api.rpc.chain.getHeader();
  assert.equal((await api.derive.chain.getHeader(head.hash)).author?.toString(), alice.address);
  assert.equal((await api.derive.chain.getBlock(head.hash)).author?.toString(), alice.address);
  const { accountNonce, availableBalance, freeBalance, reservedBalance } = await api.derive.balances.all(alice.address);
  assert.equal(freeBalance.toBigInt(), await free(api, alice));
  assert.ok(availableBalance.lte(freeBalance) && availableBalance.gtn(0));
  assert.equal(reservedBalance.toNumber(), 0);
  assert.equal(accountNonce.toNumber(), (await api.rpc.system.accountNextIndex(alice.address)).toNumber());
  const [best, final] = await Promise.all([api.derive.chain.bestNumber(), api.derive.chain.bestNumberFinalized()]);
  assert.ok(final.lte(best) && best.gtn(0));
});

test("the runtime version is told to its subscriber, and equals that of the runtime API", async () => {
  const [version] = await collect<{ specVersion: { toNumber(): number }; specName: { toString(): string } }>(
    (next) => api.rpc.state.subscribeRuntimeVersion(next),
    () => true,
  );
  assert.deepEqual([version!.specName.toString(), version!.specVersion.toNumber()], ["creator", api.runtimeVersion.specVersion.toNumber()]);
  assert.equal((await api.call.core.version()).specVersion.toNumber(), version!.specVersion.toNumber());
});

test("runtime APIs are called by their names in the metadata", async () => {
  const { nonce } = await api.query.system.account(bob.address);
  assert.equal((await api.call.accountNonceApi.accountNonce(bob.address)).toNumber(), nonce.toNumber());
  const versions = await api.call["metadata"]!["metadataVersions"]!();
  assert.deepEqual(versions.toJSON(), [14, 15, 16]);
});

/** What a proof says about a key, by the nodes as another library decodes them: from the root down, nibble by nibble. */
function provenValue(nodes: string[], root: string, key: string): string | undefined {
  const validated = validateProofs(nodes as `0x${string}`[]);
  assert.equal(validated?.rootHash, root);
  let left = key.slice(2);
  for (let hash = validated!.rootHash; ; ) {
    const found = validated!.proofs[hash];
    assert.ok(found !== undefined && found.type !== "Raw", `node ${hash}`);
    if (found.type === "Empty" || found.type === "Reserved" || !left.startsWith(found.partialKey.replace("0x", ""))) return undefined;
    left = left.slice(found.partialKey.replace("0x", "").length);
    if (left === "" && "value" in found) {
      const stored = found.type.endsWith("WithHash") ? validated!.proofs[found.value] : undefined;
      return stored?.type === "Raw" ? stored.value : found.value;
    }
    if (left === "" || !("children" in found)) return undefined;
    const child = found.children[left[0] as keyof typeof found.children];
    if (child === undefined) return undefined;
    left = left.slice(1);
    hash = child;
  }
}

test("a read proof convinces another library and ours, of what is there and of what is not", async () => {
  await blocks(1);
  const head = await api.rpc.chain.getHeader();
  const there = api.query.system.account.key(crowd[7]!.address);
  const absent = api.query.system.account.key(freshPair().address);
  const events = api.query.system.events.key();
  for (const key of [there, events, absent]) {
    const { at, proof } = await api.rpc.state.getReadProof([key], head.hash);
    assert.equal(at.toHex(), head.hash.toHex());
    const nodes = proof.map((encoded) => u8aToHex(encoded.toU8a(true)));
    const value = (await connection.provider.send<string | null>("state_getStorage", [key, head.hash.toHex()])) ?? undefined;
    assert.equal(value === undefined, key === absent);
    assert.equal(provenValue(nodes, head.stateRoot.toHex(), key), value);
    const ours = verifyProof(head.stateRoot.toU8a(), nodes.map((encoded) => hexToU8a(encoded)), hexToU8a(key));
    assert.ok(ours.ok);
    assert.equal(ours.value.present ? toHex(ours.value.value) : undefined, value);
    const [altered, ...rest] = nodes.map((encoded) => hexToU8a(encoded));
    altered![altered!.length - 1]! ^= 1;
    assert.equal(verifyProof(head.stateRoot.toU8a(), [altered!, ...rest], hexToU8a(key)).ok, false);
  }
});

test("over HTTP it reads, quotes and submits; subscriptions are refused with a clear word", async () => {
  const http = await ApiPromise.create({ provider: new HttpProvider(node.httpUrl), noInitWarn: true });
  const to = freshPair();
  assert.equal((await http.query.system.account(crowd[0]!.address)).data.free.toBigInt(), MESI);
  const transfer = http.tx.balances.transferKeepAlive(to.address, MESI);
  assert.ok((await transfer.paymentInfo(bob, { nonce: -1 })).partialFee.gtn(0));
  const changed = collect<bigint>(
    (next) => api.query.system.account(to.address, ({ data }) => next(data.free.toBigInt())),
    (seen) => seen.at(-1)! > 0n,
  );
  const hash = await transfer.signAndSend(bob, { nonce: -1 });
  assert.equal(hash.toHex(), transfer.hash.toHex());
  assert.equal((await changed).at(-1), MESI);
  await assert.rejects(async () => http.rpc.chain.subscribeNewHeads(() => {}), /subscri/i);
  await http.disconnect();
});

async function post(body: unknown): Promise<unknown> {
  const headers = { "content-type": "application/json" };
  const response = await fetch(node.httpUrl, { method: "POST", headers, body: JSON.stringify(body) });
  assert.equal(response.status, 200);
  return response.json();
}

test("a batch over HTTP answers each call under its id, errors among them", async () => {
  const call = (id: number, method: string, params: unknown[] = []) => ({ jsonrpc: "2.0", id, method, params });
  const calls = [call(1, "system_chain"), call(2, "no_such_method"), call(3, "chain_getBlockHash", [0]), call(4, "chain_getBlockHash", [[0, 1]])];
  const answers = (await post(calls)) as { id: number; result?: unknown; error?: { code: number } }[];
  const byId = new Map(answers.map((answer) => [answer.id, answer]));
  assert.equal(byId.get(1)!.result, "Creator Chain Development");
  assert.equal(byId.get(2)!.error!.code, -32601);
  assert.equal(byId.get(3)!.result, api.genesisHash.toHex());
  assert.equal((byId.get(4)!.result as string[])[0], api.genesisHash.toHex());
  assert.equal(((await post([])) as { error: { code: number } }).error.code, -32600);
});
