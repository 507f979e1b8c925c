// A branch as the trie keeps it: its record (leaf mask ++ exact encoding), so that a child reference is patched by a copy of
// 32 bytes and a hash, and its loaded child branches. Leaves are not kept: a leaf is a pure function of its key and value.
import { DecodeError } from "../primitives/errors.ts";
import type { NodeValue, NodeWriter } from "./node-codec.ts";
import { HASH_BYTES } from "./node-codec.ts";
import { countBits } from "./nibbles.ts";

/** Bytes before the encoding in a record: u16 little endian, which children are leaves. */
export const MASK_BYTES = 2;
/** Measured estimate of what a branch costs in memory beside its record: objects, child table, view, share of a chunk. */
export const BRANCH_OVERHEAD_BYTES = 600;
const CHUNK_BYTES = 4096;

export type Kids = (Branch | undefined)[];

/** Where things stand inside a record. Versions of a branch that differ in references only share one. */
export interface Shape {
  /** Nibbles. */
  readonly partialLength: number;
  readonly partialOffset: number;
  readonly bitmap: number;
  readonly leaves: number;
  readonly valueKind: "none" | NodeValue["kind"];
  readonly valueOffset: number;
  readonly childrenOffset: number;
  /** Every child reference is a hash, so child n of those present starts at childrenOffset + 33 * n. */
  readonly uniform: boolean;
}

/** Never changed after its block, except for the caches: `kids` (loaded or not), `dirty` and `used`. */
export class Branch {
  readonly record: Uint8Array;
  readonly shape: Shape;
  /** Loaded child branches; undefined also for a leaf or an empty slot. */
  kids: Kids | undefined;
  /** Not in the store yet: must not be dropped. */
  dirty: boolean;
  /** Update count of the trie when it was last walked through. */
  used: number;
  constructor(record: Uint8Array, shape: Shape, kids: Kids | undefined, dirty: boolean, used: number) {
    this.record = record;
    this.shape = shape;
    this.kids = kids;
    this.dirty = dirty;
    this.used = used;
  }
}

export function noKids(): Kids {
  return new Array<Branch | undefined>(16).fill(undefined);
}

/**
 * Copies records into shared chunks: an allocation each costs twice the copy and the hash of it. Chunks are small because one
 * record keeps its whole chunk alive: measured, the same resident memory as with buffers of their own.
 */
export class RecordPool {
  #chunk = new Uint8Array(0);
  #used = 0;

  copy(record: Uint8Array): Uint8Array {
    if (record.length > CHUNK_BYTES / 4) return new Uint8Array(record);
    if (this.#used + record.length > this.#chunk.length) {
      this.#chunk = new Uint8Array(CHUNK_BYTES);
      this.#used = 0;
    }
    const out = this.#chunk.subarray(this.#used, this.#used + record.length);
    this.#used += record.length;
    out.set(record);
    return out;
  }
}

export function encodingOf(record: Uint8Array): Uint8Array {
  return record.subarray(MASK_BYTES);
}

/** @throws DecodeError when the record is no branch; a record from the store was compared with its hash before. */
export function shapeOf(record: Uint8Array): Shape {
  let at = MASK_BYTES;
  const header = record[at++];
  const valueKind = header >= 0xc0 ? "inline" : header >= 0x80 ? "none" : "hashed";
  if (header < 0x10 || (valueKind === "hashed" && header >= 0x20)) {
    throw new DecodeError("CODEC_UNKNOWN_VARIANT", MASK_BYTES, "a branch record holds another node");
  }
  const max = valueKind === "hashed" ? 15 : 63;
  let partialLength = header & max;
  if (partialLength === max) {
    let next: number;
    do {
      next = record[at++];
      partialLength += next;
    } while (next === 255);
  }
  const partialOffset = at;
  at += (partialLength + 1) >> 1;
  const bitmap = record[at] | (record[at + 1] << 8);
  const leaves = record[0] | (record[1] << 8);
  const valueOffset = at + 2;
  at = valueKind === "none" ? valueOffset : valueKind === "hashed" ? valueOffset + HASH_BYTES : skipValue(record, valueOffset);
  if ((leaves & ~bitmap) !== 0 || at > record.length) {
    throw new DecodeError("CODEC_NON_CANONICAL", 0, "a branch record marks a leaf where it has no child");
  }
  const uniform = record.length - at === (HASH_BYTES + 1) * countBits(bitmap);
  return { partialLength, partialOffset, bitmap, leaves, valueKind, valueOffset, childrenOffset: at, uniform };
}

function skipValue(record: Uint8Array, at: number): number {
  const mode = record[at] & 3;
  if (mode === 0) return at + 1 + (record[at] >> 2);
  if (mode === 1) return at + 2 + ((record[at] | (record[at + 1] << 8)) >> 2);
  return at + 4 + ((record[at] | (record[at + 1] << 8) | (record[at + 2] << 16) | (record[at + 3] << 24)) >>> 2);
}

/** Nibble `index` of the partial key. */
export function partialNibble(branch: Branch, index: number): number {
  const { partialLength, partialOffset } = branch.shape;
  const from = index + (partialLength & 1);
  const byte = branch.record[partialOffset + (from >> 1)];
  return (from & 1) === 0 ? byte >> 4 : byte & 15;
}

/** The reference of child `nibble`, which must be present, as a view into the record. */
export function childReference(branch: Branch, nibble: number): Uint8Array {
  const { bitmap, childrenOffset, uniform } = branch.shape;
  const before = countBits(bitmap & ((1 << nibble) - 1));
  let at = childrenOffset;
  if (uniform) at += (HASH_BYTES + 1) * before;
  else for (let i = 0; i < before; i++) at += 1 + (branch.record[at] >> 2);
  return branch.record.subarray(at + 1, at + 1 + (branch.record[at] >> 2));
}

/** What child `nibble` of a branch is. */
export type SlotKind = typeof SLOT_EMPTY | typeof SLOT_LEAF | typeof SLOT_BRANCH;
export const SLOT_EMPTY = 0;
export const SLOT_LEAF = 1;
export const SLOT_BRANCH = 2;

export function slotKind(shape: Shape, nibble: number): SlotKind {
  const bit = 1 << nibble;
  return (shape.bitmap & bit) === 0 ? SLOT_EMPTY : (shape.leaves & bit) !== 0 ? SLOT_LEAF : SLOT_BRANCH;
}

/** A branch taken apart, for the changes that a patch of one reference cannot express. */
export interface Draft {
  /** One nibble per byte. */
  partial: Uint8Array;
  refs: (Uint8Array | undefined)[];
  valueKind: Shape["valueKind"];
  /** The value as it is encoded: with its length, or the hash. */
  value: Uint8Array;
  leaves: number;
}

export function openDraft(branch: Branch): Draft {
  const { partialLength, bitmap, valueKind, valueOffset, childrenOffset, leaves } = branch.shape;
  const partial = new Uint8Array(partialLength);
  for (let i = 0; i < partialLength; i++) partial[i] = partialNibble(branch, i);
  const refs: Draft["refs"] = new Array(16).fill(undefined);
  let at = childrenOffset;
  for (let i = 0; i < 16; i++) {
    if (((bitmap >> i) & 1) === 0) continue;
    const end = at + 1 + (branch.record[at] >> 2);
    refs[i] = branch.record.subarray(at + 1, end);
    at = end;
  }
  return { partial, refs, valueKind, value: branch.record.subarray(valueOffset, childrenOffset), leaves };
}

/** A new record of its own memory. */
export function encodeDraft(draft: Draft, out: NodeWriter): Uint8Array {
  out.reset();
  out.byte(draft.leaves & 255);
  out.byte(draft.leaves >> 8);
  out.branchHeader(draft.partial.length, draft.valueKind);
  out.partial(draft.partial);
  let bitmap = 0;
  for (let i = 0; i < 16; i++) if (draft.refs[i] !== undefined) bitmap |= 1 << i;
  out.byte(bitmap & 255);
  out.byte(bitmap >> 8);
  out.raw(draft.value);
  for (const ref of draft.refs) {
    if (ref === undefined) continue;
    out.byte(ref.length << 2);
    out.raw(ref);
  }
  return out.take();
}
