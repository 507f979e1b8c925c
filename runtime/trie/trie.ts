// The state trie: base-16 Merkle-Patricia, layout V0 or V1, blake2b-256, as a tree of immutable versions over a store that
// holds the last flushed one. See README.md.
import { blake2b256 } from "#hash";
import { equalBytes, toHex } from "../primitives/bytes.ts";
import { InvariantError } from "../primitives/errors.ts";
import type { Branch, SlotKind } from "./branch.ts";
import { encodingOf, SLOT_BRANCH, SLOT_EMPTY, SLOT_LEAF } from "./branch.ts";
import { evictBranches } from "./evict.ts";
import { flushBranches } from "./flush.ts";
import { keysUnder } from "./keys.ts";
import type { StateVersion } from "./node-codec.ts";
import type { TrieSink } from "./pending.ts";
import { flushPending, Pending } from "./pending.ts";
import { pathOf } from "./nibbles.ts";
import { nodeMismatch, NodeReader } from "./reader.ts";
import type { TrieStore, ValueOf } from "./reader.ts";
import { ReadProof } from "./read-proof.ts";
import type { Change } from "./update.ts";
import { checkedChanges, EMPTY_ROOT, rootHash, TrieUpdate } from "./update.ts";

export { TrieError } from "./reader.ts";
export type { TrieStore, ValueOf } from "./reader.ts";
export type { TrieSink } from "./pending.ts";
export type { Change } from "./update.ts";
export { EMPTY_ROOT } from "./update.ts";
export { MAX_KEY_BYTES } from "./nibbles.ts";

/** A version of the trie. Holding it keeps its nodes in memory; drop it when its block is final and a later one is flushed. */
export interface TrieRoot {
  readonly hash: Uint8Array;
  readonly kind: SlotKind;
  /** The root node, when it is a branch. */
  readonly branch: Branch | undefined;
  readonly pending: Pending;
}

export class StateTrie {
  readonly stateVersion: StateVersion;
  readonly #store: TrieStore;
  readonly #reader: NodeReader;
  /** The version that the store holds. */
  #flushed: TrieRoot | undefined;
  /** Counts updates: the clock of eviction. */
  #epoch = 1;
  /** Estimate of what the loaded and the new branches take. */
  #memoryBytes = 0;

  constructor(options: { readonly store: TrieStore; readonly stateVersion: StateVersion }) {
    this.stateVersion = options.stateVersion;
    this.#store = options.store;
    this.#reader = new NodeReader(options.store, options.stateVersion);
  }

  /** The trie without keys, for a store that is empty. */
  empty(): TrieRoot {
    return this.load(EMPTY_ROOT);
  }

  /**
   * The version that the store holds.
   *
   * @throws InvariantError TRIE_ROOT_MISMATCH when that is not `hash`. A trie of one leaf is checked when it is first read.
   */
  load(hash: Uint8Array): TrieRoot {
    if (this.#flushed !== undefined && equalBytes(this.#flushed.hash, hash)) return this.#flushed;
    const top = pathOf(hash, 0);
    const record = this.#store.branch(top);
    const branch = record === undefined ? undefined : this.#reader.adopt(new Uint8Array(record), top, this.#epoch);
    const kind = branch !== undefined ? SLOT_BRANCH : this.#store.leafKey(top) !== undefined ? SLOT_LEAF : SLOT_EMPTY;
    const actual = branch !== undefined ? blake2b256(encodingOf(branch.record)) : kind === SLOT_EMPTY ? EMPTY_ROOT : hash;
    if (!equalBytes(actual, hash)) {
      throw new InvariantError("TRIE_ROOT_MISMATCH", `the store holds the trie ${toHex(actual)}, not ${toHex(hash)}`);
    }
    this.#flushed = { hash: new Uint8Array(hash), kind, branch, pending: new Pending(undefined) };
    return this.#flushed;
  }

  /**
   * The version after `changes`; `parent` stays valid, so siblings can be made from it.
   *
   * @param changes - keys strictly ascending, at most MAX_KEY_BYTES long.
   * @param valueBefore - the value of a key in `parent`.
   * @throws InvariantError when the changes are out of order; TrieError when `parent` can no longer be read.
   * Cost: see README.md; about one hash per changed leaf and per branch above it.
   */
  update(parent: TrieRoot, changes: readonly Change[], valueBefore: ValueOf): TrieRoot {
    const effective = checkedChanges(changes);
    if (effective.length === 0) return parent;
    this.#epoch++;
    const pending = new Pending(parent.pending);
    const walk = new TrieUpdate(this.#reader, pending, effective, valueBefore, this.#epoch);
    const kind = walk.run(parent);
    this.#memoryBytes += walk.writtenBytes;
    return { hash: rootHash(kind, walk.ref), kind, branch: kind === SLOT_BRANCH ? walk.node : undefined, pending };
  }

  /**
   * Writes what `root` has beyond the version in the store, removals first, and marks it clean; the versions in between and
   * all siblings can no longer be flushed. The sink must not change the records, and its batch must succeed: after a failure
   * this object no longer agrees with the store.
   *
   * @returns the entries written. @throws InvariantError TRIE_FLUSH_ORDER unless `root` descends from the last flushed version.
   */
  flush(root: TrieRoot, sink: TrieSink): number {
    if (root === this.#flushed) return 0;
    this.#requireCurrent(root);
    const chain = root.pending.chain();
    let written = flushPending(chain, sink);
    if (root.branch !== undefined) written += flushBranches(root.branch, sink);
    for (const version of chain) version.settle();
    this.#flushed = root;
    return written;
  }

  /**
   * Bounds memory: when the branches take more than `limitBytes` (an estimate), drops the clean ones of `root` that were not
   * used lately. Call it after `flush` with the newest version; other versions that are held keep their nodes alive.
   */
  evict(root: TrieRoot, limitBytes: number): void {
    this.#memoryBytes += this.#reader.loadedBytes;
    this.#reader.loadedBytes = 0;
    // Superseded copies are counted until this walk, which counts anew: it runs once per third of the limit, not per block.
    if (this.#memoryBytes <= limitBytes || root.branch === undefined) return;
    this.#memoryBytes = evictBranches(root.branch, Math.floor((limitBytes * 2) / 3), this.#epoch);
  }

  /**
   * A read proof as Substrate's: the encoded nodes on the ways to `keys`, and in version 1 each value over 32 bytes as an item
   * of its own; sorted, without repetition.
   *
   * @throws TrieError when `root` can no longer be read.
   */
  prove(root: TrieRoot, keys: readonly Uint8Array[], valueOf: ValueOf): Uint8Array[] {
    const proof = new ReadProof(this.#reader, root, valueOf, this.#epoch);
    for (const key of keys) proof.add(key);
    return proof.nodes();
  }

  /**
   * Up to `limit` keys that begin with `prefix` and come after `start`, ascending.
   *
   * @throws TrieError when the store holds a version that is neither `root` nor an ancestor of it.
   */
  keysUnder(root: TrieRoot, prefix: Uint8Array, start: Uint8Array | undefined, limit: number): Uint8Array[] {
    if (root.pending.base() !== this.#flushed?.pending) throw nodeMismatch(pathOf(prefix, 0), "the trie");
    return keysUnder(this.#reader, root, { prefix, start, limit }, this.#epoch);
  }

  #requireCurrent(root: TrieRoot): void {
    if (root.pending.base() === this.#flushed?.pending && !root.pending.flushed) return;
    throw new InvariantError("TRIE_FLUSH_ORDER", `the trie ${toHex(root.hash)} does not descend from the last flushed one`);
  }
}
