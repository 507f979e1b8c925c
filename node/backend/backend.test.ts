import assert from "node:assert/strict";
import { after, test } from "node:test";
import fc from "fast-check";
import { MESI, call, id, transferTo } from "../../runtime/pallets/testing.ts";
import type { RuntimeCall } from "../../runtime/frame/pallet.ts";
import { account } from "../../runtime/frame/testing.ts";
import { AccountIdTy, NonceTy } from "../../runtime/primitives/types.ts";
import type { BlockHash } from "../../runtime/primitives/types.ts";
import { compareBytes, fromLatin1, startsWith, toHex, toLatin1, utf8 } from "../../runtime/primitives/bytes.ts";
import { bytes, decode, encode, fixedBytes } from "../../runtime/primitives/codec/index.ts";
import { RuntimeApiError } from "../../runtime/frame/apis.ts";
import { Account } from "../../runtime/pallets/system/storage.ts";
import { verifyProof } from "../../runtime/trie/proof.ts";
import { BackendError } from "../../rpc/backend.ts";
import type { StateView } from "../../rpc/backend.ts";
import type { BlockNode } from "../chain/block-node.ts";
import { AUTHORS, TestNode } from "../chain/testing.ts";
import { Table } from "../db/keys.ts";
import { importBlock } from "../import-block.ts";

const [ALICE, BOB, CHARLIE] = AUTHORS as readonly [(typeof AUTHORS)[0], (typeof AUTHORS)[0], (typeof AUTHORS)[0]];
const EVERYTHING = new Uint8Array(0);
type Model = ReadonlyMap<string, Uint8Array>;

const open: TestNode[] = [];
after(async () => {
  for (const node of open) await node.remove();
});
async function start(options: Parameters<typeof TestNode.open>[0] = {}): Promise<TestNode> {
  const node = await TestNode.open(options);
  open.push(node);
  return node;
}

async function backendCode(run: () => Promise<unknown>): Promise<string> {
  try {
    await run();
  } catch (error) {
    if (error instanceof BackendError || error instanceof RuntimeApiError) return error.code;
    throw error;
  }
  return "ok";
}

const listed = (model: Model, prefix: Uint8Array, from: Uint8Array | undefined, limit: number): Uint8Array[] =>
  [...model.keys()].map(fromLatin1).filter((key) => startsWith(key, prefix) && (from === undefined || compareBytes(key, from) > 0)).sort(compareBytes).slice(0, limit);

/** The view must be the recorded state: values, pages of keys, proofs against the header, and runtime calls. */
async function assertIs(node: TestNode, hash: BlockHash, model: Model, keys: readonly Uint8Array[], ranges: readonly { prefix: Uint8Array; from: Uint8Array | undefined; limit: number }[] = []): Promise<void> {
  const view: StateView = await node.backend.state(hash);
  const header = (await node.backend.header(hash))!;
  for (const key of keys) assert.deepEqual(await view.get(key), model.get(toLatin1(key)), `block ${header.number}, key ${toHex(key)}`);
  assert.deepEqual(await view.keys(EVERYTHING, undefined, 100_000), listed(model, EVERYTHING, undefined, 100_000));
  for (const { prefix, from, limit } of ranges) assert.deepEqual(await view.keys(prefix, from, limit), listed(model, prefix, from, limit));
  const proof = await view.proof(keys);
  for (const key of keys) {
    const proven = verifyProof(header.state_root, proof, key);
    const value = model.get(toLatin1(key));
    assert.deepEqual(proven, { ok: true, value: value === undefined ? { present: false } : { present: true, value } });
  }
  const stored = model.get(toLatin1(Account.keyBytes(ALICE)));
  assert.equal(decode(NonceTy, await view.call("AccountNonceApi_account_nonce", encode(AccountIdTy, ALICE))), stored === undefined ? 0 : (Account.item.decodeValue(stored) as { nonce: number }).nonce);
}

/** What one block does besides its inherents: accounts come and go, notes too, and root writes and removes keys of all lengths. */
const root = (what: RuntimeCall): RuntimeCall => call("Sudo.sudo", { call: what });
const rawKeys = fc.array(fc.constantFrom(0, 1, 255), { minLength: 1, maxLength: 3 }).map((list) => Uint8Array.from([0x7a, ...list]));
const calls: fc.Arbitrary<RuntimeCall> = fc.oneof(
  fc.integer({ min: 100, max: 103 }).map((n) => transferTo(account(n), MESI)),
  fc.integer({ min: 100, max: 103 }).map((n) => root(call("Balances.force_set_balance", { who: id(account(n)), new_free: 0n }))),
  fc.uint8Array({ minLength: 1, maxLength: 60 }).map((note) => call("Template.set_note", { note })),
  fc.constant(call("Template.clear_note")),
  fc.array(fc.tuple(rawKeys, fc.uint8Array({ maxLength: 70 })), { maxLength: 4 }).map((items) => root(call("System.set_storage", { items }))),
  fc.array(rawKeys, { maxLength: 4 }).map((keys) => root(call("System.kill_storage", { keys }))),
  rawKeys.map((prefix) => root(call("System.kill_prefix", { prefix: prefix.subarray(0, 2), subkeys: 10 }))),
);
const blockCalls = fc.array(calls, { maxLength: 4, size: "max" });
const sign = (node: TestNode, list: readonly RuntimeCall[]) => (parent: BlockNode) => list.map((what, i) => node.sign(parent, ALICE, what, { skip: i }));
const ALICE_KEY = Account.keyBytes(ALICE);

test("every block's state stays what it was when the block was made: values, keys, proofs and calls, before and after a restart", async () => {
  const questions = fc.record({ keys: fc.array(rawKeys, { minLength: 3, maxLength: 6 }), ranges: fc.array(fc.record({ prefix: fc.oneof(rawKeys, fc.constant(EVERYTHING), fc.constant(Uint8Array.of(0x7a)), fc.constant(Account.item.prefix)), from: fc.option(rawKeys, { nil: undefined }), limit: fc.integer({ min: 1, max: 5 }) }), { minLength: 3, maxLength: 3 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(blockCalls, { minLength: 20, maxLength: 26 }), questions, fc.nat(3), async (list, { keys, ranges }, behind) => {
      let node = await TestNode.open();
      try {
        const models: { hash: BlockHash; model: Model }[] = [{ hash: node.chain.genesisHash, model: node.stateOf(node.chain.best) }];
        for (const one of list) {
          const made = node.add(node.chain.best, sign(node, one)(node.chain.best));
          node.chain.setBest(made);
          models.push({ hash: made.hash, model: node.stateOf(made) });
          // Finality follows some blocks behind: some states are overlays, some recent, some only history.
          if (made.number > behind) await node.chain.finalize([...node.chain.nodes()].find(({ number }) => number === made.number - behind)!);
        }
        const all = [...keys, ALICE_KEY, Account.keyBytes(account(100)), utf8(":code"), utf8("nothing")];
        for (const { hash, model } of models) await assertIs(node, hash, model, all, ranges);
        await node.chain.finalize(node.chain.best);
        node = await node.restart();
        for (const [number, { hash, model }] of models.entries()) {
          assert.deepEqual(await node.backend.blockHash(number), hash);
          await assertIs(node, hash, model, all, ranges);
        }
      } finally {
        await node.remove();
      }
    }),
    { numRuns: Math.max(4, Math.floor(Number(process.env["FC_RUNS"] ?? 0) / 250)) },
  );
});

test("states are pruned at exactly the horizon, bodies at theirs, headers never; each pruned thing has its code", async () => {
  const node = await start({ statePruning: 3, blocksPruning: 5 });
  const hashes = [node.chain.genesisHash];
  const models: Model[] = [node.stateOf(node.chain.best)];
  for (let number = 1; number <= 24; number++) {
    const made = await node.grow(1, sign(node, [transferTo(account(100 + number), MESI)]));
    hashes.push(made.hash);
    models.push(node.stateOf(made));
    assert.equal(node.chain.stateFrom, Math.max(0, number - 3));
    assert.equal(node.chain.bodyFrom, Math.max(0, number - 5));
  }
  for (const [number, hash] of hashes.entries()) {
    assert.deepEqual((await node.backend.header(hash))!.number, number);
    const read = async (): Promise<unknown> => {
      const view = await node.backend.state(hash);
      await view.get(ALICE_KEY);
      await view.keys(EVERYTHING, undefined, 1);
      return view.call("Core_version", new Uint8Array(0));
    };
    assert.equal(await backendCode(read), number >= 21 ? "ok" : "STATE_DISCARDED", `block ${number}`);
    if (number >= 21) await assertIs(node, hash, models[number]!, [ALICE_KEY, Account.keyBytes(account(122))]);
    // The last sixteen blocks are in memory with their bodies.
    if (number < 8 && number > 0) assert.equal(await backendCode(() => node.backend.body(hash)), "BODY_DISCARDED");
    if (number > 8) assert.equal((await node.backend.body(hash))!.length, 2);
  }
  const again = await node.restart();
  assert.deepEqual([again.chain.stateFrom, again.chain.bodyFrom], [21, 19]);
  for (const [number, hash] of hashes.entries()) assert.equal(await backendCode(() => again.backend.body(hash)), number >= 19 || number === 0 ? "ok" : "BODY_DISCARDED");
  assert.equal(await backendCode(() => again.backend.state(hashes[20]!)), "STATE_DISCARDED");
  await assertIs(again, hashes[21]!, models[21]!, [ALICE_KEY]);
  // Nothing is left of what was pruned: History holds only what blocks 22 to 24 replaced.
  const stats = await again.database.stats();
  assert.equal(stats["Changed"]!.entries, 3);
  const unknown = new Uint8Array(32).fill(7) as BlockHash;
  assert.equal(await backendCode(() => again.backend.state(unknown)), "UNKNOWN_BLOCK");
  assert.deepEqual([await again.backend.body(unknown), await again.backend.header(unknown), await again.backend.justifications(unknown)], [undefined, undefined, undefined]);
  assert.equal(await again.backend.blockHash(25), undefined);
  open[open.indexOf(node)] = again;
});

test("a lowered limit is reached by two blocks per commit", async () => {
  let node = await start();
  await node.grow(20);
  const at = open.indexOf(node);
  open[at] = node = await node.restart({ statePruning: 2, blocksPruning: 2 });
  for (let i = 1; i <= 12; i++) {
    await node.grow(1);
    assert.deepEqual([node.chain.stateFrom, node.chain.bodyFrom], [Math.min(2 * i, 18 + i), Math.min(2 * i, 18 + i)]);
  }
});

test("a pinned block stays readable when pruning would have passed it, and is let go afterwards", async () => {
  const node = await start({ statePruning: 2, blocksPruning: 2 });
  const pinned = await node.grow(3, sign(node, [transferTo(account(100), MESI)]));
  const model = node.stateOf(pinned);
  const release = node.backend.pin(pinned.hash);
  await node.grow(22, sign(node, [transferTo(account(101), MESI)]));
  assert.equal(node.chain.stateFrom, 3);
  await assertIs(node, pinned.hash, model, [ALICE_KEY, Account.keyBytes(account(101))]);
  assert.equal((await node.backend.body(pinned.hash))!.length, 2);
  release();
  release(); // twice is once
  await node.grow(11);
  assert.equal(node.chain.stateFrom, 25);
  assert.equal(node.chain.node(pinned.hash), undefined);
  assert.equal(await backendCode(() => node.backend.state(pinned.hash)), "STATE_DISCARDED");
  node.backend.pin(new Uint8Array(32) as BlockHash)(); // unknown: nothing to keep
});

test("a pinned fork stays readable after finality excluded it, though the block it stands on is far behind", async () => {
  const node = await start({ statePruning: 1, blocksPruning: 1 });
  await node.grow(2, sign(node, [transferTo(account(100), MESI)]));
  const base = node.chain.best;
  const f1 = node.add(base, sign(node, [root(call("System.set_storage", { items: [[utf8("zf"), new Uint8Array(50)]] })), root(call("Balances.force_set_balance", { who: id(account(100)), new_free: 0n }))])(base), { author: BOB });
  const f2 = node.add(f1, sign(node, [call("Template.set_note", { note: utf8("fork") })])(f1), { author: BOB });
  const f3 = node.add(f2, [], { author: BOB });
  const models = [f1, f2, f3].map((fork) => node.stateOf(fork));
  const releases = [f1, f2, f3].map(({ hash }) => node.backend.pin(hash));
  assert.deepEqual(node.backend.unfinalized().map(({ hash }) => hash), [base, f1, f2, f3].map(({ hash }) => hash));
  assert.deepEqual(await node.backend.blockHashes(3), [f1.hash]);
  await node.grow(25, sign(node, [transferTo(account(101), MESI), root(call("System.kill_prefix", { prefix: utf8("z"), subkeys: 5 }))]));
  assert.equal(f1.dropped, true);
  const notes = node.chain.best.runtime.runtime.pallet("Template").storage![0]!.item.prefix;
  const ranges = [{ prefix: Account.item.prefix, from: undefined, limit: 3 }, { prefix: utf8("z"), from: undefined, limit: 2 }, { prefix: notes, from: undefined, limit: 2 }, { prefix: EVERYTHING, from: Account.keyBytes(account(100)), limit: 4 }];
  for (const [i, fork] of [f1, f2, f3].entries()) {
    await assertIs(node, fork.hash, models[i]!, [ALICE_KEY, Account.keyBytes(account(100)), Account.keyBytes(account(101)), utf8("zf")], ranges);
    assert.deepEqual(await node.backend.body(fork.hash), fork.extrinsics);
  }
  assert.notDeepEqual(await node.backend.blockHash(3), f1.hash);
  assert.deepEqual(await node.backend.blockHashes(3), [await node.backend.blockHash(3)]);
  for (const release of releases) release();
  await node.grow(12);
  assert.equal(await backendCode(() => node.backend.state(f1.hash)), "UNKNOWN_BLOCK");
  assert.ok(node.chain.stateFrom > 20);
});

/** Lets the batch reach the database, and holds back the news of it. */
function holdWrites(node: TestNode): { readonly written: Promise<void>; release(): void } {
  const original = node.database.write.bind(node.database);
  let release = (): void => {};
  let reached = (): void => {};
  const gate = new Promise<void>((resolve) => (release = resolve));
  const written = new Promise<void>((resolve) => (reached = resolve));
  node.database.write = async (...args) => {
    await original(...args);
    reached();
    await gate;
  };
  return { written, release: () => { delete (node.database as { write?: unknown }).write; release(); } };
}

test("while a batch is being written, the block below still reads as it was, its forks are over, and work goes on above", async () => {
  const node = await start();
  const base = await node.grow(2, sign(node, [transferTo(account(100), MESI), root(call("System.set_storage", { items: [[utf8("zz"), utf8("old")]] }))]));
  const sibling = node.add(base, sign(node, [transferTo(account(102), MESI)])(base), { author: CHARLIE });
  const late = node.build(sibling, [], { author: CHARLIE });
  const next = node.add(base, sign(node, [root(call("System.kill_storage", { keys: [utf8("zz")] })), transferTo(account(101), MESI)])(base));
  const models = [base, next].map((one) => node.stateOf(one));
  node.chain.setBest(next);
  // A fresh node: nothing is cached that would hide what the database shows.
  const cold = new (node.chain.base.constructor as new (database: unknown) => typeof node.chain.base)(node.database);
  Object.defineProperty(node.chain, "base", { value: cold, configurable: true });
  const held = holdWrites(node);
  const done = node.chain.finalize(next);
  await held.written;
  assert.equal(node.database.get(Table.State, utf8("zz")), undefined); // it is in the database already
  assert.equal(node.chain.finalized, base); // but nobody was told
  const keys = [ALICE_KEY, utf8("zz"), Account.keyBytes(account(101)), Account.keyBytes(account(102))];
  await assertIs(node, base.hash, models[0]!, keys);
  await assertIs(node, next.hash, models[1]!, keys);
  // What would stand on the fork is refused, not broken; what stands on the new block goes on.
  const refused = await importBlock(node.road, late.header, late.extrinsics);
  assert.equal(refused.ok ? "ok" : refused.error.code, "PARENT_UNKNOWN");
  const above = node.add(node.chain.best, sign(node, [transferTo(account(103), MESI)])(node.chain.best));
  assert.equal(above.parentNode, next);
  held.release();
  await done;
  assert.equal(node.chain.finalized, next);
  await node.chain.finalize(above);
  for (const [i, one] of [base, next].entries()) await assertIs(node, one.hash, models[i]!, keys);
});

test("justifications come back for the block that they were given for", async () => {
  const node = await start();
  const one = node.add(node.chain.best);
  const two = node.add(one);
  const engine = utf8("smpx");
  await node.chain.finalize(two, [[engine, Uint8Array.of(1, 2)]]);
  assert.deepEqual(await node.backend.justifications(two.hash), [[engine, Uint8Array.of(1, 2)]]);
  assert.equal(await node.backend.justifications(one.hash), undefined);
});

test("a runtime call on an old state refuses as one on the head does", async () => {
  const node = await start();
  await node.grow(3, sign(node, [transferTo(BOB, MESI)]));
  for (const number of [0, 1, 3]) {
    const view = await node.backend.state((await node.backend.blockHash(number))!);
    assert.equal(await backendCode(() => view.call("Core_nothing", new Uint8Array(0))), "API_UNKNOWN_METHOD");
    assert.equal(await backendCode(() => view.call("Core_version", Uint8Array.of(1))), "API_BAD_INPUT");
    assert.equal(await backendCode(() => view.call("Core_initialize_block", new Uint8Array(200))), "API_BAD_INPUT");
    const check = { query_id: new Uint8Array(32), input: new Uint8Array(0) };
    const answer = await view.call("RuntimeViewFunction_execute_view_function", Uint8Array.from([...encode(fixedBytes(32), check.query_id), ...encode(bytes, check.input)]));
    assert.equal(answer[0], 1);
  }
});
