// A node that catches up: blocks from a file down the one road, every signature checked, on all cores.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chainSpecJson } from "../genesis/chain-spec.ts";
import { bundledCase, bundledProgram } from "./lib/bundle.ts";
import { runCase } from "./lib/child.ts";
import { childrenMicros } from "./lib/cpu.ts";
import { load } from "./lib/machine.ts";
import { median, round } from "./lib/report.ts";
import type { Report, Row } from "./lib/report.ts";
import { specWith } from "./lib/server.ts";
import { signers } from "./lib/signed-transfers.ts";
import type { Scheme } from "./lib/signed-transfers.ts";
import type { Benchmark } from "./run.ts";
import type { SyncCase } from "./sync-case.ts";

const SENDERS = 500;
/** Transfers in a block: as many as the block's budget of signature time takes. */
const BLOCK: Readonly<Record<Scheme, number>> = { ed25519: 1_000, sr25519: 600, ecdsa: 500 };

async function finished(program: string, args: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.on("data", (text: Buffer) => (errors += String(text)));
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  if (code !== 0) throw new Error(`import-blocks ended with ${code}: ${errors.slice(-2_000)}`);
}

interface Sample {
  readonly seconds: number;
  readonly cpuSeconds: number;
}

async function imported(program: string, folder: string, file: string): Promise<Sample> {
  const data = mkdtempSync(join(folder, "data-"));
  const before = childrenMicros();
  const startedAt = performance.now();
  await finished(program, ["db", "import-blocks", file, "--chain", join(folder, "spec.json"), "--base-path", data, "--quiet"]);
  const seconds = (performance.now() - startedAt) / 1_000;
  rmSync(data, { recursive: true, force: true });
  return { seconds, cpuSeconds: (childrenMicros() - before) / 1e6 };
}

async function rowOf(scheme: Scheme, transfers: number, rounds: number): Promise<Row> {
  const [program, maker] = [await bundledProgram(), await bundledCase("sync-case")];
  const folder = mkdtempSync(join(tmpdir(), "mesi-bench-"));
  try {
    const file = join(folder, "blocks");
    const empty = join(folder, "none");
    writeFileSync(empty, new Uint8Array(8));
    const from = await signers(scheme, SENDERS);
    writeFileSync(join(folder, "spec.json"), JSON.stringify(chainSpecJson(specWith(from.map(({ account }) => account)))));
    const input: SyncCase = { file, scheme, senders: SENDERS, transfers, block: BLOCK[scheme] };
    await runCase(maker, input);
    const all: Sample[] = [];
    for (let turn = 0; turn < rounds; turn++) {
      const nothing = await imported(program, folder, empty);
      const sample = await imported(program, folder, file);
      // Starting the program is measured elsewhere.
      all.push({ seconds: sample.seconds - nothing.seconds, cpuSeconds: sample.cpuSeconds - nothing.cpuSeconds });
    }
    const cpu = median(all.map(({ cpuSeconds }) => cpuSeconds));
    return {
      signature: scheme,
      transfers,
      "in a block": BLOCK[scheme],
      "file MiB": round(readFileSync(file).length / 2 ** 20),
      "per CPU-second": round(transfers / cpu, 0),
      "CPU µs each": round((cpu / transfers) * 1e6, 0),
      "per second": round(transfers / median(all.map(({ seconds }) => seconds)), 0),
      "best per second": round(transfers / Math.min(...all.map(({ seconds }) => seconds)), 0),
      load: load(),
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

export const sync: Benchmark = {
  name: "sync",
  about: "Import of a file of blocks by `mesi db import-blocks`: decoding, every signature in the workers, execution, roots, database.",
  async run(quick): Promise<Report> {
    const rounds = quick ? 1 : 3;
    const rows: Row[] = [];
    for (const [scheme, transfers] of [["ed25519", quick ? 4_000 : 60_000], ["sr25519", quick ? 1_800 : 18_000]] as const) rows.push(await rowOf(scheme, transfers, rounds));
    return { tables: [{ title: "Import of full blocks", rows }], notes: [`Medians of ${rounds} rounds; the time of an import of no blocks is taken off. ${SENDERS} senders, recipients at random (many new accounts). Commits are not synced here: what a power cut takes can be imported again.`] };
  },
};
