import { toLatin1 } from "../../runtime/primitives/bytes.ts";
import type { TrieSink, TrieStore } from "../../runtime/trie/trie.ts";
import { Table } from "./keys.ts";
import type { Database, WriteBatch } from "./database.ts";

const TABLES = { branch: Table.TrieBranch, leaf: Table.TrieLeaf } as const;

/** Trie records in the database. What a batch still in flight has written is read from memory until it is durable. */
export class DatabaseTrieStore implements TrieStore {
  readonly #database: Database;
  readonly #inFlight: Map<string, Uint8Array | undefined>[] = [];

  constructor(database: Database) {
    this.#database = database;
  }

  branch(path: Uint8Array): Uint8Array | undefined {
    return this.#read("branch", path);
  }

  leafKey(path: Uint8Array): Uint8Array | undefined {
    return this.#read("leaf", path);
  }

  #read(kind: "branch" | "leaf", path: Uint8Array): Uint8Array | undefined {
    const id = kind + toLatin1(path);
    for (let i = this.#inFlight.length - 1; i >= 0; i--) {
      const layer = this.#inFlight[i]!;
      if (layer.has(id)) return layer.get(id);
    }
    return this.#database.get(TABLES[kind], path);
  }

  /** A sink for `StateTrie.flush` that fills `batch`; call `settled` when the batch is durable. Batches settle in order. */
  sink(batch: WriteBatch): TrieSink {
    const layer = new Map<string, Uint8Array | undefined>();
    this.#inFlight.push(layer);
    return {
      put: (kind, path, record) => {
        layer.set(kind + toLatin1(path), record);
        batch.put(TABLES[kind], path, record);
      },
      del: (kind, path) => {
        layer.set(kind + toLatin1(path), undefined);
        batch.del(TABLES[kind], path);
      },
    };
  }

  settled(): void {
    this.#inFlight.shift();
  }
}
