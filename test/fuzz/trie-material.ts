// A small trie with long and short keys, inline and hashed values, and keys that are prefixes of others.
import { compareBytes, utf8 } from "../../runtime/primitives/bytes.ts";

const names = ["a", "ab", "abc", "b", "branch", "branches", "do", "dog", "doge", "horse", "k0", "k1", "k2", "k3", "long-key-of-which-nothing-else-is-a-prefix"];
export const entries: readonly (readonly [Uint8Array, Uint8Array])[] = names
  .map((name, i) => [utf8(name), new Uint8Array(i % 3 === 0 ? 40 + i : 1 + i).fill(i)] as const)
  .sort((a, b) => compareBytes(a[0], b[0]));
