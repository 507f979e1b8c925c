import { blake2b256 } from "#hash";
import { encode } from "../runtime/primitives/codec/index.ts";
import { BlockHash, Hash, HeaderTy, ZERO_HASH } from "../runtime/primitives/types.ts";
import type { Header } from "../runtime/primitives/types.ts";
import { EMPTY_ROOT } from "../runtime/trie/trie.ts";

/** Number 0, no parent, the root of an empty body, an empty digest. */
export function genesisHeader(stateRoot: Uint8Array): Header {
  return { parent_hash: ZERO_HASH, number: 0, state_root: Hash(stateRoot), extrinsics_root: Hash(EMPTY_ROOT), digest: { logs: [] } };
}

export function headerHash(header: Header): BlockHash {
  return BlockHash(blake2b256(encode(HeaderTy, header)));
}
