// The real program as a process of its own: what every client test talks to.
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { after } from "node:test";

const ROOT = join(import.meta.dirname, "..", "..");

export interface DevNode {
  readonly wsUrl: string;
  readonly httpUrl: string;
  readonly metricsUrl: string;
  readonly process: ChildProcess;
  /** Everything that the node printed. */
  output(): string;
  /** SIGTERM; resolves with the exit code. */
  stop(): Promise<number | null>;
}

export interface DevNodeOptions {
  /** More flags of `mesi dev`. */
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const START_MS = 60_000;

/** A test that fails before it stops its node must not leave it running: the file's process would wait for it for ever. */
const running = new Set<ChildProcess>();
after(() => {
  for (const child of running) child.kill("SIGKILL");
});

/** Starts `mesi dev` on free ports and resolves when it says that it is ready. */
export async function startDevNode({ args = [], env = {} }: DevNodeOptions = {}): Promise<DevNode> {
  const flags = ["dev", "--json", "--rpc-port", "0", "--port", "0", "--prometheus-port", "0", ...args];
  const child = spawn(process.execPath, ["--import", "tsx", join(ROOT, "cli/mesi.ts"), ...flags], { cwd: ROOT, env: { ...process.env, NODE_OPTIONS: "", ...env }, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (output += text));
  running.add(child);
  const exited = new Promise<number | null>((resolve) => child.once("exit", (code) => resolve(code))).finally(() => running.delete(child));
  const ready = await firstLine(child, exited, () => output);
  const { endpoints } = JSON.parse(ready) as { endpoints?: { ws: string; http: string; metrics: string } };
  if (endpoints === undefined) throw new Error(`the node did not start: ${ready}`);
  return {
    wsUrl: endpoints.ws,
    httpUrl: endpoints.http,
    metricsUrl: endpoints.metrics,
    process: child,
    output: () => output,
    stop: async () => {
      child.kill("SIGTERM");
      return exited;
    },
  };
}

async function firstLine(child: ChildProcess, exited: Promise<number | null>, output: () => string): Promise<string> {
  const line = new Promise<string>((resolve) => createInterface({ input: child.stdout! }).once("line", resolve));
  const died = exited.then((code) => Promise.reject(new Error(`the node ended with ${code} before it was ready:\n${output()}`)));
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`the node was not ready after ${START_MS} ms:\n${output()}`)), START_MS);
  });
  try {
    return await Promise.race([line, died, late]);
  } finally {
    clearTimeout(timer);
    died.catch(() => {});
  }
}
