// One target's campaign: its corpus from disk, a thread that runs it, a watchdog, and findings kept on disk.
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { Worker } from "node:worker_threads";
import type { Bundle } from "./bundle.ts";
import { nameOf } from "./engine.ts";
import type { Outcome } from "./engine.ts";
import type { Order } from "./worker.ts";

const CORPUS = join(import.meta.dirname, "corpus");
/** An input that takes this long never ends. */
const HANG_MS = 20_000;
const INPUT_MAX = 1_048_576;
const HEAP_MIB = 768;

export interface CampaignOptions {
  readonly bundle: Bundle;
  readonly name: string;
  readonly seed: number;
  /** Mutating goes on for this long; the corpus is run first, however long it takes. */
  readonly ms: number;
}

export function corpusOf(name: string): Uint8Array[] {
  const folder = join(CORPUS, name);
  try {
    return readdirSync(folder).sort().map((file) => new Uint8Array(readFileSync(join(folder, file))));
  } catch {
    return [];
  }
}

/** Keeps an input for every later run. */
export function keep(name: string, file: string, input: Uint8Array): void {
  mkdirSync(join(CORPUS, name), { recursive: true });
  writeFileSync(join(CORPUS, name, file), input);
}

/** Runs the target; findings are in the corpus folder when this resolves. */
export async function fuzzTarget({ bundle, name, seed, ms }: CampaignOptions): Promise<Outcome> {
  const progress = new SharedArrayBuffer(8);
  const input = new SharedArrayBuffer(INPUT_MAX);
  const order: Order = { name, corpus: corpusOf(name), seed, ms, counters: bundle.counters, progress, input };
  const worker = new Worker(bundle.file, { workerData: order, execArgv: [], resourceLimits: { maxOldGenerationSizeMb: HEAP_MIB } });
  const outcome = await watched(worker, new Int32Array(progress), new Uint8Array(input));
  for (const finding of outcome.findings) keep(name, nameOf(finding), finding.input);
  return outcome;
}

function watched(worker: Worker, progress: Int32Array, input: Uint8Array): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    let seen = -1;
    const current = (): Uint8Array => input.slice(0, progress[1]);
    const end = (kind: "hangs" | "memory" | "throws", detail: string): void => {
      clearInterval(watchdog);
      void worker.terminate();
      if (progress[0] === 0) reject(new Error(`the target did not start: ${detail}`));
      else resolve({ runs: progress[0]!, covered: 0, kept: [], findings: [{ kind, input: current(), detail }] });
    };
    const watchdog = setInterval(() => {
      if (progress[0] === seen && seen > 0) end("hangs", `no end after ${HANG_MS} ms`);
      seen = progress[0]!;
    }, HANG_MS);
    worker.once("message", (outcome: Outcome) => {
      clearInterval(watchdog);
      void worker.terminate();
      resolve(outcome);
    });
    // Out of memory, or an error that escaped into the event loop.
    worker.once("error", (error: NodeJS.ErrnoException) => end(error.code === "ERR_WORKER_OUT_OF_MEMORY" ? "memory" : "throws", String(error.stack ?? error)));
  });
}
