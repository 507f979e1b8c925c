// What the database's files say about themselves before LevelDB opens them. LevelDB leaves damaged records of a .log out without
// a word, takes an older version where a MANIFEST is cut off, begins a new database where CURRENT is missing, and does not compare
// the checksums of tables; so we look first.
import { existsSync, readFileSync, readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { scanLog } from "./level-log.ts";
import { readManifest } from "./level-manifest.ts";
import type { Manifest } from "./level-manifest.ts";
import { tableFault } from "./level-table.ts";

export interface FilesReport {
  /** The first thing that is wrong, in words; undefined: nothing. */
  readonly fault: string | undefined;
  /** Bytes of a batch that was being written when the last process died: it had not been acknowledged, and is left out. */
  readonly tornBytes: number;
  readonly tables: number;
  /** Tables whose checksums were not compared, since the others filled the budget. */
  readonly tablesSkipped: number;
}

/** A fault found, as a way out of the walk. */
class Fault extends Error {}

const SOUND: FilesReport = { fault: undefined, tornBytes: 0, tables: 0, tablesSkipped: 0 };

/** @param tableBytes how many bytes of tables to read, the newest first: what a crash can hurt is new. */
export function inspectFiles(path: string, tableBytes: number): FilesReport {
  try {
    const names = readdirSync(path);
    if (!names.includes("CURRENT")) return withoutCurrent(names);
    const manifest = currentManifest(path);
    const tornBytes = checkLogs(path, names, manifest);
    return { fault: undefined, tornBytes, ...checkTables(path, manifest, tableBytes) };
  } catch (error) {
    if (error instanceof Fault) return { ...SOUND, fault: error.message };
    throw error;
  }
}

/** Before LevelDB's first start has made CURRENT, there are no logs and tables. */
function withoutCurrent(names: readonly string[]): FilesReport {
  const data = names.find((name) => /^\d+\.(log|ldb|sst)$/.test(name));
  return data === undefined ? SOUND : { ...SOUND, fault: `there is ${data}, but the file CURRENT, which says how to read it, is missing` };
}

function currentManifest(path: string): Manifest {
  const current = readFileSync(join(path, "CURRENT"));
  const name = /^(MANIFEST-\d+)\n$/.exec(current.toString("latin1"))?.[1];
  if (name === undefined) throw new Fault("the file CURRENT does not name a MANIFEST");
  if (!existsSync(join(path, name))) throw new Fault(`the file CURRENT names ${name}, which is missing`);
  const { records, damagedAt } = scanLog(readFileSync(join(path, name)));
  if (damagedAt !== undefined) throw new Fault(`${name} is damaged at byte ${damagedAt}`);
  try {
    return readManifest(records);
  } catch (error) {
    throw new Fault(`${name} cannot be read: ${(error as Error).message}`);
  }
}

/** @returns the torn bytes at the end of the newest log */
function checkLogs(path: string, names: readonly string[], { logNumber }: Manifest): number {
  const numbers = names.flatMap((name) => /^(\d+)\.log$/.exec(name)?.[1] ?? []).map(Number).filter((number) => number >= logNumber).sort((a, b) => a - b);
  if (logNumber > 0 && !numbers.includes(logNumber)) throw new Fault(`the MANIFEST says that ${logName(logNumber)} holds the latest blocks, and it is missing`);
  let torn: { readonly name: string; readonly bytes: number } | undefined;
  for (const number of numbers) {
    const { records, tornBytes, damagedAt } = scanLog(readFileSync(join(path, logName(number))));
    if (damagedAt !== undefined) throw new Fault(`${logName(number)} is damaged at byte ${damagedAt}`);
    if (torn !== undefined && records.length > 0) throw new Fault(`${torn.name} is cut off, although ${logName(number)} goes on after it`);
    if (tornBytes > 0) torn = { name: logName(number), bytes: tornBytes };
  }
  return torn?.bytes ?? 0;
}

function logName(number: number): string {
  return `${String(number).padStart(6, "0")}.log`;
}

function checkTables(path: string, { tables }: Manifest, budget: number): Pick<FilesReport, "tables" | "tablesSkipped"> {
  let left = budget;
  let skipped = 0;
  for (const [number, size] of [...tables].sort(([a], [b]) => b - a)) {
    const name = tableName(path, number);
    const actual = statSync(join(path, name)).size;
    if (actual !== size) throw new Fault(`the table ${name} has ${actual} bytes instead of ${size}`);
    if (size > left) {
      skipped++;
      continue;
    }
    left -= size;
    const fault = tableFault(readFileSync(join(path, name)));
    if (fault !== undefined) throw new Fault(`the table ${name} is damaged: ${fault}`);
  }
  return { tables: tables.size, tablesSkipped: skipped };
}

function tableName(path: string, number: number): string {
  const base = String(number).padStart(6, "0");
  const found = [`${base}.ldb`, `${base}.sst`].find((name) => existsSync(join(path, name)));
  if (found === undefined) throw new Fault(`the table ${base}.ldb is missing`);
  return found;
}
