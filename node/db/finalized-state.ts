import { toLatin1 } from "../../runtime/primitives/bytes.ts";
import type { StateChange } from "../../runtime/frame/state.ts";
import { Table } from "./keys.ts";
import type { Database } from "./database.ts";

/** Entries in the younger half of the cache before it becomes the older half. */
const GENERATION_ENTRIES = 200_000;

/**
 * Values after the last committed block: the database behind a cache of two generations. A key that is read moves to the
 * younger one; when that is full the older is dropped. So memory is bounded and what is used stays, without a list to maintain.
 */
export class FinalizedState {
  readonly #database: Database;
  #young = new Map<string, Uint8Array | undefined>();
  #old = new Map<string, Uint8Array | undefined>();

  constructor(database: Database) {
    this.#database = database;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const id = toLatin1(key);
    const young = this.#young.get(id);
    if (young !== undefined || this.#young.has(id)) return young;
    const value = this.#old.has(id) ? this.#old.get(id) : this.#database.get(Table.State, key);
    this.#remember(id, value);
    return value;
  }

  /** Call when the batch that carries these changes is durable. */
  applied(changes: readonly StateChange[]): void {
    for (const { key, value } of changes) this.#remember(toLatin1(key), value && ownCopy(value));
  }

  #remember(id: string, value: Uint8Array | undefined): void {
    if (this.#young.size >= GENERATION_ENTRIES) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(id, value);
  }
}

/** A value cut from a chunk (`allocBytes`) would keep the whole chunk alive for as long as it is cached. */
function ownCopy(value: Uint8Array): Uint8Array {
  return value.buffer.byteLength === value.byteLength ? value : new Uint8Array(value);
}
