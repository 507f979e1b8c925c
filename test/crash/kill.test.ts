// kill -9 at any moment, and start again: nothing that a client was told is final is ever lost. C1.
import assert from "node:assert/strict";
import { cpSync, existsSync, rmSync } from "node:fs";
import { after, before, test } from "node:test";
import { genesisForNode } from "../../genesis/genesis-state.ts";
import { presetSpec } from "../../genesis/presets.ts";
import { toHex } from "../../runtime/primitives/bytes.ts";
import { Chain } from "../../node/chain/chain.ts";
import { Database } from "../../node/db/database.ts";
import { Table, u32be } from "../../node/db/keys.ts";
import { verifyDatabase } from "../../node/db/verify.ts";
import { Ledger, Load, assertKept } from "./load.ts";
import { Program, databaseFolder, sleep } from "./program.ts";
import { count, progress, seededRandom } from "./random.ts";
import type { Random } from "./random.ts";

/** Kills after which a chain is checked in full and given up for a new one: keeps each check short. */
const KILLS_PER_CHAIN = 30;
const KILLS = count("KILLS", 240, 6);
const LOAD_MS_MAX = 1_200;
const START_MS_MAX = 500;

let program: Program;
before(async () => {
  program = await Program.make();
});
after(() => program.close());

interface Figures {
  kills: number;
  duringStart: number;
  torn: number;
  blocks: number;
  transactions: number;
  readonly readyMs: number[];
}

test("a node that is killed at a random moment has every final block, the state of its head, and its nonces when it starts again", { timeout: 3_600_000 }, async () => {
  const random = seededRandom("kill -9");
  const figures: Figures = { kills: 0, duringStart: 0, torn: 0, blocks: 0, transactions: 0, readyMs: [] };
  const tell = progress("kill -9", KILLS);
  for (let chain = 0; figures.kills < KILLS; chain++) {
    const basePath = program.place(`kill-${chain}`);
    const ledger = new Ledger();
    for (let i = 0; i < KILLS_PER_CHAIN && figures.kills < KILLS; i++) {
      await lifeAndDeath(basePath, ledger, random, figures);
      await checkCopy(basePath, ledger);
      tell(++figures.kills, `blocks ${figures.blocks + ledger.highest}`);
    }
    await lastLife(basePath, ledger);
    figures.blocks += ledger.highest;
    figures.transactions += ledger.transactions.length;
    rmSync(basePath, { recursive: true, force: true });
  }
  const ready = figures.readyMs.sort((a, b) => a - b);
  console.log(
    `kill -9: ${figures.kills} kills (${figures.duringStart} while starting), ${figures.blocks} final blocks and ${figures.transactions} final transactions, none lost; ` +
      `${figures.torn} starts left an unfinished block out; ready after ${ready[ready.length >> 1]} ms (median), ${ready.at(-1)} ms (most)`,
  );
});

async function lifeAndDeath(basePath: string, ledger: Ledger, random: Random, figures: Figures): Promise<void> {
  if (random.below(5) === 0) {
    figures.duringStart++;
    const { child, exited } = program.spawn(["dev", "--base-path", basePath, "--rpc-port", "0", "--port", "0", "--prometheus-port", "0"]);
    await sleep(random.below(START_MS_MAX));
    child.kill("SIGKILL");
    await exited;
    return;
  }
  const node = await program.startOrFail(basePath, random.below(2) === 0 ? ["--state-pruning", "16"] : []);
  figures.readyMs.push(node.readyMs);
  if (node.stderr().includes("db-recovered")) figures.torn++;
  await assertKept(node.wsUrl, ledger);
  const load = await Load.start(node.wsUrl, ledger);
  await sleep(random.below(LOAD_MS_MAX));
  node.child.kill("SIGKILL");
  await node.exited;
  load.stop();
}

/** Recomputes everything from what the disk holds; in a copy, so that the node itself finds what the kill left. */
async function checkCopy(basePath: string, ledger: Ledger): Promise<void> {
  const copy = program.place("copy");
  rmSync(copy, { recursive: true, force: true });
  // Killed before it had made its folder.
  if (!existsSync(databaseFolder(basePath))) return assert.equal(ledger.highest, -1);
  cpSync(databaseFolder(basePath), copy, { recursive: true });
  const database = await Database.open(copy);
  try {
    await Chain.open(database, genesisForNode(presetSpec("dev")), { statePruning: "archive", blocksPruning: "archive", sync: true });
    const { checks } = await verifyDatabase(database);
    assert.deepEqual(checks.filter(({ ok }) => !ok), []);
    for (const [number, hash] of ledger.finalized) {
      const stored = database.get(Table.Number, u32be(number));
      assert.equal(stored && toHex(stored), hash, `block ${number} was final`);
    }
  } finally {
    await database.close();
  }
}

/** The chain goes on, stops well, and the command finds nothing wrong. */
async function lastLife(basePath: string, ledger: Ledger): Promise<void> {
  const before = ledger.highest;
  const node = await program.startOrFail(basePath);
  await assertKept(node.wsUrl, ledger);
  const load = await Load.start(node.wsUrl, ledger);
  for (let waited = 0; ledger.highest < before + 3 && waited < 20_000; waited += 50) await sleep(50);
  load.stop();
  node.child.kill("SIGTERM");
  assert.equal((await node.exited).code, 0);
  assert.ok(ledger.highest >= before + 3, "no new blocks became final");
  assert.ok((await program.verify(basePath)).number >= ledger.highest);
}
