// Damaged files: a database opens at a block's end with the state that its header says, or it is refused with words. C2.
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { genesisForNode } from "../../genesis/genesis-state.ts";
import { presetSpec } from "../../genesis/presets.ts";
import { toHex } from "../../runtime/primitives/bytes.ts";
import { Chain } from "../../node/chain/chain.ts";
import { Database, DatabaseError } from "../../node/db/database.ts";
import { Table, u32be } from "../../node/db/keys.ts";
import { testChain } from "../../node/db/testing.ts";
import { verifyDatabase } from "../../node/db/verify.ts";
import { entryOf } from "../../cli/error-table.ts";
import { bitFlips, duplicatedTails, holes, lostPages, makeImage, missing, truncations } from "./images.ts";
import type { Damage } from "./images.ts";
import { LONG, count, progress, seededRandom } from "./random.ts";

const GENESIS = genesisForNode(presetSpec("dev"));
const scratch = mkdtempSync(join(tmpdir(), "mesi-torn-"));
/** A folder as a kill leaves it: tables, and a log with blocks in it. */
const killed = join(scratch, "killed");
/** Hash of each block of the chain that was killed. */
const hashes: string[] = [];
after(() => rmSync(scratch, { recursive: true, force: true }));

before(async () => {
  const chain = await testChain({ sync: true, statePruning: 16 });
  await chain.grow(12, 3);
  await chain.reopen();
  await chain.grow(8, 3);
  await chain.reopen();
  await chain.grow(12, 3);
  const { finalized } = chain.road.chain;
  for (let number = 0; number <= finalized.number; number++) hashes[number] = toHex(chain.database.get(Table.Number, u32be(number))!);
  // Copied while it is open: nothing more is written, and nothing was closed.
  cpSync(join(chain.folder, "db"), killed, { recursive: true });
  rmSync(join(killed, "LOCK"), { force: true });
  await chain.close();
});

type Outcome = { readonly type: "opened"; readonly head: number } | { readonly type: "refused"; readonly code: string };

/** Opens the image as a node does, and checks all of it. Anything but a good state or a refusal in words throws. */
async function outcomeOf(folder: string): Promise<Outcome> {
  let database: Database | undefined;
  try {
    database = await Database.open(folder);
    const chain = await Chain.open(database, GENESIS, { statePruning: 16, blocksPruning: "archive", sync: true });
    const { checks } = await verifyDatabase(database);
    assert.deepEqual(checks.filter(({ ok }) => !ok), [], "it opened with something wrong");
    const { number, hash } = chain.finalized;
    assert.equal(toHex(hash), hashes[number], `block ${number} is another one`);
    return { type: "opened", head: number };
  } catch (error) {
    if (!(error instanceof DatabaseError)) throw error;
    assert.equal(entryOf(error.code)?.exit, 9, `${error.code} ends with another exit code`);
    assert.ok(error.message.includes(folder), `the message does not say where: ${error.message}`);
    return { type: "refused", code: error.code };
  } finally {
    await database?.close();
  }
}

interface Tally {
  images: number;
  readonly outcomes: Map<string, number>;
}

async function run(what: string, damages: readonly Damage[], check: (outcome: Outcome, damage: Damage) => void): Promise<void> {
  const tally: Tally = { images: 0, outcomes: new Map() };
  const tell = progress(what, damages.length);
  const image = join(scratch, "image");
  for (const damage of damages) {
    makeImage(killed, image, damage);
    try {
      const outcome = await outcomeOf(image);
      check(outcome, damage);
      const name = outcome.type === "refused" ? outcome.code : outcome.head === head() ? "opened, nothing lost" : "opened at an earlier block";
      tally.outcomes.set(name, (tally.outcomes.get(name) ?? 0) + 1);
    } catch (error) {
      throw new Error(`${damage.name}: ${(error as Error).message}`, { cause: error });
    }
    tell(++tally.images);
  }
  console.log(`${what}: ${tally.images} images: ${[...tally.outcomes].map(([name, n]) => `${n} ${name}`).join(", ")}`);
}

const head = (): number => hashes.length - 1;

/** No acknowledged block may be missing without a word. */
function lossless(outcome: Outcome): void {
  if (outcome.type === "opened") assert.equal(outcome.head, head(), `opened at block ${outcome.head} of ${head()}`);
}

test("a log cut off anywhere in its last records never hides the loss of an acknowledged block", { timeout: 1_800_000 }, async () => {
  await run("truncated log", truncations(killed, 2, count("CUTS", 100_000, 8)), lossless);
});

test("without the mark of the last acknowledged block, a log cut off opens at the last whole block", { timeout: 1_800_000 }, async () => {
  const unmarked = truncations(killed, 2, count("CUTS_UNMARKED", 400, 4));
  const image = join(scratch, "image");
  const heads = new Set<number>();
  for (const damage of unmarked) {
    makeImage(killed, image, damage);
    rmSync(join(image, "acknowledged-head"));
    const outcome = await outcomeOf(image);
    assert.equal(outcome.type, "opened", damage.name);
    if (outcome.type === "opened") heads.add(outcome.head);
  }
  console.log(`truncated log without mark: ${unmarked.length} images, opened at blocks ${[...heads].join(" ")}`);
  for (const number of heads) assert.ok(number >= head() - 2 && number < head());
});

for (const kind of ["log", "ldb", "MANIFEST", "CURRENT", "mark"] as const) {
  test(`one flipped bit in a ${kind} file is harmless or refused`, { timeout: 1_800_000 }, async () => {
    const random = seededRandom(`flipped bits, ${kind}`);
    await run(`flipped bit, ${kind}`, bitFlips(killed, kind, count("FLIPS", 200, 5), random), lossless);
  });
}

for (const kind of ["log", "ldb", "MANIFEST"] as const) {
  test(`a ${kind} file without its last pages is refused`, { timeout: 600_000 }, async () => {
    const all = lostPages(killed, kind);
    await run(`lost pages, ${kind}`, LONG ? all : all.slice(0, 4), lossless);
  });

  test(`a ${kind} file whose tail is there twice is harmless or refused`, { timeout: 600_000 }, async () => {
    const random = seededRandom(`duplicated tail, ${kind}`);
    await run(`duplicated tail, ${kind}`, duplicatedTails(killed, kind, count("TAILS", 30, 2), random), lossless);
  });

  test(`a missing ${kind} file is refused`, async () => {
    await run(`missing ${kind}`, missing(killed, kind), (outcome) => assert.equal(outcome.type, "refused"));
  });
}

test("a missing CURRENT does not begin a new database over the old one", async () => {
  await run("missing CURRENT", missing(killed, "CURRENT"), (outcome) => assert.equal(outcome.type, "refused"));
});

test("a hole in the log, with whole records after it, is refused", { timeout: 600_000 }, async () => {
  const random = seededRandom("holes");
  await run("hole in the log", holes(killed, count("HOLES", 100, 3), random), (outcome) => assert.equal(outcome.type, "refused"));
});
