// A worker of the signature pool. The bundle has it as verifier-worker.js next to the main file.
import { parentPort } from "node:worker_threads";
import { verifyBatch } from "./batch.ts";
import type { BatchReply, BatchRequest } from "./batch.ts";

parentPort!.on("message", ({ id, tasks }: BatchRequest) => {
  const reply: BatchReply = { id, valid: verifyBatch(tasks) };
  parentPort!.postMessage(reply, [reply.valid.buffer as ArrayBuffer]);
});
