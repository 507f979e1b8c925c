// LevelDB's log format (its .log and MANIFEST files), read in order to see what LevelDB does not tell: on opening, it leaves out
// records of a .log that are damaged, the rest of their 32 KiB with them, and goes on with what comes after. A chain would then
// lack a block in the middle.
// Source: leveldb 1.20, doc/log_format.md and db/log_reader.cc.
import { concatBytes } from "../../runtime/primitives/bytes.ts";
import { maskedCrc32c, readU32le } from "./crc32c.ts";

const BLOCK = 32_768;
const HEADER = 7;
const Type = { Full: 1, First: 2, Middle: 3, Last: 4 } as const;

export interface LogScan {
  /** Complete, undamaged records; each may share memory with the file's bytes. */
  readonly records: readonly Uint8Array[];
  /** Bytes at the end that are no complete record: what a process that died while writing leaves. 0 after a clean stop. */
  readonly tornBytes: number;
  /** Where something is wrong although later records are whole: no crash leaves that. */
  readonly damagedAt: number | undefined;
}

interface Fragment {
  readonly type: number;
  readonly data: Uint8Array;
}

export function scanLog(file: Uint8Array): LogScan {
  const records: Uint8Array[] = [];
  let open: Uint8Array[] | undefined;
  /** Where the record begins that is being read. */
  let begin = 0;
  for (let at = 0; at < file.length; ) {
    const left = BLOCK - (at % BLOCK);
    if (left < HEADER) {
      at += left;
      continue;
    }
    const fragment = fragmentAt(file, at);
    const starts = fragment !== undefined && (fragment.type === Type.Full || fragment.type === Type.First);
    // A record begins inside another: the first was never finished, and yet something was written after it.
    if (starts && open !== undefined) return { records, tornBytes: file.length - begin, damagedAt: begin };
    if (fragment === undefined || (!starts && open === undefined)) return { records, ...brokenAt(file, open === undefined ? at : begin, at) };
    if (starts) begin = at;
    if (fragment.type === Type.Full) records.push(fragment.data);
    else if (starts) open = [fragment.data];
    else open!.push(fragment.data);
    if (fragment.type === Type.Last) {
      records.push(concatBytes(...open!));
      open = undefined;
    }
    at += HEADER + fragment.data.length;
  }
  return { records, tornBytes: open === undefined ? 0 : file.length - begin, damagedAt: undefined };
}

/** Undefined when there is no undamaged fragment at `at`. */
function fragmentAt(file: Uint8Array, at: number): Fragment | undefined {
  const left = Math.min(BLOCK - (at % BLOCK), file.length - at);
  if (left < HEADER) return undefined;
  const size = file[at + 4]! | (file[at + 5]! << 8);
  const type = file[at + 6]!;
  const end = at + HEADER + size;
  if (type < Type.Full || type > Type.Last || HEADER + size > left) return undefined;
  return readU32le(file, at) === maskedCrc32c(file, at + 6, end) ? { type, data: file.subarray(at + HEADER, end) } : undefined;
}

/**
 * A record that begins after the break was written after it, so what is broken had been whole. Parts of the broken record itself may
 * be there: a power cut keeps pages in any order. The break may be in a length, so every byte may be the next beginning.
 */
function brokenAt(file: Uint8Array, record: number, at: number): Pick<LogScan, "tornBytes" | "damagedAt"> {
  for (let next = at + 1; next + HEADER <= file.length; next++) {
    const type = file[next + 6]!;
    if ((type === Type.Full || type === Type.First) && !isEmpty(file, next) && fragmentAt(file, next) !== undefined) return { tornBytes: file.length - record, damagedAt: at };
  }
  return { tornBytes: file.length - record, damagedAt: undefined };
}

/** The CRC of nothing is found by chance too easily; an empty record is never written. */
function isEmpty(file: Uint8Array, at: number): boolean {
  return file[at + 4] === 0 && file[at + 5] === 0;
}
