// The real api-sidecar as a process of its own, and its REST interface.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { join } from "node:path";

const MAIN = join(import.meta.dirname, "../../node_modules/@substrate/api-sidecar/build/src/main.js");
/**
 * Sidecar 18 brings a @polkadot/api that is older than CheckMetadataHash, and would read transactions one byte off on every chain
 * that has it. Its setting for a chain's own types says what the extension holds.
 */
export const SIDECAR_TYPES = join(import.meta.dirname, "../../docs/sidecar-types.json");
const START_MS = 60_000;

export interface Sidecar {
  /** The answer, which must be one of success. */
  get(path: string): Promise<any>;
  /** The answer, which must be a refusal. */
  refused(path: string): Promise<any>;
  post(path: string, body: unknown): Promise<{ readonly status: number; readonly body: any }>;
  stop(): Promise<void>;
}

export async function startSidecar(nodeUrl: string): Promise<Sidecar> {
  const port = await freePort();
  const chain = { SAS_SUBSTRATE_URL: nodeUrl, SAS_SUBSTRATE_TYPES_BUNDLE: SIDECAR_TYPES };
  const listen = { SAS_EXPRESS_BIND_HOST: "127.0.0.1", SAS_EXPRESS_PORT: String(port) };
  const env = { ...process.env, NODE_OPTIONS: "", ...chain, ...listen };
  const child = spawn(process.execPath, [MAIN], { env, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill("SIGKILL");
    await exited;
  };
  await new Promise<void>((resolve, reject) => {
    const fail = (why: string) => (): void => reject(new Error(`sidecar ${why}:\n${output}`));
    const timer = setTimeout(fail(`was not ready after ${START_MS} ms`), START_MS);
    const read = (text: string): void => {
      output += text;
      if (!output.includes("Listening on")) return;
      clearTimeout(timer);
      resolve();
    };
    child.stdout.setEncoding("utf8").on("data", read);
    child.stderr.setEncoding("utf8").on("data", read);
    child.once("exit", fail("ended"));
  }).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  const call = async (path: string, init?: RequestInit): Promise<{ readonly status: number; readonly body: any }> => {
    const response = await fetch(`http://127.0.0.1:${port}/${path}`, init);
    return { status: response.status, body: await response.json() };
  };
  return {
    get: async (path) => {
      const { status, body } = await call(path);
      assert.equal(status, 200, `${path}: ${JSON.stringify(body)}`);
      return body;
    },
    refused: async (path) => {
      const { status, body } = await call(path);
      assert.ok(status >= 400, `${path}: ${JSON.stringify(body)}`);
      return body;
    },
    post: (path, body) => call(path, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
    stop,
  };
}

/** Sidecar cannot choose one by itself. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
