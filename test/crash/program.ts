// The program, bundled once for a test file, in processes that die with the test.
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { build } from "esbuild";
import { presetSpec } from "../../genesis/presets.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const READY_MS = 30_000;

export interface Outcome {
  /** The exit code; 130 also when SIGINT itself ended it, as a shell has it; null: another signal did. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Spawned {
  readonly child: ChildProcess;
  readonly exited: Promise<Outcome>;
}

export interface StartedNode extends Spawned {
  readonly wsUrl: string;
  /** From the start of the process until it answers. */
  readonly readyMs: number;
  stderr(): string;
}

export interface SpawnOptions {
  readonly env?: Readonly<Record<string, string>>;
  /** A command before the program, such as `unshare -m`. */
  readonly prefix?: readonly string[];
}

export class Program {
  readonly folder: string;
  readonly #children = new Set<ChildProcess>();

  private constructor(folder: string) {
    this.folder = folder;
    process.once("exit", () => this.#killAll());
    process.setMaxListeners(100);
  }

  /** Bundles the sources as `npm run build` does, into a folder of its own. */
  static async make(): Promise<Program> {
    const folder = mkdtempSync(join(tmpdir(), "mesi-crash-"));
    mkdirSync(join(folder, "data"));
    copyFileSync(join(ROOT, "package.json"), join(folder, "package.json"));
    symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
    await build({
      absWorkingDir: ROOT,
      entryPoints: { mesi: "cli/mesi.ts", "verifier-worker": "node/verifier/worker.ts" },
      outdir: join(folder, "dist"),
      bundle: true,
      splitting: true,
      format: "esm",
      platform: "node",
      target: "node20",
      packages: "external",
      logLevel: "error",
    });
    return new Program(folder);
  }

  /** A fresh place for data. */
  place(name: string): string {
    return join(this.folder, "data", name);
  }

  spawn(args: readonly string[], { env = {}, prefix = [] }: SpawnOptions = {}): Spawned {
    const command = [...prefix, process.execPath, join(this.folder, "dist", "mesi.js"), ...args];
    const child = spawn(command[0]!, command.slice(1), { cwd: this.folder, env: { ...process.env, NODE_OPTIONS: "", ...env }, stdio: ["ignore", "pipe", "pipe"] });
    this.#children.add(child);
    let stdout = "";
    let stderr = "";
    child.stdout!.setEncoding("utf8").on("data", (text: string) => (stdout += text));
    child.stderr!.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const exited = new Promise<Outcome>((resolve) => {
      child.once("close", (code, signal) => {
        this.#children.delete(child);
        resolve({ code: signal === "SIGINT" ? 130 : code, stdout, stderr });
      });
    });
    return { child, exited };
  }

  run(args: readonly string[], options?: SpawnOptions): Promise<Outcome> {
    return this.spawn(args, options).exited;
  }

  /** `mesi dev` over `basePath`; resolves when it says that it is ready, or with how it ended before. */
  async start(basePath: string, args: readonly string[] = [], options?: SpawnOptions): Promise<StartedNode | Outcome> {
    const startedAt = performance.now();
    const flags = ["dev", "--json", "--rpc-port", "0", "--port", "0", "--prometheus-port", "0", "--log-format", "json", "--base-path", basePath];
    const spawned = this.spawn([...flags, ...args], options);
    let stderr = "";
    spawned.child.stderr!.on("data", (text: string) => (stderr += text));
    const ready = new Promise<string>((resolve) => createInterface({ input: spawned.child.stdout! }).once("line", resolve));
    const first = await within(READY_MS, Promise.race([ready, spawned.exited]), "the node to be ready", () => spawned.child.kill("SIGKILL"));
    if (typeof first !== "string") return first;
    const { endpoints } = JSON.parse(first) as { endpoints?: { ws: string } };
    // Its one line may be the error that ends it.
    if (endpoints === undefined) return spawned.exited;
    return { ...spawned, wsUrl: endpoints.ws, readyMs: Math.round(performance.now() - startedAt), stderr: () => stderr };
  }

  /** As `start`, for a node that has to start. */
  async startOrFail(basePath: string, args: readonly string[] = [], options?: SpawnOptions): Promise<StartedNode> {
    const node = await this.start(basePath, args, options);
    if (!("wsUrl" in node)) throw new Error(`the node ended with ${node.code} before it was ready:\n${node.stdout}\n${node.stderr}`);
    return node;
  }

  /** `mesi db verify`; throws when a check fails. @returns the head */
  async verify(basePath: string, options?: SpawnOptions): Promise<{ readonly number: number; readonly hash: string }> {
    const { code, stdout, stderr } = await this.run(["db", "verify", "--chain", "dev", "--base-path", basePath, "--json"], options);
    if (code !== 0) throw new Error(`mesi db verify ended with ${code}: ${stdout} ${stderr}`);
    return (JSON.parse(stdout) as { data: { head: { number: number; hash: string } } }).data.head;
  }

  #killAll(): void {
    for (const child of this.#children) child.kill("SIGKILL");
    this.#children.clear();
  }

  async close(): Promise<void> {
    this.#killAll();
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

/** The database of a chain that `mesi dev --base-path` made. */
export function databaseFolder(basePath: string): string {
  return join(basePath, "chains", presetSpec("dev").id, "db");
}

export async function within<T>(ms: number, work: Promise<T>, what: string, onLate: () => void = () => {}): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      onLate();
      reject(new Error(`waited ${ms} ms for ${what}`));
    }, ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** Whether a command is there and may be used here. */
export function works(command: string, ...args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: "ignore" }).status === 0;
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
