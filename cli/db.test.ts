import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { closeSync, existsSync, mkdirSync, openSync, renameSync } from "node:fs";
import { join } from "node:path";
import { exportBlocks } from "../node/db/blocks-file.ts";
import { Database } from "../node/db/database.ts";
import { Table, u32be } from "../node/db/keys.ts";
import { testChain } from "../node/db/testing.ts";
import type { TestChain } from "../node/db/testing.ts";
import { mesi } from "./testing.ts";

const BLOCKS = 6;
let source: TestChain;
let blocks: string;
let where: string[];
let path: string;

before(async () => {
  source = await testChain();
  await source.grow(BLOCKS, 0);
  blocks = join(source.folder, "blocks");
  const fd = openSync(blocks, "w");
  exportBlocks(source.database, fd, { from: 1, to: BLOCKS });
  closeSync(fd);
  const basePath = join(source.folder, "node");
  where = ["--chain", "dev", "--base-path", basePath];
  path = join(basePath, "chains", "creator_dev", "db");
});
after(() => source.close());

test("import-blocks makes the database, export-blocks gives the same blocks back, and neither overwrites", async () => {
  const first = await mesi(["db", "import-blocks", blocks, ...where, "--json"]);
  assert.deepEqual(first.json().data, { imported: BLOCKS, known: 0, head: BLOCKS });
  const again = await mesi(["import-blocks", blocks, ...where, "--json"]);
  assert.deepEqual(again.json().data, { imported: 0, known: BLOCKS, head: BLOCKS });
  const copy = `${blocks}.copy`;
  const exported = await mesi(["db", "export-blocks", copy, ...where, "--from", "2", "--json"]);
  assert.deepEqual(exported.json().data, { file: copy, from: 2, to: BLOCKS, blocks: BLOCKS - 1 });
  const taken = await mesi(["db", "export-blocks", copy, ...where]);
  assert.equal(taken.exit, 9);
  assert.match(taken.err, /exists already/);
});

test("ranges that the chain does not have are refused by name", async () => {
  for (const [flags, exit, says] of [
    [["--to", "99"], 8, /block 99 is not in the database: the last is 6/],
    [["--from", "5", "--to", "2"], 2, /--from 5 is behind --to 2/],
    [["--from", "x"], 2, /--from "x" is not a block number/],
  ] as const) {
    const ran = await mesi(["export-blocks", `${blocks}.none`, ...where, ...flags]);
    assert.equal(ran.exit, exit);
    assert.match(ran.err, says);
    assert.ok(!existsSync(`${blocks}.none`));
  }
});

test("stats lists every table, as text, JSON and NAME=value", async () => {
  const data = (await mesi(["db", "stats", ...where, "--json"])).json().data as { table: string; entries: number }[];
  assert.equal(data.find(({ table }) => table === "Header")?.entries, BLOCKS + 1);
  assert.match((await mesi(["db", "stats", ...where])).out, /^TABLE +ENTRIES +BYTES\n/);
  assert.match((await mesi(["db", "stats", ...where, "-o", "env"])).out, /^0_TABLE=Meta$/m);
});

test("verify passes a sound database, and exits 10 naming the check that fails", async () => {
  assert.equal((await mesi(["db", "verify", ...where])).exit, 0);
  const database = await Database.open(path);
  const hash = database.get(Table.Number, u32be(3))!;
  await database.write((batch) => batch.del(Table.Header, hash));
  await database.close();
  const failed = await mesi(["db", "verify", ...where]);
  assert.equal(failed.exit, 10);
  assert.match(failed.out, /FAIL +blocks +block 3: its header is missing/);
  const json = (await mesi(["db", "verify", ...where, "--json"])).json();
  assert.deepEqual([json.ok, json.error.code, json.exit], [false, "CHECKS_FAILED", 10]);
});

test("a database that a node uses is locked, and another chain's is not taken", async () => {
  const database = await Database.open(path);
  for (const command of ["stats", "verify", "purge"]) {
    const ran = await mesi(["db", command, ...where, "--yes"]);
    assert.equal(ran.exit, 9, command);
    assert.match(ran.err, /in use by another process/);
  }
  await database.close();
  const local = path.replace("creator_dev", "creator_local");
  mkdirSync(join(local, ".."), { recursive: true });
  renameSync(path, local);
  const other = await mesi(["db", "import-blocks", blocks, "--chain", "local", "--base-path", where[3]!]);
  assert.equal(other.exit, 3);
  assert.match(other.err, /holds the chain with genesis/);
  renameSync(local, path);
});

test("purge asks, and without a terminal wants --yes", async () => {
  const asked = await mesi(["db", "purge", ...where]);
  assert.equal(asked.exit, 2);
  assert.ok(existsSync(path));
  assert.equal((await mesi(["purge-chain", ...where, "-y"])).exit, 0);
  assert.ok(!existsSync(path));
});
