// Tries from scratch: the genesis state, the extrinsics root, and proofs of a version that the store no longer holds.
import { compareBytes, toLatin1 } from "../primitives/bytes.ts";
import { InvariantError } from "../primitives/errors.ts";
import type { StateVersion } from "./node-codec.ts";
import type { TrieStore } from "./reader.ts";
import { StateTrie } from "./trie.ts";

export type TrieEntry = readonly [key: Uint8Array, value: Uint8Array];

const nothingStored: TrieStore = { branch: () => undefined, leafKey: () => undefined };
const noValue = (): undefined => undefined;

/** The root of entries whose keys ascend strictly. @throws InvariantError when they do not. */
export function trieRoot(entries: readonly TrieEntry[], stateVersion: StateVersion): Uint8Array {
  return build(entries, stateVersion).root.hash;
}

/** The root of a list: item i under the key compact(i), as for the extrinsics of a block. Fewer than 2^30 items. */
export function orderedTrieRoot(items: readonly Uint8Array[], stateVersion: StateVersion): Uint8Array {
  const entries = items.map((item, index): TrieEntry => [compactIndex(index), item]);
  return trieRoot(entries.sort((a, b) => compareBytes(a[0], b[0])), stateVersion);
}

/** A read proof of `keys` from all entries of a small trie, ascending by key. @returns the root too. */
export function proveFromEntries(
  entries: readonly TrieEntry[], keys: readonly Uint8Array[], stateVersion: StateVersion,
): { readonly root: Uint8Array; readonly nodes: Uint8Array[] } {
  const { trie, root } = build(entries, stateVersion);
  const values = new Map(entries.map(([key, value]) => [toLatin1(key), value]));
  return { root: root.hash, nodes: trie.prove(root, keys, (key) => values.get(toLatin1(key))) };
}

function build(entries: readonly TrieEntry[], stateVersion: StateVersion) {
  const trie = new StateTrie({ store: nothingStored, stateVersion });
  const changes = entries.map(([key, value]) => ({ key, value, had: false }));
  return { trie, root: trie.update(trie.empty(), changes, noValue) };
}

function compactIndex(index: number): Uint8Array {
  if (index < 64) return Uint8Array.of(index << 2);
  if (index < 16_384) return Uint8Array.of(((index << 2) | 1) & 255, index >> 6);
  if (index < 2 ** 30) return Uint8Array.of(((index << 2) | 2) & 255, (index >> 6) & 255, (index >> 14) & 255, index >>> 22);
  throw new InvariantError("TRIE_LIST_TOO_LONG", `${index} has no place in a list of fewer than 2^30 items`);
}
