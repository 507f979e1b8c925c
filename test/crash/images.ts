// Images of a database's folder after a kill, and what can happen to the files in it.
import { cpSync, mkdirSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { scanLog } from "../../node/db/level-log.ts";
import type { Random } from "./random.ts";

export type FileKind = "log" | "ldb" | "MANIFEST" | "CURRENT" | "mark";

export interface Damage {
  readonly name: string;
  /** The file's new content. */
  apply(content: Buffer): Buffer;
  readonly file: string;
}

const PAGE = 4_096;

export function filesOf(folder: string, kind: FileKind): string[] {
  const pattern = { log: /\.log$/, ldb: /\.ldb$/, MANIFEST: /^MANIFEST-/, CURRENT: /^CURRENT$/, mark: /^acknowledged-head$/ }[kind];
  return readdirSync(folder).filter((name) => pattern.test(name)).sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

const newest = (folder: string, kind: FileKind): string => filesOf(folder, kind).at(-1)!;

/** Where the last `count` records of a log begin. */
function lastRecordsAt(content: Buffer, count: number): number {
  const { records } = scanLog(content);
  const before = records.slice(0, Math.max(0, records.length - count));
  let at = content.length;
  // The longest prefix with just those records.
  let low = 0;
  while (low < at) {
    const middle = (low + at) >> 1;
    if (scanLog(content.subarray(0, middle)).records.length < before.length) low = middle + 1;
    else at = middle;
  }
  return at;
}

/** The newest log cut off inside its last records, `count` images at most; all cuts when that suffices. */
export function truncations(folder: string, records: number, count: number): Damage[] {
  const file = newest(folder, "log");
  const content = readFileSync(join(folder, file));
  const from = lastRecordsAt(content, records);
  const length = content.length - from;
  const step = Math.max(1, Math.ceil(length / count));
  const cuts = Array.from({ length: Math.ceil(length / step) }, (_, i) => from + i * step);
  return cuts.map((cut) => ({ name: `${file} cut at byte ${cut} of ${content.length}`, file, apply: (bytes) => bytes.subarray(0, cut) }));
}

export function bitFlips(folder: string, kind: FileKind, count: number, random: Random): Damage[] {
  const files = filesOf(folder, kind);
  return Array.from({ length: count }, () => {
    const file = files[random.below(files.length)]!;
    const bit = random.below(readFileSync(join(folder, file)).length * 8);
    return { name: `${file} bit ${bit} flipped`, file, apply: (bytes: Buffer) => flip(bytes, bit) };
  });
}

function flip(bytes: Buffer, bit: number): Buffer {
  const out = Buffer.from(bytes);
  out[bit >> 3]! ^= 1 << (bit & 7);
  return out;
}

/** The last 1 to 8 blocks of 4 KiB gone, or there as zeros. */
export function lostPages(folder: string, kind: FileKind): Damage[] {
  const file = newest(folder, kind);
  return Array.from({ length: 8 }, (_, i) => i + 1).flatMap((pages) => [
    { name: `${file} without its last ${pages} pages`, file, apply: (bytes: Buffer) => bytes.subarray(0, Math.max(0, bytes.length - pages * PAGE)) },
    { name: `${file} with its last ${pages} pages as zeros`, file, apply: (bytes: Buffer) => zeroTail(bytes, pages * PAGE) },
  ]);
}

function zeroTail(bytes: Buffer, size: number): Buffer {
  const out = Buffer.from(bytes);
  out.fill(0, Math.max(0, out.length - size));
  return out;
}

/** A page in the first half of the log lost: what came after it is whole. */
export function holes(folder: string, count: number, random: Random): Damage[] {
  const file = newest(folder, "log");
  return Array.from({ length: count }, () => {
    const share = random.below(500);
    return {
      name: `${file} with a hole at ${share / 10} %`,
      file,
      apply: (bytes: Buffer) => {
        const out = Buffer.from(bytes);
        const at = Math.floor((out.length * share) / 1_000 / PAGE) * PAGE;
        out.fill(0, at, at + PAGE);
        return out;
      },
    };
  });
}

/** The end of the file twice: some bytes, one record, several. */
export function duplicatedTails(folder: string, kind: FileKind, count: number, random: Random): Damage[] {
  const file = newest(folder, kind);
  const content = readFileSync(join(folder, file));
  return Array.from({ length: count }, (_, i) => {
    const from = kind === "log" && i % 2 === 0 ? lastRecordsAt(content, 1 + (i >> 1)) : Math.max(0, content.length - 1 - random.below(2 * PAGE));
    return { name: `${file} with its last ${content.length - from} bytes twice`, file, apply: (bytes: Buffer) => Buffer.concat([bytes, bytes.subarray(from)]) };
  });
}

export function missing(folder: string, kind: FileKind): Damage[] {
  return filesOf(folder, kind).map((file) => ({ name: `${file} missing`, file, apply: (bytes) => bytes.subarray(0, 0) }));
}

/** A copy of `folder` at `to` with the damage done; an empty damage of a "missing" kind removes the file. */
export function makeImage(folder: string, to: string, damage: Damage): void {
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  cpSync(folder, to, { recursive: true });
  const path = join(to, damage.file);
  if (damage.name.endsWith("missing")) return rmSync(path);
  const content = readFileSync(path);
  const changed = damage.apply(content);
  if (changed.length < content.length && content.subarray(0, changed.length).equals(changed)) truncateSync(path, changed.length);
  else writeFileSync(path, changed);
}
