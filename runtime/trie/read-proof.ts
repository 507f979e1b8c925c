import { blake2b256 } from "#hash";
import { compareBytes, equalBytes, toLatin1 } from "../primitives/bytes.ts";
import type { Branch, SlotKind } from "./branch.ts";
import { childReference, encodingOf, partialNibble, slotKind, SLOT_EMPTY, SLOT_LEAF } from "./branch.ts";
import { HASH_BYTES, MAX_INLINE_VALUE } from "./node-codec.ts";
import { nibbleAt, pathOf } from "./nibbles.ts";
import type { Pending } from "./pending.ts";
import type { NodeReader, ValueOf } from "./reader.ts";
import { nodeMismatch, referenceTo } from "./reader.ts";

interface Root {
  readonly hash: Uint8Array;
  readonly kind: SlotKind;
  readonly branch: Branch | undefined;
  readonly pending: Pending;
}

/** Collects the nodes that a verifier walks through to find keys present or absent. */
export class ReadProof {
  readonly #nodes = new Map<string, Uint8Array>();
  readonly #reader: NodeReader;
  readonly #root: Root;
  readonly #valueOf: ValueOf;
  readonly #epoch: number;

  constructor(reader: NodeReader, root: Root, valueOf: ValueOf, epoch: number) {
    this.#reader = reader;
    this.#root = root;
    this.#valueOf = valueOf;
    this.#epoch = epoch;
    if (root.branch !== undefined) this.#include(encodingOf(root.branch.record));
    else if (root.kind === SLOT_EMPTY) this.#include(new Uint8Array(1));
  }

  nodes(): Uint8Array[] {
    return [...this.#nodes.values()].sort(compareBytes);
  }

  add(key: Uint8Array): void {
    if (this.#root.branch !== undefined) this.#branches(this.#root.branch, key);
    else if (this.#root.kind === SLOT_LEAF) this.#leaf(key, 0, this.#root.hash);
  }

  #branches(top: Branch, key: Uint8Array): void {
    let branch = top;
    for (let depth = 0; ; ) {
      branch.used = this.#epoch;
      const at = depth + branch.shape.partialLength;
      if (key.length * 2 < at) return;
      for (let i = depth; i < at; i++) if (partialNibble(branch, i - depth) !== nibbleAt(key, i)) return;
      if (key.length * 2 === at) return this.#branchValue(branch, key, at);
      const nibble = nibbleAt(key, at);
      const kind = slotKind(branch.shape, nibble);
      depth = at + 1;
      if (kind === SLOT_EMPTY) return;
      const reference = childReference(branch, nibble);
      if (kind === SLOT_LEAF) return this.#leaf(key, depth, reference);
      branch = this.#reader.kid(branch, nibble, key, depth, this.#epoch);
      // A shorter reference is the child itself: it stands in its parent.
      if (reference.length === HASH_BYTES) this.#include(encodingOf(branch.record));
    }
  }

  #branchValue(branch: Branch, key: Uint8Array, at: number): void {
    if (branch.shape.valueKind !== "hashed") return;
    const value = this.#valueOf(key);
    const { valueOffset } = branch.shape;
    if (value === undefined || !equalBytes(blake2b256(value), branch.record.subarray(valueOffset, valueOffset + HASH_BYTES))) {
      throw nodeMismatch(pathOf(key, at), "the value");
    }
    this.#include(value);
  }

  /** The one leaf of a slot proves what `key` is: itself, or absent because another key stands there. */
  #leaf(key: Uint8Array, depth: number, reference: Uint8Array): void {
    const value = this.#valueOf(key);
    if (value === undefined) {
      const other = this.#reader.leafAt(this.#root.pending, key, depth, reference, this.#valueOf);
      this.#includeLeaf(this.#reader.encodeLeaf(other.key, other.value, depth), depth);
      return;
    }
    const encoding = this.#reader.encodeLeaf(key, value, depth);
    const actual = depth === 0 ? blake2b256(encoding) : referenceTo(encoding);
    if (!equalBytes(actual, reference)) throw nodeMismatch(pathOf(key, depth), "the leaf");
    this.#includeLeaf(encoding, depth);
    if (this.#reader.stateVersion === 1 && value.length > MAX_INLINE_VALUE) this.#include(value);
  }

  #includeLeaf(encoding: Uint8Array, depth: number): void {
    if (encoding.length >= HASH_BYTES || depth === 0) this.#include(encoding);
  }

  #include(bytes: Uint8Array): void {
    const id = toLatin1(bytes);
    if (!this.#nodes.has(id)) this.#nodes.set(id, new Uint8Array(bytes));
  }
}
