import { bytesOf } from "./entry.ts";
import type { PoolEntry } from "./entry.ts";
import { LazyHeap } from "./heap.ts";
import { goesBefore } from "./ready-iterator.ts";

export interface Limits {
  readonly count: number;
  readonly bytes: number;
}

/** One of the two queues: its entries, their size, and which of them goes first when room is needed. */
export class Queue {
  readonly name: "ready" | "future";
  readonly limits: Limits;
  readonly entries = new Map<string, PoolEntry>();
  /** The lowest priority first, and of those the latest: who was accepted earlier is not pushed out by an equal. */
  readonly worst: LazyHeap<PoolEntry>;
  #bytes = 0;

  constructor(name: "ready" | "future", limits: Limits) {
    this.name = name;
    this.limits = limits;
    this.worst = new LazyHeap((a, b) => goesBefore(b, a), (entry) => entry.place === name);
  }

  get bytes(): number {
    return this.#bytes;
  }

  add(entry: PoolEntry): void {
    entry.place = this.name;
    this.entries.set(entry.id, entry);
    this.#bytes += bytesOf(entry);
    this.worst.push(entry, this.entries.size);
  }

  delete(entry: PoolEntry): void {
    entry.place = "out";
    this.entries.delete(entry.id);
    this.#bytes -= bytesOf(entry);
  }

  exceeded(): boolean {
    return this.entries.size > this.limits.count || this.#bytes > this.limits.bytes;
  }
}
