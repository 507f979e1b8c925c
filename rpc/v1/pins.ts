import type { BlockHash } from "../../runtime/primitives/types.ts";
import type { ChainBackend, ChainEvent } from "../backend.ts";
import { hex } from "../encode.ts";
import type { Hex } from "../encode.ts";

interface Pin {
  readonly hash: BlockHash;
  readonly release: () => void;
  holders: number;
  /** Finalized or pruned: the node itself has little reason left to keep it. */
  settled: boolean;
}

/**
 * The blocks that clients hold, over all connections, each pinned once in the node. Only settled blocks are counted against the
 * limit: the others the node keeps in any case, and during a standstill of finality there may be many of them.
 */
export class Pins {
  readonly #chain: ChainBackend;
  readonly #pins = new Map<Hex, Pin>();
  #settledCount = 0;

  constructor(chain: ChainBackend) {
    this.#chain = chain;
  }

  get settledCount(): number {
    return this.#settledCount;
  }

  isSettled(id: Hex): boolean {
    return this.#pins.get(id)?.settled ?? false;
  }

  hashOf(id: Hex): BlockHash | undefined {
    return this.#pins.get(id)?.hash;
  }

  hold(hash: BlockHash, settled: boolean): Hex {
    const id = hex(hash);
    const pin = this.#pins.get(id);
    if (pin !== undefined) {
      pin.holders++;
      return id;
    }
    this.#pins.set(id, { hash, release: this.#chain.pin(hash), holders: 1, settled });
    if (settled) this.#settledCount++;
    return id;
  }

  letGo(id: Hex): void {
    const pin = this.#pins.get(id);
    if (pin === undefined || --pin.holders > 0) return;
    this.#pins.delete(id);
    if (pin.settled) this.#settledCount--;
    pin.release();
  }

  settle({ finalized, pruned }: Extract<ChainEvent, { type: "finalized" }>): void {
    for (const { hash } of [...finalized, ...pruned]) {
      const pin = this.#pins.get(hex(hash));
      if (pin === undefined || pin.settled) continue;
      pin.settled = true;
      this.#settledCount++;
    }
  }
}
