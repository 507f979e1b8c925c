import { concatBytes, equalBytes, toHex, toLatin1, utf8 } from "../../runtime/primitives/bytes.ts";
import { bytes, decode, encode, fixedBytes, tuple, vec } from "../../runtime/primitives/codec/index.ts";
import { InvariantError } from "../../runtime/primitives/errors.ts";
import { BlockHash, HeaderTy } from "../../runtime/primitives/types.ts";
import type { StateReader } from "../../runtime/frame/state.ts";
import { CODE_KEY } from "../../runtime/frame/storage.ts";
import { StateTrie } from "../../runtime/trie/trie.ts";
import type { TrieRoot } from "../../runtime/trie/trie.ts";
import type { ChainEvent } from "../../rpc/backend.ts";
import { genesisHeader, headerHash } from "../../genesis/header.ts";
import { DatabaseError } from "../db/database.ts";
import { corrupt, openHead } from "../db/open-head.ts";
import type { Database, WriteBatch } from "../db/database.ts";
import { FinalizedState } from "../db/finalized-state.ts";
import { pruneHistory, recordHistory } from "../db/history.ts";
import { MetaKey, Table, readU32be, u32be } from "../db/keys.ts";
import { DatabaseTrieStore } from "../db/trie-store.ts";
import { BlockNode, OverlayState } from "./block-node.ts";
import type { ExecutedBlock } from "./road.ts";
import { Runtimes } from "./runtimes.ts";

export const BodyTy = vec(bytes);
export const JustificationsTy = vec(tuple(fixedBytes(4), bytes));
export type Justifications = readonly (readonly [Uint8Array, Uint8Array])[];

export interface ChainOptions {
  /** How many blocks' states below the finalized one stay readable; "archive" keeps all. */
  readonly statePruning: number | "archive";
  readonly blocksPruning: number | "archive";
  /** Off only for a chain that is thrown away with the process. */
  readonly sync: boolean;
}

/** The content of a chain's first state, and how its values are hashed. */
export interface Genesis {
  readonly entries: readonly (readonly [key: Uint8Array, value: Uint8Array])[];
  readonly stateVersion: 0 | 1;
}

/** Committed blocks that stay in memory for quick reads and proofs. */
const RECENT_BLOCKS = 16;
/** Work that one commit may spend on pruning, in blocks: two, so that a lowered limit is reached too. */
const PRUNE_PER_COMMIT = 2;
const TRIE_MEMORY_BYTES = 256 * 1_048_576;

/**
 * The tree of executed blocks over the committed state, and the only writer of the database: one atomic batch per finalized
 * block. It decides nothing about which block is best or final.
 */
export class Chain {
  readonly database: Database;
  readonly runtimes: Runtimes;
  readonly genesisHash: BlockHash;
  readonly trie: StateTrie;
  readonly base: FinalizedState;
  readonly options: ChainOptions;
  readonly #store: DatabaseTrieStore;
  readonly #nodes = new Map<string, BlockNode>();
  readonly #listeners = new Set<(event: ChainEvent) => void>();
  #head: BlockNode;
  #best: BlockNode;
  #stateFrom: number;
  #bodyFrom: number;
  /** The block whose batch is on its way: the database may show its state already, so its parent's is only in history now. */
  #writing: BlockNode | undefined;
  #commits: Promise<void> = Promise.resolve();

  private constructor(database: Database, options: ChainOptions, genesisHash: BlockHash, parts: { trie: StateTrie; store: DatabaseTrieStore; base: FinalizedState; runtimes: Runtimes; head: BlockNode }) {
    this.database = database;
    this.options = options;
    this.genesisHash = genesisHash;
    this.runtimes = parts.runtimes;
    this.trie = parts.trie;
    this.#store = parts.store;
    this.base = parts.base;
    this.#head = parts.head;
    this.#best = parts.head;
    this.#nodes.set(toLatin1(parts.head.hash), parts.head);
    this.#stateFrom = this.#metaU32(MetaKey.StateFrom);
    this.#bodyFrom = this.#metaU32(MetaKey.BodyFrom);
  }

  /** Opens the chain in `database`, or writes `genesis` into an empty one. Throws DatabaseError when it holds another chain. */
  static async open(database: Database, genesis: Genesis, options: ChainOptions): Promise<Chain> {
    const store = new DatabaseTrieStore(database);
    const trie = new StateTrie({ store, stateVersion: genesis.stateVersion });
    if (database.meta(MetaKey.Head) === undefined) await writeGenesis(database, store, trie, genesis, options);
    else await checkGenesis(database, genesis);
    const { hash, header } = await openHead(database);
    const base = new FinalizedState(database);
    const code = base.get(CODE_KEY);
    if (code === undefined) throw corrupt(database, "the state has no :code");
    const runtimes = new Runtimes();
    const head = new BlockNode({
      hash,
      header,
      extrinsics: decode(BodyTy, database.get(Table.Body, hash) ?? Uint8Array.of(0)),
      changes: [],
      runtime: runtimes.forCode(code),
      newRuntime: undefined,
      trie: loadTrie(database, trie, header.state_root),
      parentNode: undefined,
    });
    head.committed = true;
    return new Chain(database, options, BlockHash(new Uint8Array(database.meta(MetaKey.Genesis)!)), { trie, store, base, runtimes, head });
  }

  /** The last committed block. */
  get finalized(): BlockNode {
    return this.#head;
  }

  get best(): BlockNode {
    return this.#best;
  }

  /** The oldest block whose state can be read. */
  get stateFrom(): number {
    return this.#stateFrom;
  }

  get bodyFrom(): number {
    return this.#bodyFrom;
  }

  /** An executed block that is in memory: above the finalized one, pinned, or recently committed. */
  node(hash: Uint8Array): BlockNode | undefined {
    return this.#nodes.get(toLatin1(hash));
  }

  nodes(): Iterable<BlockNode> {
    return this.#nodes.values();
  }

  /** The state after `node`, for executing its children: `node` must descend from the committed head. */
  stateAfter(node: BlockNode): StateReader {
    return new OverlayState(node, this.base, this.trie);
  }

  /** Whether `stateAfter` can answer for this block, and children may be put on it. */
  isLive(node: BlockNode): boolean {
    return !node.dropped && (node === (this.#writing ?? this.#head) || !node.committed);
  }

  /** Whether what `base` gives is the state after `finalized`: not while a batch is being written. */
  get isSettled(): boolean {
    return this.#writing === undefined;
  }

  /** Adds an executed block to the tree. Adding it twice is harmless. */
  insert(block: ExecutedBlock): BlockNode {
    const known = this.node(block.hash);
    if (known !== undefined) return known;
    const parent = this.node(block.header.parent_hash);
    if (parent === undefined || !this.isLive(parent)) throw new InvariantError("ORPHAN", `block ${toHex(block.hash)} has no live parent`);
    const code = block.changes.find(({ key }) => equalBytes(key, CODE_KEY))?.value;
    const runtime = code === undefined ? parent.runtime : this.runtimes.forCode(code);
    const node = new BlockNode({ ...block, runtime, newRuntime: runtime === parent.runtime ? undefined : runtime.version, parentNode: parent });
    parent.children.push(node);
    this.#nodes.set(toLatin1(node.hash), node);
    this.#emit({ type: "newBlock", block: node });
    return node;
  }

  /** Makes `node` the best block; it must be live. */
  setBest(node: BlockNode): void {
    if (node === this.#best) return;
    if (!this.isLive(node)) throw new InvariantError("DEAD_BEST", `block ${toHex(node.hash)} cannot be best: a finalized block excludes it`);
    const enacted: BlockNode[] = [];
    const retracted: BlockNode[] = [];
    let up = node;
    let down = this.#best;
    while (up !== down) {
      if (up.number >= down.number) {
        enacted.unshift(up);
        up = up.parentNode!;
      } else {
        retracted.push(down);
        down = down.parentNode!;
      }
    }
    this.#best = node;
    this.#emit({ type: "best", block: node, retracted, enacted });
  }

  /** Commits `node` and its uncommitted ancestors, in order; resolves when all are durable. A failure must end the process. */
  finalize(node: BlockNode, justifications?: Justifications): Promise<void> {
    const done = this.#commits.then(() => this.#finalize(node, justifications));
    this.#commits = done.catch(() => {});
    return done;
  }

  /** Resolves when everything handed to `finalize` is durable. */
  settled(): Promise<void> {
    return this.#commits;
  }

  async #finalize(node: BlockNode, justifications: Justifications | undefined): Promise<void> {
    const path: BlockNode[] = [];
    for (let at: BlockNode = node; at !== this.#head; at = at.parentNode!) {
      if (at.committed || at.dropped) throw new InvariantError("FINALITY_CONFLICT", `block ${toHex(node.hash)} does not descend from the finalized block`);
      path.unshift(at);
    }
    if (path.length === 0) return;
    const pruned: BlockNode[] = [];
    for (const block of path) {
      // Before the batch is written: from then on the database cannot answer for the forks.
      pruned.push(...dropForks(block));
      this.#writing = block;
      // The best block may stand on a fork that just died, or below.
      if (!this.isLive(this.#best)) this.setBest(node);
      await this.#commit(block, block === node ? justifications : undefined);
    }
    this.#emit({ type: "finalized", finalized: path, pruned });
    this.#forgetOld();
  }

  async #commit(node: BlockNode, justifications: Justifications | undefined): Promise<void> {
    const stateFrom = this.#stateHorizon(node.number);
    const bodyFrom = horizon(this.#bodyFrom, node.number, this.options.blocksPruning);
    await this.database.write((batch) => {
      writeBlock(batch, node, justifications);
      for (const { key, value } of node.changeList) {
        if (value === undefined) batch.del(Table.State, key);
        else batch.put(Table.State, key, value);
      }
      this.trie.flush(node.trie, this.#store.sink(batch));
      recordHistory(batch, node.number, node.changeList);
      for (let block = this.#stateFrom + 1; block <= stateFrom; block++) pruneHistory(this.database, batch, block);
      for (let block = this.#bodyFrom; block < bodyFrom; block++) pruneBody(this.database, batch, block);
      batch.put(Table.Meta, utf8(MetaKey.StateFrom), u32be(stateFrom));
      batch.put(Table.Meta, utf8(MetaKey.BodyFrom), u32be(bodyFrom));
    }, { sync: this.options.sync });
    if (this.options.sync) this.database.acknowledge(node);
    this.#store.settled();
    this.base.applied(node.changeList);
    node.committed = true;
    this.#head = node;
    this.#writing = undefined;
    this.#stateFrom = stateFrom;
    this.#bodyFrom = bodyFrom;
    this.trie.evict(node.trie, TRIE_MEMORY_BYTES);
  }

  /** Pinned blocks hold the horizon back. */
  #stateHorizon(number: number): number {
    let limit = horizon(this.#stateFrom, number, this.options.statePruning);
    for (const node of this.#nodes.values()) {
      if (node.pins === 0 || (!node.committed && !node.dropped)) continue;
      // A dropped fork is read over the committed block that it stands on.
      limit = Math.max(this.#stateFrom, Math.min(limit, node.committedAncestor.number));
    }
    return limit;
  }

  /** Lets go of blocks that nobody can ask for any more, or that the database can answer for. */
  #forgetOld(): void {
    for (const node of this.#nodes.values()) {
      const old = node.dropped || (node.committed && node.number < this.#head.number - RECENT_BLOCKS);
      if (old && node.pins === 0) this.#nodes.delete(toLatin1(node.hash));
      // A committed block's ancestors are in the database: keep no chain of nodes alive.
      if (node.committed && node.number < this.#head.number) node.parentNode = undefined;
    }
  }

  /** Keeps a block in memory. Undefined when it is not there. */
  pin(hash: Uint8Array): (() => void) | undefined {
    const node = this.node(hash);
    if (node === undefined) return undefined;
    node.pins++;
    let released = false;
    return () => {
      if (released) return;
      released = true;
      node.pins--;
    };
  }

  subscribe(listener: (event: ChainEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #emit(event: ChainEvent): void {
    for (const listener of this.#listeners) listener(event);
  }

  #metaU32(name: string): number {
    const stored = this.database.meta(name);
    return stored === undefined ? 0 : readU32be(stored);
  }
}

/** Marks what a final `block` excludes, and returns it. */
function dropForks(block: BlockNode): BlockNode[] {
  const { children } = block.parentNode!;
  const pruned = children.filter((child) => child !== block);
  children.splice(0, children.length, block);
  // The list grows while it is walked.
  for (const node of pruned) {
    node.dropped = true;
    pruned.push(...node.children);
  }
  return pruned;
}

function horizon(from: number, head: number, keep: number | "archive"): number {
  if (keep === "archive") return from;
  return Math.max(from, Math.min(head - keep, from + PRUNE_PER_COMMIT));
}

function writeBlock(batch: WriteBatch, node: BlockNode, justifications: Justifications | undefined): void {
  batch.put(Table.Header, node.hash, encode(HeaderTy, node.header));
  batch.put(Table.Body, node.hash, encode(BodyTy, node.extrinsics));
  if (justifications !== undefined) batch.put(Table.Justification, node.hash, encode(JustificationsTy, justifications));
  batch.put(Table.Number, u32be(node.number), node.hash);
  batch.put(Table.Meta, utf8(MetaKey.Head), concatBytes(u32be(node.number), node.hash));
}

/** Headers stay: they are what proofs hang on. */
function pruneBody(database: Database, batch: WriteBatch, number: number): void {
  const hash = database.get(Table.Number, u32be(number));
  if (hash !== undefined && number > 0) batch.del(Table.Body, hash);
}

async function writeGenesis(database: Database, store: DatabaseTrieStore, trie: StateTrie, genesis: Genesis, options: ChainOptions): Promise<void> {
  const changes = genesis.entries.map(([key, value]) => ({ key, value, before: undefined, had: false }));
  const root: TrieRoot = trie.update(trie.empty(), changes, () => undefined);
  const header = genesisHeader(root.hash);
  const hash = headerHash(header);
  await database.write((batch) => {
    for (const { key, value } of changes) batch.put(Table.State, key, value);
    trie.flush(root, store.sink(batch));
    batch.put(Table.Header, hash, encode(HeaderTy, header));
    batch.put(Table.Body, hash, Uint8Array.of(0));
    batch.put(Table.Number, u32be(0), hash);
    batch.put(Table.Meta, utf8(MetaKey.Genesis), hash);
    batch.put(Table.Meta, utf8(MetaKey.Head), concatBytes(u32be(0), hash));
  }, { sync: options.sync });
  store.settled();
}

function loadTrie(database: Database, trie: StateTrie, root: Uint8Array): TrieRoot {
  try {
    return trie.load(root);
  } catch (error) {
    throw corrupt(database, (error as Error).message, error);
  }
}

/** The stored chain must be the one that the chain spec describes. */
async function checkGenesis(database: Database, genesis: Genesis): Promise<void> {
  const { trieRoot } = await import("../../runtime/trie/build.ts");
  const stored = database.meta(MetaKey.Genesis)!;
  const expected = headerHash(genesisHeader(trieRoot(genesis.entries, genesis.stateVersion)));
  if (!equalBytes(stored, expected)) {
    const found = toHex(stored);
    throw new DatabaseError({ code: "DB_OTHER_CHAIN", path: database.path, found }, `the database holds the chain with genesis ${found}, the chain spec says ${toHex(expected)}: choose another --base-path, or purge it`);
  }
}
