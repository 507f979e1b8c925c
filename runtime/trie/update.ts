// One walk over the sorted changes of a block. A branch on the way is copied once; where its shape stays, the new references
// of its children are patched into the copy, else it is taken apart and encoded anew. The parent version stays as it was.
import { blake2b256 } from "#hash";
import { compareBytes, EMPTY, toLatin1 } from "../primitives/bytes.ts";
import { InvariantError } from "../primitives/errors.ts";
import type { Draft, Kids, SlotKind } from "./branch.ts";
import {
  Branch, BRANCH_OVERHEAD_BYTES, childReference, encodeDraft, encodingOf, noKids, openDraft, partialNibble,
  shapeOf, slotKind, SLOT_BRANCH, SLOT_EMPTY, SLOT_LEAF,
} from "./branch.ts";
import { HASH_BYTES, MAX_INLINE_VALUE } from "./node-codec.ts";
import { countBits, MAX_KEY_BYTES, nibbleAt, nibblesOf, pathOf } from "./nibbles.ts";
import type { Pending } from "./pending.ts";
import type { NodeReader, ValueOf } from "./reader.ts";
import { nodeMismatch } from "./reader.ts";

export interface Change {
  readonly key: Uint8Array;
  /** Undefined: removed. */
  readonly value: Uint8Array | undefined;
  /** Whether the key existed before; a wrong answer gives a wrong root. */
  readonly had: boolean;
}

interface Entry {
  readonly key: Uint8Array;
  readonly value: Uint8Array;
}

/** The changes that have an effect. @throws InvariantError unless the keys ascend strictly and are at most MAX_KEY_BYTES long. */
export function checkedChanges(changes: readonly Change[]): readonly Change[] {
  let idle = 0;
  for (let i = 0; i < changes.length; i++) {
    const { key, value, had } = changes[i];
    if (key.length > MAX_KEY_BYTES) throw new InvariantError("TRIE_KEY_TOO_LONG", `a key of ${key.length} bytes; at most ${MAX_KEY_BYTES}`);
    if (i > 0 && compareBytes(changes[i - 1].key, key) >= 0) {
      throw new InvariantError("TRIE_CHANGES_UNSORTED", `the keys of changes ${i - 1} and ${i} do not ascend`);
    }
    if (value === undefined && !had) idle++;
  }
  return idle === 0 ? changes : changes.filter((change) => change.value !== undefined || change.had);
}

/** Every step leaves what it made in `ref` (the reference, until the next step), and in `node` when it returns SLOT_BRANCH. */
export class TrieUpdate {
  readonly #reader: NodeReader;
  /** Where leaf records and dropped paths are noted. */
  readonly #pending: Pending;
  readonly #changes: readonly Change[];
  readonly #valueBefore: ValueOf;
  readonly #epoch: number;
  ref: Uint8Array = EMPTY;
  node: Branch | undefined = undefined;
  /** Estimate of the memory that the new branches take. */
  writtenBytes = 0;

  constructor(reader: NodeReader, pending: Pending, changes: readonly Change[], valueBefore: ValueOf, epoch: number) {
    this.#reader = reader;
    this.#pending = pending;
    this.#changes = changes;
    this.#valueBefore = valueBefore;
    this.#epoch = epoch;
  }

  /** The changes over a whole trie. @returns what the new root is. */
  run(root: { readonly kind: SlotKind; readonly branch: Branch | undefined; readonly hash: Uint8Array }): SlotKind {
    if (root.branch === undefined) return this.#slot(root.kind, 0, 0, this.#changes.length, root.hash);
    const kind = this.#branch(root.branch, 0, 0, this.#changes.length);
    if (kind !== SLOT_BRANCH) this.#dropBranch(EMPTY, 0);
    return kind;
  }

  /** A slot that holds nothing or one leaf, with the changes `lo` to `hi` under it. `holder` gives its reference, when needed. */
  #slot(kind: SlotKind, depth: number, lo: number, hi: number, holder: Branch | Uint8Array): SlotKind {
    const changes = this.#changes;
    const first = changes[lo];
    if (kind === SLOT_LEAF && hi - lo === 1 && first.had) {
      if (first.value !== undefined) return this.#leaf(first.key, first.value, depth);
      this.#noteLeaf(first.key, depth, undefined);
      return SLOT_EMPTY;
    }
    const entries: Entry[] = [];
    let replaced = false;
    for (let i = lo; i < hi; i++) {
      const { key, value, had } = changes[i];
      replaced ||= had;
      if (value !== undefined) entries.push({ key, value });
    }
    if (kind === SLOT_LEAF) {
      if (!replaced) {
        const reference = holder instanceof Branch ? childReference(holder, nibbleAt(first.key, depth - 1)) : holder;
        entries.push(this.#reader.leafAt(this.#pending, first.key, depth, reference, this.#valueBefore));
        entries.sort((a, b) => compareBytes(a.key, b.key));
      }
      this.#noteLeaf(first.key, depth, undefined);
    }
    return entries.length === 0 ? SLOT_EMPTY : this.#build(entries, 0, entries.length, depth);
  }

  /** A fresh sub-trie of sorted entries. */
  #build(entries: readonly Entry[], lo: number, hi: number, depth: number): SlotKind {
    const first = entries[lo].key;
    if (hi - lo === 1) {
      this.#noteLeaf(first, depth, first);
      return this.#leaf(first, entries[lo].value, depth);
    }
    const last = entries[hi - 1].key;
    let at = depth;
    while (at < first.length * 2 && nibbleAt(first, at) === nibbleAt(last, at)) at++;
    const draft = this.#emptyDraft(nibblesOf(first, depth, at));
    const kids = noKids();
    let i = lo;
    if (first.length * 2 === at) this.#setValue(draft, entries[i++].value);
    while (i < hi) {
      const nibble = nibbleAt(entries[i].key, at);
      let end = i + 1;
      while (end < hi && nibbleAt(entries[end].key, at) === nibble) end++;
      const kind = this.#build(entries, i, end, at + 1);
      this.#setChild(draft, kids, nibble, kind);
      i = end;
    }
    return this.#sealDraft(draft, kids);
  }

  #branch(branch: Branch, depth: number, lo: number, hi: number): SlotKind {
    const changes = this.#changes;
    const first = changes[lo].key;
    const shared = this.#sharedPartial(branch, depth, first, changes[hi - 1].key);
    if (shared < branch.shape.partialLength) branch = this.#fork(branch, shared);
    const { shape } = branch;
    const at = depth + shape.partialLength;
    let record: Uint8Array | undefined;
    let kids: Kids | undefined;
    let draft: Draft | undefined;
    let i = lo;
    if (first.length * 2 === at) {
      draft = openDraft(branch);
      this.#setValue(draft, changes[i++].value);
    }
    while (i < hi) {
      const { key } = changes[i];
      const nibble = nibbleAt(key, at);
      let end = i + 1;
      while (end < hi && nibbleAt(changes[end].key, at) === nibble) end++;
      const before = slotKind(shape, nibble);
      const after =
        before === SLOT_BRANCH
          ? this.#branch(this.#kid(branch, nibble, key, at + 1), at + 1, i, end)
          : this.#slot(before, at + 1, i, end, branch);
      if (before === SLOT_BRANCH || after === SLOT_BRANCH) {
        if (after !== SLOT_BRANCH) this.#dropBranch(key, at + 1);
        kids ??= branch.kids === undefined ? noKids() : branch.kids.slice();
        kids[nibble] = after === SLOT_BRANCH ? this.node : undefined;
      }
      if (draft === undefined && before !== SLOT_EMPTY && before === after && shape.uniform && this.ref.length === HASH_BYTES) {
        record ??= this.#reader.pool.copy(branch.record);
        const index = countBits(shape.bitmap & ((1 << nibble) - 1));
        record.set(this.ref, shape.childrenOffset + 1 + (HASH_BYTES + 1) * index);
      } else {
        draft ??= openDraft(record === undefined ? branch : new Branch(record, shape, undefined, true, 0));
        this.#setChild(draft, undefined, nibble, after);
      }
      i = end;
    }
    kids ??= branch.kids;
    if (draft !== undefined) return this.#reshape(draft, kids, first, depth, at, lo, hi);
    if (record === undefined) throw new InvariantError("TRIE_NO_CHANGE", "a branch was walked without a change");
    return this.#seal(new Branch(record, shape, kids, true, this.#epoch));
  }

  /** How much of the partial key all changes share: they are sorted, so the first and the last bound the rest. */
  #sharedPartial(branch: Branch, depth: number, first: Uint8Array, last: Uint8Array): number {
    const length = Math.min(branch.shape.partialLength, first.length * 2 - depth, last.length * 2 - depth);
    for (let i = 0; i < length; i++) {
      const nibble = partialNibble(branch, i);
      if (nibbleAt(first, depth + i) !== nibble || nibbleAt(last, depth + i) !== nibble) return i;
    }
    return length;
  }

  /** Some change leaves the partial key after `shared` nibbles: a branch above, for now with this one as its only child. */
  #fork(branch: Branch, shared: number): Branch {
    const lower = openDraft(branch);
    const upper = this.#emptyDraft(lower.partial.subarray(0, shared));
    const nibble = lower.partial[shared];
    lower.partial = lower.partial.subarray(shared + 1);
    this.#sealDraft(lower, branch.kids);
    const kids = noKids();
    this.#setChild(upper, kids, nibble, SLOT_BRANCH);
    const record = encodeDraft(upper, this.#reader.out);
    return new Branch(record, shapeOf(record), kids, true, this.#epoch);
  }

  /** The branch at `depth`, splitting at `at`, with another set of children or value: still a branch, or collapsed. */
  #reshape(draft: Draft, kids: Kids | undefined, key: Uint8Array, depth: number, at: number, lo: number, hi: number): SlotKind {
    let live = 0;
    let only = 0;
    for (let nibble = 0; nibble < 16; nibble++) {
      if (draft.refs[nibble] === undefined) continue;
      live++;
      only = nibble;
    }
    const hasValue = draft.valueKind !== "none";
    if (live > 1 || (live === 1 && hasValue)) return this.#sealDraft(draft, kids);
    if (live === 0 && !hasValue) return SLOT_EMPTY;
    if (live === 0) {
      const own = new Uint8Array(key.subarray(0, at >> 1));
      const value = this.#valueNow(own, lo, hi);
      if (value === undefined) throw nodeMismatch(pathOf(own, at), "the missing value");
      this.#noteLeaf(own, depth, own);
      return this.#leaf(own, value, depth);
    }
    const way = wayInto(key, at, only);
    return (draft.leaves >> only) & 1 ? this.#liftLeaf(draft, way, depth, at, only, lo, hi) : this.#absorb(draft, kids, way, at, only);
  }

  /** Only a leaf is left under the branch: it takes the branch's place. */
  #liftLeaf(draft: Draft, way: Uint8Array, depth: number, at: number, only: number, lo: number, hi: number): SlotKind {
    const valueNow: ValueOf = (key) => this.#valueNow(key, lo, hi);
    const { key, value } = this.#reader.leafAt(this.#pending, way, at + 1, draft.refs[only]!, valueNow);
    this.#noteLeaf(way, at + 1, undefined);
    this.#noteLeaf(key, depth, key);
    return this.#leaf(key, value, depth);
  }

  /** Only a branch is left under the branch: it takes over the partial key. */
  #absorb(draft: Draft, kids: Kids | undefined, way: Uint8Array, at: number, only: number): SlotKind {
    const child = kids?.[only] ?? this.#reader.load(way, at + 1, draft.refs[only]!, this.#epoch);
    const merged = openDraft(child);
    const partial = new Uint8Array(draft.partial.length + 1 + merged.partial.length);
    partial.set(draft.partial);
    partial[draft.partial.length] = only;
    partial.set(merged.partial, draft.partial.length + 1);
    merged.partial = partial;
    this.#dropBranch(way, at + 1);
    return this.#sealDraft(merged, child.kids);
  }

  /** A child to be replaced in this walk is not kept in its old parent. */
  #kid(parent: Branch, nibble: number, key: Uint8Array, depth: number): Branch {
    return parent.kids?.[nibble] ?? this.#reader.load(key, depth, childReference(parent, nibble), this.#epoch);
  }

  #valueNow(key: Uint8Array, lo: number, hi: number): Uint8Array | undefined {
    while (lo < hi) {
      const middle = (lo + hi) >> 1;
      const order = compareBytes(this.#changes[middle].key, key);
      if (order === 0) return this.#changes[middle].value;
      if (order < 0) lo = middle + 1;
      else hi = middle;
    }
    return this.#valueBefore(key);
  }

  #leaf(key: Uint8Array, value: Uint8Array, depth: number): SlotKind {
    this.ref = this.#reader.reference(this.#reader.encodeLeaf(key, value, depth));
    return SLOT_LEAF;
  }

  #seal(branch: Branch): SlotKind {
    this.writtenBytes += branch.record.length + BRANCH_OVERHEAD_BYTES;
    this.ref = this.#reader.reference(encodingOf(branch.record));
    this.node = branch;
    return SLOT_BRANCH;
  }

  #sealDraft(draft: Draft, kids: Kids | undefined): SlotKind {
    const record = encodeDraft(draft, this.#reader.out);
    return this.#seal(new Branch(record, shapeOf(record), kids, true, this.#epoch));
  }

  #emptyDraft(partial: Uint8Array): Draft {
    return { partial, refs: new Array(16).fill(undefined), valueKind: "none", value: EMPTY, leaves: 0 };
  }

  #setChild(draft: Draft, kids: Kids | undefined, nibble: number, kind: SlotKind): void {
    draft.refs[nibble] = kind === SLOT_EMPTY ? undefined : new Uint8Array(this.ref);
    draft.leaves = kind === SLOT_LEAF ? draft.leaves | (1 << nibble) : draft.leaves & ~(1 << nibble);
    if (kids !== undefined) kids[nibble] = kind === SLOT_BRANCH ? this.node : undefined;
  }

  #setValue(draft: Draft, value: Uint8Array | undefined): void {
    const { out, stateVersion } = this.#reader;
    if (value === undefined) {
      draft.valueKind = "none";
      draft.value = EMPTY;
    } else if (stateVersion === 1 && value.length > MAX_INLINE_VALUE) {
      draft.valueKind = "hashed";
      draft.value = blake2b256(value);
    } else {
      out.reset().value({ kind: "inline", bytes: value });
      draft.valueKind = "inline";
      draft.value = out.take();
    }
  }

  #noteLeaf(way: Uint8Array, depth: number, key: Uint8Array | undefined): void {
    this.#pending.leaves.set(toLatin1(pathOf(way, depth)), key);
  }

  #dropBranch(way: Uint8Array, depth: number): void {
    this.#pending.droppedBranches.add(toLatin1(pathOf(way, depth)));
  }
}

/** The first `at` nibbles of `key`, then `nibble`, in whole bytes. */
function wayInto(key: Uint8Array, at: number, nibble: number): Uint8Array {
  const way = new Uint8Array((at + 2) >> 1);
  way.set(key.subarray(0, (at + 1) >> 1));
  way[at >> 1] = (at & 1) === 0 ? nibble << 4 : (way[at >> 1] & 0xf0) | nibble;
  return way;
}

/** The hash of a trie from what its root is and refers to. */
export function rootHash(kind: SlotKind, reference: Uint8Array): Uint8Array {
  if (kind === SLOT_EMPTY) return EMPTY_ROOT;
  return reference.length === HASH_BYTES ? new Uint8Array(reference) : blake2b256(reference);
}

/** blake2b-256 of the empty node, one zero byte. */
export const EMPTY_ROOT: Uint8Array = blake2b256(new Uint8Array(1));
