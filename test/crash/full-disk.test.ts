// A full disk, and one that became read-only: the node stops with exit code 9 and starts again when there is space. C4.
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import type { TestContext } from "node:test";
import { Errno, assertStoppedWell, faultEnv, makeShim } from "./faults.ts";
import { Ledger, Load, assertKept } from "./load.ts";
import { Program, sleep, within, works } from "./program.ts";
import type { Outcome, SpawnOptions } from "./program.ts";
import { LONG, progress, seededRandom } from "./random.ts";

/** KiB: from too little for genesis to some hundred blocks. */
const SIZES = LONG ? Array.from({ length: 20 }, (_, i) => 64 + 4 * i * i + 24 * i) : [420];
const RUN_MS = 120_000;
const ENOUGH = "256m";

let program: Program;
before(async () => {
  program = await Program.make();
});
after(() => program.close());

/** A small disk that only this test sees: a tmpfs in a mount namespace which a sleeping process keeps. */
class SmallDisk {
  readonly folder: string;
  readonly #holder: ChildProcess;
  readonly inside: SpawnOptions;

  private constructor(folder: string, holder: ChildProcess) {
    this.folder = folder;
    this.#holder = holder;
    this.inside = { prefix: ["nsenter", "-t", String(holder.pid), "-m"] };
    process.once("exit", () => holder.kill("SIGKILL"));
  }

  static async mount(folder: string, kib: number): Promise<SmallDisk> {
    mkdirSync(folder, { recursive: true });
    const script = 'mount -t tmpfs -o "size=$2k" tmpfs "$1" && echo mounted && exec sleep 1200';
    const holder = spawn("unshare", ["--mount", "--propagation", "private", "sh", "-c", script, "sh", folder, String(kib)], { stdio: ["ignore", "pipe", "inherit"] });
    const mounted = new Promise((resolve, reject) => {
      holder.stdout!.once("data", resolve);
      holder.once("exit", () => reject(new Error("the tmpfs could not be mounted")));
    });
    await within(10_000, mounted, "the tmpfs", () => holder.kill("SIGKILL"));
    return new SmallDisk(folder, holder);
  }

  remount(options: string): void {
    const { status, stderr } = spawnSync("nsenter", ["-t", String(this.#holder.pid), "-m", "mount", "-o", `remount,${options}`, this.folder], { encoding: "utf8" });
    assert.equal(status, 0, stderr);
  }

  async unmount(): Promise<void> {
    const gone = new Promise((resolve) => this.#holder.once("exit", resolve));
    this.#holder.kill("SIGKILL");
    await gone;
  }
}

const possible = (): boolean => process.platform === "linux" && works("unshare", "--mount", "true") && works("nsenter", "--version");

/** A life with load until the disk stops it. */
async function runInto(basePath: string, ledger: Ledger, options: SpawnOptions): Promise<{ readonly outcome: Outcome; readonly ready: boolean }> {
  const started = await program.start(basePath, [], options);
  if (!("wsUrl" in started)) return { outcome: started, ready: false };
  const load = await Load.start(started.wsUrl, ledger).catch(() => undefined);
  const outcome = await within(RUN_MS, started.exited, "the node to stop", () => started.child.kill("SIGKILL"));
  load?.stop();
  return { outcome, ready: true };
}

async function assertGoesOn(basePath: string, ledger: Ledger, options: SpawnOptions = {}): Promise<void> {
  const before = ledger.highest;
  const node = await program.startOrFail(basePath, [], options);
  await assertKept(node.wsUrl, ledger);
  const load = await Load.start(node.wsUrl, ledger);
  for (let waited = 0; ledger.highest < before + 2 && waited < 20_000; waited += 50) await sleep(50);
  load.stop();
  node.child.kill("SIGTERM");
  assert.equal((await node.exited).code, 0);
  assert.ok(ledger.highest >= before + 2, "no new blocks became final");
  assert.ok((await program.verify(basePath, options)).number >= ledger.highest);
}

test("a disk that fills up stops the node with exit code 9; with space again it goes on from every final block", { timeout: 3_600_000 }, async (context) => {
  if (!possible()) return context.skip(`${SIZES.length} sizes skipped: they need Linux and the right to mount`);
  const tell = progress("full disk", SIZES.length);
  const heads: number[] = [];
  for (const [i, kib] of SIZES.entries()) {
    const disk = await SmallDisk.mount(program.place(`disk-${kib}`), kib);
    const basePath = join(disk.folder, "node");
    const ledger = new Ledger();
    try {
      const { outcome } = await runInto(basePath, ledger, disk.inside);
      assertStoppedWell(outcome);
      heads.push(ledger.highest);
      // Still full: it says so again, or finds some room and runs into the end of that.
      assertStoppedWell((await runInto(basePath, ledger, disk.inside)).outcome);
      disk.remount(`size=${ENOUGH}`);
      await assertGoesOn(basePath, ledger, disk.inside);
    } catch (error) {
      throw new Error(`${kib} KiB: ${(error as Error).message}`, { cause: error });
    } finally {
      await disk.unmount();
    }
    tell(i + 1);
  }
  console.log(`full disk: ${SIZES.length} sizes from ${SIZES[0]} to ${SIZES.at(-1)} KiB, full after blocks ${heads.join(" ")}; each stopped with 9 twice and went on`);
});

test("a disk that was remounted read-only refuses the start with exit code 9, and takes it when it can be written again", { timeout: 600_000 }, async (context) => {
  if (!possible()) return context.skip("skipped: it needs Linux and the right to mount");
  const rounds = LONG ? 2 : 1;
  for (let i = 0; i < rounds; i++) {
    const disk = await SmallDisk.mount(program.place(`read-only-${i}`), 262_144);
    const basePath = join(disk.folder, "node");
    const ledger = new Ledger();
    try {
      // Once before there is a chain, once after.
      if (i === 0) await assertGoesOn(basePath, ledger, disk.inside);
      disk.remount("ro");
      const { outcome, ready } = await runInto(basePath, ledger, disk.inside);
      assert.ok(!ready, "it started");
      assertStoppedWell(outcome);
      disk.remount("rw");
      await assertGoesOn(basePath, ledger, disk.inside);
    } finally {
      await disk.unmount();
    }
  }
  console.log(`read-only disk: ${rounds} rounds`);
});

async function failUnderway(context: TestContext): Promise<void> {
  if (process.platform !== "linux" || !works("gcc", "--version")) return context.skip("2 runs skipped: they need Linux and gcc");
  const shim = makeShim(program.folder);
  const random = seededRandom("read-only under a running node");
  for (const errno of [Errno.EROFS, Errno.ENOSPC]) {
    const basePath = program.place(`errno-${errno}`);
    const report = join(program.folder, "fault-happened");
    rmSync(report, { force: true });
    const ledger = new Ledger();
    const { outcome } = await runInto(basePath, ledger, { env: faultEnv(basePath, { shim, kind: "write", at: 40 + random.below(60), once: false, errno, report }) });
    assert.ok(existsSync(report), "the fault did not happen");
    assertStoppedWell(outcome);
    await assertGoesOn(basePath, ledger);
  }
  console.log("errno under a running node: 2 runs");
}

if (LONG) test("a disk that becomes read-only or full under a running node stops it with exit code 9", { timeout: 600_000 }, failUnderway);
