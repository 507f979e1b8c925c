// The one road of a block: bytes -> decoded -> verified -> executed -> (notarized, finalized) -> committed. Each stage takes
// the type that only the stage before makes, so a stage cannot be skipped.
import type { BlockHash, Header } from "../../runtime/primitives/types.ts";
import type { Brand } from "../../runtime/primitives/brand.ts";
import type { Extrinsic } from "../../runtime/frame/extrinsic.ts";
import type { StateChange } from "../../runtime/frame/state.ts";
import type { TrieRoot } from "../../runtime/trie/trie.ts";
import type { BlockNode } from "./block-node.ts";

interface BlockParts {
  readonly hash: BlockHash;
  readonly header: Header;
  /** With their length prefixes. */
  readonly extrinsics: readonly Uint8Array[];
}

/** Well-formed: the header hashes to `hash`, the body to the header's extrinsics root, every extrinsic decodes. */
export type DecodedBlock = Brand<BlockParts & { readonly decoded: readonly Extrinsic[]; readonly parent: BlockNode }, "DecodedBlock">;
/** Its signatures hold. */
export type VerifiedBlock = Brand<Omit<DecodedBlock, never>, "VerifiedBlock">;
/** Its state root is the one that executing it on its parent gives. */
export type ExecutedBlock = Brand<BlockParts & { readonly changes: readonly StateChange[]; readonly trie: TrieRoot }, "ExecutedBlock">;
