import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { Worker } from "node:worker_threads";
import fc from "fast-check";
import type { SignatureTask } from "../../runtime/frame/executive.ts";
import { utf8 } from "../../runtime/primitives/bytes.ts";
import { AccountId } from "../../runtime/primitives/types.ts";
import { decodeTasks, encodeTasks } from "./batch.ts";
import { SignaturePool } from "./pool.ts";
import type { PoolOptions } from "./pool.ts";
import { startWorker } from "./start-worker.ts";
import { SCHEMES, altered, signedTask } from "./testing.ts";
import { SIGNATURE_SIZE } from "./verify.ts";

async function withPool(options: PoolOptions, body: (pool: SignaturePool) => Promise<void>): Promise<void> {
  const pool = new SignaturePool(options);
  try {
    await body(pool);
  } finally {
    await pool.close();
  }
}

/** Counts deaths in the first word of the shared memory. */
function crashing(): { readonly options: PoolOptions; readonly deaths: Int32Array } {
  const shared = new SharedArrayBuffer(4);
  const spawn = (): Worker => startWorker(new URL("./crashing-worker.ts", import.meta.url), { workerData: shared });
  return { options: { workers: 1, spawn }, deaths: new Int32Array(shared) };
}

const withMessage = (task: SignatureTask, text: string): SignatureTask => altered(task, { message: utf8(text) });

test("tasks survive the flat form", () => {
  const bytes = (size: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: size, maxLength: size });
  const task = fc.constantFrom(...SCHEMES).chain((type) =>
    fc.record({ value: bytes(SIGNATURE_SIZE[type]), signer: bytes(32), message: fc.uint8Array({ maxLength: 300 }) }).map(({ value, signer, message }) => ({
      signature: { type, value },
      signer: AccountId(signer),
      message,
    })),
  );
  fc.assert(fc.property(fc.array(task, { maxLength: 20 }), (tasks) => assert.deepEqual(decodeTasks(encodeTasks(tasks)), tasks)));
});

test("each task gets its own answer, whatever its scheme, worker and urgency", { timeout: 60_000 }, async () => {
  await withPool({ workers: 2 }, async (pool) => {
    const tasks: SignatureTask[] = [];
    const expected: boolean[] = [];
    for (let i = 0; i < 300; i++) {
      const task = signedTask(SCHEMES[i % 3]!, i % 30);
      const good = i % 7 !== 0;
      tasks.push(good ? task : withMessage(task, `other ${i}`));
      expected.push(good);
    }
    const [all, urgent, one] = await Promise.all([pool.verifyAll(tasks), pool.verifyAll(tasks, "block"), pool.verify(tasks[1]!)]);
    assert.deepEqual(all, expected);
    assert.deepEqual(urgent, expected);
    assert.equal(one, true);
    assert.deepEqual(await pool.verifyAll([]), []);
    assert.equal(pool.pending, 0);
  });
});

test("wrong sizes are bad signatures and reach no worker", async () => {
  const spawn = (): Worker => assert.fail("no worker should start");
  await withPool({ workers: 1, spawn }, async (pool) => {
    const task = signedTask("Ed25519");
    assert.equal(await pool.verify(altered(task, { value: new Uint8Array(63) })), false);
    assert.equal(await pool.verify({ ...task, signer: new Uint8Array(31) as AccountId }), false);
  });
});

test("a full queue refuses single transactions with a code, takes blocks, and makes lists wait", { timeout: 60_000 }, async () => {
  await withPool({ workers: 1, queueLimit: 4 }, async (pool) => {
    const task = signedTask("Ed25519");
    const waiting = Array.from({ length: 4 }, () => pool.verify(task));
    assert.equal(pool.isFull, true);
    await assert.rejects(pool.verify(task), { code: "VERIFIER_QUEUE_FULL", detail: { code: "VERIFIER_QUEUE_FULL", limit: 4 } });
    const block = pool.verify(task, "block");
    const list = await pool.verifyAll(Array.from({ length: 50 }, (_, i) => (i % 2 === 0 ? task : withMessage(task, "x"))));
    assert.deepEqual(list, Array.from({ length: 50 }, (_, i) => i % 2 === 0));
    assert.deepEqual(await Promise.all([...waiting, block]), [true, true, true, true, true]);
  });
});

test("what a dead worker had in hand is tried again", { timeout: 60_000 }, async () => {
  const { options, deaths } = crashing();
  await withPool(options, async (pool) => {
    const task = signedTask("Ed25519");
    const results = await pool.verifyAll([task, withMessage(task, "crash once"), task]);
    assert.deepEqual(results, [true, false, true]);
    assert.equal(deaths[0], 1);
  });
});

test("a signature that kills workers is given up after two, and takes no other with it", { timeout: 60_000 }, async () => {
  const { options, deaths } = crashing();
  await withPool(options, async (pool) => {
    const task = signedTask("Ed25519");
    const deadly = withMessage(task, "crash always");
    const results = await pool.verifyAll([task, deadly, task, withMessage(task, "other")]);
    assert.deepEqual(results, [true, undefined, true, false]);
    assert.equal(deaths[0], 2);
    await assert.rejects(pool.verify(deadly), { code: "VERIFIER_WORKER_CRASHED" });
    assert.equal(await pool.verify(task), true);
  });
});

test("workers that cannot start make the pool unavailable instead of starting for ever", { timeout: 60_000 }, async () => {
  let started = 0;
  const spawn = (): Worker => {
    started++;
    return new Worker("process.exit(3)", { eval: true });
  };
  await withPool({ workers: 1, spawn }, async (pool) => {
    const task = signedTask("Ed25519");
    const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => pool.verify(task)));
    assert.ok(outcomes.every(({ status }) => status === "rejected"));
    await assert.rejects(pool.verify(task), { code: "VERIFIER_UNAVAILABLE" });
    assert.deepEqual(await pool.verifyAll([task]), [undefined]);
    assert.ok(started <= 6, `${started} workers`);
  });
});

test("closing fails what is pending, and the pool refuses work afterwards", { timeout: 60_000 }, async () => {
  const pool = new SignaturePool({ workers: 1 });
  pool.start();
  const pending = pool.verify(signedTask("Sr25519"));
  const checked = assert.rejects(pending, { code: "VERIFIER_CLOSED" });
  await pool.close();
  await checked;
  await assert.rejects(pool.verify(signedTask("Sr25519")), { code: "VERIFIER_CLOSED" });
});

test("idle workers do not keep the process alive, and an awaited answer does", { timeout: 60_000 }, async () => {
  const script = `
    import { SignaturePool } from ${JSON.stringify(new URL("./pool.ts", import.meta.url).href)};
    import { signedTask } from ${JSON.stringify(new URL("./testing.ts", import.meta.url).href)};
    const pool = new SignaturePool({ workers: 1 });
    console.log(await pool.verify(signedTask("Sr25519")));
  `;
  const cwd = fileURLToPath(new URL("../..", import.meta.url));
  const { stdout } = await promisify(execFile)(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script], { cwd });
  assert.equal(stdout.trim(), "true");
});
