// The encoding of a trie node, as sp-trie's node_codec.rs and node_header.rs define it:
//   header (variant bits ++ length of the partial key in nibbles) ++ partial key ++
//   branch: u16 LE bitmap of children ++ value, when it has one ++ per child compact(length) ++ reference
//   leaf: value
// A value is compact(length) ++ bytes, or its blake2b-256 where the header says so. A reference is the child's own encoding
// when that is under 32 bytes, else its blake2b-256.
import { DecodeError, InvariantError } from "../primitives/errors.ts";

export const HASH_BYTES = 32;
/** State version 1 replaces a value longer than this by its hash. */
export const MAX_INLINE_VALUE = 32;
/** Longest partial key of a decoded node: sp-trie bounds a nibble count to 16 bits. */
const MAX_PARTIAL_NIBBLES = 65_535;
const MAX_COMPACT = 2 ** 30 - 1;

export type StateVersion = 0 | 1;

export type NodeValue =
  | { readonly kind: "inline"; readonly bytes: Uint8Array }
  /** blake2b-256 of a value that stands elsewhere. */
  | { readonly kind: "hashed"; readonly hash: Uint8Array };

export type LeafNode = { readonly type: "leaf"; readonly partial: Uint8Array; readonly value: NodeValue };
export type BranchNode = {
  readonly type: "branch";
  /** One nibble per byte. */
  readonly partial: Uint8Array;
  readonly value: NodeValue | undefined;
  /** 16 references; in a compact proof an empty one stands for a child that follows. */
  readonly children: readonly (Uint8Array | undefined)[];
};
export type TrieNode = { readonly type: "empty" } | LeafNode | BranchNode;

/** Header variants: the bits, and how many there are before the length. */
const LEAF = [0b01, 2] as const;
const BRANCH = [0b10, 2] as const;
const BRANCH_WITH_VALUE = [0b11, 2] as const;
const LEAF_HASHED = [0b001, 3] as const;
const BRANCH_HASHED = [0b0001, 4] as const;

/** A growing buffer in which nodes are written; `view()` is only valid until the next `reset`. */
export class NodeWriter {
  bytes = new Uint8Array(4096);
  length = 0;

  reset(): this {
    this.length = 0;
    return this;
  }
  view(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }
  take(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }
  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }
  raw(bytes: Uint8Array): void {
    this.reserve(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }
  byte(value: number): void {
    this.reserve(1);
    this.bytes[this.length++] = value;
  }
  compact(value: number): void {
    if (value > MAX_COMPACT) throw new InvariantError("TRIE_VALUE_TOO_LONG", `${value} bytes do not fit a trie node`);
    this.reserve(4);
    const size = value < 64 ? 1 : value < 16_384 ? 2 : 4;
    let rest = value * 4 + (size === 4 ? 2 : size - 1);
    for (let i = 0; i < size; i++) {
      this.bytes[this.length++] = rest & 255;
      rest = Math.floor(rest / 256);
    }
  }
  #header(variant: readonly [number, number], nibbles: number): void {
    this.reserve(8 + nibbles / 255);
    const bits = variant[0] << (8 - variant[1]);
    const max = (1 << (8 - variant[1])) - 1;
    if (nibbles < max) {
      this.bytes[this.length++] = bits | nibbles;
      return;
    }
    this.bytes[this.length++] = bits | max;
    let rest = nibbles - max;
    for (; rest >= 255; rest -= 255) this.bytes[this.length++] = 255;
    this.bytes[this.length++] = rest;
  }
  leafHeader(nibbles: number, hashed: boolean): void {
    this.#header(hashed ? LEAF_HASHED : LEAF, nibbles);
  }
  branchHeader(nibbles: number, value: "none" | NodeValue["kind"]): void {
    this.#header(value === "none" ? BRANCH : value === "inline" ? BRANCH_WITH_VALUE : BRANCH_HASHED, nibbles);
  }
  /** A partial key, one nibble per byte; an odd first nibble stands alone in the low half. */
  partial(nibbles: Uint8Array): void {
    this.reserve((nibbles.length + 1) >> 1);
    let i = nibbles.length & 1;
    if (i === 1) this.bytes[this.length++] = nibbles[0];
    for (; i < nibbles.length; i += 2) this.bytes[this.length++] = (nibbles[i] << 4) | nibbles[i + 1];
  }
  /** The rest of `key` from nibble `depth` on: the partial key of a leaf, which ends with a whole byte. */
  keyTail(key: Uint8Array, depth: number): void {
    if ((depth & 1) === 1) this.byte(key[depth >> 1] & 15);
    this.raw(key.subarray((depth + 1) >> 1));
  }
  value(value: NodeValue): void {
    if (value.kind === "hashed") return this.raw(value.hash);
    this.compact(value.bytes.length);
    this.raw(value.bytes);
  }
}

export function encodeNode(node: TrieNode): Uint8Array {
  const out = new NodeWriter();
  if (node.type === "empty") {
    out.byte(0);
  } else if (node.type === "leaf") {
    out.leafHeader(node.partial.length, node.value.kind === "hashed");
    out.partial(node.partial);
    out.value(node.value);
  } else {
    out.branchHeader(node.partial.length, node.value?.kind ?? "none");
    out.partial(node.partial);
    let bitmap = 0;
    for (let i = 0; i < 16; i++) if (node.children[i] !== undefined) bitmap |= 1 << i;
    out.byte(bitmap & 255);
    out.byte(bitmap >> 8);
    if (node.value !== undefined) out.value(node.value);
    for (const child of node.children) {
      if (child === undefined) continue;
      out.compact(child.length);
      out.raw(child);
    }
  }
  return out.take();
}

class Cursor {
  readonly bytes: Uint8Array;
  offset = 0;
  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
  byte(): number {
    if (this.offset >= this.bytes.length) throw new DecodeError("CODEC_UNEXPECTED_END", this.offset, "a trie node ends too early");
    return this.bytes[this.offset++];
  }
  take(count: number): Uint8Array {
    const end = this.offset + count;
    if (end > this.bytes.length) throw new DecodeError("CODEC_UNEXPECTED_END", this.offset, `a trie node lacks ${count} bytes`);
    const out = this.bytes.subarray(this.offset, end);
    this.offset = end;
    return out;
  }
  /** A length as compact<u32>, its shortest form only. */
  compact(): number {
    const start = this.offset;
    const first = this.byte();
    const mode = first & 3;
    if (mode === 3) throw new DecodeError("CODEC_OUT_OF_RANGE", start, "a length in a trie node is under 2^30");
    let value = first >> 2;
    for (let i = 1, scale = 64; i < 1 << mode; i++, scale *= 256) value += this.byte() * scale;
    if (mode > 0 && value < (mode === 1 ? 64 : 16_384)) {
      throw new DecodeError("CODEC_NON_CANONICAL", start, `the length ${value} has a shorter form`);
    }
    return value;
  }
  partialLength(first: number, variantBits: number): number {
    const max = (1 << (8 - variantBits)) - 1;
    let length = first & max;
    if (length < max) return length;
    for (let next = 255; next === 255; ) {
      next = this.byte();
      length += next;
      if (length > MAX_PARTIAL_NIBBLES) {
        throw new DecodeError("CODEC_OUT_OF_RANGE", this.offset, `a partial key has at most ${MAX_PARTIAL_NIBBLES} nibbles`);
      }
    }
    return length;
  }
  partial(length: number): Uint8Array {
    const start = this.offset;
    const packed = this.take((length + 1) >> 1);
    const odd = length & 1;
    if (odd === 1 && packed[0] > 15) throw new DecodeError("CODEC_NON_CANONICAL", start, "the padding of a partial key is not zero");
    const out = new Uint8Array(length);
    for (let i = 0; i < length; i++) out[i] = nibbleOfPacked(packed, i + odd);
    return out;
  }
  value(hashed: boolean): NodeValue {
    return hashed ? { kind: "hashed", hash: this.take(HASH_BYTES) } : { kind: "inline", bytes: this.take(this.compact()) };
  }
  end(): void {
    if (this.offset !== this.bytes.length) throw new DecodeError("CODEC_TRAILING_BYTES", this.offset, "bytes follow a trie node");
  }
}

function nibbleOfPacked(packed: Uint8Array, index: number): number {
  return (index & 1) === 0 ? packed[index >> 1] >> 4 : packed[index >> 1] & 15;
}

/**
 * Strict: one encoding per node, no byte left over. The parts are views into `bytes`.
 *
 * @param omitted - true in a compact proof only, where a child reference may be empty.
 * @throws DecodeError
 */
export function decodeNode(bytes: Uint8Array, omitted = false): TrieNode {
  const input = new Cursor(bytes);
  const first = input.byte();
  let node: TrieNode;
  if (first === 0) node = { type: "empty" };
  else if (first >> 6 === LEAF[0]) node = decodeLeaf(input, input.partialLength(first, 2), false);
  else if (first >> 6 === BRANCH[0]) node = decodeBranch(input, input.partialLength(first, 2), "none", omitted);
  else if (first >> 6 === BRANCH_WITH_VALUE[0]) node = decodeBranch(input, input.partialLength(first, 2), "inline", omitted);
  else if (first >> 5 === LEAF_HASHED[0]) node = decodeLeaf(input, input.partialLength(first, 3), true);
  else if (first >> 4 === BRANCH_HASHED[0]) node = decodeBranch(input, input.partialLength(first, 4), "hashed", omitted);
  else throw new DecodeError("CODEC_UNKNOWN_VARIANT", 0, `${first} is no header of a trie node`);
  input.end();
  return node;
}

function decodeLeaf(input: Cursor, nibbles: number, hashed: boolean): LeafNode {
  return { type: "leaf", partial: input.partial(nibbles), value: input.value(hashed) };
}

function decodeBranch(input: Cursor, nibbles: number, valueKind: "none" | NodeValue["kind"], omitted: boolean): BranchNode {
  const partial = input.partial(nibbles);
  const start = input.offset;
  const bitmap = input.byte() | (input.byte() << 8);
  // A branch with one way on is written as a longer partial key instead.
  if (bitmap === 0 || (valueKind === "none" && (bitmap & (bitmap - 1)) === 0)) {
    throw new DecodeError("CODEC_NON_CANONICAL", start, "a branch has two children, or a child and a value");
  }
  const value = valueKind === "none" ? undefined : input.value(valueKind === "hashed");
  const children: (Uint8Array | undefined)[] = new Array(16).fill(undefined);
  for (let i = 0; i < 16; i++) if (((bitmap >> i) & 1) === 1) children[i] = decodeReference(input, omitted);
  return { type: "branch", partial, value, children };
}

function decodeReference(input: Cursor, omitted: boolean): Uint8Array {
  const start = input.offset;
  const length = input.compact();
  if (length > HASH_BYTES || (length === 0 && !omitted)) {
    throw new DecodeError("CODEC_OUT_OF_RANGE", start, `a child reference has 1 to ${HASH_BYTES} bytes, not ${length}`);
  }
  return input.take(length);
}
