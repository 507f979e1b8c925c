// How long a question takes while the node is busy with transfers, and how many calls a CPU-second answers.
import { bundledProgram } from "./lib/bundle.ts";
import { treeUse } from "./lib/cpu.ts";
import { percentile, round } from "./lib/report.ts";
import type { Report, Row } from "./lib/report.ts";
import { HttpClient, WsClient } from "./lib/rpc-client.ts";
import { SUBSTRATE, sendAll } from "./lib/sending.ts";
import { specWith, startMesi } from "./lib/server.ts";
import type { Server } from "./lib/server.ts";
import { signTransfers, signers } from "./lib/signed-transfers.ts";
import type { Signer } from "./lib/signed-transfers.ts";
import { Account } from "../runtime/pallets/system/storage.ts";
import { toHex } from "../runtime/primitives/bytes.ts";
import type { Benchmark } from "./run.ts";

const SENDERS = 50;
const QUERY_EVERY_MS = 5;

/** Milliseconds of each storage query, one after the other with a pause, until `until` settles. */
async function queries(server: Server, from: readonly Signer[], until: Promise<unknown>): Promise<number[]> {
  const client = await WsClient.open(server.ws);
  const keys = from.map(({ account }) => toHex(Account.keyBytes(account)));
  const times: number[] = [];
  const work = { over: false };
  void until.finally(() => (work.over = true));
  for (let i = 0; !work.over; i++) {
    const startedAt = performance.now();
    const { error } = await client.call("state_getStorage", [keys[i % keys.length]]);
    if (error !== undefined) throw new Error(error.message);
    times.push(performance.now() - startedAt);
    await new Promise((resolve) => setTimeout(resolve, QUERY_EVERY_MS));
  }
  client.close();
  return times;
}

function latencyRow(what: string, times: readonly number[]): Row {
  return { load: what, queries: times.length, "p50 ms": round(percentile(times, 0.5), 2), "p90 ms": round(percentile(times, 0.9), 2), "p99 ms": round(percentile(times, 0.99), 2), "max ms": round(Math.max(...times), 1) };
}

interface Calls {
  readonly name: string;
  readonly method: string;
  readonly params: readonly unknown[];
}

/** `connections` with `inFlight` calls each, again and again. */
async function throughput(server: Server, calls: Calls, way: "ws" | "http" | "http batch 100", count: number): Promise<Row> {
  const before = treeUse(server.pid).cpuSeconds;
  const startedAt = performance.now();
  if (way === "ws") await overWs(server, calls, count);
  else await overHttp(server, calls, count, way === "http" ? 1 : 100);
  const seconds = (performance.now() - startedAt) / 1_000;
  const cpu = treeUse(server.pid).cpuSeconds - before;
  return { call: calls.name, way, calls: count, "per CPU-second": round(count / cpu, 0), "per second": round(count / seconds, 0) };
}

const SOCKETS = 20;
const IN_FLIGHT = 10;

async function overWs(server: Server, { method, params }: Calls, count: number): Promise<void> {
  await Promise.all(Array.from({ length: SOCKETS }, async () => {
    const client = await WsClient.open(server.ws);
    await Promise.all(Array.from({ length: IN_FLIGHT }, async () => {
      for (let i = 0; i < count / SOCKETS / IN_FLIGHT; i++) await client.call(method, params);
    }));
    client.close();
  }));
}

async function overHttp(server: Server, { method, params }: Calls, count: number, batch: number): Promise<void> {
  const client = new HttpClient(server.http, 50);
  const lanes = batch === 1 ? 50 : 4;
  await Promise.all(Array.from({ length: lanes }, async () => {
    for (let i = 0; i < count / lanes / batch; i++) {
      if (batch === 1) await client.call(method, params);
      else await client.batch(Array.from({ length: batch }, () => [method, params] as const));
    }
  }));
  client.close();
}

export const rpc: Benchmark = {
  name: "rpc",
  about: "Latency of a storage query while the node works, and calls per CPU-second.",
  async run(quick): Promise<Report> {
    const program = await bundledProgram();
    const from = await signers("ed25519", SENDERS);
    const spec = specWith(from.map(({ account }) => account));
    const transfers = signTransfers(spec, from, quick ? 2_000 : 20_000);
    const server = await startMesi(program, spec, ["--quiet"]);
    try {
      const half = transfers.length / 2;
      const latency: Row[] = [];
      latency.push(latencyRow("idle", await queries(server, from, new Promise((resolve) => setTimeout(resolve, quick ? 500 : 5_000)))));
      latency.push(latencyRow("transfers over WebSocket, as fast as they are taken", await queries(server, from, sendAll(server, SUBSTRATE, "ws submit", transfers.slice(0, half), 15_000))));
      latency.push(latencyRow("transfers in HTTP batches of 100, as fast as they are taken", await queries(server, from, sendAll(server, SUBSTRATE, "http batch 100", transfers.slice(half), 15_000))));
      const echo: Calls = { name: "system_chain", method: "system_chain", params: [] };
      const storage: Calls = { name: "state_getStorage", method: "state_getStorage", params: [toHex(Account.keyBytes(from[0]!.account))] };
      const count = quick ? 2_000 : 40_000;
      const rows: Row[] = [];
      for (const calls of [echo, storage]) for (const way of ["ws", "http", "http batch 100"] as const) rows.push(await throughput(server, calls, way, way === "http" ? count / 4 : count));
      return {
        tables: [
          { title: "state_getStorage while the node works", rows: latency },
          { title: "Calls", rows },
        ],
        notes: [`One client asks every ${QUERY_EVERY_MS} ms over its own WebSocket; its times include waiting for a core, which the sending client and others use too.`, `Calls: WebSocket with ${SOCKETS} sockets and ${IN_FLIGHT} calls in flight each; HTTP with 50 kept connections; batches over 4.`],
      };
    } finally {
      await server.stop();
    }
  },
};
