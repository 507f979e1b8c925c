import assert from "node:assert/strict";
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import fc from "fast-check";
import { utf8 } from "../../runtime/primitives/bytes.ts";
import { crc32c } from "./crc32c.ts";
import { Database, DatabaseError } from "./database.ts";
import { inspectFiles } from "./files.ts";
import { Table, u32be } from "./keys.ts";
import { scanLog } from "./level-log.ts";
import { tableFault } from "./level-table.ts";

const scratch = mkdtempSync(join(tmpdir(), "mesi-files-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

/** A database with some batches in its log, copied while it is open, and what was in it before in a table. */
async function folderWithLog(sizes: readonly number[]): Promise<{ readonly folder: string; readonly log: string; readonly table: string }> {
  const original = mkdtempSync(join(scratch, "db-"));
  const first = await Database.open(original);
  await first.write((batch) => {
    for (let i = 0; i < 2_000; i++) batch.put(Table.State, u32be(i), new Uint8Array(50).fill(i));
  });
  await first.close();
  const second = await Database.open(original);
  for (const [i, size] of sizes.entries()) await second.write((batch) => batch.put(Table.Body, u32be(i), new Uint8Array(size).fill(i)));
  const folder = mkdtempSync(join(scratch, "copy-"));
  for (const name of readdirSync(original)) copyFileSync(join(original, name), join(folder, name));
  await second.close();
  const find = (end: string): string => join(folder, readdirSync(folder).filter((name) => name.endsWith(end)).sort((a, b) => (a < b ? -1 : 1)).at(-1)!);
  return { folder, log: find(".log"), table: find(".ldb") };
}

test("the checksum is CRC-32C", () => {
  assert.equal(crc32c(utf8("123456789")), 0xe3069283);
  assert.equal(crc32c(new Uint8Array(32)), 0x8a9136aa);
});

test("every batch of a log is found whole, of any size, across blocks", async () => {
  const sizes = [1, 100, 32_700, 32_761, 32_768, 70_000, 5];
  const { log } = await folderWithLog(sizes);
  const { records, tornBytes, damagedAt } = scanLog(readFileSync(log));
  assert.equal(records.length, sizes.length);
  assert.ok(records.every((record, i) => record.length > sizes[i]!));
  assert.deepEqual({ tornBytes, damagedAt }, { tornBytes: 0, damagedAt: undefined });
});

test("a log cut off anywhere has its whole records, and the rest is torn, not damaged", async () => {
  const sizes = [10, 40_000, 300, 2_000];
  const bytes = readFileSync((await folderWithLog(sizes)).log);
  const { records: all } = scanLog(bytes);
  const whole = [0, ...ends(bytes, all.length)];
  fc.assert(
    fc.property(fc.integer({ min: 0, max: bytes.length }), (cut) => {
      const { records, tornBytes, damagedAt } = scanLog(bytes.subarray(0, cut));
      assert.deepEqual(records, all.slice(0, records.length));
      assert.equal(damagedAt, undefined);
      assert.equal(tornBytes > 0, !whole.includes(cut));
    }),
  );
});

/** Where each record ends. */
function ends(bytes: Uint8Array, count: number): number[] {
  return Array.from({ length: count }, (_, i) => {
    let low = 0;
    let high = bytes.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (scanLog(bytes.subarray(0, middle)).records.length > i) high = middle;
      else low = middle + 1;
    }
    return low;
  });
}

test("a byte that changed before the last record shows as damage; in the last record as a torn end", async () => {
  const bytes = readFileSync((await folderWithLog([200, 200, 200])).log);
  const [, secondEnd] = ends(bytes, 3) as [number, number, number];
  fc.assert(
    fc.property(fc.integer({ min: 0, max: bytes.length - 1 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const altered = Uint8Array.from(bytes);
      altered[at]! ^= change;
      const { damagedAt, tornBytes } = scanLog(altered);
      assert.equal(damagedAt !== undefined, at < secondEnd);
      assert.ok(tornBytes > 0);
    }),
  );
});

test("every changed byte of a table that means something is found", async () => {
  const bytes = readFileSync((await folderWithLog([1])).table);
  assert.equal(tableFault(bytes), undefined);
  fc.assert(
    fc.property(fc.integer({ min: 0, max: bytes.length - 49 }), fc.integer({ min: 1, max: 255 }), (at, change) => {
      const altered = Uint8Array.from(bytes);
      altered[at]! ^= change;
      assert.notEqual(tableFault(altered), undefined);
    }),
  );
});

test("tables beyond the budget are counted, not read", async () => {
  const { folder, table } = await folderWithLog([1]);
  const bytes = readFileSync(table);
  bytes[100]! ^= 1;
  writeFileSync(table, bytes);
  assert.equal(inspectFiles(folder, 0).fault, undefined);
  assert.equal(inspectFiles(folder, 0).tablesSkipped, 1);
  assert.match(inspectFiles(folder, Number.POSITIVE_INFINITY).fault!, /checksum/);
});

test("an unfinished batch is left out on opening and reported once", async () => {
  const { folder, log } = await folderWithLog([100, 100]);
  truncateSync(log, readFileSync(log).length - 7);
  const first = await Database.open(folder);
  assert.ok(first.tornBytes > 0);
  assert.deepEqual([first.get(Table.Body, u32be(0))?.length, first.get(Table.Body, u32be(1))], [100, undefined]);
  await first.close();
  const second = await Database.open(folder);
  assert.equal(second.tornBytes, 0);
  await second.close();
});

test("what looks damaged while another has it open is in use, not damaged", async () => {
  const { folder, log } = await folderWithLog([100, 100, 100]);
  const open = await Database.open(folder);
  await open.write((batch) => batch.put(Table.Body, u32be(9), new Uint8Array(1)));
  const current = readFileSync(join(folder, "CURRENT"));
  writeFileSync(join(folder, "CURRENT"), "nonsense");
  await assert.rejects(Database.open(folder), (error: DatabaseError) => error.code === "DB_LOCKED");
  writeFileSync(join(folder, "CURRENT"), current);
  await open.close();
  assert.ok(log);
});
