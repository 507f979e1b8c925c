import type { PoolEntry } from "./entry.ts";
import { Heap } from "./heap.ts";

/** The better one first: the higher priority, then the earlier arrival. */
export function goesBefore(a: PoolEntry, b: PoolEntry): boolean {
  return a.priority === b.priority ? a.order < b.order : a.priority > b.priority;
}

/**
 * Ready transactions in the order in which a block takes them: the best of those whose requirements have been given out.
 * Lazy, O(log n) each, so a block that is full after a thousand pays for a thousand. What leaves the ready queue meanwhile
 * is left out; what comes is not seen: take a new one for each block.
 */
export class ReadyIterator implements Iterable<PoolEntry> {
  readonly #unlocked: Heap<PoolEntry>;
  readonly #requirersOf: (tag: string) => Iterable<PoolEntry>;
  /** How many requirements are still to be given out. */
  readonly #left = new Map<PoolEntry, number>();
  #last: PoolEntry | undefined;

  constructor(heads: Iterable<PoolEntry>, requirersOf: (tag: string) => Iterable<PoolEntry>) {
    this.#unlocked = new Heap(goesBefore, heads);
    this.#requirersOf = requirersOf;
  }

  next(): PoolEntry | undefined {
    if (this.#last !== undefined) this.#unlock(this.#last);
    this.#last = this.#unlocked.pop();
    while (this.#last !== undefined && this.#last.place !== "ready") this.#last = this.#unlocked.pop();
    return this.#last;
  }

  /** The last one did not go into the block, so nothing that requires it can. */
  skipDependants(): void {
    this.#last = undefined;
  }

  *[Symbol.iterator](): Iterator<PoolEntry> {
    for (let entry = this.next(); entry !== undefined; entry = this.next()) yield entry;
  }

  #unlock(entry: PoolEntry): void {
    for (const tag of entry.provides) {
      for (const requirer of this.#requirersOf(tag)) {
        if (requirer.place !== "ready") continue;
        const left = (this.#left.get(requirer) ?? requirer.requires.length) - 1;
        this.#left.set(requirer, left);
        if (left === 0) this.#unlocked.push(requirer);
      }
    }
  }
}
