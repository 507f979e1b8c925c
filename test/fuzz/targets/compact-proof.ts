import { equalBytes, toLatin1 } from "../../../runtime/primitives/bytes.ts";
import { proveFromEntries, trieRoot } from "../../../runtime/trie/build.ts";
import { decodeCompactProof, decodeProofItems, encodeCompactProof, encodeProofItems, verifyCompactProof } from "../../../runtime/trie/compact-proof.ts";
import { entries } from "../trie-material.ts";
import { same } from "../rules.ts";

export const lengthMax = 16_384;
const root = trieRoot(entries, 1);

/** A compact proof is refused, or stands for nodes that make a compact proof of the same nodes again. */
export function fuzz(bytes: Uint8Array): void {
  const items = decodeProofItems(bytes);
  if (!items.ok) return;
  for (const [key, value] of entries.slice(0, 3)) {
    const proven = verifyCompactProof(root, items.value, key);
    if (proven.ok && !(proven.value.present && equalBytes(proven.value.value, value))) throw new Error("something else is proven under the true root");
  }
  const decoded = decodeCompactProof(items.value);
  if (!decoded.ok) return;
  const compact = encodeCompactProof(decoded.value.root, decoded.value.nodes);
  if (!compact.ok) {
    if (compact.error !== "PROOF_TOO_LARGE") throw new Error(`the nodes make no compact proof: ${compact.error}`);
    return;
  }
  const again = decodeCompactProof(compact.value);
  if (!again.ok) throw new Error(`the compact proof that we wrote is refused: ${again.error}`);
  same(again.value.root, decoded.value.root, "the root");
  const known = new Set(decoded.value.nodes.map(toLatin1));
  if (again.value.nodes.some((node) => !known.has(toLatin1(node)))) throw new Error("a node that was not in the proof");
}

export function seeds(): Uint8Array[] {
  const sets = [[entries[0]![0]], entries.slice(0, 5).map(([key]) => key), entries.map(([key]) => key)];
  return sets.map((keys) => {
    const compact = encodeCompactProof(root, proveFromEntries(entries, keys, 1).nodes);
    if (!compact.ok) throw new Error(compact.error);
    return encodeProofItems(compact.value);
  });
}
