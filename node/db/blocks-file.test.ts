import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { closeSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { equalBytes } from "../../runtime/primitives/bytes.ts";
import { exportBlocks, importBlocks, readBlocks } from "./blocks-file.ts";
import { testChain } from "./testing.ts";
import type { TestChain } from "./testing.ts";
import { verifyDatabase } from "./verify.ts";

const BLOCKS = 10;
let chain: TestChain;
let file: string;

function write(path: string, from: number, to: number): void {
  const fd = openSync(path, "w");
  exportBlocks(chain.database, fd, { from, to });
  closeSync(fd);
}

before(async () => {
  chain = await testChain();
  await chain.grow(BLOCKS, 20);
  file = join(chain.folder, "blocks");
  write(file, 1, BLOCKS);
});
after(() => chain.close());

async function imported(path: string, preset: "dev" | "local" = "dev"): Promise<{ code: string | undefined; number: number; sameHead: boolean; verified: boolean }> {
  const target = await testChain({ preset });
  try {
    const code = await importBlocks({ ...target.road, now: () => Number.MAX_SAFE_INTEGER }, path).then(() => undefined, (error: { code: string }) => error.code);
    const { checks } = await verifyDatabase(target.database);
    const { number, hash } = target.road.chain.finalized;
    return { code, number, sameHead: equalBytes(hash, chain.road.chain.finalized.hash), verified: checks.every(({ ok }) => ok) };
  } finally {
    await target.close();
  }
}

test("an empty node that imports an export has the same head, and a sound database", async () => {
  assert.deepEqual(await imported(file), { code: undefined, number: BLOCKS, sameHead: true, verified: true });
});

test("the file begins with the number of blocks as u64 and holds each block once, in order", () => {
  assert.equal(readFileSync(file).readBigUInt64LE(0), BigInt(BLOCKS));
  assert.deepEqual([...readBlocks(file)].map(({ block }) => block.header.number), Array.from({ length: BLOCKS }, (_, i) => i + 1));
});

test("importing what the chain has already changes nothing", async () => {
  assert.deepEqual(await importBlocks(chain.road, file), { imported: 0, known: BLOCKS });
});

test("a file cut off anywhere is refused, and the blocks before the cut stay", async () => {
  const whole = readFileSync(file);
  for (const part of [0.15, 0.5, 0.99]) {
    const cut = join(chain.folder, "cut");
    writeFileSync(cut, whole.subarray(0, Math.floor(whole.length * part)));
    const { code, number, verified } = await imported(cut);
    assert.equal(code, "BLOCKS_FILE_INVALID");
    assert.ok(number < BLOCKS && number >= Math.floor(BLOCKS * part) - 1, `stopped at ${number}`);
    assert.ok(verified);
  }
});

test("bytes behind the last block are refused", async () => {
  const longer = join(chain.folder, "longer");
  writeFileSync(longer, Buffer.concat([readFileSync(file), Buffer.of(0)]));
  assert.equal((await imported(longer)).code, "BLOCKS_FILE_INVALID");
});

test("blocks of another chain, or without their parents, are refused", async () => {
  assert.equal((await imported(file, "local")).code, "BLOCK_REFUSED");
  const late = join(chain.folder, "late");
  write(late, 4, 6);
  assert.equal((await imported(late)).code, "BLOCK_REFUSED");
});

test("a block whose state root lies is refused", async () => {
  const bytes = readFileSync(file);
  // Count, parent hash, compact number, then the state root of block 1.
  bytes[8 + 32 + 1]! ^= 1;
  const lying = join(chain.folder, "lying");
  writeFileSync(lying, bytes);
  assert.deepEqual(await imported(lying), { code: "BLOCK_REFUSED", number: 0, sameHead: false, verified: true });
});
