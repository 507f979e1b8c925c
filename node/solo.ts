// One local authority that seals, notarizes and finalizes by itself: what a consensus engine does for many.
import type { Road } from "./import-block.ts";
import { buildBlock } from "./author.ts";
import type { AuthorOptions, TransactionSupply } from "./author.ts";

/** What the node asks of whoever decides about blocks. */
export interface Sealing {
  start(): void;
  /** A transaction became ready. */
  transactionReady(): void;
  /** Seals a block at once, empty or not. */
  sealNow(): Promise<void>;
  stop(): Promise<void>;
}

export interface SoloOptions extends AuthorOptions {
  /** The least time between two blocks, ms. */
  readonly minIntervalMs: number;
  /** An empty block is made when nothing happened for this long, ms: clients drop a socket that is silent for 40 s. */
  readonly maxIdleMs: number;
  /** Called when a block cannot be made or committed: the node must stop. */
  onFatal(error: unknown): void;
  onSealed?(block: { readonly transactions: number; readonly buildMs: number; readonly commitMs: number }): void;
}

export class SoloSealing implements Sealing {
  readonly #road: Road;
  readonly #supply: TransactionSupply;
  readonly #options: SoloOptions;
  #timer: NodeJS.Timeout | undefined;
  #dueAt = Number.POSITIVE_INFINITY;
  #lastSealAt = 0;
  #sealing: Promise<void> | undefined;
  #stopped = false;

  constructor(road: Road, supply: TransactionSupply, options: SoloOptions) {
    this.#road = road;
    this.#supply = supply;
    this.#options = options;
  }

  start(): void {
    this.#lastSealAt = this.#road.now() - this.#options.minIntervalMs;
    this.#schedule(this.#options.maxIdleMs);
  }

  /** At once when the last block is old enough, else when it is: so a block groups what arrived in the meantime. */
  transactionReady(): void {
    this.#schedule(Math.max(0, this.#lastSealAt + this.#options.minIntervalMs - this.#road.now()));
  }

  #schedule(delayMs: number): void {
    if (this.#stopped) return;
    const at = this.#road.now() + delayMs;
    if (at >= this.#dueAt) return;
    clearTimeout(this.#timer);
    this.#dueAt = at;
    this.#timer = setTimeout(() => {
      // Before a block that takes longer than the interval is done: what it leaves is scheduled when it is.
      this.#dueAt = Number.POSITIVE_INFINITY;
      void this.sealNow().catch(this.#options.onFatal);
    }, delayMs);
  }

  sealNow(): Promise<void> {
    this.#sealing ??= this.#seal().finally(() => {
      this.#sealing = undefined;
    });
    return this.#sealing;
  }

  async #seal(): Promise<void> {
    clearTimeout(this.#timer);
    this.#dueAt = Number.POSITIVE_INFINITY;
    if (this.#stopped) return;
    const { chain } = this.#road;
    const startedAt = performance.now();
    const block = buildBlock(this.#road, this.#supply, chain.best, this.#options);
    this.#lastSealAt = this.#road.now();
    const node = chain.insert(block);
    const builtAt = performance.now();
    chain.setBest(node);
    await chain.finalize(node);
    this.#options.onSealed?.({ transactions: block.extrinsics.length - 1, buildMs: builtAt - startedAt, commitMs: performance.now() - builtAt });
    this.#schedule(this.#options.maxIdleMs);
    if (this.#supply.ready().next() !== undefined) this.transactionReady();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await this.#sealing;
  }
}
