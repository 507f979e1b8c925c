import type { PoolEntry } from "./entry.ts";
import { LazyHeap } from "./heap.ts";

interface Deadline {
  readonly entry: PoolEntry;
  readonly validTill: number;
}

/** Pooled transactions by the block in which they cease to be valid. */
export class Expiry {
  readonly #deadlines = new LazyHeap<Deadline>(
    (a, b) => a.validTill < b.validTill,
    // A transaction that was validated again has a later deadline too.
    ({ entry, validTill }) => entry.place !== "out" && entry.validTill === validTill,
  );

  add(entry: PoolEntry, pooled: number): void {
    if (entry.validTill !== Number.MAX_SAFE_INTEGER) this.#deadlines.push({ entry, validTill: entry.validTill }, pooled);
  }

  /** Those whose time is over at `best`. The caller removes each from the pool before it takes the next. */
  *expired(best: number): Iterable<PoolEntry> {
    for (let top = this.#deadlines.peek(); top !== undefined && top.validTill < best; top = this.#deadlines.peek()) {
      this.#deadlines.pop();
      yield top.entry;
    }
  }
}
