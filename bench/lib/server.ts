// The node as users start it: the bundled program in a process of its own, with a database on disk and synced commits.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { chainSpecJson, parseChainSpec } from "../../genesis/chain-spec.ts";
import type { ChainSpec } from "../../genesis/chain-spec.ts";
import { presetSpec } from "../../genesis/presets.ts";
import { encodeSs58 } from "../../runtime/primitives/ss58.ts";
import type { AccountId } from "../../runtime/primitives/types.ts";

export interface Server {
  readonly pid: number;
  readonly http: string;
  readonly ws: string;
  /** From the start of the process to its first served request, ms. */
  readonly readyMs: number;
  readonly folder: string;
  stop(): Promise<void>;
}

export const ENDOWMENT = 1_000_000_000_000_000_000n;

/** The development chain with these accounts endowed too. */
export function specWith(accounts: readonly AccountId[]): ChainSpec {
  const json = structuredClone(chainSpecJson(presetSpec("dev"))) as { genesis: { runtimeGenesis: { config: { balances: { balances: [string, string][] } } } } };
  for (const account of accounts) json.genesis.runtimeGenesis.config.balances.balances.push([encodeSs58(account, 42), String(ENDOWMENT)]);
  return parseChainSpec(json);
}

export async function startMesi(program: string, spec: ChainSpec, flags: readonly string[] = []): Promise<Server> {
  const folder = mkdtempSync(join(tmpdir(), "mesi-bench-"));
  const file = join(folder, "spec.json");
  writeFileSync(file, JSON.stringify(chainSpecJson(spec)));
  const args = ["node", "--chain", file, "--alice", "--force-authoring", "--base-path", join(folder, "data"), "--rpc-port", "0", "--no-prometheus", "--json", ...flags];
  const startedAt = performance.now();
  const child = spawn(process.execPath, [program, ...args], { stdio: ["ignore", "pipe", "pipe"] });
  let errors = "";
  child.stderr.on("data", (text: Buffer) => (errors = (errors + String(text)).slice(-4_000)));
  const line = await firstLine(child, () => errors);
  const readyMs = performance.now() - startedAt;
  const { endpoints } = JSON.parse(line) as { endpoints: { ws: string; http: string } };
  return { pid: child.pid!, ...endpoints, readyMs, folder, stop: () => stop(child, folder) };
}

export function firstLine(child: ChildProcess, errors: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout! }).once("line", resolve);
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}: ${errors()}`)));
  });
}

export async function stop(child: ChildProcess, folder: string | undefined): Promise<void> {
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  if (child.exitCode === null) {
    child.kill("SIGTERM");
    await exited;
  }
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}
