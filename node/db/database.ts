import { mkdirSync } from "node:fs";
import { ClassicLevel } from "classic-level";
import { utf8 } from "../../runtime/primitives/bytes.ts";
import { CodedError } from "../../runtime/primitives/errors.ts";
import { inspectFiles } from "./files.ts";
import { HeadMarkWriter, readHeadMark } from "./head-mark.ts";
import type { HeadMark } from "./head-mark.ts";
import { DATABASE_VERSION, MetaKey, Table, readU32be, tableKey, u32be } from "./keys.ts";

export class DatabaseError extends CodedError<
  /** Another process has it open: stop that one, or choose another --base-path. */
  | { code: "DB_LOCKED"; path: string }
  /** Its files are damaged, or what they say does not fit together: restore a backup or purge and sync anew. */
  | { code: "DB_CORRUPT"; path: string }
  /** It ends before a block that was acknowledged as final. */
  | { code: "DB_BLOCKS_LOST"; path: string; head: number; acknowledged: number }
  /** Written by another version of this program. */
  | { code: "DB_VERSION"; path: string; found: number }
  /** Holds another chain. */
  | { code: "DB_OTHER_CHAIN"; path: string; found: string }
  /** Reading or writing failed: a full or failing disk, or a folder of someone else's. */
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

export interface DatabaseOptions {
  readonly cacheMib?: number;
  /** Bytes of tables whose checksums are compared on opening, the newest first. */
  readonly checkTableBytes?: number;
}

const MIB = 1_048_576;
/** Read and compared in a fraction of a second. */
const CHECK_TABLE_BYTES = 128 * MIB;

/** The one owner of the LevelDB: typed tables over byte keys, synchronous point reads, atomic synced batches. */
export class Database {
  readonly path: string;
  /** Bytes of an unfinished batch that opening left out: 0 after a clean stop. */
  readonly tornBytes: number;
  readonly #level: Level;
  #headMark: HeadMarkWriter | undefined;
  #failure: DatabaseError | undefined;

  private constructor(path: string, level: Level, tornBytes: number) {
    this.path = path;
    this.#level = level;
    this.tornBytes = tornBytes;
  }

  /** Opens or creates. Throws DatabaseError. */
  static async open(path: string, { cacheMib = 32, checkTableBytes = CHECK_TABLE_BYTES }: DatabaseOptions = {}): Promise<Database> {
    makeFolder(path);
    const tornBytes = await inspect(path, checkTableBytes);
    // Values are small and hashed: compression costs more than it saves.
    const level: Level = new ClassicLevel(path, {
      keyEncoding: "view",
      valueEncoding: "view",
      compression: false,
      writeBufferSize: 32 * MIB,
      cacheSize: cacheMib * MIB,
    });
    try {
      await level.open();
    } catch (error) {
      throw openError(path, error);
    }
    const database = new Database(path, level, tornBytes);
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
    return read(this.path, () => plain(this.#level.getSync(tableKey(table, key))));
  }

  /**
   * Writes all of it or nothing, and returns when it would survive a power cut. A failure is final: what the disk holds is unknown, so
   * nothing may be written after it, and the process must stop.
   */
  async write(fill: (batch: WriteBatch) => void, options: { readonly sync?: boolean } = {}): Promise<void> {
    if (this.#failure !== undefined) throw this.#failure;
    const batch = this.#level.batch();
    fill({
      put: (table, key, value) => void batch.put(tableKey(table, key), value),
      del: (table, key) => void batch.del(tableKey(table, key)),
    });
    try {
      await batch.write({ sync: options.sync ?? true } as object);
    } catch (error) {
      throw this.#fail(error);
    }
  }

  #fail(error: unknown): DatabaseError {
    this.#failure = new DatabaseError({ code: "DB_IO", path: this.path }, `writing the database failed: ${reasonOf(error)}`, { cause: error });
    return this.#failure;
  }

  /** Notes that a block is durable and about to be announced as final: an older database will be noticed. */
  acknowledge(head: HeadMark): void {
    try {
      this.#headMark ??= new HeadMarkWriter(this.path);
      this.#headMark.write(head);
    } catch (error) {
      throw this.#fail(error);
    }
  }

  /** The last block that was acknowledged, as far as is known. */
  acknowledged(): HeadMark | undefined {
    return read(this.path, () => readHeadMark(this.path));
  }

  snapshot(): Snapshot {
    const snapshot: LevelSnapshot = this.#level.snapshot();
    const level = this.#level;
    return {
      get: (table, key) => read(this.path, () => plain(level.getSync(tableKey(table, key), { snapshot }))),
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
    this.#headMark?.close();
    this.#headMark = undefined;
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
  try {
    for await (const [key, value] of level.iterator({ gte, lt, limit: range.limit ?? -1, snapshot } as object)) yield [plain(key.subarray(1)), plain(value)] as const;
  } catch (error) {
    throw readError(level.location, error);
  }
}

function makeFolder(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new DatabaseError({ code: "DB_IO", path }, `the folder ${path} cannot be made: ${reasonOf(error)}`, { cause: error });
  }
}

/** @returns the bytes of an unfinished batch. What looks damaged may be another process at work, so its lock counts more. */
async function inspect(path: string, checkTableBytes: number): Promise<number> {
  let fault: string;
  try {
    const report = inspectFiles(path, checkTableBytes);
    if (report.fault === undefined) return report.tornBytes;
    fault = report.fault;
  } catch (error) {
    await checkLock(path);
    throw new DatabaseError({ code: "DB_IO", path }, `the database cannot be read: ${reasonOf(error)}`, { cause: error });
  }
  await checkLock(path);
  throw new DatabaseError({ code: "DB_CORRUPT", path }, `the database in ${path} is damaged: ${fault}`);
}

/** LevelDB takes the lock before it objects that there is a database, or none; it changes nothing. */
async function checkLock(path: string): Promise<void> {
  const probe = new ClassicLevel(path, { createIfMissing: false, errorIfExists: true });
  try {
    await probe.open();
    await probe.close();
  } catch (error) {
    const known = openError(path, error);
    if (known.code === "DB_LOCKED") throw known;
  }
}

function read<T>(path: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw readError(path, error);
  }
}

function readError(path: string, error: unknown): unknown {
  const { code } = error as { code?: string };
  if (code === "LEVEL_CORRUPTION") return new DatabaseError({ code: "DB_CORRUPT", path }, `the database in ${path} is damaged: ${reasonOf(error)}`, { cause: error });
  if (code === "LEVEL_IO_ERROR" || (error as NodeJS.ErrnoException).errno !== undefined) return new DatabaseError({ code: "DB_IO", path }, `reading the database failed: ${reasonOf(error)}`, { cause: error });
  return error;
}

function reasonOf(error: unknown): string {
  const cause = (error as { cause?: { message?: string } }).cause;
  return cause?.message ?? (error as Error).message;
}

function openError(path: string, error: unknown): DatabaseError {
  const cause = (error as { cause?: { code?: string; message?: string } }).cause;
  const reason = reasonOf(error);
  if (cause?.code === "LEVEL_LOCKED") return new DatabaseError({ code: "DB_LOCKED", path }, "the database is in use by another process", { cause: error });
  if (cause?.code === "LEVEL_CORRUPTION" || /corrupt/i.test(reason)) return new DatabaseError({ code: "DB_CORRUPT", path }, `the database in ${path} is damaged: ${reason}`, { cause: error });
  return new DatabaseError({ code: "DB_IO", path }, `the database cannot be opened: ${reason}`, { cause: error });
}

