// Finds the parts of one version of the trie that are not in memory, and proves that they belong to it: the store holds the
// last flushed version only, so what it gives is compared with the reference in the parent node.
import { blake2b256, blake2b256Into } from "#hash";
import { equalBytes, toHex, toLatin1 } from "../primitives/bytes.ts";
import { CodedError, DecodeError } from "../primitives/errors.ts";
import type { Kids } from "./branch.ts";
import { Branch, BRANCH_OVERHEAD_BYTES, childReference, encodingOf, noKids, RecordPool, shapeOf } from "./branch.ts";
import type { StateVersion } from "./node-codec.ts";
import { HASH_BYTES, MAX_INLINE_VALUE, NodeWriter } from "./node-codec.ts";
import { pathOf } from "./nibbles.ts";
import type { Pending } from "./pending.ts";

/** What the trie is read from. Synchronous; the records of the last flushed version, by path. */
export interface TrieStore {
  branch(path: Uint8Array): Uint8Array | undefined;
  /** The full key of the one leaf in the slot at `path`. */
  leafKey(path: Uint8Array): Uint8Array | undefined;
}

export type ValueOf = (key: Uint8Array) => Uint8Array | undefined;

/** TRIE_NODE_MISMATCH: the store moved on to another version than the one asked for. Rebuild that version from its values. */
export class TrieError extends CodedError<{ readonly code: "TRIE_NODE_MISMATCH"; readonly path: string }> {}

export function nodeMismatch(path: Uint8Array, what: string): TrieError {
  return new TrieError(
    { code: "TRIE_NODE_MISMATCH", path: toHex(path) },
    `${what} at path ${toHex(path)} is not this version's: the store should hold this version or an ancestor of it`,
  );
}

/** How a parent refers to a node: its encoding when that is under 32 bytes, else its hash. The result is its own memory. */
export function referenceTo(encoding: Uint8Array): Uint8Array {
  return encoding.length < HASH_BYTES ? new Uint8Array(encoding) : blake2b256(encoding);
}

export class NodeReader {
  readonly store: TrieStore;
  readonly stateVersion: StateVersion;
  readonly out = new NodeWriter();
  readonly pool = new RecordPool();
  /** Bytes of memory of the branches loaded so far; the evictor resets it. */
  loadedBytes = 0;

  readonly #hash = new Uint8Array(new ArrayBuffer(HASH_BYTES));

  constructor(store: TrieStore, stateVersion: StateVersion) {
    this.store = store;
    this.stateVersion = stateVersion;
  }

  /** As `referenceTo`, but valid until the reader is used again: the walk of an update copies each reference at once. */
  reference(encoding: Uint8Array): Uint8Array {
    if (encoding.length < HASH_BYTES) return new Uint8Array(encoding);
    blake2b256Into(this.#hash, encoding);
    return this.#hash;
  }

  /** The encoding of the leaf that `key` has in a slot `depth` nibbles down; valid until the reader is used again. */
  encodeLeaf(key: Uint8Array, value: Uint8Array, depth: number): Uint8Array {
    const { out } = this;
    const hashed = this.stateVersion === 1 && value.length > MAX_INLINE_VALUE;
    out.reset();
    out.leafHeader(key.length * 2 - depth, hashed);
    out.keyTail(key, depth);
    if (hashed) {
      blake2b256Into(this.#hash, value);
      out.raw(this.#hash);
    } else {
      out.compact(value.length);
      out.raw(value);
    }
    return out.view();
  }

  /** The branch in child `nibble` of `parent`, `depth` nibbles down the way of `key`; kept in `parent`. */
  kid(parent: Branch, nibble: number, key: Uint8Array, depth: number, epoch: number): Branch {
    const loaded = parent.kids?.[nibble];
    if (loaded !== undefined) {
      loaded.used = epoch;
      return loaded;
    }
    const branch = this.load(key, depth, childReference(parent, nibble), epoch);
    const kids: Kids = (parent.kids ??= noKids());
    kids[nibble] = branch;
    return branch;
  }

  /** @throws TrieError unless the store has the branch that `reference` means. */
  load(key: Uint8Array, depth: number, reference: Uint8Array, epoch: number): Branch {
    const path = pathOf(key, depth);
    const stored = this.store.branch(path);
    if (stored === undefined) throw nodeMismatch(path, "the missing branch");
    const record = new Uint8Array(stored);
    if (!equalBytes(referenceTo(encodingOf(record)), reference)) throw nodeMismatch(path, "the branch");
    return this.adopt(record, path, epoch);
  }

  adopt(record: Uint8Array, path: Uint8Array, epoch: number): Branch {
    this.loadedBytes += record.length + BRANCH_OVERHEAD_BYTES;
    try {
      return new Branch(record, shapeOf(record), undefined, false, epoch);
    } catch (cause) {
      if (cause instanceof DecodeError) throw nodeMismatch(path, "the branch record");
      throw cause;
    }
  }

  /**
   * The key of the one leaf in the slot `depth` nibbles down the way of `key`, checked against the slot's reference.
   *
   * @param reference - as the parent has it; of a leaf that is the whole trie, the root hash.
   */
  leafAt(
    pending: Pending, key: Uint8Array, depth: number, reference: Uint8Array, valueOf: ValueOf,
  ): { readonly key: Uint8Array; readonly value: Uint8Array } {
    const path = pathOf(key, depth);
    const found = pending.leafKey(toLatin1(path)) ?? this.store.leafKey(path);
    const value = found === undefined ? undefined : valueOf(found);
    if (found === undefined || value === undefined) throw nodeMismatch(path, "the missing leaf");
    const encoding = this.encodeLeaf(found, value, depth);
    const actual = depth === 0 ? blake2b256(encoding) : referenceTo(encoding);
    if (!equalBytes(actual, reference)) throw nodeMismatch(path, "the leaf");
    return { key: found, value };
  }
}
