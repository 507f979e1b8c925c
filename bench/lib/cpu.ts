// CPU time from /proc: of this thread, of this process, of a server with all its children. Wall time on a shared machine says
// how busy the others are; CPU time says what the work costs.
import { readFileSync, readdirSync } from "node:fs";

/** Clock ticks per second of /proc/PID/stat: 100 on every Linux that Node runs on. */
const TICKS = 100;

/** CPU µs of this process' main thread. The kernel brings it up to date every few ms: right on average, not for one short step. */
export function mainThreadMicros(): number {
  return Number(readFileSync(`/proc/self/task/${process.pid}/schedstat`, "utf8").split(" ")[0]) / 1_000;
}

/** CPU µs of all threads of this process. */
export function processMicros(): number {
  const { user, system } = process.cpuUsage();
  return user + system;
}

/** CPU µs of each living thread of this process, by its id; the main thread's id is the process'. */
export function threadMicros(): Map<string, number> {
  const ids = readdirSync("/proc/self/task");
  return new Map(ids.map((id) => [id, Number(readFileSync(`/proc/self/task/${id}/schedstat`, "utf8").split(" ")[0]) / 1_000]));
}

interface Stat {
  readonly parent: number;
  readonly cpuSeconds: number;
  readonly rssBytes: number;
}

const PAGE_BYTES = 4096;

function stat(pid: number): Stat | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    // The name in parentheses may hold anything; what follows it is numbers.
    const fields = text.slice(text.lastIndexOf(")") + 2).split(" ").map(Number);
    return { parent: fields[1]!, cpuSeconds: (fields[11]! + fields[12]!) / TICKS, rssBytes: fields[21]! * PAGE_BYTES };
  } catch {
    return undefined; // it ended in the meantime
  }
}

/** CPU µs of all children that have ended, with theirs. */
export function childrenMicros(): number {
  const text = readFileSync("/proc/self/stat", "utf8");
  const fields = text.slice(text.lastIndexOf(")") + 2).split(" ").map(Number);
  return ((fields[13]! + fields[14]!) / TICKS) * 1e6;
}

export interface TreeUse {
  /** user + system of the process and all its living descendants. */
  readonly cpuSeconds: number;
  readonly rssBytes: number;
}

export function treeUse(root: number): TreeUse {
  const all = new Map<number, Stat>();
  for (const name of readdirSync("/proc")) {
    const pid = Number(name);
    const found = Number.isInteger(pid) ? stat(pid) : undefined;
    if (found !== undefined) all.set(pid, found);
  }
  let cpuSeconds = 0;
  let rssBytes = 0;
  for (const [pid, { cpuSeconds: cpu, rssBytes: rss }] of all) {
    if (!descends(all, pid, root)) continue;
    cpuSeconds += cpu;
    rssBytes += rss;
  }
  return { cpuSeconds, rssBytes };
}

function descends(all: ReadonlyMap<number, Stat>, pid: number, root: number): boolean {
  for (let at: number | undefined = pid; at !== undefined && at > 1; at = all.get(at)?.parent) if (at === root) return true;
  return false;
}
