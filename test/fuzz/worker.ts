// Runs one campaign in a thread of its own, so that an input that never ends can be seen and stopped from outside.
import { parentPort, workerData } from "node:worker_threads";
import { runCampaign } from "./engine.ts";
import { targets } from "./targets/index.ts";

/** What the thread is told, and the memory that it shares: a count of runs and the present input, for the watchdog. */
export interface Order {
  readonly name: string;
  readonly corpus: readonly Uint8Array[];
  readonly seed: number;
  readonly ms: number;
  readonly counters: number;
  /** Int32: [number of runs, length of the input]. */
  readonly progress: SharedArrayBuffer;
  readonly input: SharedArrayBuffer;
}

if (parentPort !== null) {
  const order = workerData as Order;
  const progress = new Int32Array(order.progress);
  const shared = new Uint8Array(order.input);
  const outcome = await runCampaign({
    ...order,
    target: targets[order.name]!,
    hits: order.counters === 0 ? undefined : (globalThis as unknown as { __fuzzHits: Uint8Array }).__fuzzHits.subarray(0, order.counters),
    before: (input) => {
      shared.set(input.subarray(0, shared.length));
      progress[1] = Math.min(input.length, shared.length);
      Atomics.add(progress, 0, 1);
    },
  });
  parentPort.postMessage(outcome);
}
