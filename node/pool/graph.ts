// Who waits for whom: transactions by the tags that they require and provide.
import type { TransactionStatus } from "../../rpc/backend.ts";
import { bytesOf } from "./entry.ts";
import type { PoolEntry } from "./entry.ts";
import { Queue } from "./queue.ts";
import type { Limits } from "./queue.ts";
import { ReadyIterator } from "./ready-iterator.ts";

/** Why an entry cannot come in; nothing has changed then. */
export type ImportRefusal =
  /** Others provide the same tags, and their priorities together are at least as high. */
  | { readonly type: "TooLowPriority"; readonly old: bigint; readonly new: bigint }
  /** It would have to wait, and a ready one provides the same tags. */
  | { readonly type: "RivalIsReady" }
  | { readonly type: "Cycle" }
  | { readonly type: "Full"; readonly queue: "ready" | "future" };

/** Hears of every step of every entry, removals included: nothing leaves in silence. */
export type Tell = (entry: PoolEntry, status: TransactionStatus) => void;

/** How many entries (each with its dependants) one newcomer may push out; a huge one must not empty the pool. */
const EVICTIONS_MAX = 64;
const NOBODY: ReadonlySet<PoolEntry> = new Set();

/** What is known while room is made for one entry. */
interface Eviction {
  readonly queue: Queue;
  readonly worst: PoolEntry;
  readonly entry: PoolEntry;
  /** Replaced by `entry` in any case. */
  readonly freed: ReadonlySet<PoolEntry>;
  readonly victims: Set<PoolEntry>;
  leaves(leaver: PoolEntry): void;
}

/**
 * The two queues and the tags between them.
 * Invariants: one entry per provided tag; a ready entry's requirements are all provided by ready entries; neither queue is
 * over its limits after a call. Cost: O(log n) per entry that comes, moves or leaves.
 */
export class TransactionGraph {
  readonly ready: Queue;
  readonly future: Queue;
  readonly #tell: Tell;
  readonly #providers = new Map<string, PoolEntry>();
  readonly #requirers = new Map<string, Set<PoolEntry>>();
  /** Ready entries that require nothing. */
  readonly #heads = new Set<PoolEntry>();
  readonly #readyBySender = new Map<string, number>();

  constructor(ready: Limits, future: Limits, tell: Tell) {
    this.ready = new Queue("ready", ready);
    this.future = new Queue("future", future);
    this.#tell = tell;
  }

  get size(): number {
    return this.ready.entries.size + this.future.entries.size;
  }

  get(id: string): PoolEntry | undefined {
    return this.ready.entries.get(id) ?? this.future.entries.get(id);
  }

  provider(tag: string): PoolEntry | undefined {
    return this.#providers.get(tag);
  }

  readyOf(sender: string): number {
    return this.#readyBySender.get(sender) ?? 0;
  }

  iterate(): ReadyIterator {
    return new ReadyIterator(this.#heads, (tag) => this.#requirers.get(tag) ?? NOBODY);
  }

  /** Takes an entry in, and in its wake: replaces rivals, pushes out the lowest, promotes those that waited for it. */
  import(entry: PoolEntry): ImportRefusal | undefined {
    const rivals = this.#rivals(entry);
    const old = [...rivals].reduce((sum, { priority }) => sum + priority, 0n);
    if (rivals.size > 0 && entry.priority <= old) return { type: "TooLowPriority", old, new: entry.priority };
    const queue = this.#isMet(entry) ? this.ready : this.future;
    if (queue === this.future && [...rivals].some(({ place }) => place === "ready")) return { type: "RivalIsReady" };
    if (this.#closesCycle(entry, rivals)) return { type: "Cycle" };
    const victims = this.#roomFor(queue, entry, rivals);
    if (victims === undefined) return { type: "Full", queue: queue.name };
    for (const rival of rivals) this.#take(rival);
    this.#evict(victims);
    this.#link(entry);
    this.#enter(queue, entry);
    for (const rival of rivals) this.#tell(rival, { type: "usurped", by: entry.extrinsic.hash });
    for (const rival of rivals) this.#demoteUnmet(rival.provides);
    if (queue === this.ready) this.#unlock(entry.provides);
    return undefined;
  }

  /** Takes an entry out; those that require it wait again. The caller tells why. */
  remove(entry: PoolEntry): void {
    this.#take(entry);
    this.#demoteUnmet(entry.provides);
  }

  /**
   * A block holds a transaction that provides `tags`: whoever provides them here is gone, whoever requires them need not
   * wait any more. Entries other than `included` are told that `by` took their place.
   */
  include(tags: readonly string[], by: { readonly id: string; readonly hash: PoolEntry["extrinsic"]["hash"] }): void {
    for (const tag of tags) {
      const entry = this.#providers.get(tag);
      if (entry === undefined) continue;
      this.#take(entry);
      if (entry.id !== by.id) this.#tell(entry, { type: "usurped", by: by.hash });
      this.#demoteUnmet(entry.provides.filter((other) => !tags.includes(other)));
    }
    for (const tag of tags) this.#settle(tag);
  }

  /** What an entry requires, seen from a new best block. */
  setRequires(entry: PoolEntry, requires: readonly string[]): void {
    if (requires.length === entry.requires.length && requires.every((tag) => entry.requires.includes(tag))) return;
    for (const tag of entry.requires) this.#unrequire(tag, entry);
    entry.requires = requires;
    for (const tag of requires) this.#require(tag, entry);
    if (entry.place === "future") return this.#promoteIfMet(entry);
    if (requires.length === 0) this.#heads.add(entry);
    else this.#heads.delete(entry);
    if (!this.#isMet(entry)) this.#demote(entry);
  }

  #isMet(entry: PoolEntry): boolean {
    return entry.requires.every((tag) => this.#providers.get(tag)?.place === "ready");
  }

  #rivals(entry: PoolEntry): ReadonlySet<PoolEntry> {
    let rivals: Set<PoolEntry> | undefined;
    for (const tag of entry.provides) {
      const rival = this.#providers.get(tag);
      if (rival !== undefined) (rivals ??= new Set()).add(rival);
    }
    return rivals ?? NOBODY;
  }

  /** Whether an entry requires itself, or something that requires what it replaces. */
  #closesCycle(entry: PoolEntry, rivals: ReadonlySet<PoolEntry>): boolean {
    if (entry.requires.some((tag) => entry.provides.includes(tag))) return true;
    // The usual replacement, with the same nonce, requires what the old one did: no walk through a long chain.
    const asBefore = [...rivals].every((rival) => entry.requires.every((tag) => rival.requires.includes(tag)));
    if (asBefore) return false;
    const seen = new Set<PoolEntry>();
    const work = [...entry.requires];
    for (let tag = work.pop(); tag !== undefined; tag = work.pop()) {
      const provider = this.#providers.get(tag);
      if (provider === undefined || seen.has(provider)) continue;
      if (rivals.has(provider)) return true;
      seen.add(provider);
      work.push(...provider.requires);
    }
    return false;
  }

  /**
   * Whom to push out so that `entry` fits: the lowest priorities with all that requires them, as long as they are lower than
   * its own and it does not itself require them.
   * @param freed - these leave anyway.
   * @returns undefined when there is no room; nothing has changed then.
   */
  #roomFor(queue: Queue, entry: PoolEntry, freed: ReadonlySet<PoolEntry>): ReadonlySet<PoolEntry> | undefined {
    let count = queue.entries.size + 1;
    let bytes = queue.bytes + bytesOf(entry);
    const leaves = (leaver: PoolEntry): void => {
      if (leaver.place !== queue.name) return;
      count--;
      bytes -= bytesOf(leaver);
    };
    freed.forEach(leaves);
    if (count <= queue.limits.count && bytes <= queue.limits.bytes) return NOBODY;
    const victims = new Set<PoolEntry>();
    const looked: PoolEntry[] = [];
    while (count > queue.limits.count || bytes > queue.limits.bytes) {
      const worst = queue.worst.peek();
      const lower = worst !== undefined && worst.priority < entry.priority && looked.length < EVICTIONS_MAX;
      if (!lower || !this.#doom({ queue, worst, entry, freed, victims, leaves })) {
        for (const seen of looked) queue.worst.push(seen, queue.entries.size);
        return undefined;
      }
      looked.push(queue.worst.pop()!);
    }
    return victims;
  }

  /** Adds `worst` and what requires it to the victims; false when `entry` requires one of them. */
  #doom({ queue, worst, entry, freed, victims, leaves }: Eviction): boolean {
    // A sender's new transaction comes after all that it has ready; saying so here saves the walk through its chain.
    if (queue === this.ready && worst.sender !== undefined && worst.sender === entry.sender && !freed.has(worst)) return false;
    const work = [worst];
    for (let victim = work.pop(); victim !== undefined; victim = work.pop()) {
      if (victims.has(victim) || victim.place !== queue.name) continue;
      if (victim.provides.some((tag) => entry.requires.includes(tag))) return false;
      if (freed.has(victim)) continue;
      victims.add(victim);
      leaves(victim);
      if (queue === this.ready) for (const tag of victim.provides) work.push(...(this.#requirers.get(tag) ?? NOBODY));
    }
    return true;
  }

  #evict(victims: ReadonlySet<PoolEntry>): void {
    for (const victim of victims) {
      if (victim.place === "out") continue;
      const queue = victim.place === "ready" ? this.ready : this.future;
      this.#take(victim);
      this.#tell(victim, { type: "dropped", reason: fullReason(queue) });
    }
  }

  /** Out of the queues and the tags. */
  #take(entry: PoolEntry): void {
    this.#leave(entry);
    for (const tag of entry.provides) if (this.#providers.get(tag) === entry) this.#providers.delete(tag);
    for (const tag of entry.requires) this.#unrequire(tag, entry);
  }

  #link(entry: PoolEntry): void {
    for (const tag of entry.provides) this.#providers.set(tag, entry);
    for (const tag of entry.requires) this.#require(tag, entry);
  }

  #require(tag: string, entry: PoolEntry): void {
    const requirers = this.#requirers.get(tag);
    if (requirers === undefined) this.#requirers.set(tag, new Set([entry]));
    else requirers.add(entry);
  }

  #unrequire(tag: string, entry: PoolEntry): void {
    const requirers = this.#requirers.get(tag);
    requirers?.delete(entry);
    if (requirers?.size === 0) this.#requirers.delete(tag);
  }

  #enter(queue: Queue, entry: PoolEntry): void {
    queue.add(entry);
    if (queue === this.ready) {
      if (entry.requires.length === 0) this.#heads.add(entry);
      this.#count(entry, 1);
    }
    this.#tell(entry, { type: queue.name });
  }

  #leave(entry: PoolEntry): void {
    if (entry.place === "ready") {
      this.#heads.delete(entry);
      this.#count(entry, -1);
      this.ready.delete(entry);
    } else if (entry.place === "future") this.future.delete(entry);
  }

  #count(entry: PoolEntry, by: number): void {
    if (entry.sender === undefined) return;
    const count = this.readyOf(entry.sender) + by;
    if (count === 0) this.#readyBySender.delete(entry.sender);
    else this.#readyBySender.set(entry.sender, count);
  }

  /** Promotes whatever waited for the tags only, and what waited for that. */
  #unlock(tags: readonly string[]): void {
    const work = [...tags];
    for (let tag = work.pop(); tag !== undefined; tag = work.pop()) {
      for (const requirer of this.#requirers.get(tag) ?? NOBODY) {
        if (requirer.place === "future" && this.#isMet(requirer) && this.#promote(requirer)) work.push(...requirer.provides);
      }
    }
  }

  #promoteIfMet(entry: PoolEntry): void {
    if (this.#isMet(entry) && this.#promote(entry)) this.#unlock(entry.provides);
  }

  #promote(entry: PoolEntry): boolean {
    const victims = this.#roomFor(this.ready, entry, NOBODY);
    if (victims === undefined) {
      this.#take(entry);
      this.#tell(entry, { type: "dropped", reason: fullReason(this.ready) });
      return false;
    }
    this.#evict(victims);
    this.#leave(entry);
    this.#enter(this.ready, entry);
    return true;
  }

  /** The best chain provides `tag`. */
  #settle(tag: string): void {
    const requirers = this.#requirers.get(tag);
    if (requirers === undefined) return;
    this.#requirers.delete(tag);
    for (const requirer of requirers) requirer.requires = requirer.requires.filter((required) => required !== tag);
    for (const requirer of requirers) {
      if (requirer.place === "future") this.#promoteIfMet(requirer);
      else if (requirer.place === "ready" && requirer.requires.length === 0) this.#heads.add(requirer);
    }
  }

  #demoteUnmet(tags: readonly string[]): void {
    for (const tag of tags) {
      if (this.#providers.get(tag)?.place === "ready") continue;
      for (const requirer of this.#requirers.get(tag) ?? NOBODY) if (requirer.place === "ready") this.#demote(requirer);
    }
  }

  /** Back to the future queue, with all that requires it. */
  #demote(entry: PoolEntry): void {
    const work = [entry];
    for (let next = work.pop(); next !== undefined; next = work.pop()) {
      if (next.place !== "ready") continue;
      this.#leave(next);
      this.#enter(this.future, next);
      for (const tag of next.provides) work.push(...(this.#requirers.get(tag) ?? NOBODY));
    }
    while (this.future.exceeded()) this.#evict(new Set([this.future.worst.peek()!]));
  }
}

function fullReason({ name, limits }: Queue): string {
  return `the pool's ${name} queue is full (${limits.count} transactions or ${limits.bytes} bytes) and the others have a higher priority`;
}
