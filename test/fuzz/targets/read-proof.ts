import { blake2b256 } from "#hash";
import { utf8 } from "../../../runtime/primitives/bytes.ts";
import { DecodeError } from "../../../runtime/primitives/errors.ts";
import { proveFromEntries, trieRoot } from "../../../runtime/trie/build.ts";
import { decodeProofItems, encodeProofItems } from "../../../runtime/trie/compact-proof.ts";
import { decodeNode, encodeNode } from "../../../runtime/trie/node-codec.ts";
import { verifyProof } from "../../../runtime/trie/proof.ts";
import { entries } from "../trie-material.ts";
import { refusable, same } from "../rules.ts";

export const lengthMax = 16_384;
const root = trieRoot(entries, 1);

/** Items are nodes of a proof, the first taken for the root: a lookup gives a result. What the true root vouches for is never changed. */
export function fuzz(bytes: Uint8Array): void {
  const node = refusable(() => decodeNode(bytes), DecodeError);
  if (node !== undefined) same(encodeNode(node), bytes, "the node encodes to other bytes");
  const items = decodeProofItems(bytes);
  if (!items.ok) return;
  same(encodeProofItems(items.value), bytes, "the items encode to other bytes");
  for (const [key, value] of entries) {
    if (items.value.length > 0) verifyProof(blake2b256(items.value[0]!), items.value, key);
    const proven = verifyProof(root, items.value, key);
    if (!proven.ok) continue;
    if (!proven.value.present) throw new Error("a key that is there is proven absent");
    same(proven.value.value, value, "another value is proven");
  }
}

export function seeds(): Uint8Array[] {
  const proofs = [[], [entries[0]![0]], entries.slice(0, 5).map(([key]) => key), [utf8("absent")]].map((keys) => proveFromEntries(entries, keys, 1).nodes);
  return [...proofs.map(encodeProofItems), ...proofs.flat()];
}
