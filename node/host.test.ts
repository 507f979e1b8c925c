import assert from "node:assert/strict";
import { test } from "node:test";
import { Worker } from "node:worker_threads";
import { AccountId } from "../runtime/primitives/types.ts";
import type { SignatureTask } from "../runtime/frame/executive.ts";
import { NodeHost } from "./host.ts";
import { Memo } from "./verifier/memo.ts";
import { SignaturePool } from "./verifier/pool.ts";
import { SCHEMES, altered, signedTask } from "./verifier/testing.ts";


async function withHost(pool: SignaturePool, body: (host: NodeHost) => Promise<void>, memoSize?: number): Promise<void> {
  try {
    await body(new NodeHost({ pool, ...(memoSize === undefined ? {} : { memoSize }) }));
  } finally {
    await pool.close();
  }
}

const ask = (host: NodeHost, { signature, message, signer }: SignatureTask): boolean => host.verifySignature(signature, message, signer);

test("what was prefetched, good or bad, is not verified again on the calling thread", { timeout: 60_000 }, async () => {
  await withHost(new SignaturePool({ workers: 1 }), async (host) => {
    const good = SCHEMES.map((type) => signedTask(type));
    const bad = good.map((task) => altered(task, { message: Uint8Array.of(1) }));
    await host.prefetch([...good, ...bad, ...good]);
    for (const task of good) assert.equal(ask(host, task), true);
    for (const task of bad) assert.equal(ask(host, task), false);
    assert.equal(host.verifiedHere, 0);
  });
});

test("what was not prefetched is verified once", async () => {
  await withHost(new SignaturePool({ workers: 1 }), async (host) => {
    for (const type of SCHEMES) {
      const task = signedTask(type, 5);
      assert.equal(ask(host, task), true);
      const before = host.verifiedHere;
      assert.equal(ask(host, task), true);
      assert.equal(ask(host, task), true);
      assert.equal(host.verifiedHere, before);
    }
    assert.equal(ask(host, altered(signedTask("Ed25519"), { value: new Uint8Array(3) })), false);
  });
});

test("an outcome is remembered for exactly its scheme, signature, signer and message", async () => {
  await withHost(new SignaturePool({ workers: 1 }), async (host) => {
    const task = signedTask("Ed25519");
    assert.equal(ask(host, task), true);
    assert.equal(ask(host, { ...task, signature: { type: "Sr25519", value: task.signature.value } }), false);
    assert.equal(ask(host, altered(task, { signer: new Uint8Array(32) })), false);
    const joined = new Uint8Array([...task.signer, ...task.message]);
    assert.equal(ask(host, { ...task, signer: AccountId(joined.slice(0, 32)), message: joined.slice(32) }), true);
    assert.equal(ask(host, { ...task, signer: AccountId(joined.slice(1, 33)), message: joined.slice(33) }), false);
  });
});

test("two rounds that ask for the same signatures both end with all answers known", { timeout: 60_000 }, async () => {
  await withHost(new SignaturePool({ workers: 1 }), async (host) => {
    const tasks = Array.from({ length: 40 }, (_, i) => signedTask("Sr25519", i));
    const first = host.prefetch(tasks);
    const block = host.prefetch(tasks.slice(5), "block");
    await host.prefetch(tasks.slice(0, 10));
    for (const task of tasks.slice(0, 10)) assert.equal(ask(host, task), true);
    await Promise.all([first, block]);
    for (const task of tasks) assert.equal(ask(host, task), true);
    assert.equal(host.verifiedHere, 0);
  });
});

test("without working workers the main thread verifies", { timeout: 60_000 }, async () => {
  const pool = new SignaturePool({ workers: 1, spawn: () => new Worker("process.exit(1)", { eval: true }) });
  await withHost(pool, async (host) => {
    const task = signedTask("Ecdsa");
    await host.prefetch([task]);
    assert.equal(ask(host, task), true);
    assert.equal(host.verifiedHere, 1);
  });
});

test("no runtime call makes keys", async () => {
  await withHost(new SignaturePool({ workers: 1 }), async (host) => {
    assert.throws(() => host.generateSessionKeys(), { code: "HOST_KEYS_REFUSED" });
  });
});

test("the memo holds the last entries, forgets the oldest, keeps what is asked for, and stays bounded", () => {
  const memo = new Memo(100);
  memo.set("kept", true);
  for (let i = 0; i < 1000; i++) {
    memo.set(`entry ${i}`, i % 2 === 0);
    assert.equal(memo.get("kept"), true);
    assert.ok(memo.size <= 200);
  }
  for (let i = 910; i < 1000; i++) assert.equal(memo.get(`entry ${i}`), i % 2 === 0);
  assert.equal(memo.get("entry 0"), undefined);
});
