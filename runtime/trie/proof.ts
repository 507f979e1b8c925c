// Verification of read proofs. Runs anywhere: it needs a root hash that the caller trusts, the nodes, and a key.
import { blake2b256 } from "#hash";
import { toLatin1 } from "../primitives/bytes.ts";
import { DecodeError } from "../primitives/errors.ts";
import type { Result } from "../primitives/result.ts";
import { err, ok } from "../primitives/result.ts";
import type { NodeValue, TrieNode } from "./node-codec.ts";
import { decodeNode, HASH_BYTES } from "./node-codec.ts";
import { MAX_KEY_BYTES, nibbleAt } from "./nibbles.ts";

/**
 * PROOF_INCOMPLETE: a node or value on the way to the key is missing, or was altered, which is the same.
 * PROOF_BAD_NODE: a node that the root vouches for is no trie node. PROOF_TOO_LARGE: over the limits.
 * PROOF_KEY_TOO_LONG: no key of the trie has more than MAX_KEY_BYTES.
 */
export type ProofErrorCode = "PROOF_INCOMPLETE" | "PROOF_BAD_NODE" | "PROOF_TOO_LARGE" | "PROOF_KEY_TOO_LONG";

export type Proven = { readonly present: true; readonly value: Uint8Array } | { readonly present: false };

export interface ProofLimits {
  readonly nodesMax: number;
  readonly bytesMax: number;
}

export const DEFAULT_PROOF_LIMITS: ProofLimits = { nodesMax: 65_536, bytesMax: 16 * 1024 * 1024 };

/** What a trie with this root has under `key`. Nodes that are not needed are ignored, in any order. */
export function verifyProof(
  root: Uint8Array, nodes: readonly Uint8Array[], key: Uint8Array, limits: ProofLimits = DEFAULT_PROOF_LIMITS,
): Result<Proven, ProofErrorCode> {
  const opened = openProof(root, nodes, limits);
  return opened.ok ? opened.value.get(key) : opened;
}

/** Hashes the nodes once, for several keys. */
export function openProof(
  root: Uint8Array, nodes: readonly Uint8Array[], limits: ProofLimits = DEFAULT_PROOF_LIMITS,
): Result<ProofView, "PROOF_TOO_LARGE"> {
  if (!withinLimits(nodes, limits)) return err("PROOF_TOO_LARGE");
  return ok(new ProofView(root, indexNodes(nodes)));
}

export function withinLimits(nodes: readonly Uint8Array[], limits: ProofLimits): boolean {
  let bytes = 0;
  for (const node of nodes) bytes += node.length;
  return nodes.length <= limits.nodesMax && bytes <= limits.bytesMax;
}

/** Nodes by their hash (latin1). */
export function indexNodes(nodes: readonly Uint8Array[]): Map<string, Uint8Array> {
  const byHash = new Map<string, Uint8Array>();
  for (const node of nodes) byHash.set(toLatin1(blake2b256(node)), node);
  return byHash;
}

export class ProofView {
  readonly #root: Uint8Array;
  readonly #byHash: ReadonlyMap<string, Uint8Array>;

  constructor(root: Uint8Array, byHash: ReadonlyMap<string, Uint8Array>) {
    this.#root = root;
    this.#byHash = byHash;
  }

  /** At most one step per nibble of the key. */
  get(key: Uint8Array): Result<Proven, ProofErrorCode> {
    if (key.length > MAX_KEY_BYTES) return err("PROOF_KEY_TOO_LONG");
    let encoding = this.#byHash.get(toLatin1(this.#root));
    const end = key.length * 2;
    for (let depth = 0; ; ) {
      if (encoding === undefined) return err("PROOF_INCOMPLETE");
      const node = tryDecode(encoding);
      if (node === undefined || (node.type === "empty" && depth > 0)) return err("PROOF_BAD_NODE");
      if (node.type === "empty" || !runsThrough(key, depth, node.partial)) return ok({ present: false });
      depth += node.partial.length;
      if (node.type === "leaf") return depth === end ? this.#value(node.value) : ok({ present: false });
      if (depth === end) return node.value === undefined ? ok({ present: false }) : this.#value(node.value);
      const reference: Uint8Array | undefined = node.children[nibbleAt(key, depth++)];
      if (reference === undefined) return ok({ present: false });
      encoding = reference.length === HASH_BYTES ? this.#byHash.get(toLatin1(reference)) : reference;
    }
  }

  #value(value: NodeValue): Result<Proven, "PROOF_INCOMPLETE"> {
    const bytes = value.kind === "inline" ? value.bytes : this.#byHash.get(toLatin1(value.hash));
    return bytes === undefined ? err("PROOF_INCOMPLETE") : ok({ present: true, value: new Uint8Array(bytes) });
  }
}

function runsThrough(key: Uint8Array, depth: number, partial: Uint8Array): boolean {
  if (depth + partial.length > key.length * 2) return false;
  for (let i = 0; i < partial.length; i++) if (nibbleAt(key, depth + i) !== partial[i]) return false;
  return true;
}

/** Undefined when the bytes are no trie node. */
export function tryDecode(encoding: Uint8Array, omitted = false): TrieNode | undefined {
  try {
    return decodeNode(encoding, omitted);
  } catch (cause) {
    if (cause instanceof DecodeError) return undefined;
    throw cause;
  }
}
