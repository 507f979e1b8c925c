// From the start of the process to its first served request, and what that costs; other development nodes beside ours.
import { bundledProgram } from "./lib/bundle.ts";
import { treeUse } from "./lib/cpu.ts";
import { Peers } from "./lib/peers.ts";
import type { PeerName } from "./lib/peers.ts";
import { median, round } from "./lib/report.ts";
import type { Report, Row } from "./lib/report.ts";
import { HttpClient } from "./lib/rpc-client.ts";
import { specWith, startMesi } from "./lib/server.ts";
import type { Server } from "./lib/server.ts";
import type { Benchmark } from "./run.ts";

interface Sample {
  readonly readyMs: number;
  readonly cpuSeconds: number;
  readonly rssMib: number;
}

async function sample(start: () => Promise<Server>, method: string): Promise<Sample> {
  const startedAt = performance.now();
  const server = await start();
  const client = new HttpClient(server.http, 1);
  await client.call(method, []);
  // A peer is endowed over RPC after its first answer: its own clock stopped before.
  const readyMs = method === "eth_chainId" ? server.readyMs : performance.now() - startedAt;
  const { cpuSeconds, rssBytes } = treeUse(server.pid);
  client.close();
  await server.stop();
  return { readyMs, cpuSeconds, rssMib: rssBytes / 2 ** 20 };
}

export const startUp: Benchmark = {
  name: "start-up",
  about: "From the start of the process to the answer of its first request.",
  async run(quick): Promise<Report> {
    const program = await bundledProgram();
    const spec = specWith([]);
    const peers = new Peers();
    const notes: string[] = [];
    const starts: [string, string, () => Promise<Server>][] = [["mesi node, new chain on disk", "system_chain", () => startMesi(program, spec, ["--quiet"])]];
    for (const name of ["anvil", "ganache"] as const satisfies readonly PeerName[]) {
      const reason = peers.install(name);
      if (reason === undefined) starts.push([name, "eth_chainId", () => peers.start(name, 1)]);
      else notes.push(`${name} was left out: ${reason}`);
    }
    const samples = new Map<string, Sample[]>(starts.map(([name]) => [name, []]));
    try {
      for (let turn = 0; turn < (quick ? 1 : 9); turn++) for (const [name, method, start] of starts) samples.get(name)!.push(await sample(start, method));
    } finally {
      peers.remove();
    }
    const rows = [...samples].map(([name, all]): Row => ({
      server: name,
      "ready ms": round(median(all.map(({ readyMs }) => readyMs)), 0),
      "fastest ms": round(Math.min(...all.map(({ readyMs }) => readyMs)), 0),
      "CPU-seconds": round(median(all.map(({ cpuSeconds }) => cpuSeconds)), 2),
      "RSS MiB": round(median(all.map(({ rssMib }) => rssMib)), 0),
    }));
    return { tables: [{ title: "Start", rows }], notes: [`Medians of ${quick ? 1 : 9} starts each, taking turns.`, ...notes] };
  },
};
