import { availableParallelism } from "node:os";
import type { Worker } from "node:worker_threads";
import type { SignatureTask } from "../../runtime/frame/executive.ts";
import { CodedError } from "../../runtime/primitives/errors.ts";
import { encodeTasks, isWellSized } from "./batch.ts";
import type { BatchReply, BatchRequest } from "./batch.ts";
import { Line } from "./line.ts";
import { startWorker } from "./start-worker.ts";
import type { Scheme } from "./verify.ts";

export class VerifierError extends CodedError<
  /** More signatures wait than `queueLimit`: try again later. */
  | { code: "VERIFIER_QUEUE_FULL"; limit: number }
  /** A worker died of this signature twice. The other signatures are not affected. */
  | { code: "VERIFIER_WORKER_CRASHED" }
  /** Workers die before they finish anything: out of memory, or the worker's file is missing from the installation. */
  | { code: "VERIFIER_UNAVAILABLE" }
  | { code: "VERIFIER_CLOSED" }
> {}

/** Signatures of blocks go before those of transactions from the network, of which there may be any number. */
export type Urgency = "block" | "transaction";

export interface PoolOptions {
  /** Default: one less than the machine's cores, at least 1. */
  readonly workers?: number;
  /** Signatures of one urgency that may wait; those being verified do not count. */
  readonly queueLimit?: number;
  readonly spawn?: () => Worker;
}

interface Job {
  readonly task: SignatureTask;
  readonly urgency: Urgency;
  attempts: number;
  done(outcome: boolean | VerifierError): void;
}

interface Slot {
  worker: Worker | undefined;
  /** Sent and not yet answered, by batch id. */
  readonly batches: Map<number, readonly Job[]>;
  /** A job that is tried again runs alone, so that it can take no other with it. */
  alone: boolean;
}

const QUEUE_LIMIT = 8192;
/** One is verified while the next one waits in the worker's port. */
const BATCHES_PER_WORKER = 2;
/** Relative time of one verification; a batch of BATCH_COST takes about 15 ms, which bounds how long a block's signatures wait. */
const COST: Record<Scheme, number> = { Ed25519: 1, Sr25519: 6, Ecdsa: 7 };
const BATCH_COST = 192;
const BATCH_BYTES = 1024 * 1024;
/** Deaths in a row, with no batch finished between them, after which no more workers are started. */
const CRASHES_MAX = 6;

/** Verifies signatures in worker threads. Tasks that come in one turn of the event loop travel together. */
export class SignaturePool {
  readonly #lines: Record<Urgency | "again", Line<Job>> = { again: new Line(), block: new Line(), transaction: new Line() };
  readonly #slots: readonly Slot[];
  readonly #queueLimit: number;
  readonly #spawn: () => Worker;
  #roomAwaited: (() => void)[] = [];
  #nextBatch = 0;
  #pumpPlanned = false;
  #crashes = 0;
  #lastError: unknown;
  #failure: VerifierError | undefined;

  constructor({ workers = Math.max(1, availableParallelism() - 1), queueLimit = QUEUE_LIMIT, spawn = spawnWorker }: PoolOptions = {}) {
    this.#slots = Array.from({ length: Math.max(1, workers) }, () => ({ worker: undefined, batches: new Map(), alone: false }));
    this.#queueLimit = queueLimit;
    this.#spawn = spawn;
  }

  /** Signatures that wait or are being verified. */
  get pending(): number {
    let count = this.#lines.again.length + this.#lines.block.length + this.#lines.transaction.length;
    for (const { batches } of this.#slots) for (const jobs of batches.values()) count += jobs.length;
    return count;
  }

  /** Whether `verify` would refuse a transaction's signature now. */
  get isFull(): boolean {
    return this.#lines.transaction.length >= this.#queueLimit;
  }

  /** Starts the workers now rather than with the first tasks. */
  start(): void {
    if (this.#failure === undefined) for (const slot of this.#slots) this.#ensureWorker(slot);
  }

  /** @throws VerifierError. The sizes of keys and signatures may be wrong; then the signature is. */
  verify(task: SignatureTask, urgency: Urgency = "transaction"): Promise<boolean> {
    return new Promise((resolve, reject) => {
      if (this.#lines[urgency].length >= this.#queueLimit) {
        const message = `${this.#queueLimit} signatures wait already; try again later`;
        return reject(new VerifierError({ code: "VERIFIER_QUEUE_FULL", limit: this.#queueLimit }, message));
      }
      this.#enqueue({ task, urgency, attempts: 0, done: (outcome) => (typeof outcome === "boolean" ? resolve(outcome) : reject(outcome)) });
    });
  }

  /** Waits for room instead of refusing. Undefined where the workers failed: those are the caller's to verify. */
  async verifyAll(tasks: readonly SignatureTask[], urgency: Urgency = "transaction"): Promise<(boolean | undefined)[]> {
    const results = new Array<boolean | undefined>(tasks.length).fill(undefined);
    let open = 0;
    let allDone = (): void => {};
    for (const [i, task] of tasks.entries()) {
      while (this.#failure === undefined && this.#lines[urgency].length >= this.#queueLimit) await this.#room();
      open++;
      const done = (outcome: boolean | VerifierError): void => {
        if (typeof outcome === "boolean") results[i] = outcome;
        if (--open === 0) allDone();
      };
      this.#enqueue({ task, urgency, attempts: 0, done });
    }
    if (open > 0) await new Promise<void>((resolve) => (allDone = resolve));
    return results;
  }

  /** What is pending fails with VERIFIER_CLOSED. */
  async close(): Promise<void> {
    this.#fail(new VerifierError({ code: "VERIFIER_CLOSED" }, "the signature verifier is closed"));
    await Promise.all(this.#slots.map(({ worker }) => worker?.terminate()));
  }

  #enqueue(job: Job): void {
    if (this.#failure !== undefined) return job.done(this.#failure);
    if (!isWellSized(job.task)) return job.done(false);
    this.#lines[job.urgency].push(job);
    if (this.#pumpPlanned) return;
    this.#pumpPlanned = true;
    setImmediate(() => this.#pump());
  }

  #room(): Promise<void> {
    return new Promise((resolve) => this.#roomAwaited.push(resolve));
  }

  /** Hands waiting jobs to workers that have room, those with nothing to do first. */
  #pump(): void {
    this.#pumpPlanned = false;
    for (let load = 0; load < BATCHES_PER_WORKER; load++) {
      for (const slot of this.#slots) {
        if (slot.alone || slot.batches.size !== load) continue;
        const jobs = this.#takeBatch(load);
        if (jobs.length > 0) this.#send(slot, jobs);
      }
    }
    const awaited = this.#roomAwaited;
    this.#roomAwaited = [];
    for (const proceed of awaited) proceed();
  }

  #takeBatch(load: number): Job[] {
    if (load === 0 && this.#lines.again.length > 0) return [this.#lines.again.shift()!];
    const fairShare = Math.ceil((this.#lines.block.length + this.#lines.transaction.length) / this.#slots.length);
    const jobs: Job[] = [];
    let cost = 0;
    let bytes = 0;
    for (const line of [this.#lines.block, this.#lines.transaction]) {
      while (line.length > 0 && cost < BATCH_COST && bytes < BATCH_BYTES && jobs.length < fairShare) {
        const job = line.shift()!;
        cost += COST[job.task.signature.type];
        bytes += job.task.message.length;
        jobs.push(job);
      }
    }
    return jobs;
  }

  #send(slot: Slot, jobs: readonly Job[]): void {
    const worker = this.#ensureWorker(slot);
    const request: BatchRequest = { id: this.#nextBatch++, tasks: encodeTasks(jobs.map(({ task }) => task)) };
    slot.alone = jobs[0]!.attempts > 0;
    slot.batches.set(request.id, jobs);
    // The process may end while a worker idles, and not while somebody waits for an answer.
    worker.ref();
    worker.postMessage(request, [request.tasks.buffer as ArrayBuffer]);
  }

  #ensureWorker(slot: Slot): Worker {
    if (slot.worker !== undefined) return slot.worker;
    const worker = this.#spawn();
    slot.worker = worker;
    worker.unref();
    worker.on("message", (reply: BatchReply) => this.#settle(slot, reply));
    worker.on("error", (error) => (this.#lastError = error)); // "exit" follows
    worker.on("exit", () => this.#bury(slot, worker));
    return worker;
  }

  #settle(slot: Slot, { id, valid }: BatchReply): void {
    const jobs = slot.batches.get(id);
    if (jobs === undefined) return;
    slot.batches.delete(id);
    slot.alone = false;
    this.#crashes = 0;
    if (slot.batches.size === 0) slot.worker?.unref();
    this.#pump();
    for (const [i, job] of jobs.entries()) job.done(valid[i] === 1);
  }

  #bury(slot: Slot, worker: Worker): void {
    if (slot.worker !== worker) return;
    const lost = [...slot.batches.values()].flat();
    slot.worker = undefined;
    slot.batches.clear();
    slot.alone = false;
    this.#crashes++;
    for (const job of lost) this.#retry(job);
    if (this.#crashes >= CRASHES_MAX) {
      const message = `signature workers died ${this.#crashes} times in a row without finishing anything`;
      this.#fail(new VerifierError({ code: "VERIFIER_UNAVAILABLE" }, message, { cause: this.#lastError }));
    }
    if (this.#failure === undefined) this.#pump();
  }

  #retry(job: Job): void {
    job.attempts++;
    if (this.#failure !== undefined) return job.done(this.#failure);
    if (job.attempts < 2) return this.#lines.again.push(job);
    return job.done(new VerifierError({ code: "VERIFIER_WORKER_CRASHED" }, "a signature worker died twice over this signature", { cause: this.#lastError }));
  }

  #fail(failure: VerifierError): void {
    this.#failure = failure;
    const jobs = Object.values(this.#lines).flatMap((line) => line.takeAll());
    for (const slot of this.#slots) {
      jobs.push(...[...slot.batches.values()].flat());
      slot.batches.clear();
      slot.worker?.unref();
    }
    for (const job of jobs) job.done(failure);
    for (const proceed of this.#roomAwaited.splice(0)) proceed();
  }
}

/** The bundle has the worker beside it. */
function spawnWorker(): Worker {
  const file = import.meta.url.endsWith(".ts") ? "./worker.ts" : "./verifier-worker.js";
  return startWorker(new URL(file, import.meta.url), { name: "verifier" });
}
