import { compareBytes, startsWith, toLatin1 } from "../primitives/bytes.ts";
import type { Branch, SlotKind } from "./branch.ts";
import { partialNibble, slotKind, SLOT_BRANCH, SLOT_EMPTY, SLOT_LEAF } from "./branch.ts";
import { MAX_KEY_BYTES, nibbleAt, packNibbles, pathOf } from "./nibbles.ts";
import type { Pending } from "./pending.ts";
import type { NodeReader } from "./reader.ts";
import { nodeMismatch } from "./reader.ts";

export interface KeyRange {
  readonly prefix: Uint8Array;
  /** Exclusive. */
  readonly start: Uint8Array | undefined;
  readonly limit: number;
}

interface Root {
  readonly kind: SlotKind;
  readonly branch: Branch | undefined;
  readonly pending: Pending;
}

/** Keys in a range, ascending, from the branches and the leaf records. Enters only what may hold a key of the range. */
export function keysUnder(reader: NodeReader, root: Root, range: KeyRange, epoch: number): Uint8Array[] {
  const walk = new KeyWalk(reader, root.pending, range, epoch);
  if (range.limit <= 0) return walk.found;
  if (root.branch !== undefined) walk.branch(root.branch, 0);
  else if (root.kind === SLOT_LEAF) walk.leaf(0);
  return walk.found;
}

class KeyWalk {
  readonly found: Uint8Array[] = [];
  readonly #reader: NodeReader;
  readonly #pending: Pending;
  readonly #range: KeyRange;
  readonly #epoch: number;
  /** The way to where the walk stands, one nibble per byte. */
  readonly #way = new Uint8Array(2 * MAX_KEY_BYTES + 2);

  constructor(reader: NodeReader, pending: Pending, range: KeyRange, epoch: number) {
    this.#reader = reader;
    this.#pending = pending;
    this.#range = range;
    this.#epoch = epoch;
  }

  branch(branch: Branch, depth: number): void {
    branch.used = this.#epoch;
    const { shape } = branch;
    const at = depth + shape.partialLength;
    for (let i = depth; i < at; i++) this.#way[i] = partialNibble(branch, i - depth);
    if (!this.#mayHold(at)) return;
    if (shape.valueKind !== "none") this.#offer(packNibbles(this.#way, at));
    for (let nibble = 0; nibble < 16 && this.found.length < this.#range.limit; nibble++) {
      const kind = slotKind(shape, nibble);
      this.#way[at] = nibble;
      if (kind === SLOT_EMPTY || !this.#mayHold(at + 1)) continue;
      if (kind === SLOT_BRANCH) this.branch(this.#reader.kid(branch, nibble, packNibbles(this.#way, at + 1), at + 1, this.#epoch), at + 1);
      else this.leaf(at + 1);
    }
  }

  leaf(depth: number): void {
    const path = pathOf(packNibbles(this.#way, depth), depth);
    const key = this.#pending.leafKey(toLatin1(path)) ?? this.#reader.store.leafKey(path);
    if (key === undefined) throw nodeMismatch(path, "the missing leaf");
    this.#offer(new Uint8Array(key));
  }

  #offer(key: Uint8Array): void {
    const { prefix, start, limit } = this.#range;
    if (this.found.length >= limit || !startsWith(key, prefix)) return;
    if (start === undefined || compareBytes(key, start) > 0) this.found.push(key);
  }

  /** False when every key that runs through the first `length` nibbles is outside the prefix or not after the start. */
  #mayHold(length: number): boolean {
    const { prefix, start } = this.#range;
    for (let i = 0; i < length && i < prefix.length * 2; i++) if (this.#way[i] !== nibbleAt(prefix, i)) return false;
    if (start === undefined) return true;
    for (let i = 0; i < length && i < start.length * 2; i++) {
      const difference = this.#way[i] - nibbleAt(start, i);
      if (difference !== 0) return difference > 0;
    }
    return true;
  }
}
