// What the RPC methods ask of the node. `node` implements it; nothing here changes the chain.
import type { RuntimeApis } from "../runtime/frame/apis.ts";
import type { RuntimeVersion } from "../runtime/frame/types.ts";
import { CodedError } from "../runtime/primitives/errors.ts";
import type { AccountId, BlockHash, Hash, Header } from "../runtime/primitives/types.ts";

export interface BlockRef {
  readonly hash: BlockHash;
  readonly number: number;
}

/** A block that the node has executed, notarized or not. */
export interface ImportedBlock extends BlockRef {
  readonly parent: BlockHash;
  readonly header: Header;
  /** With their length prefixes. */
  readonly extrinsics: readonly Uint8Array[];
  /** What the block changed, by the latin1 of the storage key; undefined is removed. */
  readonly changes: ReadonlyMap<string, Uint8Array | undefined>;
  /** Set when this block's state asks for another runtime version than its parent's. */
  readonly newRuntime: RuntimeVersion | undefined;
}

/** Told synchronously, in this order: a block is announced before it is best, and best before it is finalized. */
export type ChainEvent =
  | { readonly type: "newBlock"; readonly block: ImportedBlock }
  /** `retracted` from the old best down to the fork, `enacted` from the fork up to the new best. */
  | { readonly type: "best"; readonly block: ImportedBlock; readonly retracted: readonly ImportedBlock[]; readonly enacted: readonly ImportedBlock[] }
  /** `finalized` parents first; `pruned` are forks that can never be final now. */
  | { readonly type: "finalized"; readonly finalized: readonly ImportedBlock[]; readonly pruned: readonly ImportedBlock[] };

/** The state after one block. */
export interface StateView {
  readonly block: BlockRef;
  readonly runtime: RuntimeApis;
  get(key: Uint8Array): Promise<Uint8Array | undefined>;
  /** Keys with `prefix` in byte order, after `start` (exclusive), at most `limit`. */
  keys(prefix: Uint8Array, start: Uint8Array | undefined, limit: number): Promise<Uint8Array[]>;
  /** Throws RuntimeApiError. */
  call(method: string, input: Uint8Array): Promise<Uint8Array>;
  /** Trie nodes that prove the keys' values or absence against the block's state root. */
  proof(keys: readonly Uint8Array[]): Promise<Uint8Array[]>;
}

export class BackendError extends CodedError<
  | { code: "UNKNOWN_BLOCK"; hash: string }
  /** The state was pruned (`--state-pruning`), or its fork was dropped. */
  | { code: "STATE_DISCARDED"; hash: string }
  | { code: "BODY_DISCARDED"; hash: string }
> {}

export interface ChainBackend {
  readonly genesisHash: BlockHash;
  best(): BlockRef;
  finalized(): BlockRef;
  /** On the best chain. */
  blockHash(number: number): Promise<BlockHash | undefined>;
  /** Of all known forks, the best chain's first. */
  blockHashes(number: number): Promise<readonly BlockHash[]>;
  header(hash: BlockHash): Promise<Header | undefined>;
  body(hash: BlockHash): Promise<readonly Uint8Array[] | undefined>;
  /** Pairs of engine id (4 bytes) and encoded justification. */
  justifications(hash: BlockHash): Promise<readonly (readonly [Uint8Array, Uint8Array])[] | undefined>;
  /** Throws BackendError. */
  state(hash: BlockHash): Promise<StateView>;
  /** Unfinalized blocks that are not on the best chain are included, parents first; starts at the finalized block. */
  unfinalized(): readonly ImportedBlock[];
  /** Keeps a block's header, body and state readable until the returned function is called, even when pruning or a fork choice would drop it. */
  pin(hash: BlockHash): () => void;
  subscribe(listener: (event: ChainEvent) => void): () => void;
}

/** What becomes of a submitted transaction; exactly the steps of `author_extrinsicUpdate`. */
export type TransactionStatus =
  | { readonly type: "future" }
  | { readonly type: "ready" }
  | { readonly type: "broadcast"; readonly peers: readonly string[] }
  | { readonly type: "inBlock"; readonly block: BlockHash; readonly index: number }
  | { readonly type: "retracted"; readonly block: BlockHash }
  | { readonly type: "finalityTimeout"; readonly block: BlockHash }
  | { readonly type: "finalized"; readonly block: BlockHash; readonly index: number }
  | { readonly type: "usurped"; readonly by: Hash }
  /** `reason` is for people: the pool was full, its time ran out, ... */
  | { readonly type: "dropped"; readonly reason: string }
  | { readonly type: "invalid"; readonly reason: string };

/** After these nothing follows. */
export const FINAL_STATUSES: ReadonlySet<TransactionStatus["type"]> = new Set(["finalized", "finalityTimeout", "usurped", "dropped", "invalid"]);

/** Substrate's codes of refused transactions; `data` is what clients show. */
export class PoolError extends CodedError<{
  readonly code:
    | "POOL_BAD_FORMAT" // 1001
    | "POOL_VERIFICATION" // 1002
    | "POOL_INVALID_TX" // 1010
    | "POOL_UNKNOWN_VALIDITY" // 1011
    | "POOL_TEMPORARILY_BANNED" // 1012
    | "POOL_ALREADY_IMPORTED" // 1013
    | "POOL_TOO_LOW_PRIORITY" // 1014
    | "POOL_CYCLE" // 1015
    | "POOL_IMMEDIATELY_DROPPED" // 1016
    | "POOL_UNACTIONABLE" // 1018
    | "POOL_NO_TAGS" // 1019
    | "POOL_INVALID_BLOCK_ID" // 1020
    | "POOL_FUTURE_NOT_ACCEPTED"; // 1021
  readonly data?: string | number | undefined;
}> {}

export interface Watch {
  readonly hash: Hash;
  /** Stops the reports; the transaction stays in the pool. */
  unwatch(): void;
}

export interface PoolBackend {
  /** @param encoded - with its length prefix. Throws PoolError. */
  submit(encoded: Uint8Array): Promise<Hash>;
  /** Reports begin after the promise has resolved. Throws PoolError. */
  submitAndWatch(encoded: Uint8Array, report: (status: TransactionStatus) => void): Promise<Watch>;
  /** Ready transactions in the order in which a block would take them. */
  pending(): readonly Uint8Array[];
  /** The nonce after all ready transactions of an account on the best state. */
  nextNonce(account: AccountId): Promise<number>;
  /** Removes (and bans) transactions by hash; returns those that were there. */
  remove(hashes: readonly Hash[]): readonly Hash[];
  readonly size: { readonly ready: number; readonly future: number; readonly bytes: number };
}

export interface PeerInfo {
  readonly peerId: string;
  readonly roles: string;
  readonly bestHash: BlockHash;
  readonly bestNumber: number;
}

export interface SystemBackend {
  readonly nodeName: string;
  readonly implementationName: string;
  readonly version: string;
  readonly chainName: string;
  readonly chainType: "Development" | "Local" | "Live" | { readonly Custom: string };
  readonly properties: Readonly<Record<string, unknown>>;
  /** The chain spec as JSON, raw genesis included; for `sync_state_genSyncSpec`-like exports and `chainSpec`. */
  readonly roles: readonly string[];
  health(): { readonly peers: number; readonly isSyncing: boolean; readonly shouldHavePeers: boolean };
  syncState(): { readonly startingBlock: number; readonly currentBlock: number; readonly highestBlock: number };
  peers(): readonly PeerInfo[];
  localPeerId(): string;
  listenAddresses(): readonly string[];
  addLogFilter(directives: string): void;
  resetLogFilter(): void;
}

/** Session keys of this node. */
export interface KeyBackend {
  /** Concatenated public keys. */
  rotateKeys(): Promise<Uint8Array>;
  insertKey(keyType: string, suri: string, publicKey: Uint8Array): Promise<void>;
  hasKey(publicKey: Uint8Array, keyType: string): Promise<boolean>;
  hasSessionKeys(sessionKeys: Uint8Array): Promise<boolean>;
}

export interface Backend {
  readonly chain: ChainBackend;
  readonly pool: PoolBackend;
  readonly system: SystemBackend;
  readonly keys: KeyBackend;
  /** On a development chain a refused signature says which signed part differs. */
  readonly dev: boolean;
}
