import { equalBytes, toHex } from "../../runtime/primitives/bytes.ts";
import { decode } from "../../runtime/primitives/codec/index.ts";
import { BlockHash, HeaderTy } from "../../runtime/primitives/types.ts";
import type { Header } from "../../runtime/primitives/types.ts";
import type { RuntimeApis } from "../../runtime/frame/apis.ts";
import type { Host } from "../../runtime/frame/context.ts";
import { CODE_KEY } from "../../runtime/frame/storage.ts";
import { BackendError } from "../../rpc/backend.ts";
import type { BlockRef, ChainBackend, ChainEvent, ImportedBlock, StateView } from "../../rpc/backend.ts";
import type { BlockNode } from "../chain/block-node.ts";
import { BodyTy, JustificationsTy } from "../chain/chain.ts";
import type { Chain } from "../chain/chain.ts";
import { HistoricalState } from "../db/history.ts";
import { Table, u32be } from "../db/keys.ts";
import { ChainStateView } from "./state-view.ts";

/** What the RPC asks of the chain, answered from the tree where it can and from the database otherwise. */
export class NodeChainBackend implements ChainBackend {
  readonly genesisHash: BlockHash;
  readonly #chain: Chain;
  readonly #host: Host;

  constructor(chain: Chain, host: Host) {
    this.#chain = chain;
    this.#host = host;
    this.genesisHash = chain.genesisHash;
  }

  best(): BlockRef {
    return this.#chain.best;
  }

  finalized(): BlockRef {
    return this.#chain.finalized;
  }

  async blockHash(number: number): Promise<BlockHash | undefined> {
    const { best, finalized } = this.#chain;
    if (number > best.number) return undefined;
    if (number <= finalized.number) return this.#committedHash(number);
    let node = best;
    while (node.number > number) node = node.parentNode!;
    return node.hash;
  }

  #committedHash(number: number): BlockHash | undefined {
    const stored = this.#chain.database.get(Table.Number, u32be(number));
    return stored === undefined ? undefined : BlockHash(new Uint8Array(stored));
  }

  async blockHashes(number: number): Promise<readonly BlockHash[]> {
    const onBest = await this.blockHash(number);
    const forks = [...this.#chain.nodes()].filter((node) => node.number === number && !node.committed && !node.dropped).map(({ hash }) => hash);
    return onBest === undefined ? forks : [onBest, ...forks.filter((hash) => !equalBytes(hash, onBest))];
  }

  async header(hash: BlockHash): Promise<Header | undefined> {
    return this.#chain.node(hash)?.header ?? this.#storedHeader(hash);
  }

  #storedHeader(hash: BlockHash): Header | undefined {
    const stored = this.#chain.database.get(Table.Header, hash);
    return stored === undefined ? undefined : decode(HeaderTy, stored);
  }

  async body(hash: BlockHash): Promise<readonly Uint8Array[] | undefined> {
    const node = this.#chain.node(hash);
    if (node !== undefined) return node.extrinsics;
    const stored = this.#chain.database.get(Table.Body, hash);
    if (stored !== undefined) return decode(BodyTy, stored);
    if (this.#storedHeader(hash) === undefined) return undefined;
    throw new BackendError({ code: "BODY_DISCARDED", hash: toHex(hash) }, `the body of ${toHex(hash)} was pruned (--blocks-pruning)`);
  }

  async justifications(hash: BlockHash): Promise<readonly (readonly [Uint8Array, Uint8Array])[] | undefined> {
    const stored = this.#chain.database.get(Table.Justification, hash);
    return stored === undefined ? undefined : decode(JustificationsTy, stored);
  }

  async state(hash: BlockHash): Promise<StateView> {
    const node = this.#chain.node(hash);
    if (node !== undefined) return this.#view(node, node.runtime);
    const header = this.#storedHeader(hash);
    if (header === undefined) throw new BackendError({ code: "UNKNOWN_BLOCK", hash: toHex(hash) }, `UnknownBlock: block ${toHex(hash)} is not known`);
    if (header.number < this.#chain.stateFrom) throw new BackendError({ code: "STATE_DISCARDED", hash: toHex(hash) }, `State already discarded for ${toHex(hash)}`);
    return this.#view({ hash, number: header.number }, await this.#runtimeAt(header.number));
  }

  #view(block: BlockRef, runtime: RuntimeApis): StateView {
    return new ChainStateView(this.#chain, this.#host, { hash: block.hash, number: block.number }, runtime);
  }

  async #runtimeAt(number: number): Promise<RuntimeApis> {
    const state = new HistoricalState(this.#chain.database.snapshot(), number);
    try {
      return this.#chain.runtimes.forCode((await state.get(CODE_KEY))!);
    } finally {
      await state.close();
    }
  }

  unfinalized(): readonly ImportedBlock[] {
    const out: BlockNode[] = [];
    const queue = [this.#chain.finalized];
    for (let node = queue.shift(); node !== undefined; node = queue.shift()) {
      out.push(node);
      queue.push(...node.children);
    }
    return out;
  }

  pin(hash: BlockHash): () => void {
    return this.#chain.pin(hash) ?? (() => {});
  }

  subscribe(listener: (event: ChainEvent) => void): () => void {
    return this.#chain.subscribe(listener);
  }
}
