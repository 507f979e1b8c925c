// Transfers from a client's hands into blocks, over each way a client may send them; other development nodes beside ours.
import { bundledProgram } from "./lib/bundle.ts";
import { treeUse } from "./lib/cpu.ts";
import { load } from "./lib/machine.ts";
import { PEER_CHAIN_ID, Peers } from "./lib/peers.ts";
import type { PeerName } from "./lib/peers.ts";
import { median, round } from "./lib/report.ts";
import type { Report, Row } from "./lib/report.ts";
import { specWith, startMesi } from "./lib/server.ts";
import type { Server } from "./lib/server.ts";
import { ETHEREUM, SUBSTRATE, sendAll } from "./lib/sending.ts";
import type { Mode, Outcome, Wire } from "./lib/sending.ts";
import { signEthereumTransfers, signTransfers, signers } from "./lib/signed-transfers.ts";
import type { Scheme, SignedTransfer } from "./lib/signed-transfers.ts";
import type { Benchmark } from "./run.ts";

interface Case {
  readonly server: "mesi" | PeerName;
  readonly scheme: Scheme | "secp256k1";
  readonly senders: number;
  readonly mode: Mode;
  readonly transfers: number;
}

const BLOCK_SECONDS = 1;
/** How long to wait for accepted transactions that do not come. */
const SETTLE_MS = 30_000;

function cases(quick: boolean): Case[] {
  const n = quick ? 1_000 : 6_000;
  const mesi = (scheme: Scheme, senders: number, mode: Mode, transfers: number): Case => ({ server: "mesi", scheme, senders, mode, transfers });
  const peer = (server: PeerName, mode: Mode, transfers: number): Case => ({ server, scheme: "secp256k1", senders: 50, mode, transfers });
  return [
    mesi("ed25519", 50, "ws submit", n),
    mesi("ed25519", 50, "ws watch", n),
    mesi("ed25519", 50, "http", n),
    mesi("ed25519", 50, "http batch 100", n),
    mesi("ed25519", 1, "ws submit", n),
    mesi("sr25519", 50, "ws submit", n / 2),
    mesi("ecdsa", 50, "ws submit", n / 2),
    mesi("ecdsa", 50, "http batch 100", n / 2),
    peer("anvil", "ws submit", n),
    peer("anvil", "http", n),
    peer("anvil", "http batch 100", n),
    peer("ganache", "http", quick ? 300 : 900),
    peer("ganache", "http batch 100", quick ? 300 : 900),
  ];
}

/** Transfers sent before the measured ones, over the same way. */
const warmUp = ({ transfers }: Case): number => Math.floor(transfers / 3);

interface Sample extends Outcome {
  readonly cpuSeconds: number;
  readonly seconds: number;
}

class Stage {
  readonly #peers = new Peers();
  readonly #missing = new Map<PeerName, string>();
  readonly #work = new Map<string, Promise<SignedTransfer[]>>();
  readonly #program: string;

  constructor(program: string) {
    this.#program = program;
    for (const name of ["anvil", "ganache"] as const) {
      const reason = this.#peers.install(name);
      if (reason !== undefined) this.#missing.set(name, reason);
    }
  }

  missing(server: Case["server"]): string | undefined {
    return server === "mesi" ? undefined : this.#missing.get(server);
  }

  /** Signed once, sent in each round to a fresh server. */
  #transfers(one: Case): Promise<SignedTransfer[]> {
    const { scheme, senders, transfers } = one;
    const key = `${scheme} ${senders} ${transfers}`;
    const make = async (): Promise<SignedTransfer[]> => {
      const count = warmUp(one) + transfers;
      if (scheme === "secp256k1") return signEthereumTransfers(this.#peers.senders.slice(0, senders), count, PEER_CHAIN_ID);
      const from = await signers(scheme, senders);
      return signTransfers(specWith(from.map(({ account }) => account)), from, count);
    };
    if (!this.#work.has(key)) this.#work.set(key, make());
    return this.#work.get(key)!;
  }

  async #start(one: Case): Promise<Server> {
    if (one.server !== "mesi") return this.#peers.start(one.server, BLOCK_SECONDS);
    const from = await signers(one.scheme as Scheme, one.senders);
    return startMesi(this.#program, specWith(from.map(({ account }) => account)), ["--quiet"]);
  }

  async round(one: Case): Promise<Sample> {
    const all = await this.#transfers(one);
    const server = await this.#start(one);
    const wire: Wire = one.server === "mesi" ? SUBSTRATE : ETHEREUM;
    try {
      await sendAll(server, wire, one.mode, all.slice(0, warmUp(one)), SETTLE_MS);
      const before = treeUse(server.pid);
      const startedAt = performance.now();
      const outcome = await sendAll(server, wire, one.mode, all.slice(warmUp(one)), SETTLE_MS);
      return { ...outcome, cpuSeconds: treeUse(server.pid).cpuSeconds - before.cpuSeconds, seconds: (outcome.doneAt - startedAt) / 1_000 };
    } finally {
      await server.stop();
    }
  }

  close(): void {
    this.#peers.remove();
  }
}

export const endToEnd: Benchmark = {
  name: "end-to-end",
  about: "Signed transfers sent by a client on the same machine until they are in finalized blocks, against a real node process with synced commits; anvil and ganache with plain transfers in the same run.",
  async run(quick): Promise<Report> {
    const stage = new Stage(await bundledProgram());
    const samples = new Map<Case, Sample[]>();
    const notes = new Set<string>();
    const all = cases(quick);
    try {
      for (let turn = 0; turn < (quick ? 1 : 3); turn++) {
        for (const one of all) {
          const missing = stage.missing(one.server);
          if (missing !== undefined) {
            notes.add(`${one.server} was left out: ${missing}`);
            continue;
          }
          const sample = await stage.round(one);
          samples.set(one, [...(samples.get(one) ?? []), sample]);
          console.log(`${one.server} ${one.scheme} ${one.senders} ${one.mode}: ${round(sample.included / sample.cpuSeconds, 0)} per CPU-second, lost ${sample.lost}, refused ${sample.refused}, load ${load()}`);
        }
      }
    } finally {
      stage.close();
    }
    const rows = all.flatMap((one): Row[] => (samples.has(one) ? [rowOf(one, samples.get(one)!)] : []));
    return {
      tables: [{ title: "Transfers", rows }],
      notes: [
        `Rounds: ${quick ? 1 : 3}, taking turns; medians. Each round has a fresh server, warmed up with a third as many transfers over the same way.`,
        "Per CPU-second: included transfers per second of user and system time of the server's process tree, from the first request until the last transfer is in a block.",
        `Per second: the same by the clock. Peers mine every ${BLOCK_SECONDS} s; mesi seals at most every 100 ms. Client and server share the cores.`,
        "Lost: accepted (a hash came back), not in any block 30 s after the last one, and nobody was told. Refused: the reply was an error.",
        "The client's verdict comes from the blocks: it looks for each accepted hash in each block of the round.",
        "Peers check secp256k1, one recovery per transfer; ed25519 costs a seventh of it. mesi's ecdsa rows are the like-for-like ones.",
        ...notes,
      ],
    };
  },
};

function rowOf(one: Case, samples: readonly Sample[]): Row {
  const of = (value: (sample: Sample) => number): number => median(samples.map(value));
  return {
    server: one.server,
    signature: one.scheme,
    senders: one.senders,
    way: one.mode,
    "per CPU-second": round(of(({ included, cpuSeconds }) => included / cpuSeconds), 0),
    "per second": round(of(({ included, seconds }) => included / seconds), 0),
    "CPU µs each": round(of(({ included, cpuSeconds }) => (cpuSeconds / included) * 1e6), 0),
    sent: one.transfers * samples.length,
    refused: samples.reduce((sum, { refused }) => sum + refused, 0),
    lost: samples.reduce((sum, { lost }) => sum + lost, 0),
  };
}
