// npm run bench -- NAME [--quick]
// Runs a benchmark, prints its tables and records them in bench/results. Without a name: lists them. `all` runs one after the other.
import { endToEnd } from "./end-to-end.ts";
import { execution } from "./execution.ts";
import { load } from "./lib/machine.ts";
import { printTable, save } from "./lib/report.ts";
import type { Report } from "./lib/report.ts";
import { memory } from "./memory.ts";
import { rpc } from "./rpc.ts";
import { startUp } from "./start-up.ts";
import { sync } from "./sync.ts";

export interface Benchmark {
  readonly name: string;
  readonly about: string;
  /** @param quick - fewer rounds and smaller sizes, to see that it runs: nothing is recorded. */
  run(quick: boolean): Promise<Report>;
}

const BENCHMARKS: readonly Benchmark[] = [execution, endToEnd, startUp, memory, rpc, sync];

async function runOne(benchmark: Benchmark, quick: boolean): Promise<void> {
  const startedAt = new Date().toISOString();
  const start = performance.now();
  const loadBefore = load();
  const report = await benchmark.run(quick);
  for (const table of report.tables) printTable(table);
  console.log(`\nload ${loadBefore} before, ${load()} after`);
  const facts = { name: benchmark.name, about: benchmark.about, startedAt, wallSeconds: Math.round((performance.now() - start) / 1_000), loadBefore, loadAfter: load() };
  if (!quick) save(report, facts);
}

const words = process.argv.slice(2);
const quick = words.includes("--quick");
const names = words.filter((word) => word !== "--quick");
const chosen = names[0] === "all" ? BENCHMARKS : BENCHMARKS.filter(({ name }) => names.includes(name));
if (chosen.length === 0) {
  console.log("npm run bench -- NAME... [--quick]\n");
  for (const { name, about } of BENCHMARKS) console.log(`${name.padEnd(12)} ${about}`);
  process.exitCode = names.length === 0 ? 0 : 2;
}
for (const benchmark of chosen) await runOne(benchmark, quick);
