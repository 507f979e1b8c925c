// A V8 CPU profile of a piece of work in this process, summed up: where the main thread's time goes by function and by part.
import { readFileSync } from "node:fs";
import { Session } from "node:inspector";
import type { Profiler } from "node:inspector";

export interface ProfileRow {
  readonly function: string;
  readonly place: string;
  readonly selfPercent: number;
  /** With all that it calls. */
  readonly totalPercent: number;
}

export interface ProfileSummary {
  /** Most of their own time first. */
  readonly functions: readonly ProfileRow[];
  /** Most time with all that they call first. */
  readonly inclusive: readonly ProfileRow[];
  /** By file. */
  readonly files: readonly { readonly place: string; readonly selfPercent: number }[];
}

const SAMPLE_MICROS = 200;

export async function profiled<T>(work: () => Promise<T>): Promise<{ readonly result: T; readonly summary: ProfileSummary }> {
  const session = new Session();
  session.connect();
  const post = (method: string, params?: object): Promise<unknown> =>
    new Promise((resolve, reject) => session.post(method, params ?? {}, (error, value) => (error ? reject(error) : resolve(value))));
  await post("Profiler.enable");
  await post("Profiler.setSamplingInterval", { interval: SAMPLE_MICROS });
  await post("Profiler.start");
  const result = await work();
  const { profile } = (await post("Profiler.stop")) as Profiler.StopReturnType;
  session.disconnect();
  return { result, summary: summarise(profile) };
}

export function summarise(profile: Profiler.Profile): ProfileSummary {
  const self = new Map<number, number>();
  profile.samples?.forEach((id, i) => add(self, id, profile.timeDeltas?.[i] ?? 0));
  const byId = new Map(profile.nodes.map((node) => [node.id, node]));
  const byFunction = new Map<string, number>();
  const inclusive = new Map<string, number>();
  const byFile = new Map<string, number>();
  let total = 0;
  const walk = (node: Profiler.ProfileNode, parent: Profiler.ProfileNode | undefined, above: readonly string[]): number => {
    // Waiting for the database is no work of this thread.
    const own = node.callFrame.functionName === "(idle)" ? 0 : (self.get(node.id) ?? 0);
    const place = placeOf(node.callFrame);
    const key = `${functionName(node, parent)}\t${place}`;
    total += own;
    add(byFunction, key, own);
    add(byFile, place === "" ? functionName(node, parent) : place, own);
    const path = [...above, key];
    const all = (node.children ?? []).reduce((sum, child) => sum + walk(byId.get(child)!, node, path), own);
    if (!above.includes(key)) add(inclusive, key, all);
    return all;
  };
  walk(profile.nodes[0]!, undefined, []);
  const percent = (micros: number): number => Math.round((micros / total) * 1_000) / 10;
  const row = ([key, micros]: readonly [string, number]): ProfileRow => {
    const [name, place] = key.split("\t");
    return { function: name!, place: place!, selfPercent: percent(micros), totalPercent: percent(inclusive.get(key) ?? 0) };
  };
  return {
    functions: ranked(byFunction, 60).map(row),
    inclusive: ranked(inclusive, 90).map(([key]) => row([key, byFunction.get(key)!])),
    files: ranked(byFile, 40).map(([place, micros]) => ({ place, selfPercent: percent(micros) })),
  };
}

/** What has no script is native; V8's names for functions of addons are wrong, so whoever calls it names it. */
function functionName(node: Profiler.ProfileNode, parent: Profiler.ProfileNode | undefined): string {
  const { functionName: name, url } = node.callFrame;
  if (url !== "" || parent === undefined || name.startsWith("(")) return name || "(anonymous)";
  return `native code < ${parent.callFrame.functionName || "(anonymous)"}`;
}

function add<K>(map: Map<K, number>, key: K, value: number): void {
  map.set(key, (map.get(key) ?? 0) + value);
}

function ranked(map: ReadonlyMap<string, number>, most: number): [string, number][] {
  return [...map].sort((a, b) => b[1] - a[1]).slice(0, most);
}

const bundles = new Map<string, readonly string[]>();

/** The source file: a package by its name, a line of a bundle by the comment that stands before each of its modules. */
function placeOf({ url, lineNumber }: Profiler.ProfileNode["callFrame"]): string {
  const path = url.replace(/^file:\/\//, "");
  if (!path.includes("/.cache/bench/")) return path.slice(Math.max(0, path.lastIndexOf("node_modules/") + "node_modules/".length * Number(path.includes("node_modules/"))));
  if (!bundles.has(path)) bundles.set(path, readFileSync(path, "utf8").split("\n"));
  const lines = bundles.get(path)!;
  for (let at = lineNumber; at >= 0; at--) {
    const [, module] = /^\/\/ (\S+\.ts)$/.exec(lines[at]!) ?? [];
    if (module !== undefined) return module;
  }
  return "";
}
