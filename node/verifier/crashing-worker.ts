// For tests: the signature worker, except that messages beginning with "crash" kill it, and "crash once" only when CRASHED is not set.
import { parentPort, workerData } from "node:worker_threads";
import { decodeTasks, verifyBatch } from "./batch.ts";
import type { BatchReply, BatchRequest } from "./batch.ts";

const crashes = new Int32Array(workerData as SharedArrayBuffer);

parentPort!.on("message", ({ id, tasks }: BatchRequest) => {
  for (const { message } of decodeTasks(tasks)) {
    const text = Buffer.from(message).toString("latin1");
    if (text.startsWith("crash always") || (text.startsWith("crash once") && crashes[0] === 0)) {
      Atomics.add(crashes, 0, 1);
      process.exit(1);
    }
  }
  const reply: BatchReply = { id, valid: verifyBatch(tasks) };
  parentPort!.postMessage(reply, [reply.valid.buffer as ArrayBuffer]);
});
