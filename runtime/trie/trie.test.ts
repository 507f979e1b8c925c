import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { compareBytes, concatBytes, equalBytes, fromLatin1, startsWith, toHex, toLatin1 } from "../primitives/bytes.ts";
import { trieRoot } from "./build.ts";
import { verifyProof } from "./proof.ts";
import type { Model } from "./testing.ts";
import { MemoryTrieStore, NaiveTrie, sortedEntries } from "./testing.ts";
import type { Change, TrieRoot } from "./trie.ts";
import { EMPTY_ROOT, MAX_KEY_BYTES, StateTrie } from "./trie.ts";

const byte = fc.constantFrom(0x00, 0x01, 0x10, 0x11, 0x1f, 0xf0);
const longPrefix = new Uint8Array(150).fill(0x11);
const keyArb = fc.oneof(
  { weight: 6, arbitrary: fc.array(byte, { maxLength: 4 }).map((bytes) => Uint8Array.from(bytes)) },
  { weight: 2, arbitrary: fc.uint8Array({ minLength: 32, maxLength: 32 }) },
  { weight: 2, arbitrary: fc.array(byte, { maxLength: 2 }).map((bytes) => concatBytes(longPrefix, Uint8Array.from(bytes))) },
  { weight: 1, arbitrary: fc.array(byte, { minLength: 1, maxLength: 3 }).map((end) => concatBytes(new Uint8Array(1000), Uint8Array.from(end))) },
);
const valueArb = fc
  .tuple(fc.constantFrom(0, 1, 4, 20, 31, 32, 33, 64, 100, 20_000), fc.nat({ max: 255 }))
  .map(([length, fill]) => new Uint8Array(length).fill(fill));
const changesArb = fc.array(fc.tuple(keyArb, fc.option(valueArb, { nil: undefined, freq: 2 })), { maxLength: 14 });

type Step =
  | { do: "update"; from: number; changes: [Uint8Array, Uint8Array | undefined][]; again: number[] }
  | { do: "flush"; which: number }
  | { do: "evict"; limit: number }
  | { do: "reload" };
const stepArb: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant("update" as const), from: fc.nat(), changes: changesArb, again: fc.array(fc.nat(), { maxLength: 8 }),
    }),
  },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("flush" as const), which: fc.nat() }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("evict" as const), limit: fc.constantFrom(0, 500, 5000) }) },
  { weight: 1, arbitrary: fc.constant({ do: "reload" as const }) },
);

interface Version {
  root: TrieRoot;
  model: Model;
  parent: Version | undefined;
}

/** A tree of versions over one store, each beside a plain map of what it must hold. */
class World {
  readonly store = new MemoryTrieStore();
  readonly stateVersion: 0 | 1;
  trie: StateTrie;
  flushed: Version;
  live: Version[];
  constructor(stateVersion: 0 | 1) {
    this.stateVersion = stateVersion;
    this.trie = new StateTrie({ store: this.store, stateVersion });
    this.flushed = { root: this.trie.empty(), model: new Map(), parent: undefined };
    this.live = [this.flushed];
  }

  run(step: Step): void {
    if (step.do === "update") this.update(this.live[step.from % this.live.length], step);
    else if (step.do === "flush") this.flush(this.live[step.which % this.live.length]);
    else if (step.do === "evict") this.trie.evict(this.live.at(-1)!.root, step.limit);
    else this.reload();
  }

  /** `again` picks keys that exist, to be removed (even) or changed (odd). */
  update(parent: Version, step: { changes: [Uint8Array, Uint8Array | undefined][]; again: number[] }): void {
    const wanted = new Map<string, Uint8Array | undefined>();
    const existing = [...parent.model.keys()];
    for (const pick of existing.length === 0 ? [] : step.again) {
      wanted.set(existing[pick % existing.length], pick % 2 === 0 ? undefined : new Uint8Array(pick % 50).fill(pick % 256));
    }
    for (const [key, value] of step.changes) wanted.set(toLatin1(key), value);
    const changes = [...wanted].map(([key, value]): Change => ({ key: fromLatin1(key), value, had: parent.model.has(key) }));
    changes.sort((a, b) => compareBytes(a.key, b.key));
    const model = new Map(parent.model);
    for (const [key, value] of wanted) if (value === undefined) model.delete(key); else model.set(key, value);
    const root = this.trie.update(parent.root, changes, (key) => parent.model.get(toLatin1(key)));
    this.live.push({ root, model, parent });
    this.check(this.live.at(-1)!);
  }

  flush(version: Version): void {
    this.trie.flush(version.root, this.store);
    this.flushed = version;
    const descends = (v: Version | undefined): boolean => v !== undefined && (v === version || descends(v.parent));
    this.live = this.live.filter(descends);
    // The store holds what a fresh trie of the same entries would write, and nothing else.
    const fresh = new MemoryTrieStore();
    const built = new StateTrie({ store: fresh, stateVersion: this.stateVersion });
    const changes = sortedEntries(version.model).map(([key, value]) => ({ key, value, had: false }));
    built.flush(built.update(built.empty(), changes, () => undefined), fresh);
    assert.deepEqual(sortedEntries(this.store.branches), sortedEntries(fresh.branches));
    assert.deepEqual(sortedEntries(this.store.leaves), sortedEntries(fresh.leaves));
  }

  reload(): void {
    this.trie = new StateTrie({ store: this.store, stateVersion: this.stateVersion });
    this.flushed = { ...this.flushed, root: this.trie.load(this.flushed.root.hash), parent: undefined };
    this.live = [this.flushed];
  }

  check(version: Version): void {
    const naive = new NaiveTrie(version.model, this.stateVersion);
    assert.equal(toHex(version.root.hash), toHex(naive.root()));
  }

  /** Keys in ranges and proofs of keys, present and absent, of a version. */
  checkReads(version: Version, prefix: Uint8Array, start: Uint8Array, keys: readonly Uint8Array[]): void {
    const { model, root } = version;
    const all = sortedEntries(model).map(([key]) => key);
    const inRange = all.filter((key) => startsWith(key, prefix));
    assert.deepEqual(this.trie.keysUnder(root, prefix, undefined, 1000), inRange);
    assert.deepEqual(this.trie.keysUnder(root, prefix, start, 3), inRange.filter((key) => compareBytes(key, start) > 0).slice(0, 3));
    const asked = [...keys, ...all.slice(0, 5)];
    const proof = this.trie.prove(root, asked, (key) => model.get(toLatin1(key)));
    assert.deepEqual(proof, new NaiveTrie(model, this.stateVersion).proof(asked));
    for (const key of asked) {
      const value = model.get(toLatin1(key));
      const expected = value === undefined ? { present: false } : { present: true, value };
      assert.deepEqual(verifyProof(root.hash, proof, key), { ok: true, value: expected });
    }
  }
}

for (const stateVersion of [0, 1] as const) {
  describe(`state version ${stateVersion}`, () => {
    test("any tree of versions, flushed, evicted and reloaded anyhow, has the roots of a trie rebuilt from its entries", () => {
      fc.assert(
        fc.property(fc.array(stepArb, { minLength: 1, maxLength: 25 }), (steps) => {
          const world = new World(stateVersion);
          for (const step of steps) world.run(step);
          for (const version of world.live) world.check(version);
        }),
        { numRuns: 1200 },
      );
    });

    test("keys and proofs read from any version of the tree are those of its entries", () => {
      fc.assert(
        fc.property(
          fc.array(stepArb, { minLength: 1, maxLength: 12 }), keyArb, keyArb, fc.array(keyArb, { maxLength: 6 }),
          (steps, prefix, start, keys) => {
            const world = new World(stateVersion);
            for (const step of steps) world.run(step);
            for (const version of world.live) world.checkReads(version, prefix.subarray(0, 2), start, keys);
          },
        ),
        { numRuns: 400 },
      );
    });
  });
}

const key = (text: string): Uint8Array => Uint8Array.from(Buffer.from(text, "hex"));
const set = (text: string, value: number, had = false): Change => ({ key: key(text), value: new Uint8Array(40).fill(value), had });

test("a version that the store has left behind is refused, and never answered from another version", () => {
  const store = new MemoryTrieStore();
  const trie = new StateTrie({ store, stateVersion: 1 });
  const values = new Map([["0011", 1], ["0022", 2], ["3300", 3], ["3311", 4]]);
  const valueOf = (k: Uint8Array) => (values.has(toHex(k).slice(2)) ? new Uint8Array(40).fill(values.get(toHex(k).slice(2))!) : undefined);
  const first = trie.update(trie.empty(), [...values].map(([k, v]) => set(k, v)), () => undefined);
  trie.flush(first, store);
  const left = trie.update(first, [set("3300", 9, true)], valueOf);
  const right = trie.update(first, [set("3311", 8, true)], valueOf);
  trie.flush(left, store);
  assert.throws(() => trie.flush(right, store), { code: "TRIE_FLUSH_ORDER" });
  assert.throws(() => trie.keysUnder(first, new Uint8Array(0), undefined, 10), { code: "TRIE_NODE_MISMATCH" });
  trie.evict(first, 0);
  assert.throws(() => trie.prove(first, [key("3300")], valueOf), { code: "TRIE_NODE_MISMATCH" });
  assert.throws(() => new StateTrie({ store, stateVersion: 1 }).load(first.hash), { code: "TRIE_ROOT_MISMATCH" });
});

test("a changed record in the store is found by its hash before it is used", () => {
  const store = new MemoryTrieStore();
  const writer = new StateTrie({ store, stateVersion: 1 });
  const root = writer.update(writer.empty(), ["0011", "0022", "3300", "3311"].map((k, i) => set(k, i)), () => undefined);
  writer.flush(root, store);
  for (const [path, record] of store.branches) {
    if (path === "\0\0") continue;
    store.branches.set(path, record.map((b, i) => (i === record.length - 1 ? b ^ 1 : b)));
  }
  const reader = new StateTrie({ store, stateVersion: 1 });
  const loaded = reader.load(root.hash);
  assert.throws(() => reader.update(loaded, [set("3300", 7, true)], () => undefined), { code: "TRIE_NODE_MISMATCH" });
});

test("a leaf record that names another key is found by the leaf's reference before it is used", () => {
  const store = new MemoryTrieStore();
  const writer = new StateTrie({ store, stateVersion: 1 });
  const root = writer.update(writer.empty(), ["0011", "3300"].map((k, i) => set(k, i)), () => undefined);
  writer.flush(root, store);
  for (const [path, record] of store.leaves) if (equalBytes(record, key("0011"))) store.leaves.set(path, key("0012"));
  const reader = new StateTrie({ store, stateVersion: 1 });
  const valueOf = () => new Uint8Array(40);
  const split = () => reader.update(reader.load(root.hash), [set("0022", 7)], valueOf);
  assert.throws(split, { code: "TRIE_NODE_MISMATCH" });
  assert.throws(() => reader.prove(reader.load(root.hash), [key("00ff")], (k) => (k[1] === 0xff ? undefined : valueOf())), {
    code: "TRIE_NODE_MISMATCH",
  });
});

test("a flush writes the branches on the ways to what changed, and an eviction makes the next walk read them again", () => {
  const store = new MemoryTrieStore();
  const trie = new StateTrie({ store, stateVersion: 1 });
  const changes: Change[] = [];
  for (let i = 0; i < 4096; i++) changes.push({ key: Uint8Array.of(i >> 8, i & 255, i & 15), value: new Uint8Array(40), had: false });
  const first = trie.update(trie.empty(), changes, () => undefined);
  trie.flush(first, store);
  const second = trie.update(first, [{ ...changes[77], value: new Uint8Array(41), had: true }], () => undefined);
  assert.equal(trie.flush(second, store), 3); // the root, 00.., 004..
  let reads = 0;
  const read = store.branch.bind(store);
  store.branch = (path) => (reads++, read(path));
  assert.equal(trie.keysUnder(second, new Uint8Array(0), undefined, 5000).length, 4096);
  assert.equal(reads, 0);
  for (let i = 0; i < 40; i++) trie.update(second, [{ ...changes[77], had: true }], () => undefined);
  trie.evict(second, 200_000);
  assert.equal(trie.keysUnder(second, new Uint8Array(0), undefined, 5000).length, 4096);
  assert.ok(reads > 100, `${reads} reads`);
});

test("changes out of order, repeated, or with a key over the limit are refused", () => {
  const trie = new StateTrie({ store: new MemoryTrieStore(), stateVersion: 1 });
  const update = (...changes: Change[]) => () => trie.update(trie.empty(), changes, () => undefined);
  assert.throws(update(set("02", 1), set("01", 1)), { code: "TRIE_CHANGES_UNSORTED" });
  assert.throws(update(set("02", 1), set("02", 2)), { code: "TRIE_CHANGES_UNSORTED" });
  assert.throws(update({ key: new Uint8Array(MAX_KEY_BYTES + 1), value: new Uint8Array(1), had: false }), { code: "TRIE_KEY_TOO_LONG" });
});

test("removing a key that is not there, or every key, leaves the same root or the empty one", () => {
  const trie = new StateTrie({ store: new MemoryTrieStore(), stateVersion: 1 });
  const one = trie.update(trie.empty(), [set("01", 1)], () => undefined);
  assert.equal(trie.update(one, [{ key: key("02"), value: undefined, had: false }], () => undefined), one);
  const none = trie.update(one, [{ key: key("01"), value: undefined, had: true }], () => undefined);
  assert.deepEqual(none.hash, EMPTY_ROOT);
});

test("the deepest trie that the key limit allows is built, changed, flushed, read and evicted without exhausting the stack", () => {
  // A branch at every nibble: keys that leave one long key at each of its nibbles.
  const spine = new Uint8Array(MAX_KEY_BYTES).fill(0x11);
  const model = new Map<string, Uint8Array>([[toLatin1(spine), Uint8Array.of(1)]]);
  for (let i = 0; i < MAX_KEY_BYTES; i++) {
    for (const last of [0x21, 0x12]) model.set(toLatin1(concatBytes(spine.subarray(0, i), Uint8Array.of(last))), Uint8Array.of(2));
  }
  const store = new MemoryTrieStore();
  const trie = new StateTrie({ store, stateVersion: 1 });
  const entries = sortedEntries(model);
  const root = trie.update(trie.empty(), entries.map(([k, value]) => ({ key: k, value, had: false })), () => undefined);
  trie.flush(root, store);
  const loaded = new StateTrie({ store, stateVersion: 1 });
  const again = loaded.load(root.hash);
  const valueOf = (k: Uint8Array) => model.get(toLatin1(k));
  assert.equal(loaded.keysUnder(again, new Uint8Array(0), undefined, 10_000).length, model.size);
  const proof = loaded.prove(again, [spine], valueOf);
  assert.deepEqual(verifyProof(root.hash, proof, spine), { ok: true, value: { present: true, value: Uint8Array.of(1) } });
  const changed = loaded.update(again, [{ key: spine, value: Uint8Array.of(3), had: true }], valueOf);
  model.set(toLatin1(spine), Uint8Array.of(3));
  assert.deepEqual(changed.hash, trieRoot(sortedEntries(model), 1));
  loaded.flush(changed, store);
  loaded.evict(changed, 1);
  const gone = loaded.update(changed, sortedEntries(model).map(([k]) => ({ key: k, value: undefined, had: true })), valueOf);
  assert.deepEqual(gone.hash, EMPTY_ROOT);
});
