// For tests and benchmarks: a store in memory, and a trie that is rebuilt as a whole by recursion, sharing no code with the
// real one but the byte helpers.
import { blake2b } from "@noble/hashes/blake2.js";
import { compareBytes, concatBytes, fromLatin1, toLatin1 } from "../primitives/bytes.ts";
import type { TrieSink, TrieStore } from "./trie.ts";

export class MemoryTrieStore implements TrieStore, TrieSink {
  readonly branches = new Map<string, Uint8Array>();
  readonly leaves = new Map<string, Uint8Array>();
  branch(path: Uint8Array): Uint8Array | undefined {
    return this.branches.get(toLatin1(path));
  }
  leafKey(path: Uint8Array): Uint8Array | undefined {
    return this.leaves.get(toLatin1(path));
  }
  put(kind: "branch" | "leaf", path: Uint8Array, record: Uint8Array): void {
    (kind === "branch" ? this.branches : this.leaves).set(toLatin1(path), record);
  }
  del(kind: "branch" | "leaf", path: Uint8Array): void {
    (kind === "branch" ? this.branches : this.leaves).delete(toLatin1(path));
  }
}

/** Values by latin1 key. */
export type Model = ReadonlyMap<string, Uint8Array>;

export function sortedEntries(model: Model): [Uint8Array, Uint8Array][] {
  const entries = [...model].map(([key, value]): [Uint8Array, Uint8Array] => [fromLatin1(key), value]);
  return entries.sort((a, b) => compareBytes(a[0], b[0]));
}

const hash = (bytes: Uint8Array): Uint8Array => blake2b(bytes, { dkLen: 32 });

interface NaiveNode {
  encoding: Uint8Array;
  partial: number[];
  value: Uint8Array | undefined;
  children: (NaiveNode | undefined)[];
}

type NibbleEntry = [nibbles: number[], value: Uint8Array];

export class NaiveTrie {
  readonly #root: NaiveNode | undefined;
  readonly #version: 0 | 1;
  constructor(model: Model, version: 0 | 1) {
    this.#version = version;
    const entries = sortedEntries(model).map(([key, value]): NibbleEntry => [toNibbles(key), value]);
    this.#root = entries.length === 0 ? undefined : this.#node(entries, 0);
  }

  root(): Uint8Array {
    return hash(this.#root === undefined ? Uint8Array.of(0) : this.#root.encoding);
  }

  /** The nodes and detached values that a lookup of `keys` reads, sorted, each once. */
  proof(keys: readonly Uint8Array[]): Uint8Array[] {
    const seen = new Map<string, Uint8Array>();
    const add = (bytes: Uint8Array) => seen.set(toLatin1(bytes), bytes);
    add(this.#root === undefined ? Uint8Array.of(0) : this.#root.encoding);
    for (const key of keys) {
      let rest = toNibbles(key);
      for (let node = this.#root; node !== undefined; ) {
        if (node === this.#root || node.encoding.length >= 32) add(node.encoding);
        if (node.partial.some((nibble, i) => rest[i] !== nibble)) break;
        rest = rest.slice(node.partial.length);
        if (rest.length === 0) {
          if (node.value !== undefined && this.#detached(node.value)) add(node.value);
          break;
        }
        node = node.children[rest[0]];
        rest = rest.slice(1);
      }
    }
    return [...seen.values()].sort(compareBytes);
  }

  #detached(value: Uint8Array): boolean {
    return this.#version === 1 && value.length > 32;
  }

  #node(entries: NibbleEntry[], depth: number): NaiveNode {
    const first = entries[0][0];
    const last = entries[entries.length - 1][0];
    let at = depth;
    while (at < first.length && first[at] === last[at]) at++;
    const partial = entries.length === 1 ? first.slice(depth) : first.slice(depth, at);
    const value = entries.length === 1 || first.length === at ? entries[0][1] : undefined;
    const children: (NaiveNode | undefined)[] = [];
    for (let nibble = 0; nibble < 16; nibble++) {
      const under = entries.length === 1 ? [] : entries.filter(([nibbles]) => nibbles.length > at && nibbles[at] === nibble);
      children.push(under.length === 0 ? undefined : this.#node(under, at + 1));
    }
    return { encoding: this.#encode(partial, value, children, entries.length === 1), partial, value, children };
  }

  #encode(partial: number[], value: Uint8Array | undefined, children: NaiveNode["children"], leaf: boolean): Uint8Array {
    const detached = value !== undefined && this.#detached(value);
    const [prefix, bits] = leaf ? (detached ? [0x20, 3] : [0x40, 2]) : value === undefined ? [0x80, 2] : detached ? [0x10, 4] : [0xc0, 2];
    const parts = [naiveHeader(prefix, 2 ** (8 - bits) - 1, partial.length), naivePack(partial)];
    const present = children.map((child, i) => (child === undefined ? 0 : 2 ** i)).reduce((a, b) => a + b, 0);
    if (!leaf) parts.push(Uint8Array.of(present % 256, Math.floor(present / 256)));
    if (value !== undefined) parts.push(...(detached ? [hash(value)] : [naiveCompact(value.length), value]));
    for (const child of children) {
      if (child === undefined) continue;
      const reference = child.encoding.length < 32 ? child.encoding : hash(child.encoding);
      parts.push(naiveCompact(reference.length), reference);
    }
    return concatBytes(...parts);
  }
}

function toNibbles(key: Uint8Array): number[] {
  return [...key].flatMap((byte) => [byte >> 4, byte % 16]);
}

function naiveHeader(prefix: number, max: number, count: number): Uint8Array {
  if (count < max) return Uint8Array.of(prefix + count);
  const out = [prefix + max];
  let rest = count - max;
  while (rest > 254) {
    out.push(255);
    rest -= 255;
  }
  return Uint8Array.from([...out, rest]);
}

function naivePack(nibbles: number[]): Uint8Array {
  const even = nibbles.length % 2 === 0 ? nibbles : [0, ...nibbles];
  return Uint8Array.from({ length: even.length / 2 }, (_, i) => even[2 * i] * 16 + even[2 * i + 1]);
}

function naiveCompact(length: number): Uint8Array {
  if (length < 64) return Uint8Array.of(length * 4);
  if (length < 16_384) return Uint8Array.of((length * 4 + 1) % 256, Math.floor((length * 4 + 1) / 256));
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, length * 4 + 2, true);
  return out;
}
