import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { genesisForNode } from "../../genesis/genesis-state.ts";
import { presetSpec } from "../../genesis/presets.ts";
import { MESI, call, transferTo } from "../../runtime/pallets/testing.ts";
import { compareBytes, fromLatin1, toHex, utf8 } from "../../runtime/primitives/bytes.ts";
import { bytes, decode, encode } from "../../runtime/primitives/codec/index.ts";
import { InvariantError } from "../../runtime/primitives/errors.ts";
import { HeaderTy } from "../../runtime/primitives/types.ts";
import type { Header } from "../../runtime/primitives/types.ts";
import { encodeCode } from "../../runtime/params.ts";
import { SPEC_VERSION } from "../../runtime/construct.ts";
import type { Extrinsic } from "../../runtime/frame/extrinsic.ts";
import { orderedTrieRoot, trieRoot } from "../../runtime/trie/build.ts";
import type { ChainEvent } from "../../rpc/backend.ts";
import { authorDigest, buildBlock } from "../author.ts";
import { Database, DatabaseError } from "../db/database.ts";
import { DATABASE_VERSION, MetaKey, Table, u32be } from "../db/keys.ts";
import { importBlock } from "../import-block.ts";
import type { BlockNode } from "./block-node.ts";
import { headerHash } from "../../genesis/header.ts";
import { AUTHORS, GENESIS, TestNode } from "./testing.ts";

const [ALICE, BOB, CHARLIE] = AUTHORS as readonly [(typeof AUTHORS)[0], (typeof AUTHORS)[0], (typeof AUTHORS)[0]];
const folders: string[] = [];
after(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })));

async function open(options: Parameters<typeof TestNode.open>[0] = {}): Promise<TestNode> {
  const node = await TestNode.open(options);
  folders.push(node.folder);
  return node;
}

const pay = (node: TestNode) => (parent: BlockNode): Extrinsic[] => [node.sign(parent, ALICE, transferTo(BOB, MESI)), node.sign(parent, ALICE, transferTo(CHARLIE, MESI), { skip: 1 })];

/** The root of everything under Table.State, from scratch. */
async function rootOfTable(database: Database): Promise<Uint8Array> {
  const snapshot = database.snapshot();
  const entries: [Uint8Array, Uint8Array][] = [];
  for await (const [key, value] of snapshot.entries(Table.State, { gte: new Uint8Array(0) })) entries.push([key.slice(), value.slice()]);
  await snapshot.close();
  return trieRoot(entries.sort((a, b) => compareBytes(a[0], b[0])), 1);
}

test("a chain starts from its genesis, grows, and is the same after a restart", async () => {
  let node = await open();
  assert.equal(node.chain.finalized.number, 0);
  assert.deepEqual(node.chain.finalized.hash, node.chain.genesisHash);
  assert.deepEqual(trieRoot(GENESIS.entries, GENESIS.stateVersion), node.chain.finalized.header.state_root);
  await node.grow(12, pay(node));
  const { hash } = node.chain.best;
  const state = node.stateOf(node.chain.best);
  for (let i = 0; i < 2; i++) {
    node = await node.restart();
    assert.deepEqual([node.chain.finalized.hash, node.chain.best.hash, node.chain.finalized.number], [hash, hash, 12]);
    assert.deepEqual(node.stateOf(node.chain.best), state);
    assert.deepEqual(await rootOfTable(node.database), node.chain.finalized.header.state_root);
    // One runtime, also for old blocks: its metadata is made once.
    assert.equal((await node.backend.state(node.chain.genesisHash)).runtime, node.chain.best.runtime);
  }
  assert.equal((await node.grow(1, pay(node))).number, 13);
  await node.close();
});

test("a copy of the files between two commits opens at a block's boundary, and so does a log that is cut off anywhere", async () => {
  const node = await open();
  const copies = mkdtempSync(join(tmpdir(), "mesi-copies-"));
  folders.push(copies);
  for (const number of [3, 7]) {
    await node.grow(number - node.chain.best.number, pay(node));
    cpSync(node.folder, join(copies, `at-${number}`), { recursive: true });
  }
  const source = join(copies, "at-7", "db");
  const log = readdirSync(source).filter((name) => name.endsWith(".log")).sort(compareText).at(-1)!;
  const { size } = statSync(join(source, log));
  for (let i = 1; i <= 8; i++) {
    const target = join(copies, `cut-${i}`);
    cpSync(join(copies, "at-7"), target, { recursive: true });
    truncateSync(join(target, "db", log), Math.floor((size * i) / 8) - (i === 8 ? 1 : 7));
  }
  const reached: number[] = [];
  for (const name of readdirSync(copies).sort(compareText)) {
    rmSync(join(copies, name, "db", "LOCK"), { force: true });
    const copy = await TestNode.open({ folder: join(copies, name) });
    const { finalized } = copy.chain;
    if (name.startsWith("at-")) assert.equal(finalized.number, Number(name.slice(3)));
    reached.push(finalized.number);
    // The whole state, by another way than the one that wrote it, has the root that the head's header names.
    assert.deepEqual(await rootOfTable(copy.database), finalized.header.state_root);
    assert.equal(finalized.number === 0 || node.database.get(Table.Header, finalized.hash) !== undefined, true);
    assert.equal((await copy.grow(1, pay(copy))).number, finalized.number + 1);
    await copy.close();
  }
  assert.ok(new Set(reached).size > 3, `the cuts fell on ${reached.join(" ")} only`);
  await node.close();
});

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

async function databaseCode(run: () => Promise<unknown>): Promise<string> {
  try {
    await run();
  } catch (error) {
    if (error instanceof DatabaseError) return error.code;
    throw error;
  }
  return "ok";
}

test("a database in use, of another chain, of another version or damaged is refused with its code", async () => {
  const node = await open();
  await node.grow(1);
  const { folder } = node;
  assert.equal(await databaseCode(() => TestNode.open({ folder })), "DB_LOCKED");
  await node.close();
  const local = genesisForNode(presetSpec("local"));
  assert.equal(await databaseCode(() => TestNode.open({ folder, genesis: local })), "DB_OTHER_CHAIN");
  assert.equal(await databaseCode(() => TestNode.open({ folder })), "ok"); // a refusal leaves nothing open
  const again = await Database.open(mkdtempSync(join(folder, "v-")));
  await again.write((batch) => batch.put(Table.Meta, utf8(MetaKey.Version), u32be(DATABASE_VERSION + 1)));
  await again.close();
  assert.equal(await databaseCode(() => Database.open(again.path)), "DB_VERSION");
  const damaged = await Database.open(mkdtempSync(join(folder, "d-")));
  await damaged.close();
  for (const name of readdirSync(damaged.path).filter((name) => name.startsWith("MANIFEST"))) writeFileSync(join(damaged.path, name), "no manifest at all");
  assert.equal(await databaseCode(() => Database.open(damaged.path)), "DB_CORRUPT");
  writeFileSync(join(folder, "file"), "");
  assert.equal(await databaseCode(() => Database.open(join(folder, "file", "db"))).catch((error: NodeJS.ErrnoException) => error.code), "DB_IO");
});

function follow(node: TestNode): string[] {
  const told: string[] = [];
  const names = (list: readonly { readonly number: number; readonly hash: Uint8Array }[]): string => list.map(({ hash }) => toHex(hash).slice(2, 8)).join(",");
  node.chain.subscribe((event: ChainEvent) => {
    if (event.type === "newBlock") told.push(`new ${names([event.block])}`);
    else if (event.type === "best") told.push(`best ${names([event.block])} -[${names(event.retracted)}] +[${names(event.enacted)}]`);
    else told.push(`final [${names(event.finalized)}] pruned [${names(event.pruned)}]`);
  });
  return told;
}
const short = (...nodes: readonly BlockNode[]): string => nodes.map(({ hash }) => toHex(hash).slice(2, 8)).join(",");

test("forks: the best block switches with what it retracts and enacts, and finality prunes all that it excludes", async () => {
  const node = await open();
  const base = await node.grow(1);
  const told = follow(node);
  const a1 = node.add(base, [node.sign(base, ALICE, transferTo(BOB, MESI))]);
  const b1 = node.add(base, [node.sign(base, ALICE, transferTo(CHARLIE, MESI))], { author: BOB });
  const a2 = node.add(a1, [node.sign(a1, BOB, call("Template.set_note", { note: utf8("a") }))]);
  const b2 = node.add(b1, [], { author: BOB });
  const b3 = node.add(b2, [], { author: BOB });
  const c2 = node.add(b1, [], { author: CHARLIE });
  node.chain.setBest(a2);
  node.chain.setBest(b3);
  node.chain.setBest(b3);
  node.chain.setBest(c2);
  assert.deepEqual(told.slice(6), [`best ${short(a2)} -[] +[${short(a1, a2)}]`, `best ${short(b3)} -[${short(a2, a1)}] +[${short(b1, b2, b3)}]`, `best ${short(c2)} -[${short(b3, b2)}] +[${short(c2)}]`]);
  assert.equal(node.chain.insert(node.build(b1, [], { author: CHARLIE })), c2); // again: harmless
  // Each fork has its own state, over the same committed one.
  const [onA, onB] = [node.stateOf(a2), node.stateOf(b3)];
  assert.notDeepEqual(onA, onB);
  assert.deepEqual(trieRoot([...onA].map(([key, value]) => [fromLatin1(key), value] as const), 1), a2.header.state_root);
  assert.deepEqual(trieRoot([...onB].map(([key, value]) => [fromLatin1(key), value] as const), 1), b3.header.state_root);
  // Finalizing a fork that is not best moves best to it; everything else dies, children with their parents.
  told.length = 0;
  await node.chain.finalize(a2);
  assert.deepEqual(told, [`best ${short(a2)} -[${short(c2, b1)}] +[${short(a1, a2)}]`, `final [${short(a1, a2)}] pruned [${short(b1, b2, c2, b3)}]`]);
  assert.equal(node.chain.finalized, a2);
  for (const dead of [b1, b2, b3, c2]) {
    assert.equal(dead.dropped, true);
    assert.equal(node.chain.node(dead.hash), undefined);
    assert.throws(() => node.chain.setBest(dead), InvariantError);
    await assert.rejects(node.chain.finalize(dead), InvariantError);
  }
  assert.throws(() => node.chain.insert({ ...node.build(a2), header: { ...a2.header, parent_hash: b1.hash }, hash: b2.hash } as never), InvariantError);
  assert.throws(() => node.chain.setBest(a1), InvariantError);
  assert.deepEqual(await rootOfTable(node.database), a2.header.state_root);
  await node.close();
});

test("finality on a descendant of the best block makes that one best: no block may be built below finality", async () => {
  const node = await open();
  const one = node.add(node.chain.best);
  node.chain.setBest(one);
  const two = node.add(one);
  const three = node.add(two);
  await node.chain.finalize(two);
  assert.equal(node.chain.best, two);
  assert.equal(node.chain.isLive(node.chain.best), true);
  await node.chain.finalize(two); // again: nothing to do
  node.chain.setBest(three);
  await Promise.all([node.chain.finalize(three), node.chain.finalize(node.add(three))]);
  assert.equal(node.chain.finalized.number, 4);
  await node.close();
});

test("another node imports every block, bytes by bytes, and comes to the same chain", async () => {
  const [author, other] = [await open(), await open()];
  const code = encodeCode(SPEC_VERSION, { ...presetParams(), minimum_period: 60n });
  for (let number = 1; number <= 10; number++) {
    const parent = author.chain.best;
    const root = author.sign(parent, ALICE, call("Sudo.sudo", { call: number === 4 ? call("System.set_code_without_checks", { code }) : call("System.set_storage", { items: [[utf8(`k${number}`), new Uint8Array(40).fill(number)]] }) }));
    const rest = number % 2 === 0 ? [author.sign(parent, BOB, transferTo(CHARLIE, MESI))] : [];
    await author.grow(1, () => [root, ...rest]);
    const { header, extrinsics, hash } = author.chain.best;
    other.nowMs = author.nowMs;
    const imported = await importBlock(other.road, decode(HeaderTy, encode(HeaderTy, header)), extrinsics.map((encoded) => encoded.slice()));
    assert.ok(imported.ok, imported.ok ? "" : imported.error.message);
    assert.deepEqual(imported.value.hash, hash);
    assert.equal((await importBlock(other.road, header, extrinsics)).ok, true); // again
    other.chain.setBest(imported.value);
    if (number % 3 === 0) await other.chain.finalize(imported.value);
  }
  assert.deepEqual(other.stateOf(other.chain.best), author.stateOf(author.chain.best));
  assert.equal(other.chain.best.runtime.runtime.params.minimum_period, 60n); // the new code's parameters count from the next block
  await author.close();
  await other.close();
});

function presetParams() {
  return genesisForNode(presetSpec("dev")).params;
}

test("whatever is wrong with a block has its code, and a refused block leaves no trace", async () => {
  const [author, other] = [await open(), await open()];
  const parent = author.chain.best;
  const good = author.build(parent, pay(author)(parent));
  const rebuilt = (extrinsics: readonly Uint8Array[], change: Partial<Header> = {}): [Header, readonly Uint8Array[]] => [{ ...good.header, extrinsics_root: orderedTrieRoot(extrinsics, 0) as never, ...change }, extrinsics];
  const [inherent, first, second] = good.extrinsics as [Uint8Array, Uint8Array, Uint8Array];
  const cases: readonly (readonly [string, Header, readonly Uint8Array[]])[] = [
    ["PARENT_UNKNOWN", { ...good.header, parent_hash: good.hash }, good.extrinsics],
    ["BLOCK_NOT_CHILD", { ...good.header, number: 2 }, good.extrinsics],
    ["BLOCK_NOT_CHILD", { ...good.header, number: 0 }, good.extrinsics],
    ["EXTRINSICS_ROOT_MISMATCH", good.header, [inherent, second, first]],
    ["EXTRINSICS_ROOT_MISMATCH", good.header, [inherent, first]],
    ["EXTRINSIC_MALFORMED", ...rebuilt([inherent, Uint8Array.of(4, 9)])],
    ["EXTRINSIC_MALFORMED", ...rebuilt([inherent, encode(bytes, new Uint8Array(0))])],
    ["EXTRINSIC_INVALID", ...rebuilt([inherent, second, first])],
    ["EXTRINSIC_INVALID", ...rebuilt([inherent, author.sign(parent, ALICE, transferTo(BOB, 1n), { bad: true }).encoded])],
    ["INHERENT_ORDER", ...rebuilt([first, inherent])],
    ["TIMESTAMP_MISSING", ...rebuilt([first])],
    ["MANDATORY_FAILED", ...rebuilt([inherent, inherent])],
    ["STATE_ROOT_MISMATCH", ...rebuilt([inherent, first])],
    ["STATE_ROOT_MISMATCH", { ...good.header, state_root: good.hash }, good.extrinsics],
    ["DIGEST_MISMATCH", { ...good.header, digest: { logs: [...good.header.digest.logs, { type: "Other", value: utf8("x") }] } }, good.extrinsics],
    ["STATE_ROOT_MISMATCH", { ...good.header, digest: authorDigest(BOB) }, good.extrinsics], // the author is part of the state: another block
  ];
  other.nowMs = author.nowMs;
  for (const [code, header, extrinsics] of cases) {
    const result = await importBlock(other.road, header, extrinsics);
    assert.equal(result.ok ? "ok" : result.error.code, code);
    assert.equal([...other.chain.nodes()].length, 1);
  }
  // Half a second ahead is allowed; one more millisecond is not.
  const timeMs = author.nowMs;
  other.nowMs = timeMs - 501;
  const ahead = await importBlock(other.road, good.header, good.extrinsics);
  assert.equal(ahead.ok ? "ok" : ahead.error.code, "TIMESTAMP_AHEAD");
  other.nowMs = timeMs - 500;
  assert.equal((await importBlock(other.road, good.header, good.extrinsics)).ok, true);
  // A runtime that this program does not have: the block cannot be followed, and the node goes on.
  const future = author.add(parent, [author.sign(parent, ALICE, call("System.remark", { remark: new Uint8Array(1) }))]);
  const upgrade = [author.sign(future, ALICE, call("Sudo.sudo", { call: call("System.set_code", { code: encodeCode(SPEC_VERSION + 1, presetParams()) }) }))];
  const next = author.build(future, upgrade);
  other.nowMs = author.nowMs;
  assert.equal((await importBlock(other.road, future.header, future.extrinsics)).ok, true);
  const unknown = await importBlock(other.road, next.header, next.extrinsics);
  assert.equal(unknown.ok ? "ok" : unknown.error.code, "UNKNOWN_RUNTIME");
  await author.close();
  await other.close();
});

test("an author drops what its state refuses, tries smaller ones for what does not fit, and its block is always importable", async () => {
  const [author, other] = [await open(), await open()];
  const parent = author.chain.best;
  const large = (from: (typeof AUTHORS)[0]) => author.sign(parent, from, call("System.remark", { remark: new Uint8Array(300_000) }));
  const refused: string[] = [];
  const options = { reportInvalid: (hash: string, error: { value: { type: string } }) => void refused.push(`${hash} ${error.value.type}`) };
  const bad = author.sign(parent, ALICE, transferTo(BOB, 1n), { bad: true });
  const stale = author.sign(parent, BOB, transferTo(BOB, 1n), { nonce: 5 });
  const supply = [bad, stale, ...AUTHORS.slice(2, 5).map(large), author.sign(parent, BOB, transferTo(ALICE, MESI))];
  const full = author.build(parent, supply, options);
  // Two of the three large ones fit; the third is neither included nor reported: it waits for the next block.
  assert.deepEqual(full.extrinsics.slice(1).map(toHex), [supply[2]!, supply[3]!, supply[5]!].map(({ encoded }) => toHex(encoded)));
  assert.deepEqual(refused, [`${toHex(bad.hash)} BadProof`, `${toHex(stale.hash)} Future`]);
  assert.deepEqual(full.header.digest, authorDigest(ALICE));
  assert.deepEqual(headerHash(full.header), full.hash);
  // Only refusals: the block must not differ from an empty one in anything but what its importer does too.
  const empty = author.build(parent, [bad, stale], options);
  assert.equal(empty.extrinsics.length, 1);
  // After so many that do not fit, the author stops looking.
  const many = [...AUTHORS.slice(1, 3).map(large), ...new Array<Extrinsic>(9).fill(large(AUTHORS[5]!)), author.sign(parent, ALICE, transferTo(BOB, 1n))];
  assert.equal(author.build(parent, many, options).extrinsics.length, 3);
  // No time, no transactions; the inherents stand in every block.
  assert.equal(author.build(parent, supply, { ...options, budgetMs: 0 }).extrinsics.length, 1);
  other.nowMs = author.nowMs;
  for (const block of [full, empty]) {
    const imported = await importBlock(other.road, block.header, block.extrinsics);
    assert.equal(imported.ok ? "ok" : imported.error.message, "ok");
  }
  await author.close();
  await other.close();
});

test("blocks of one author never go back in time, even when its clock does", async () => {
  const node = await open();
  await node.grow(2);
  const { road } = node;
  const frozen = { ...road, now: () => 5 };
  const block = buildBlock(frozen, { ready: () => ({ next: () => undefined, skipDependants() {} }), reportInvalid() {} }, node.chain.best, { author: ALICE, budgetMs: 0 });
  const imported = await importBlock(road, block.header, block.extrinsics);
  assert.equal(imported.ok, true);
  await node.close();
});
