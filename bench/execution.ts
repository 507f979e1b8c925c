import type { ExecutionCase, ExecutionResult } from "./execution-case.ts";
import { bundledCase } from "./lib/bundle.ts";
import { runCase } from "./lib/child.ts";
import { load } from "./lib/machine.ts";
import { round } from "./lib/report.ts";
import type { Report, Row, Table } from "./lib/report.ts";
import type { Benchmark } from "./run.ts";

interface Plan extends ExecutionCase {
  readonly label: string;
}

const WARM_UP = 10_000;

function plans(quick: boolean): Plan[] {
  const plan = (label: string, accounts: number, block: number, transfers: number): Plan => ({ label, accounts, block, transfers: quick ? 5_000 : transfers, warmUp: quick ? 2_000 : WARM_UP, profile: false });
  if (quick) return [plan("10k", 10_000, 1_000, 5_000)];
  return [
    plan("10k", 10_000, 100, 40_000),
    plan("10k", 10_000, 1_000, 100_000),
    plan("100k", 100_000, 100, 40_000),
    plan("100k", 100_000, 1_000, 100_000),
    // 200,000 transfers fill the memtable more than ten times: compaction is in the figure.
    plan("1M", 1_000_000, 1_000, 200_000),
  ];
}

export const execution: Benchmark = {
  name: "execution",
  about: "CPU per transfer of execution alone: decoding, dispatch, fees, events, state root, extrinsics root and the synced database batch, without signatures, pool or RPC. Random transfers between random accounts.",
  async run(quick): Promise<Report> {
    const bundle = await bundledCase("execution-case");
    const main: Row[] = [];
    const parts: Row[] = [];
    const written: Row[] = [];
    for (const { label, ...input } of plans(quick)) {
      const result = await runCase<ExecutionResult>(bundle, input);
      const row = { accounts: label, "transfers/block": input.block };
      main.push({ ...row, all: result.all, main: result.main, wall: result.wall, "RSS MiB": result.rssMib, "disk MiB": result.diskMib, load: load() });
      parts.push({ ...row, ...result.phases, "other threads": round(result.all - result.main), "of them, each": result.threads.map((micros) => round(micros)).join(" ") });
      if (input.block === 1_000) for (const [table, { entries, bytes }] of Object.entries(result.written)) if (bytes > 0) written.push({ accounts: label, table, entries, bytes });
      console.log(`${label}, blocks of ${input.block}: ${result.all} us, ${result.main} on the main thread`);
    }
    return {
      tables: [
        { title: "CPU µs per transfer", rows: main },
        { title: "Main thread by part, CPU µs per transfer", rows: parts },
        { title: "Written per transfer", rows: written },
        ...(quick ? [] : await profileTables(bundle)),
      ],
      notes: [
        "`all` is user and system time of every thread: garbage collection, LevelDB's writer and its compaction are in it. `main` is the main thread.",
        "Each case runs in a process of its own after 10,000 transfers of warm-up. Transfers are made ahead, outside the measured time.",
        "The weights are the chain's own: 1,125 transfers fit in a block.",
      ],
    };
  },
};

async function profileTables(bundle: string): Promise<Table[]> {
  const input: ExecutionCase = { accounts: 100_000, block: 1_000, transfers: 60_000, warmUp: WARM_UP, profile: true };
  const { profile } = await runCase<ExecutionResult>(bundle, input);
  if (profile === undefined) return [];
  const rows = (list: typeof profile.functions, most: number): Row[] => list.slice(0, most).map(({ function: name, place, selfPercent, totalPercent }) => ({ function: `\`${name}\``, file: place, "self %": selfPercent, "with callees %": totalPercent }));
  return [
    { title: "Profile of the main thread, 100k accounts: self time", rows: rows(profile.functions, 30) },
    { title: "Profile of the main thread, 100k accounts: with callees", rows: rows(profile.inclusive.filter(({ function: name }) => name !== "(root)"), 45) },
    { title: "Profile of the main thread, 100k accounts: self time by file", rows: profile.files.slice(0, 20).map(({ place, selfPercent }) => ({ file: place, "self %": selfPercent })) },
  ];
}
