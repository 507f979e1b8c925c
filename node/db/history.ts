// Old values: for each key a block changed, what stood there before. Reading block M takes the first record after M, else the
// present value. Records of blocks at or below the pruning horizon are never needed and are deleted as it advances.
import { EMPTY, compareBytes, concatBytes, startsWith, toLatin1 } from "../../runtime/primitives/bytes.ts";
import { bytes, decode, encode, vec } from "../../runtime/primitives/codec/index.ts";
import type { StateChange, StateReader } from "../../runtime/frame/state.ts";
import type { Database, Snapshot, WriteBatch } from "./database.ts";
import { Table, escapeKey, readU32be, u32be, unescapeKey } from "./keys.ts";

const KeysTy = vec(bytes);
const ABSENT = Uint8Array.of(0);
const PRESENT = Uint8Array.of(1);
const MAX_BLOCK = u32be(0xffff_ffff);

/** Notes what stood under each key that `number` changed. */
export function recordHistory(batch: WriteBatch, number: number, changes: readonly StateChange[]): void {
  for (const { key, before } of changes) {
    batch.put(Table.History, concatBytes(escapeKey(key), u32be(number)), before === undefined ? ABSENT : concatBytes(PRESENT, before));
  }
  batch.put(Table.Changed, u32be(number), encode(KeysTy, changes.map(({ key }) => key)));
}

/** Deletes what only blocks before `number` need. Work is that of one block. */
export function pruneHistory(database: Database, batch: WriteBatch, number: number): void {
  const changed = database.get(Table.Changed, u32be(number));
  if (changed === undefined) return;
  for (const key of decode(KeysTy, changed)) batch.del(Table.History, concatBytes(escapeKey(key), u32be(number)));
  batch.del(Table.Changed, u32be(number));
}

function valueOf(record: Uint8Array): Uint8Array | undefined {
  return record[0] === 0 ? undefined : record.slice(1);
}

/** The state after block `number`, read from one snapshot of the database. */
export class HistoricalState {
  readonly #snapshot: Snapshot;
  readonly #number: number;

  constructor(snapshot: Snapshot, number: number) {
    this.#snapshot = snapshot;
    this.#number = number;
  }

  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    const base = escapeKey(key);
    const range = { gte: concatBytes(base, u32be(this.#number + 1)), lt: concatBytes(base, MAX_BLOCK, ABSENT), limit: 1 };
    for await (const [, record] of this.#snapshot.entries(Table.History, range)) return valueOf(record);
    return this.#snapshot.get(Table.State, key);
  }

  /** Merges today's keys with those that only older blocks had, page by page. */
  async keys(prefix: Uint8Array, start: Uint8Array | undefined, limit: number): Promise<Uint8Array[]> {
    const out: Uint8Array[] = [];
    let after = start;
    while (out.length < limit) {
      const page = await this.#candidates(prefix, after, limit - out.length);
      if (page.length === 0) break;
      for (const key of page) if ((await this.get(key)) !== undefined) out.push(key);
      after = page[page.length - 1];
    }
    return out;
  }

  /** The next keys under `prefix` that exist today or existed at some block after this one. */
  async #candidates(prefix: Uint8Array, after: Uint8Array | undefined, limit: number): Promise<Uint8Array[]> {
    const from = after === undefined || compareBytes(after, prefix) < 0 ? prefix : concatBytes(after, ABSENT);
    const now: Uint8Array[] = [];
    for await (const [key] of this.#snapshot.entries(Table.State, { gte: from, limit })) {
      if (!startsWith(key, prefix)) break;
      now.push(key);
    }
    // What lies beyond a full page of today's keys cannot belong to this page: old records behind it are not walked.
    const then = await this.#historicKeys(prefix, from, limit, now.length < limit ? undefined : now[limit - 1]);
    // Both lists are complete up to their last key when they were cut: what lies beyond the shorter reach waits for the next page.
    const all = new Map([...now, ...then].map((key) => [toLatin1(key), key]));
    return [...all.values()].sort(compareBytes).slice(0, limit);
  }

  async #historicKeys(prefix: Uint8Array, from: Uint8Array, limit: number, until: Uint8Array | undefined): Promise<Uint8Array[]> {
    const out: Uint8Array[] = [];
    let gte: Uint8Array = escapeKey(from).slice(0, -2);
    while (out.length < limit) {
      const next = await this.#firstRecord(gte);
      if (next === undefined || !startsWith(next.key, prefix) || (until !== undefined && compareBytes(next.key, until) > 0)) break;
      if (next.block > this.#number) out.push(next.key);
      // The next record of interest: this key after our block, or else the next key.
      gte = concatBytes(escapeKey(next.key), next.block > this.#number ? concatBytes(MAX_BLOCK, ABSENT) : u32be(this.#number + 1));
    }
    return out;
  }

  async #firstRecord(gte: Uint8Array): Promise<{ readonly key: Uint8Array; readonly block: number } | undefined> {
    for await (const [record] of this.#snapshot.entries(Table.History, { gte, limit: 1 })) {
      const { key, size } = unescapeKey(record);
      return { key, block: readU32be(record, size) };
    }
    return undefined;
  }

  close(): Promise<void> {
    return this.#snapshot.close();
  }
}

class Missing extends Error {
  readonly load: () => Promise<void>;
  constructor(load: () => Promise<void>) {
    super("not loaded");
    this.load = load;
  }
}

/** How many different keys one runtime call on an old state may read. */
const MAX_LOADS = 10_000;

/** An asynchronous source of state. */
export interface AsyncState {
  get(key: Uint8Array): Promise<Uint8Array | undefined>;
  keys(prefix: Uint8Array, start: Uint8Array | undefined, limit: number): Promise<Uint8Array[]>;
}

/**
 * Runs a synchronous function over a state that can only be read asynchronously: it stops at the first key that is not loaded,
 * the key is loaded, and it runs again. Pure functions that read few keys, as runtime calls are, finish in a few rounds.
 */
export async function runOver<T>(source: AsyncState, body: (state: StateReader) => T): Promise<T> {
  const values = new Map<string, Uint8Array | undefined>();
  const lists = new Map<string, Uint8Array[]>();
  const reader: StateReader = {
    get(key) {
      const id = toLatin1(key);
      if (values.has(id)) return values.get(id);
      throw new Missing(async () => void values.set(id, await source.get(key)));
    },
    keysUnder(prefix, start, limit) {
      const id = `${limit} ${prefix.length} ${start?.length} ${toLatin1(prefix)}${toLatin1(start ?? EMPTY)}`;
      const known = lists.get(id);
      if (known !== undefined) return known;
      throw new Missing(async () => void lists.set(id, await source.keys(prefix, start, limit)));
    },
  };
  for (let round = 0; round < MAX_LOADS; round++) {
    try {
      return body(reader);
    } catch (error) {
      if (!(error instanceof Missing)) throw error;
      await error.load();
    }
  }
  throw new Error(`a runtime call on an old state read more than ${MAX_LOADS} keys`);
}
