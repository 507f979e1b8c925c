// LevelDB's MANIFEST: a log of edits that says which tables and which .log make up the database.
// Source: leveldb 1.20, db/version_edit.cc.
import { ByteReader } from "./byte-reader.ts";

export interface Manifest {
  /** Number of each live table, with its size in bytes. */
  readonly tables: ReadonlyMap<number, number>;
  /** .log files below this number are left over. 0: a database that was never used. */
  readonly logNumber: number;
}

const Tag = { Comparator: 1, LogNumber: 2, NextFile: 3, LastSequence: 4, CompactPointer: 5, DeletedFile: 6, NewFile: 7, PrevLogNumber: 9 } as const;

/** @throws RangeError when a record is not an edit */
export function readManifest(records: readonly Uint8Array[]): Manifest {
  const tables = new Map<number, number>();
  let logNumber = 0;
  for (const record of records) {
    const reader = new ByteReader(record);
    while (!reader.atEnd()) {
      switch (reader.varint()) {
        case Tag.Comparator:
          reader.skip(reader.varint());
          break;
        case Tag.LogNumber:
          logNumber = reader.varint();
          break;
        case Tag.NextFile:
        case Tag.LastSequence:
        case Tag.PrevLogNumber:
          reader.varint();
          break;
        case Tag.CompactPointer:
          reader.varint();
          reader.skip(reader.varint());
          break;
        case Tag.DeletedFile:
          reader.varint();
          tables.delete(reader.varint());
          break;
        case Tag.NewFile: {
          reader.varint();
          const number = reader.varint();
          tables.set(number, reader.varint());
          reader.skip(reader.varint());
          reader.skip(reader.varint());
          break;
        }
        default:
          throw new RangeError("unknown tag in an edit");
      }
    }
  }
  return { tables, logNumber };
}
