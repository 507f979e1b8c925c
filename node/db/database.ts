import { mkdirSync } from "node:fs";
import { ClassicLevel } from "classic-level";
import { utf8 } from "../../runtime/primitives/bytes.ts";
import { CodedError } from "../../runtime/primitives/errors.ts";
import { DATABASE_VERSION, MetaKey, Table, readU32be, tableKey, u32be } from "./keys.ts";

export class DatabaseError extends CodedError<
  /** Another process has it open: stop that one, or choose another --base-path. */
  | { code: "DB_LOCKED"; path: string }
  /** LevelDB cannot read its own files: restore a snapshot or purge and sync anew. */
  | { code: "DB_CORRUPT"; path: string }
  /** Written by another version of this program. */
  | { code: "DB_VERSION"; path: string; found: number }
  /** Holds another chain. */
  | { code: "DB_OTHER_CHAIN"; path: string; found: string }
  | { code: "DB_IO"; path: string }
> {}

export interface WriteBatch {
  put(table: Table, key: Uint8Array, value: Uint8Array): void;
  del(table: Table, key: Uint8Array): void;
}

/** A consistent view of the database at one moment. Close it. */
export interface Snapshot {
  get(table: Table, key: Uint8Array): Uint8Array | undefined;
  /** Entries with `gte <= key < lt` (without the table byte), ascending, at most `limit`; keys come without the table byte. */
  entries(table: Table, range: { readonly gte: Uint8Array; readonly lt?: Uint8Array; readonly limit?: number }): AsyncIterable<readonly [Uint8Array, Uint8Array]>;
  close(): Promise<void>;
}

type Level = ClassicLevel<Uint8Array, Uint8Array>;
type LevelSnapshot = ReturnType<Level["snapshot"]>;

const MIB = 1_048_576;

/** The one owner of the LevelDB: typed tables over byte keys, synchronous point reads, atomic synced batches. */
export class Database {
  readonly path: string;
  readonly #level: Level;

  private constructor(path: string, level: Level) {
    this.path = path;
    this.#level = level;
  }

  /** Opens or creates. Throws DatabaseError. */
  static async open(path: string, options: { readonly cacheMib?: number } = {}): Promise<Database> {
    mkdirSync(path, { recursive: true, mode: 0o700 });
    // Values are small and hashed: compression costs more than it saves.
    const level: Level = new ClassicLevel(path, {
      keyEncoding: "view",
      valueEncoding: "view",
      compression: false,
      writeBufferSize: 32 * MIB,
      cacheSize: (options.cacheMib ?? 32) * MIB,
    });
    try {
      await level.open();
    } catch (error) {
      throw openError(path, error);
    }
    const database = new Database(path, level);
    try {
      await database.#checkVersion();
    } catch (error) {
      await level.close();
      throw error;
    }
    return database;
  }

  async #checkVersion(): Promise<void> {
    const stored = this.meta(MetaKey.Version);
    if (stored === undefined) return this.write((batch) => batch.put(Table.Meta, utf8(MetaKey.Version), u32be(DATABASE_VERSION)));
    const found = readU32be(stored);
    if (found !== DATABASE_VERSION) {
      throw new DatabaseError({ code: "DB_VERSION", path: this.path, found }, `the database has layout ${found}, this program reads ${DATABASE_VERSION}`);
    }
  }

  meta(name: string): Uint8Array | undefined {
    return this.get(Table.Meta, utf8(name));
  }

  get(table: Table, key: Uint8Array): Uint8Array | undefined {
    return plain(this.#level.getSync(tableKey(table, key)));
  }

  /** Writes all of it or nothing, and returns when it would survive a power cut. A failure is final: the process must stop. */
  async write(fill: (batch: WriteBatch) => void, options: { readonly sync?: boolean } = {}): Promise<void> {
    const batch = this.#level.batch();
    fill({
      put: (table, key, value) => void batch.put(tableKey(table, key), value),
      del: (table, key) => void batch.del(tableKey(table, key)),
    });
    try {
      await batch.write({ sync: options.sync ?? true } as object);
    } catch (error) {
      throw new DatabaseError({ code: "DB_IO", path: this.path }, `writing the database failed: ${(error as Error).message}`, { cause: error });
    }
  }

  snapshot(): Snapshot {
    const snapshot: LevelSnapshot = this.#level.snapshot();
    const level = this.#level;
    return {
      get: (table, key) => plain(level.getSync(tableKey(table, key), { snapshot })),
      entries: (table, range) => entries(level, snapshot, table, range),
      close: () => snapshot.close(),
    };
  }

  /** Number of entries and bytes per table; reads everything. */
  async stats(): Promise<Record<string, { readonly entries: number; readonly bytes: number }>> {
    const out: Record<string, { entries: number; bytes: number }> = {};
    for (const [name, table] of Object.entries(Table)) {
      const row = { entries: 0, bytes: 0 };
      for await (const [key, value] of this.#level.iterator({ gte: Uint8Array.of(table), lt: Uint8Array.of(table + 1) })) {
        row.entries++;
        row.bytes += key.length + value.length;
      }
      out[name] = row;
    }
    return out;
  }

  async close(): Promise<void> {
    await this.#level.close();
  }
}

/** LevelDB gives Buffers, whose slice() shares memory and which compare as another class: neither leaves this file. */
function plain<B extends Uint8Array | undefined>(bytes: B): B {
  return bytes && (new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength) as B);
}

async function* entries(level: Level, snapshot: LevelSnapshot, table: Table, range: { readonly gte: Uint8Array; readonly lt?: Uint8Array; readonly limit?: number }): AsyncIterable<readonly [Uint8Array, Uint8Array]> {
  const gte = tableKey(table, range.gte);
  const lt = range.lt === undefined ? Uint8Array.of(table + 1) : tableKey(table, range.lt);
  for await (const [key, value] of level.iterator({ gte, lt, limit: range.limit ?? -1, snapshot } as object)) yield [plain(key.subarray(1)), plain(value)] as const;
}

function openError(path: string, error: unknown): DatabaseError {
  const cause = (error as { cause?: { code?: string; message?: string } }).cause;
  const reason = cause?.message ?? (error as Error).message;
  if (cause?.code === "LEVEL_LOCKED") return new DatabaseError({ code: "DB_LOCKED", path }, "the database is in use by another process", { cause: error });
  if (cause?.code === "LEVEL_CORRUPTION" || /corrupt/i.test(reason)) return new DatabaseError({ code: "DB_CORRUPT", path }, `the database is damaged: ${reason}`, { cause: error });
  return new DatabaseError({ code: "DB_IO", path }, `the database cannot be opened: ${reason}`, { cause: error });
}

