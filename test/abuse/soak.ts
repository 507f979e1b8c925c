// The soak: a node at half of what it can do, for SOAK_SECONDS (600), and its memory after garbage collection along the way.
// Prints one line per sample and the slope over the second half; exits with 1 when memory grows, or a transaction is lost.
import { fromHex } from "../../runtime/primitives/bytes.ts";
import { encodeSs58 } from "../../runtime/primitives/ss58.ts";
import { keyPairFromSuri } from "../../node/keys/suri.ts";
import type { KeyPair } from "../../node/keys/suri.ts";
import type { RuntimeCall } from "../../runtime/frame/pallet.ts";
import { startDevNode } from "../support/dev-node.ts";
import type { DevNode } from "../support/dev-node.ts";
import { INSPECTABLE, MESI, Wire, inspectMemory, signed, sleep, transfer, within } from "./support.ts";
import type { Memory } from "./support.ts";

const SECONDS = Number(process.env["SOAK_SECONDS"] ?? 600);
const SENDERS = 16;
const CALIBRATION_S = Math.min(8, SECONDS / 4);
const SAMPLES = 24;
const IN_FLIGHT_MAX = 400;
/** Waiting in the pool; above it the sender waits too. */
const QUEUED_MAX = 3_000;
/** Of 50 ms each. */
const DRAIN_TRIES = 600;
/** The signature memo and the like fill up over minutes; what is left of them in the second half stays below this. */
const SLOPE_MAX_KIB_PER_MIN = 1_024;
/** A shorter run cannot tell a slope from noise. */
const SECONDS_TO_JUDGE = 300;

interface Sample extends Memory {
  readonly second: number;
  readonly sent: number;
}

class Load {
  sent = 0;
  reads = 0;
  readonly #node: DevNode;
  readonly #wire: Wire;
  readonly #genesis: Uint8Array;
  readonly #senders: readonly { readonly key: KeyPair; nonce: number }[];
  #inFlight = 0;
  #queued = 0;
  #sentUnseen = 0;
  #turn = 0;

  private constructor(node: DevNode, wire: Wire, genesis: Uint8Array) {
    this.#node = node;
    this.#wire = wire;
    this.#genesis = genesis;
    this.#senders = Array.from({ length: SENDERS }, (_, i) => ({ key: keyPairFromSuri(`//soak//${i}`, i % 4 === 0 ? "sr25519" : "ed25519"), nonce: 0 }));
  }

  static async on(node: DevNode): Promise<Load> {
    const wire = await Wire.open(node.wsUrl);
    const load = new Load(node, wire, fromHex(await wire.call<string>("chain_getBlockHash", 0)));
    await load.#fund();
    return load;
  }

  async #fund(): Promise<void> {
    const calls = this.#senders.map(({ key }) => transfer(key.account, 100_000n * MESI));
    const batch: RuntimeCall = { type: "Utility", value: { type: "batch_all", value: { calls } } };
    const encoded = signed(keyPairFromSuri("//Alice", "sr25519"), batch, this.#genesis, { nonce: 0 });
    const final = new Promise<void>((resolve) => {
      void this.#wire.subscribe("author_submitAndWatchExtrinsic", [encoded], (status) => status.finalized !== undefined && resolve());
    });
    await within(30_000, "the funding", final);
  }

  /** Sends at `perSecond` for `seconds`; Infinity: as fast as the node takes them. */
  async run(perSecond: number, seconds: number): Promise<number> {
    const startMs = performance.now();
    const before = this.sent;
    let failure: unknown;
    for (let nowMs = startMs; nowMs - startMs < seconds * 1000; nowMs = performance.now()) {
      const due = Math.floor(((nowMs - startMs) / 1000) * perSecond) - (this.sent - before);
      for (let i = 0; i < Math.min(due, 100) && this.#mayGoOn(); i++) this.#sendOne().catch((error: unknown) => (failure ??= error));
      if (failure !== undefined) throw failure;
      await sleep(perSecond === Infinity ? 0 : 5);
    }
    return this.sent - before;
  }

  #mayGoOn(): boolean {
    return this.#inFlight < IN_FLIGHT_MAX && this.#queued + this.#sentUnseen < QUEUED_MAX;
  }

  /** Keeps looking at how many wait in the pool. */
  async watchQueue(stopped: () => boolean): Promise<void> {
    while (!stopped()) {
      const before = this.sent;
      const text = await (await fetch(this.#node.metricsUrl)).text();
      this.#queued = Number(/^substrate_ready_transactions_number(?:\{[^}]*\})? (\d+)/m.exec(text)?.[1] ?? 0);
      this.#sentUnseen = this.sent - before;
      await sleep(50);
    }
  }

  /** Transactions per second that get into blocks. */
  async capacity(seconds: number): Promise<number> {
    const startMs = performance.now();
    const sent = await this.run(Infinity, seconds);
    await this.#drained();
    return sent / ((performance.now() - startMs) / 1000);
  }

  async #drained(): Promise<void> {
    for (let tries = 0; this.#inFlight > 0 || (await this.#wire.call<unknown[]>("author_pendingExtrinsics")).length > 0; tries++) {
      if (tries === DRAIN_TRIES) throw new Error("the pool does not empty: blocks have stopped, or leave transactions out");
      await sleep(50);
    }
  }

  async #sendOne(): Promise<void> {
    const from = this.#senders[this.#turn++ % SENDERS]!;
    const to = this.#senders[(this.#turn * 7) % SENDERS]!;
    const encoded = signed(from.key, transfer(to.key.account, 1_000n), this.#genesis, { nonce: from.nonce++ });
    this.sent++;
    this.#sentUnseen++;
    this.#inFlight++;
    try {
      await this.#wire.call("author_submitExtrinsic", encoded);
    } finally {
      this.#inFlight--;
    }
  }

  /** Clients that come, ask, subscribe and go, four times a second, until told to stop. */
  async visitors(stopped: () => boolean): Promise<void> {
    while (!stopped()) {
      const wire = await Wire.open(this.#node.wsUrl);
      await wire.subscribe("chain_subscribeNewHeads", [], () => undefined);
      await wire.subscribe("chainHead_v1_follow", [false], () => undefined);
      const hash = await wire.call<string>("chain_getFinalizedHead");
      await Promise.all([wire.call("chain_getBlock", hash), wire.call("state_getRuntimeVersion", hash), wire.call("state_getKeysPaged", "0x", 50, null, hash), wire.call("author_submitExtrinsic", "0x00").catch(() => undefined)]);
      this.reads += 6;
      wire.close();
      await sleep(250);
    }
  }

  /** Accepted transactions that are in no block once the pool is empty. */
  async lost(): Promise<number> {
    await this.#drained();
    const next = await Promise.all(this.#senders.map(({ key }) => this.#wire.call<number>("system_accountNextIndex", encodeSs58(key.account, 42))));
    return this.sent - next.reduce((sum, nonce) => sum + nonce, 0);
  }

  close(): void {
    this.#wire.close();
  }
}

/** Least squares, KiB per minute. */
function slope(samples: readonly Sample[], value: (sample: Sample) => number): number {
  const xs = samples.map(({ second }) => second / 60);
  const ys = samples.map((sample) => value(sample) * 1024);
  const [xMean, yMean] = [xs, ys].map((list) => list.reduce((sum, one) => sum + one, 0) / list.length) as [number, number];
  const over = xs.reduce((sum, x, i) => sum + (x - xMean) * (ys[i]! - yMean), 0);
  return over / Math.max(1e-9, xs.reduce((sum, x) => sum + (x - xMean) ** 2, 0));
}

if (SECONDS <= 0) process.exit(0);
const node = await startDevNode({ args: ["--tmp"], env: INSPECTABLE });
let code = 1;
try {
  const load = await Load.on(node);
  let done = false;
  const watching = load.watchQueue(() => done);
  watching.catch(() => undefined);
  const most = await load.capacity(CALIBRATION_S);
  console.log(`${Math.round(most)} transactions per second at full speed, until all are in blocks; going on with half of it`);
  const samples: Sample[] = [];
  const startMs = performance.now();
  const visiting = load.visitors(() => done);
  visiting.catch(() => undefined);
  const every = SECONDS / SAMPLES;
  for (let i = 0; i < SAMPLES; i++) {
    await load.run(most / 2, every);
    const sample = { second: (performance.now() - startMs) / 1000, sent: load.sent, ...(await inspectMemory(node)) };
    samples.push(sample);
    console.log(`${sample.second.toFixed(0)} s, ${sample.sent} sent, ${load.reads} reads: heap ${sample.heapMib.toFixed(1)}, external ${sample.externalMib.toFixed(1)}, resident ${sample.residentMib.toFixed(0)} MiB`);
  }
  done = true;
  await Promise.all([visiting, watching]);
  const lost = await load.lost();
  load.close();
  const late = samples.slice(SAMPLES / 2);
  const [heap, external, resident] = [slope(late, ({ heapMib }) => heapMib), slope(late, ({ externalMib }) => externalMib), slope(late, ({ residentMib }) => residentMib)];
  const sentLate = late.at(-1)!.sent - late[0]!.sent;
  console.log(`second half, ${sentLate} transactions: heap ${heap.toFixed(0)}, external ${external.toFixed(0)}, resident ${resident.toFixed(0)} KiB per minute; ${lost} transactions lost`);
  const ended = await within(15_000, "the end of the process", node.stop());
  const grows = SECONDS >= SECONDS_TO_JUDGE && heap + external > SLOPE_MAX_KIB_PER_MIN;
  code = lost === 0 && ended === 0 && !grows ? 0 : 1;
} finally {
  node.process.kill("SIGKILL");
}
process.exit(code);
