import { toLatin1 } from "../../runtime/primitives/bytes.ts";
import type { Hash } from "../../runtime/primitives/types.ts";
import { nibbleAt } from "../../runtime/trie/nibbles.ts";
import { HASH_BYTES } from "../../runtime/trie/node-codec.ts";
import { indexNodes, tryDecode } from "../../runtime/trie/proof.ts";
import { BackendError } from "../backend.ts";
import type { StateView } from "../backend.ts";
import { hex } from "../encode.ts";

/**
 * The Merkle value of the trie node at `key` or, where there is none, of the nearest node below it: 32 bytes of hash, or the node
 * itself when it is shorter. It changes exactly when something at or below the key does. Undefined when nothing is there.
 */
export async function closestDescendantMerkleValue(state: StateView, stateRoot: Hash, key: Uint8Array): Promise<Uint8Array | undefined> {
  const nodes = indexNodes(await state.proof([key]));
  const end = key.length * 2;
  let reference: Uint8Array = stateRoot;
  // At most one step per nibble of the key.
  for (let depth = 0; ; ) {
    const encoding = reference.length === HASH_BYTES ? nodes.get(toLatin1(reference)) : reference;
    const node = encoding === undefined ? undefined : tryDecode(encoding);
    if (node === undefined) {
      throw new BackendError({ code: "STATE_DISCARDED", hash: hex(state.block.hash) }, "the state's trie is not readable");
    }
    if (node.type === "empty") return undefined;
    const shared = Math.min(node.partial.length, end - depth);
    for (let i = 0; i < shared; i++) if (node.partial[i] !== nibbleAt(key, depth + i)) return undefined;
    depth += node.partial.length;
    if (depth >= end) return reference;
    if (node.type === "leaf") return undefined;
    const child = node.children[nibbleAt(key, depth++)];
    if (child === undefined) return undefined;
    reference = child;
  }
}
