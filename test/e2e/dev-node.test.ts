// The program as its user meets it: processes, signals, data that stays, ports, exit codes.
import assert from "node:assert/strict";
import { execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { promisify } from "node:util";
import { startDevNode } from "../support/dev-node.ts";

const ROOT = join(import.meta.dirname, "..", "..");
const FIXTURES = process.env["CREATOR_FIXTURES"] ?? join(ROOT, "../shared/fixtures");
/** The test runner's own options are not the programs'. */
const ENV = { ...process.env, NODE_OPTIONS: "" };
const scratch = mkdtempSync(join(tmpdir(), "mesi-e2e-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function mesi(...args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    execFile(process.execPath, ["--import", "tsx", join(ROOT, "cli/mesi.ts"), ...args], { cwd: ROOT, env: ENV, maxBuffer: 64 * 1_048_576 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

async function rpc<T>(url: string, method: string, ...params: readonly unknown[]): Promise<T> {
  const response = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }) });
  const { result, error } = (await response.json()) as { result: T; error?: { message: string } };
  if (error !== undefined) throw new Error(error.message);
  return result;
}

const transfer = (url: string, value: string, ...more: readonly string[]): Promise<Outcome> =>
  mesi("tx", "send", "balances.transfer_keep_alive", JSON.stringify({ dest: "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty", value }), "--suri", "//Alice", "--url", url, "--json", ...more);

test("a development node is ready when it says so, answers on all its ports, and ends with 0 on SIGTERM", async () => {
  const node = await startDevNode({ args: ["--tmp"] });
  const ready = await fetch(`${node.httpUrl}/health/readiness`);
  assert.equal(ready.status, 200);
  assert.equal((await fetch(`${node.httpUrl}/health`)).status, 200);
  const metrics = await (await fetch(node.metricsUrl)).text();
  assert.match(metrics, /substrate_block_height\{status="best",chain="creator_dev"\} 0/);
  assert.equal((await fetch(node.metricsUrl.replace("/metrics", "/health/readiness"))).status, 200);
  assert.equal(await rpc(node.httpUrl, "system_chain"), "Creator Chain Development");
  const startedAt = Date.now();
  assert.equal(await node.stop(), 0);
  assert.ok(Date.now() - startedAt < 10_000);
});

test("SIGTERM under load ends cleanly, and the next start needs no recovery", async () => {
  const basePath = join(scratch, "load");
  const first = await startDevNode({ args: ["--base-path", basePath] });
  const sent = Promise.allSettled(Array.from({ length: 6 }, (_, i) => transfer(first.wsUrl, "1000000000000", "--nonce", String(i), "--wait", "finalized")));
  await sent;
  assert.equal(await first.stop(), 0);
  const second = await startDevNode({ args: ["--base-path", basePath] });
  assert.equal(await rpc(second.httpUrl, "system_accountNextIndex", "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"), 6);
  assert.equal(await second.stop(), 0);
});

test("data under --base-path stays: the same chain, its head and its balances after a restart; kill -9 loses nothing final", async () => {
  const basePath = join(scratch, "data");
  const first = await startDevNode({ args: ["--base-path", basePath] });
  const sent = await transfer(first.wsUrl, "5000000000000", "--wait", "finalized");
  assert.equal(sent.code, 0, sent.stderr);
  const head = await rpc<string>(first.httpUrl, "chain_getFinalizedHead");
  const genesis = await rpc<string>(first.httpUrl, "chain_getBlockHash", 0);
  first.process.kill("SIGKILL");
  await first.stop();

  const second = await startDevNode({ args: ["--base-path", basePath] });
  assert.equal(await rpc(second.httpUrl, "chain_getBlockHash", 0), genesis);
  assert.notEqual(await rpc(second.httpUrl, "chain_getHeader", head), null);
  const account = await mesi("query", "account", "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty", "--url", second.wsUrl, "--json");
  assert.match(account.stdout, /"10000005000000000000"|"10000005000000000000000000"|10000005/);

  const rival = await mesi("dev", "--base-path", basePath, "--rpc-port", "0", "--prometheus-port", "0");
  assert.equal(rival.code, 9, "a second process on the same data is refused");
  assert.match(rival.stderr, /in use by another process/);
  assert.equal(await second.stop(), 0);

  const verified = await mesi("db", "verify", "--chain", "dev", "--base-path", basePath, "--json");
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
});

test("exported blocks import into an empty folder with the same head", async () => {
  const basePath = join(scratch, "data");
  const copy = join(scratch, "copy");
  const file = join(scratch, "blocks.bin");
  const exported = await mesi("db", "export-blocks", file, "--chain", "dev", "--base-path", basePath, "--json");
  assert.equal(exported.code, 0, exported.stderr);
  const imported = await mesi("db", "import-blocks", file, "--chain", "dev", "--base-path", copy, "--json");
  assert.equal(imported.code, 0, imported.stderr + imported.stdout);
  const [original, other] = await Promise.all([basePath, copy].map((path) => mesi("db", "verify", "--chain", "dev", "--base-path", path, "--json")));
  const headOf = ({ stdout }: Outcome): unknown => (JSON.parse(stdout) as { data: { head?: unknown } }).data.head;
  assert.deepEqual(headOf(other!), headOf(original!));
});

test("a port that is taken is named, with exit code 4", async () => {
  const node = await startDevNode({ args: ["--tmp"] });
  const port = new URL(node.httpUrl).port;
  const second = await mesi("dev", "--tmp", "--rpc-port", port, "--prometheus-port", "0");
  assert.equal(second.code, 4);
  assert.match(second.stderr, new RegExp(port));
  assert.doesNotMatch(second.stderr, /\n\s+at /);
  await node.stop();
});

test("chain-spec hash gives the genesis hashes of Substrate chains", async (context) => {
  const expected = {
    "westend-raw.json": "0xe143f23803ac50e8f6f8e62695d1ce9e4e1d68aa36c1cd2cfd15340213f3423e",
    "paseo-raw.json": "0x77afd6190f1554ad45fd0d31aee62aacc33c6db0ea801129acb813f913e0764f",
  };
  if (!existsSync(FIXTURES)) return context.skip("2 genesis hashes skipped: the fixtures are absent (CREATOR_FIXTURES)");
  for (const [name, genesisHash] of Object.entries(expected)) {
    const { code, stdout, stderr } = await mesi("chain-spec", "hash", join(FIXTURES, "genesis-raw", name), "--state-version", "0", "--json");
    assert.equal(code, 0, stderr);
    assert.equal((JSON.parse(stdout) as { data: { genesisHash: string } }).data.genesisHash, genesisHash);
  }
});

test("the packed program installs into an empty folder and runs", { timeout: 300_000 }, async () => {
  const run = promisify(execFile);
  const folder = mkdtempSync(join(scratch, "packed-"));
  const { stdout } = await run("npm", ["pack", "--pack-destination", folder, "--json"], { cwd: ROOT, env: ENV, maxBuffer: 64 * 1_048_576 });
  const [{ filename }] = JSON.parse(stdout.slice(stdout.indexOf("["))) as [{ filename: string }];
  await run("npm", ["install", "--prefix", folder, "--no-audit", "--no-fund", "--omit=dev", join(folder, filename)], { cwd: folder, env: ENV, maxBuffer: 64 * 1_048_576 });
  const program = join(folder, "node_modules/.bin/mesi");
  const { stdout: version } = await run(program, ["version", "--json"], { env: ENV });
  assert.equal((JSON.parse(version) as { ok: boolean }).ok, true);
  const child = spawn(program, ["dev", "--tmp", "--json", "--rpc-port", "0", "--prometheus-port", "0"], { cwd: folder, env: ENV, stdio: ["ignore", "pipe", "inherit"] });
  const line = await new Promise<string>((resolve) => child.stdout.setEncoding("utf8").once("data", resolve));
  const { endpoints } = JSON.parse(line) as { endpoints: { ws: string } };
  // A transaction shows that the signature workers were packed too.
  const sent = await transfer(endpoints.ws, "1000000000000", "--wait", "finalized");
  assert.equal(sent.code, 0, sent.stderr);
  const exited = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  assert.equal(await exited, 0);
});
