import { compareBytes, fromLatin1, startsWith, toHex, toLatin1 } from "../../runtime/primitives/bytes.ts";
import type { Hash } from "../../runtime/primitives/types.ts";
import type { RuntimeApis } from "../../runtime/frame/apis.ts";
import type { Host } from "../../runtime/frame/context.ts";
import type { StateReader } from "../../runtime/frame/state.ts";
import { proveFromEntries } from "../../runtime/trie/build.ts";
import { TrieError } from "../../runtime/trie/trie.ts";
import { BackendError } from "../../rpc/backend.ts";
import type { BlockRef, StateView } from "../../rpc/backend.ts";
import { overlayValue } from "../chain/block-node.ts";
import type { BlockNode } from "../chain/block-node.ts";
import type { Chain } from "../chain/chain.ts";
import { HistoricalState, runOver } from "../db/history.ts";
import type { AsyncState } from "../db/history.ts";

/** A proof at an old block rebuilds the whole trie of that block: refused above this many keys. */
const MAX_REBUILT_KEYS = 200_000;

function discarded(block: BlockRef): BackendError {
  return new BackendError({ code: "STATE_DISCARDED", hash: toHex(block.hash) }, `State already discarded for ${toHex(block.hash)}`);
}

/** State after a committed block, as long as it is not pruned. */
class CommittedState implements AsyncState {
  readonly #chain: Chain;
  readonly #block: BlockRef;

  constructor(chain: Chain, block: BlockRef) {
    this.#chain = chain;
    this.#block = block;
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    if (this.#chain.isSettled && this.#chain.finalized.number === this.#block.number) return this.#chain.base.get(key);
    return this.#read((state) => state.get(key));
  }

  keys(prefix: Uint8Array, start: Uint8Array | undefined, limit: number): Promise<Uint8Array[]> {
    return this.#read((state) => state.keys(prefix, start, limit));
  }

  /** Checked after reading: pruning may have passed this block in the meantime. */
  async #read<T>(body: (state: HistoricalState) => Promise<T>): Promise<T> {
    const state = new HistoricalState(this.#chain.database.snapshot(), this.#block.number);
    try {
      const value = await body(state);
      if (this.#block.number < this.#chain.stateFrom) throw discarded(this.#block);
      return value;
    } finally {
      await state.close();
    }
  }
}

/** The overlays of a block that is not committed, over the committed block below them: for forks that were dropped while pinned. */
class ForkState implements AsyncState {
  readonly #node: BlockNode;
  readonly #below: CommittedState;

  constructor(chain: Chain, node: BlockNode) {
    this.#node = node;
    this.#below = new CommittedState(chain, node.committedAncestor);
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    const { found, value } = overlayValue(this.#node, key);
    return found ? value : this.#below.get(key);
  }

  async keys(prefix: Uint8Array, start: Uint8Array | undefined, limit: number): Promise<Uint8Array[]> {
    const changed = this.#overlay(prefix, start);
    const removed = [...changed.values()].filter((present) => !present).length;
    const below = await this.#below.keys(prefix, start, limit + removed);
    const keys = new Set(below.map(toLatin1));
    for (const [id, present] of changed) {
      if (present) keys.add(id);
      else keys.delete(id);
    }
    return [...keys].map(fromLatin1).sort(compareBytes).slice(0, limit);
  }

  /** The keys of the range that the overlays change, by latin1, and whether they exist after this block. */
  #overlay(prefix: Uint8Array, start: Uint8Array | undefined): Map<string, boolean> {
    const out = new Map<string, boolean>();
    for (let node = this.#node; !node.committed; node = node.parentNode!) {
      for (const { key, value } of node.changeList) {
        const id = toLatin1(key);
        if (!out.has(id) && startsWith(key, prefix) && (start === undefined || compareBytes(key, start) > 0)) out.set(id, value !== undefined);
      }
    }
    return out;
  }
}

/** The state after one block, wherever it is: in an overlay, at the head, or in history. */
export class ChainStateView implements StateView {
  readonly block: BlockRef;
  readonly runtime: RuntimeApis;
  readonly #chain: Chain;
  readonly #host: Host;
  readonly #node: BlockNode | undefined;

  constructor(chain: Chain, host: Host, block: BlockRef, runtime: RuntimeApis) {
    this.block = block;
    this.runtime = runtime;
    this.#chain = chain;
    this.#host = host;
    this.#node = chain.node(block.hash);
  }

  /** Synchronous while the block is the head or above it. */
  #live(): StateReader | undefined {
    return this.#node !== undefined && this.#chain.isLive(this.#node) ? this.#chain.stateAfter(this.#node) : undefined;
  }

  #slow(): AsyncState {
    return this.#node !== undefined && !this.#node.committed ? new ForkState(this.#chain, this.#node) : new CommittedState(this.#chain, this.block);
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    const live = this.#live();
    return live === undefined ? this.#slow().get(key) : live.get(key);
  }

  async keys(prefix: Uint8Array, start: Uint8Array | undefined, limit: number): Promise<Uint8Array[]> {
    const live = this.#live();
    return live === undefined ? this.#slow().keys(prefix, start, limit) : live.keysUnder(prefix, start, limit);
  }

  call(method: string, input: Uint8Array): Promise<Uint8Array> {
    const run = (state: StateReader): Uint8Array => this.runtime.call(method, input, { state, host: this.#host, block: this.block as { hash: Hash; number: number } });
    return this.#run(run);
  }

  async proof(keys: readonly Uint8Array[]): Promise<Uint8Array[]> {
    const node = this.#node;
    if (node === undefined) return this.#rebuiltProof(keys);
    try {
      return await this.#run((state) => this.#chain.trie.prove(node.trie, keys, (key) => state.get(key)));
    } catch (error) {
      // The store has moved on past this block's version of some node.
      if (error instanceof TrieError) return this.#rebuiltProof(keys);
      throw error;
    }
  }

  async #run<T>(body: (state: StateReader) => T): Promise<T> {
    const live = this.#live();
    return live === undefined ? runOver(this.#slow(), body) : body(live);
  }

  async #rebuiltProof(keys: readonly Uint8Array[]): Promise<Uint8Array[]> {
    const state = this.#slow();
    const all = await state.keys(new Uint8Array(0), undefined, MAX_REBUILT_KEYS + 1);
    if (all.length > MAX_REBUILT_KEYS) {
      throw new BackendError({ code: "STATE_DISCARDED", hash: toHex(this.block.hash) }, `a proof for a block this old is not kept: ask at one of the last blocks`);
    }
    const entries: [Uint8Array, Uint8Array][] = [];
    for (const key of all) {
      const value = await state.get(key);
      if (value !== undefined) entries.push([key, value]);
    }
    return proveFromEntries(entries, keys, this.#chain.trie.stateVersion).nodes;
  }
}
