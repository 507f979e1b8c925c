// Compact proofs as sp-trie's trie_codec.rs writes them: the nodes in pre-order, without the child references that follow from
// nodes in the proof (an empty reference stands there), and each node whose hashed value is in the proof as 0x01 ++ the node
// with an empty value, followed by the value. Only tries without child tries.
import { blake2b256 } from "#hash";
import { equalBytes, toLatin1 } from "../primitives/bytes.ts";
import type { Result } from "../primitives/result.ts";
import { err, ok } from "../primitives/result.ts";
import type { BranchNode, NodeValue, TrieNode } from "./node-codec.ts";
import { encodeNode, HASH_BYTES, NodeWriter } from "./node-codec.ts";
import type { ProofErrorCode, ProofLimits, Proven } from "./proof.ts";
import { DEFAULT_PROOF_LIMITS, indexNodes, openProof, tryDecode, withinLimits } from "./proof.ts";

/** Before a node whose value follows as the next item. */
const VALUE_FOLLOWS = 0x01;
/** A proof nests no deeper than a key of MAX_KEY_BYTES has nibbles. */
const MAX_DEPTH = 2049;
const OMITTED = new Uint8Array(0);
const OMITTED_VALUE: NodeValue = { kind: "inline", bytes: OMITTED };

/** PROOF_ROOT_MISMATCH: proves another trie. PROOF_EXTRA_NODES: items are left over. PROOF_BAD_BYTES: no SCALE `Vec<Vec<u8>>`. */
export type CompactProofErrorCode = ProofErrorCode | "PROOF_ROOT_MISMATCH" | "PROOF_EXTRA_NODES" | "PROOF_BAD_BYTES";

/** Nodes of a read proof to compact items. A subtree that stands in two places is written twice, as sp-trie does. */
export function encodeCompactProof(
  root: Uint8Array, nodes: readonly Uint8Array[], limits: ProofLimits = DEFAULT_PROOF_LIMITS,
): Result<Uint8Array[], CompactProofErrorCode> {
  if (!withinLimits(nodes, limits)) return err("PROOF_TOO_LARGE");
  const byHash = indexNodes(nodes);
  const items: Uint8Array[] = [];
  let bytes = 0;
  const waiting = [{ hash: root, depth: 0 }];
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    const encoding = byHash.get(toLatin1(next.hash));
    if (encoding === undefined) return err("PROOF_INCOMPLETE");
    const node = tryDecode(encoding);
    if (node === undefined || next.depth > MAX_DEPTH) return err("PROOF_BAD_NODE");
    const { items: written, children } = compactNode(node, byHash);
    for (const item of written) bytes += item.length;
    items.push(...written);
    // The bound matters: shared subtrees make a proof of n nodes exponentially long.
    if (items.length > limits.nodesMax || bytes > limits.bytesMax) return err("PROOF_TOO_LARGE");
    for (const hash of children.reverse()) waiting.push({ hash, depth: next.depth + 1 });
  }
  return ok(items);
}

function compactNode(node: TrieNode, byHash: ReadonlyMap<string, Uint8Array>): { items: Uint8Array[]; children: Uint8Array[] } {
  if (node.type === "empty") return { items: [encodeNode(node)], children: [] };
  const detached = node.value?.kind === "hashed" ? byHash.get(toLatin1(node.value.hash)) : undefined;
  const value = detached === undefined ? node.value : OMITTED_VALUE;
  const children: Uint8Array[] = [];
  let encoded: Uint8Array;
  if (node.type === "leaf") {
    encoded = encodeNode({ ...node, value: value! });
  } else {
    const kept = node.children.map((reference) => {
      if (reference?.length !== HASH_BYTES || !byHash.has(toLatin1(reference))) return reference;
      children.push(reference);
      return OMITTED;
    });
    encoded = encodeNode({ ...node, value, children: kept });
  }
  if (detached === undefined) return { items: [encoded], children };
  const escaped = new Uint8Array(1 + encoded.length);
  escaped[0] = VALUE_FOLLOWS;
  escaped.set(encoded, 1);
  return { items: [escaped, detached], children };
}

export interface DecodedProof {
  readonly root: Uint8Array;
  /** The full nodes and detached values, each once. */
  readonly nodes: Uint8Array[];
}

/** A branch whose children are being read. */
interface Open {
  readonly node: BranchNode;
  readonly children: (Uint8Array | undefined)[];
  /** The child that the next item is. */
  at: number;
}

/**
 * Compact items back to full nodes. Each item makes one node at most, so time and memory are linear in the input, which the
 * limits bound together with what comes out.
 */
export function decodeCompactProof(
  items: readonly Uint8Array[], limits: ProofLimits = DEFAULT_PROOF_LIMITS,
): Result<DecodedProof, CompactProofErrorCode> {
  if (!withinLimits(items, limits)) return err("PROOF_TOO_LARGE");
  const decoder = new CompactDecoder(limits.bytesMax);
  for (let i = 0; i < items.length; i++) {
    const detached = items[i][0] === VALUE_FOLLOWS;
    const node = tryDecode(detached ? items[i].subarray(1) : items[i], true);
    if (node === undefined) return err("PROOF_BAD_NODE");
    if (detached && ++i === items.length) return err("PROOF_INCOMPLETE");
    const failed = decoder.read(node, detached ? items[i] : undefined);
    if (failed !== undefined) return err(failed);
    if (decoder.root !== undefined) {
      return i + 1 === items.length ? ok({ root: decoder.root, nodes: [...decoder.nodes.values()] }) : err("PROOF_EXTRA_NODES");
    }
  }
  return err("PROOF_INCOMPLETE");
}

class CompactDecoder {
  root: Uint8Array | undefined = undefined;
  readonly nodes = new Map<string, Uint8Array>();
  readonly #open: Open[] = [];
  #bytesLeft: number;

  constructor(bytesMax: number) {
    this.#bytesLeft = bytesMax;
  }

  read(read: TrieNode, detached: Uint8Array | undefined): CompactProofErrorCode | undefined {
    const node = detached === undefined ? read : this.#attach(read, detached);
    if (node === undefined || (node.type === "empty" && this.#open.length > 0)) return "PROOF_BAD_NODE";
    if (node.type === "branch") {
      if (this.#open.length >= MAX_DEPTH) return "PROOF_BAD_NODE";
      this.#open.push({ node, children: [...node.children], at: -1 });
    } else {
      this.#finish(node);
    }
    this.#closeFinished();
    return this.#bytesLeft < 0 ? "PROOF_TOO_LARGE" : undefined;
  }

  /** The node with the hash of its value in place; undefined when it has no room for one. */
  #attach(node: TrieNode, detached: Uint8Array): TrieNode | undefined {
    if (node.type === "empty" || node.value?.kind !== "inline" || node.value.bytes.length > 0) return undefined;
    return { ...node, value: { kind: "hashed", hash: this.#keep(detached) } };
  }

  /** Encodes every open branch whose omitted children have all been read. */
  #closeFinished(): void {
    for (let top = this.#open.at(-1); top !== undefined; top = this.#open.at(-1)) {
      top.at = top.children.findIndex((reference) => reference?.length === 0);
      if (top.at >= 0) return;
      this.#open.pop();
      this.#finish({ ...top.node, children: top.children });
    }
  }

  #finish(node: TrieNode): void {
    const hash = this.#keep(encodeNode(node));
    const parent = this.#open.at(-1);
    if (parent === undefined) this.root = hash;
    else parent.children[parent.at] = hash;
  }

  #keep(bytes: Uint8Array): Uint8Array {
    const hash = blake2b256(bytes);
    const id = toLatin1(hash);
    if (!this.nodes.has(id)) {
      this.nodes.set(id, bytes);
      this.#bytesLeft -= bytes.length;
    }
    return hash;
  }
}

/** What a trie with this root has under `key`. */
export function verifyCompactProof(
  root: Uint8Array, items: readonly Uint8Array[], key: Uint8Array, limits: ProofLimits = DEFAULT_PROOF_LIMITS,
): Result<Proven, CompactProofErrorCode> {
  const decoded = decodeCompactProof(items, limits);
  if (!decoded.ok) return decoded;
  if (!equalBytes(decoded.value.root, root)) return err("PROOF_ROOT_MISMATCH");
  const opened = openProof(root, decoded.value.nodes, { nodesMax: 2 * limits.nodesMax, bytesMax: limits.bytesMax });
  return opened.ok ? opened.value.get(key) : opened;
}

/** SCALE `Vec<Vec<u8>>`: how a proof travels. */
export function encodeProofItems(items: readonly Uint8Array[]): Uint8Array {
  const out = new NodeWriter();
  out.compact(items.length);
  for (const item of items) out.value({ kind: "inline", bytes: item });
  return out.take();
}

/** The items are views into `bytes`. */
export function decodeProofItems(
  bytes: Uint8Array, limits: ProofLimits = DEFAULT_PROOF_LIMITS,
): Result<Uint8Array[], CompactProofErrorCode> {
  if (bytes.length > limits.bytesMax) return err("PROOF_TOO_LARGE");
  const count = compactAt(bytes, 0);
  if (count === undefined) return err("PROOF_BAD_BYTES");
  if (count.value > limits.nodesMax) return err("PROOF_TOO_LARGE");
  const items: Uint8Array[] = [];
  let offset = count.end;
  for (let i = 0; i < count.value; i++) {
    const length = compactAt(bytes, offset);
    if (length === undefined || length.end + length.value > bytes.length) return err("PROOF_BAD_BYTES");
    offset = length.end + length.value;
    items.push(bytes.subarray(length.end, offset));
  }
  return offset === bytes.length ? ok(items) : err("PROOF_BAD_BYTES");
}

/** A compact<u32> under 2^30 in its shortest form. */
function compactAt(bytes: Uint8Array, offset: number): { readonly value: number; readonly end: number } | undefined {
  const size = offset < bytes.length ? [1, 2, 4, 0][bytes[offset] & 3] : 0;
  if (size === 0 || offset + size > bytes.length) return undefined;
  let value = 0;
  for (let i = size - 1; i >= 0; i--) value = value * 256 + bytes[offset + i];
  value = Math.floor(value / 4);
  return size > 1 && value < (size === 2 ? 64 : 16_384) ? undefined : { value, end: offset + size };
}
