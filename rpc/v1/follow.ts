import type { BlockHash } from "../../runtime/primitives/types.ts";
import type { ChainBackend, ChainEvent, ImportedBlock, StateView } from "../backend.ts";
import { isLostBlock } from "../background.ts";
import { hex, runtimeSpec } from "../encode.ts";
import type { Hex } from "../encode.ts";
import { RawJson } from "../method.ts";
import type { SubscriptionSink } from "../method.ts";
import { Operations } from "./operations.ts";
import type { Operation } from "./operations.ts";
import type { Pins } from "./pins.ts";

/** Finalized blocks of the first event, where their states can still be read: a client finds its place after a lost connection. */
const INITIAL_FINALIZED_MAX = 8;
/** Events that may wait while the first one is prepared. */
const WAITING_MAX = 1024;

export interface FollowOptions {
  readonly chain: ChainBackend;
  readonly pins: Pins;
  readonly sink: SubscriptionSink;
  readonly withRuntime: boolean;
  readonly operationSlots: number;
  readonly nowMs: () => number;
}

/**
 * One `chainHead_v1_follow`. What a client relies on, and what holds after every event: each block is announced after its parent,
 * the best block is announced and never pruned or below the finalized one, and only announced blocks are finalized or pruned.
 * Where the chain's own events would break that, the subscription is stopped, and the client follows anew.
 */
export class Follow {
  readonly id: string;
  readonly withRuntime: boolean;
  readonly operations: Operations;
  readonly #chain: ChainBackend;
  readonly #pins: Pins;
  readonly #sink: SubscriptionSink;
  readonly #nowMs: () => number;
  /** Held for this client, announced or about to be. */
  readonly #pinned = new Set<Hex>();
  /** Announced and not finalized. */
  readonly #open = new Set<Hex>();
  #finalized: Hex;
  #best: Hex;
  /** Events behind the first one, while that is being prepared. */
  #waiting: (object | RawJson)[] | undefined = [];
  #dead = false;
  sentAtMs: number;

  constructor({ chain, pins, sink, withRuntime, operationSlots, nowMs }: FollowOptions) {
    this.id = sink.id;
    this.withRuntime = withRuntime;
    this.operations = new Operations(operationSlots);
    this.#chain = chain;
    this.#pins = pins;
    this.#sink = sink;
    this.#nowMs = nowMs;
    this.sentAtMs = nowMs();
    // Everything below happens in one turn, so the blocks and the best one are of one moment; events of later ones wait in line.
    this.#finalized = this.#pin(chain.finalized().hash, true);
    for (const block of chain.unfinalized()) if (this.#knows(hex(block.parent))) this.#announce(block);
    this.#best = this.#finalized;
    this.#setBest(hex(chain.best().hash));
  }

  get dead(): boolean {
    return this.#dead;
  }

  /** Sends the first event and those that wait. @throws when the finalized block cannot be read. */
  async begin(): Promise<void> {
    if (this.#dead) return;
    const finalized = this.#pins.hashOf(this.#finalized)!;
    const finalizedBlockRuntime = this.withRuntime ? runtimeSpec((await this.#chain.state(finalized)).runtime.version) : undefined;
    const ancestors = await this.#readableAncestors(finalized);
    if (this.#dead) return;
    const finalizedBlockHashes = [...ancestors.map((hash) => this.#pin(hash, true)), hex(finalized)];
    this.#send({ event: "initialized", finalizedBlockHashes, finalizedBlockRuntime });
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    for (const event of waiting) this.#send(event);
  }

  /** Parents first. Clients read the runtime's code hash at the first of them, so all must have their state. */
  async #readableAncestors(finalized: BlockHash): Promise<BlockHash[]> {
    const ancestors: BlockHash[] = [];
    let header = await this.#chain.header(finalized);
    while (header !== undefined && header.number > 0 && ancestors.length < INITIAL_FINALIZED_MAX - 1) {
      const parent = header.parent_hash as BlockHash;
      if (!(await this.#hasState(parent))) break;
      ancestors.unshift(parent);
      header = await this.#chain.header(parent);
    }
    return ancestors;
  }

  async #hasState(hash: BlockHash): Promise<boolean> {
    try {
      await this.#chain.state(hash);
      return true;
    } catch (error) {
      if (isLostBlock(error)) return false;
      throw error;
    }
  }

  onChainEvent(event: ChainEvent): void {
    if (this.#dead) return;
    if (event.type === "newBlock") this.#announce(event.block);
    else if (event.type === "best") this.#setBest(hex(event.block.hash));
    else this.#finalize(event.finalized, event.pruned);
  }

  #announce(block: ImportedBlock): void {
    const id = hex(block.hash);
    if (this.#knows(id)) return;
    if (!this.#knows(hex(block.parent))) return this.stop();
    this.#pin(block.hash, false);
    this.#open.add(id);
    this.#emit(newBlockEvent(block, this.withRuntime));
  }

  #setBest(id: Hex): void {
    if (!this.#knows(id)) return this.stop();
    this.#best = id;
    this.#emit({ event: "bestBlockChanged", bestBlockHash: id });
  }

  #finalize(finalized: readonly ImportedBlock[], pruned: readonly ImportedBlock[]): void {
    const finalizedBlockHashes = finalized.map(({ hash }) => hex(hash)).filter((id) => id !== this.#finalized);
    if (finalizedBlockHashes.length === 0) return;
    if (!finalizedBlockHashes.every((id) => this.#open.has(id))) return this.stop();
    const prunedBlockHashes = pruned.map(({ hash }) => hex(hash)).filter((id) => this.#open.has(id));
    const last = finalizedBlockHashes.at(-1)!;
    if (this.#best !== last && [...finalizedBlockHashes, ...prunedBlockHashes].includes(this.#best)) this.#setBest(last);
    for (const id of [...finalizedBlockHashes, ...prunedBlockHashes]) this.#open.delete(id);
    this.#finalized = last;
    this.#emit({ event: "finalized", finalizedBlockHashes, prunedBlockHashes });
  }

  /** Whether a new block may stand on it, or be the best one. */
  #knows(id: Hex): boolean {
    return this.#open.has(id) || id === this.#finalized;
  }

  /** Some clients take a socket without messages for dead: tells them again what they know. */
  repeatBest(): void {
    if (this.#waiting === undefined) this.#send({ event: "bestBlockChanged", bestBlockHash: this.#best });
  }

  // Pins

  #pin(hash: BlockHash, settled: boolean): Hex {
    const id = hex(hash);
    if (this.#pinned.has(id)) return id;
    this.#pinned.add(id);
    return this.#pins.hold(hash, settled);
  }

  isPinned(id: Hex): boolean {
    return this.#pinned.has(id);
  }

  /** @param ids - all pinned. */
  unpin(ids: readonly Hex[]): void {
    for (const id of ids) if (this.#pinned.delete(id)) this.#pins.letGo(id);
  }

  settledPins(): number {
    let count = 0;
    for (const id of this.#pinned) if (this.#pins.isSettled(id)) count++;
    return count;
  }

  /** Runs `work` with the block's state; the block stays readable meanwhile even if the client lets go of it. */
  async withBlock<T>(hash: BlockHash, work: (state: () => Promise<StateView>) => Promise<T>): Promise<T> {
    const id = this.#pins.hold(hash, this.#pins.isSettled(hex(hash)));
    try {
      return await work(() => this.#chain.state(hash));
    } finally {
      this.#pins.letGo(id);
    }
  }

  // Sending

  #emit(event: object | RawJson): void {
    if (this.#waiting === undefined) return this.#send(event);
    if (this.#waiting.push(event) > WAITING_MAX + this.#open.size) this.stop();
  }

  #send(event: object | RawJson): void {
    if (this.#dead) return;
    this.sentAtMs = this.#nowMs();
    this.#sink.send(event);
  }

  /** Nothing is said of an operation that the client stopped. */
  sendOperation({ id, stopped }: Operation, event: { readonly event: string; readonly [field: string]: unknown }): void {
    if (!stopped) this.#send({ ...event, operationId: id });
  }

  /** Tells the client that it must follow anew; all its pins and operations end. */
  stop(): void {
    if (this.#dead) return;
    this.#sink.send({ event: "stop" });
    this.end();
    this.#sink.close();
  }

  end(): void {
    if (this.#dead) return;
    this.#dead = true;
    this.#waiting = undefined;
    this.operations.stopAll();
    this.unpin([...this.#pinned]);
  }
}

const announced = { plain: new WeakMap<ImportedBlock, RawJson>(), withRuntime: new WeakMap<ImportedBlock, RawJson>() };

/** Made once per block, however many follow. */
function newBlockEvent(block: ImportedBlock, withRuntime: boolean): RawJson {
  const made = withRuntime ? announced.withRuntime : announced.plain;
  let event = made.get(block);
  if (event === undefined) {
    const newRuntime = withRuntime ? (block.newRuntime === undefined ? null : runtimeSpec(block.newRuntime)) : undefined;
    event = new RawJson(JSON.stringify({ event: "newBlock", blockHash: hex(block.hash), parentBlockHash: hex(block.parent), newRuntime }));
    made.set(block, event);
  }
  return event;
}
