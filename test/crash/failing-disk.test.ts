// A disk that fails to write or to sync: the node stops with exit code 9 and words, announces nothing more, and starts again well. C3.
import assert from "node:assert/strict";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Ledger, Load, assertKept } from "./load.ts";
import { assertStoppedWell, faultEnv, makeShim } from "./faults.ts";
import { Program, within, works } from "./program.ts";
import type { Outcome } from "./program.ts";
import { LONG, count, progress, seededRandom } from "./random.ts";

const RUNS = count("FAULTS", 240, 4);
/** The N-th call fails, N up to this; FAULT_ONLY=sync:25:always repeats one of them. */
const CALLS = 80;
/** For the fault to come, and for the node to stop after it. */
const RUN_MS = 60_000;

let program: Program;
before(async () => {
  program = await Program.make();
});
after(() => program.close());

interface Fault {
  readonly kind: "sync" | "write";
  readonly at: number;
  readonly once: boolean;
  /** Whether the chain is there already. */
  readonly fresh: boolean;
}

/** Every N for both kinds, failing for good; then, once only, which is the harder case for who would go on. */
function faults(): readonly Fault[] {
  const random = seededRandom("failing disk");
  const all: Fault[] = [];
  for (const once of [false, true]) {
    for (let at = 1; at <= CALLS; at++) {
      all.push({ kind: "sync", at, once, fresh: at % 4 === 0 });
      all.push({ kind: "write", at: once ? at + CALLS : at, once, fresh: at % 4 === 1 });
    }
  }
  const only = process.env["FAULT_ONLY"];
  if (only !== undefined) return all.filter(({ kind, at, once }) => `${kind}:${at}:${once ? "once" : "always"}` === only).flatMap((fault) => Array<Fault>(RUNS).fill(fault));
  if (LONG) return Array.from({ length: Math.min(RUNS, all.length) }, () => all.splice(random.below(all.length), 1)[0]!);
  return [
    { kind: "sync", at: 1, once: true, fresh: true },
    { kind: "sync", at: 5 + random.below(8), once: true, fresh: false },
    { kind: "write", at: 10 + random.below(10), once: true, fresh: false },
    { kind: "write", at: 20 + random.below(10), once: false, fresh: false },
  ].slice(0, RUNS) as Fault[];
}

test("when a write or a sync fails, the node stops with exit code 9, announces nothing more, and starts again on a healthy disk", { timeout: 3_600_000 }, async (context) => {
  if (process.platform !== "linux" || !works("gcc", "--version")) return context.skip(`${RUNS} runs skipped: they need Linux and gcc`);
  const shim = makeShim(program.folder);
  const tally = { runs: 0, whileStarting: 0, underLoad: 0, blocks: 0 };
  const list = faults();
  const tell = progress("failing disk", list.length);
  let basePath = program.place("failing-0");
  let ledger = new Ledger();
  for (const fault of list) {
    if (fault.fresh || ledger.highest > 400) {
      rmSync(basePath, { recursive: true, force: true });
      basePath = program.place(`failing-${tally.runs + 1}`);
      ledger = new Ledger();
    }
    const what = `${fault.kind} call ${fault.at}${fault.once ? ", once" : ""}${fault.fresh ? ", new chain" : ""}`;
    try {
      const when = await failAndRecover(basePath, ledger, shim, fault);
      tally[when]++;
    } catch (error) {
      throw new Error(`${what}: ${(error as Error).message}`, { cause: error });
    }
    tell(++tally.runs);
  }
  console.log(`failing disk: ${tally.runs} runs, ${tally.whileStarting} failed while starting, ${tally.underLoad} under load; each ended with 9 and started again with every final block`);
});

async function failAndRecover(basePath: string, ledger: Ledger, shim: string, fault: Fault): Promise<"whileStarting" | "underLoad"> {
  const report = join(program.folder, "fault-happened");
  rmSync(report, { force: true });
  const env = faultEnv(basePath, { shim, report, ...fault });
  const started = await program.start(basePath, [], { env });
  let outcome: Outcome;
  if ("wsUrl" in started) {
    const load = await Load.start(started.wsUrl, ledger).catch(() => undefined);
    outcome = await within(RUN_MS, started.exited, "the node to stop", () => started.child.kill("SIGKILL")).catch((error: Error) => {
      const happened = existsSync(report) ? "after the fault" : "for the fault";
      throw new Error(`${error.message}, ${happened}; ${load?.sent ?? "no"} transactions sent, ${ledger.refusals.join("; ")}\n${started.stderr().slice(-4_000)}`);
    });
    load?.stop();
  } else outcome = started;
  assert.ok(existsSync(report), "the fault did not happen");
  assertStoppedWell(outcome);
  const again = await program.startOrFail(basePath);
  await assertKept(again.wsUrl, ledger);
  again.child.kill("SIGTERM");
  assert.equal((await again.exited).code, 0);
  assert.ok((await program.verify(basePath)).number >= ledger.highest);
  return "wsUrl" in started ? "underLoad" : "whileStarting";
}
