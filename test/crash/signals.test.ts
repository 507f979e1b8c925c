// SIGTERM, SIGINT and SIGHUP under load: a clean end with exit code 0 and nothing to recover; a second Ctrl-C: 130 at once. G2.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { Ledger, Load, assertKept } from "./load.ts";
import { Program, sleep, within } from "./program.ts";
import { LONG, count, progress, seededRandom } from "./random.ts";

const SIGNALS = ["SIGTERM", "SIGINT", "SIGHUP"] as const;
const RUNS = count("SIGNALS", 20, 3);
const DOUBLES = LONG ? 10 : 2;
/** What the node promises. */
const STOP_MS = 10_000;

let program: Program;
before(async () => {
  program = await Program.make();
});
after(() => program.close());

test("a signal under load ends the node with 0, and the next start finds nothing to recover and nothing missing", { timeout: 1_200_000 }, async () => {
  const random = seededRandom("signals");
  const tell = progress("signals", RUNS);
  const basePath = program.place("signals");
  const ledger = new Ledger();
  const stops: number[] = [];
  for (let i = 0; i < RUNS; i++) {
    const node = await program.startOrFail(basePath);
    assert.ok(!node.stderr().includes("db-recovered"), "the last stop left an unfinished block");
    await assertKept(node.wsUrl, ledger);
    const load = await Load.start(node.wsUrl, ledger);
    await sleep(200 + random.below(1_000));
    const signal = SIGNALS[i % SIGNALS.length]!;
    const askedAt = performance.now();
    node.child.kill(signal);
    const { code, stderr } = await within(STOP_MS, node.exited, `the node to stop after ${signal}`, () => node.child.kill("SIGKILL"));
    stops.push(Math.round(performance.now() - askedAt));
    load.stop();
    assert.equal(code, 0, `${signal}: ${stderr}`);
    tell(i + 1);
  }
  assert.ok((await program.verify(basePath)).number >= ledger.highest);
  console.log(`signals: ${RUNS} stops, each with 0; at most ${Math.max(...stops)} ms; ${ledger.highest} blocks, ${ledger.transactions.length} final transactions, none lost`);
});

test("a second Ctrl-C under load ends the node at once with 130, and nothing final is lost", { timeout: 600_000 }, async () => {
  const random = seededRandom("double Ctrl-C");
  const basePath = program.place("double");
  const ledger = new Ledger();
  const codes: (number | null)[] = [];
  // The first may be done before the second comes: that is no fault, but not the case that we want.
  for (let i = 0; i < 3 * DOUBLES && codes.filter((code) => code === 130).length < DOUBLES; i++) {
    const node = await program.startOrFail(basePath);
    await assertKept(node.wsUrl, ledger);
    const load = await Load.start(node.wsUrl, ledger);
    await sleep(200 + random.below(600));
    node.child.kill("SIGINT");
    await sleep(random.below(8));
    node.child.kill("SIGINT");
    const { code } = await within(STOP_MS, node.exited, "the node to stop", () => node.child.kill("SIGKILL"));
    load.stop();
    assert.ok(code === 130 || code === 0, `it ended with ${code}`);
    codes.push(code);
  }
  assert.ok(codes.includes(130), `no run ended with 130: ${codes.join(" ")}`);
  const node = await program.startOrFail(basePath);
  await assertKept(node.wsUrl, ledger);
  node.child.kill("SIGTERM");
  assert.equal((await node.exited).code, 0);
  assert.ok((await program.verify(basePath)).number >= ledger.highest);
  console.log(`double Ctrl-C: ended with ${codes.join(" ")}`);
});
