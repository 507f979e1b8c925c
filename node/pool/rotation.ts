import type { PoolEntry } from "./entry.ts";
import type { Queue } from "./queue.ts";

/** Goes round the whole pool, a few at a time, so that each is validated again within a known number of blocks. */
export class Rotation {
  #round: readonly PoolEntry[] = [];
  #next = 0;

  take(count: number, { ready, future }: { readonly ready: Queue; readonly future: Queue }): readonly PoolEntry[] {
    if (this.#next >= this.#round.length) {
      this.#round = [...ready.entries.values(), ...future.entries.values()];
      this.#next = 0;
    }
    const taken = this.#round.slice(this.#next, this.#next + count);
    this.#next += count;
    return taken.filter(({ place }) => place !== "out");
  }
}
