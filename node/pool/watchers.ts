import { FINAL_STATUSES } from "../../rpc/backend.ts";
import type { BlockRef, TransactionStatus } from "../../rpc/backend.ts";
import { toLatin1 } from "../../runtime/primitives/bytes.ts";
import type { BlockHash } from "../../runtime/primitives/types.ts";

export type Report = (status: TransactionStatus) => void;

interface Watcher {
  readonly report: Report;
  active: boolean;
  /** The best chain's block that holds the transaction. */
  at: { readonly block: string; readonly index: number } | undefined;
}

interface WatchedBlock extends BlockRef {
  /** Transactions that were watched when the block came. */
  readonly ids: string[];
}

/**
 * Reports leave in order, all together, after the pool has finished what it does: who hears one may call the pool again,
 * and a submission's promise has resolved before its first report.
 */
export class Outbox {
  readonly #defer: (flush: () => void) => void;
  #waiting: (() => void)[] = [];

  constructor(defer: (flush: () => void) => void) {
    this.#defer = defer;
  }

  push(send: () => void): void {
    if (this.#waiting.length === 0) this.#defer(() => this.#flush());
    this.#waiting.push(send);
  }

  #flush(): void {
    const sending = this.#waiting;
    this.#waiting = [];
    let next = 0;
    try {
      while (next < sending.length) sending[next++]!();
    } finally {
      // A listener that throws is its owner's bug; it must not cost the others their reports.
      if (next < sending.length) this.#resume(sending.slice(next));
    }
  }

  #resume(left: (() => void)[]): void {
    const newer = this.#waiting;
    this.#waiting = [...left, ...newer];
    if (newer.length === 0) this.#defer(() => this.#flush());
  }
}

/** Who is told what becomes of which transaction. One watcher for each, since a known transaction is not taken twice. */
export class Watchers {
  readonly #outbox: Outbox;
  readonly #byId = new Map<string, Watcher>();
  /** Unfinalized blocks of the best chain, ascending, by latin1 hash. */
  readonly #blocks = new Map<string, WatchedBlock>();
  readonly #finalityTimeoutBlocks: number;

  constructor(outbox: Outbox, finalityTimeoutBlocks: number) {
    this.#outbox = outbox;
    this.#finalityTimeoutBlocks = finalityTimeoutBlocks;
  }

  get size(): number {
    return this.#byId.size;
  }

  ids(): Iterable<string> {
    return this.#byId.keys();
  }

  /** @returns stops the reports. */
  add(id: string, report: Report): () => void {
    const watcher: Watcher = { report, active: true, at: undefined };
    this.#byId.set(id, watcher);
    return () => {
      watcher.active = false;
      if (this.#byId.get(id) === watcher) this.#byId.delete(id);
    };
  }

  tell(id: string, status: TransactionStatus): void {
    const watcher = this.#byId.get(id);
    if (watcher === undefined) return;
    if (FINAL_STATUSES.has(status.type)) this.#byId.delete(id);
    this.#outbox.push(() => watcher.active && watcher.report(status));
  }

  inBlock(id: string, block: BlockRef, index: number): void {
    const watcher = this.#byId.get(id);
    if (watcher === undefined) return;
    const key = toLatin1(block.hash);
    watcher.at = { block: key, index };
    const watched = this.#blocks.get(key);
    if (watched === undefined) this.#blocks.set(key, { hash: block.hash, number: block.number, ids: [id] });
    else watched.ids.push(id);
    this.tell(id, { type: "inBlock", block: block.hash, index });
  }

  retracted(hash: BlockHash): void {
    this.#closeBlock(hash, (id, watcher) => {
      watcher.at = undefined;
      this.tell(id, { type: "retracted", block: hash });
    });
  }

  finalized(hash: BlockHash): void {
    this.#closeBlock(hash, (id, { at }) => this.tell(id, { type: "finalized", block: hash, index: at!.index }));
  }

  /** Gives up on the blocks that are too far below the best one and still not final. */
  timeOut(best: number): void {
    for (const { hash, number } of this.#blocks.values()) {
      if (number + this.#finalityTimeoutBlocks > best) return;
      this.#closeBlock(hash, (id) => this.tell(id, { type: "finalityTimeout", block: hash }));
    }
  }

  #closeBlock(hash: BlockHash, close: (id: string, watcher: Watcher) => void): void {
    const key = toLatin1(hash);
    const ids = this.#blocks.get(key)?.ids ?? [];
    this.#blocks.delete(key);
    for (const id of ids) {
      const watcher = this.#byId.get(id);
      if (watcher?.at?.block === key) close(id, watcher);
    }
  }
}
