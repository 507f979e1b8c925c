// kill -9 in the middle of export, import, pruning and purge: doing it again brings it to its end. C5.
import assert from "node:assert/strict";
import { cpSync, existsSync, readFileSync, rmSync } from "node:fs";
import { after, before, test } from "node:test";
import { Ledger, Load, assertKept } from "./load.ts";
import { Program, databaseFolder, sleep } from "./program.ts";
import type { Outcome } from "./program.ts";
import { LONG, count, seededRandom } from "./random.ts";
import type { Random } from "./random.ts";

/** Per stage. */
const KILLS = count("INTERRUPTIONS", 10, 2);
const LOAD_MS = LONG ? 15_000 : 2_500;
/** Restarts of one command until it is through. */
const ATTEMPTS_MAX = 40;

let program: Program;
let source: string;
let blocks: string;
let head: { readonly number: number; readonly hash: string };
const ledger = new Ledger();
const at = (basePath: string): string[] => ["--chain", "dev", "--base-path", basePath, "--json"];

before(async () => {
  program = await Program.make();
  source = program.place("source");
  blocks = program.place("blocks.bin");
  const node = await program.startOrFail(source);
  const load = await Load.start(node.wsUrl, ledger);
  await sleep(LOAD_MS);
  load.stop();
  node.child.kill("SIGTERM");
  await node.exited;
  head = await program.verify(source);
  const exported = await program.run(["db", "export-blocks", blocks, ...at(source)]);
  assert.equal(exported.code, 0, exported.stdout + exported.stderr);
});
after(() => program.close());

/** Runs a command and kills it after a random time. @returns how it ended; code null: it was killed */
async function interrupt(args: readonly string[], random: Random, mostMs: number): Promise<Outcome> {
  const { child, exited } = program.spawn(args);
  const timer = setTimeout(() => child.kill("SIGKILL"), random.below(mostMs));
  return exited.finally(() => clearTimeout(timer));
}

function assertNoBug({ code, stdout, stderr }: Outcome): void {
  assert.ok(code !== 1, `a bug: ${stdout} ${stderr}`);
}

test("an export that is killed leaves no half file under its name; done again, it is whole", { timeout: 600_000 }, async () => {
  const random = seededRandom("killed export");
  const file = program.place("again.bin");
  let killed = 0;
  for (let i = 0; i < KILLS; i++) {
    rmSync(file, { force: true });
    const outcome = await interrupt(["db", "export-blocks", file, ...at(source)], random, 900);
    assertNoBug(outcome);
    if (outcome.code === null) killed++;
    if (!existsSync(file)) assert.equal((await program.run(["db", "export-blocks", file, ...at(source)])).code, 0);
    assert.ok(readFileSync(file).equals(readFileSync(blocks)), "the file is another one");
  }
  assert.deepEqual(await program.verify(source), head);
  console.log(`killed export: ${killed} of ${KILLS} runs killed`);
});

test("an import that is killed goes on where it was, up to the same head", { timeout: 1_200_000 }, async () => {
  const random = seededRandom("killed import");
  let killed = 0;
  for (let chain = 0; killed < KILLS && chain < 3 * KILLS; chain++) {
    const basePath = program.place(`imported-${chain}`);
    let done = false;
    for (let attempt = 0; !done && attempt < ATTEMPTS_MAX; attempt++) {
      // After some kills it may finish.
      const outcome = await interrupt(["db", "import-blocks", blocks, ...at(basePath)], random, attempt < 3 ? 2_000 : 60_000);
      assertNoBug(outcome);
      if (outcome.code === null) killed++;
      else assert.equal(outcome.code, 0, outcome.stdout + outcome.stderr);
      done = outcome.code === 0;
    }
    assert.ok(done, "it never came to its end");
    assert.deepEqual(await program.verify(basePath), head);
    rmSync(basePath, { recursive: true, force: true });
  }
  console.log(`killed import: ${killed} kills, ${head.number} blocks each time`);
});

test("a node that is killed while it prunes old states prunes on, and every check passes", { timeout: 1_200_000 }, async () => {
  const random = seededRandom("killed pruning");
  const basePath = program.place("pruned");
  cpSync(source, basePath, { recursive: true });
  for (let i = 0; i < KILLS; i++) {
    const node = await program.startOrFail(basePath, ["--state-pruning", "16", "--blocks-pruning", "20"]);
    await assertKeptOf(node.wsUrl);
    const load = await Load.start(node.wsUrl, ledger);
    await sleep(300 + random.below(1_200));
    node.child.kill("SIGKILL");
    await node.exited;
    load.stop();
    assert.ok((await program.verify(basePath)).number >= ledger.highest);
  }
  console.log(`killed pruning: ${KILLS} kills, up to block ${ledger.highest}`);
});

/** Bodies are pruned here, so only heads and nonces can be asked for. */
async function assertKeptOf(url: string): Promise<void> {
  ledger.transactions.length = 0;
  await assertKept(url, ledger);
}

test("a purge that is killed leaves the database whole or gone; done again, it is gone", { timeout: 600_000 }, async () => {
  const random = seededRandom("killed purge");
  let killed = 0;
  let whole = 0;
  for (let i = 0; i < KILLS; i++) {
    const basePath = program.place(`purged-${i}`);
    cpSync(source, basePath, { recursive: true });
    const outcome = await interrupt(["db", "purge", "--yes", ...at(basePath)], random, 900);
    assertNoBug(outcome);
    if (outcome.code === null) killed++;
    if (existsSync(databaseFolder(basePath))) {
      whole++;
      assert.deepEqual(await program.verify(basePath), head);
    }
    const again = await program.run(["db", "purge", "--yes", ...at(basePath)]);
    assert.ok(again.code === 0 || again.code === 8, again.stdout + again.stderr);
    assert.ok(!existsSync(databaseFolder(basePath)));
    rmSync(basePath, { recursive: true, force: true });
  }
  console.log(`killed purge: ${killed} of ${KILLS} runs killed, ${whole} databases still whole`);
});
