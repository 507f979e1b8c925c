import { test } from "node:test";
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { FLAGS, MEANINGLESS, REFUSED } from "./node-flags.ts";
import { nodeSettings } from "./node-settings.ts";
import { parseValue, readConfigFile, resolveSettings } from "./settings.ts";
import type { Settings } from "./settings.ts";
import { mesi } from "./testing.ts";

function settings(flags: Record<string, unknown>, env: Record<string, string> = {}, file?: Record<string, unknown>): Settings {
  return resolveSettings({ flags, env, file: file === undefined ? undefined : { path: "node.yaml", values: file } });
}

function withFile<T>(name: string, text: string, body: (path: string) => Promise<T>): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), "mesi-test-"));
  const path = join(folder, name);
  writeFileSync(path, text);
  return body(path).finally(() => rmSync(folder, { recursive: true }));
}

test("flags count more than the environment, that more than the file, that more than defaults", () => {
  const file = { "rpc-port": 3, port: 3, "in-peers": 3 };
  const env = { MESI_RPC_PORT: "2", MESI_PORT: "2" };
  const all = settings({ "rpc-port": "1" }, env, file);
  assert.deepEqual(["rpc-port", "port", "in-peers", "out-peers"].map((name) => all.get(name)), [
    { value: 1, origin: "flag" },
    { value: 2, origin: "env MESI_PORT" },
    { value: 3, origin: "file node.yaml" },
    { value: 8, origin: "default" },
  ]);
});

test("--dev stands for Alice on the dev chain, keeping nothing, and each part can be changed", () => {
  const dev = nodeSettings(settings({ dev: true }), {});
  assert.deepEqual([dev.chain, dev.authority, dev.basePath, dev.statePruning, dev.pool.banSeconds], ["dev", "Alice", undefined, "archive", 0]);
  const changed = nodeSettings(settings({ dev: true, bob: true, "base-path": "/data", "state-pruning": "16" }), {});
  assert.deepEqual([changed.authority, changed.basePath, changed.statePruning], ["Bob", "/data", 16]);
});

test("without flags a node follows the local chain, keeps its data under the user's folder and serves localhost", () => {
  const plain = nodeSettings(settings({}), { XDG_DATA_HOME: "/share" });
  assert.deepEqual([plain.chain, plain.authority, plain.basePath, plain.rpc.port, plain.rpc.external, plain.metrics?.port], ["local", undefined, "/share/mesi", 9944, false, 9615]);
  assert.equal(plain.rpc.maxRequestBytes, 15 * 1024 * 1024);
  assert.equal(plain.pool.limitBytes, 20_480 * 1024);
});

const CONFLICTS: readonly (readonly [flags: Record<string, unknown>, code: string])[] = [
  [{ tmp: true, "base-path": "/data" }, "CONFIG_INVALID"],
  [{ alice: true, bob: true }, "CONFIG_INVALID"],
  [{ validator: true }, "CONFIG_INVALID"],
  [{ "node-key": "00", "node-key-file": "f" }, "CONFIG_INVALID"],
  [{ password: "a", "password-filename": "b" }, "CONFIG_INVALID"],
  [{ "rpc-external": true, "rpc-methods": "unsafe" }, "UNSAFE_RPC"],
  [{ "rpc-external": true, alice: true }, "UNSAFE_RPC"],
];
for (const [flags, code] of CONFLICTS) {
  test(`${Object.keys(flags).map((name) => `--${name}`).join(" with ")} is refused with ${code}`, () => {
    assert.throws(() => nodeSettings(settings(flags), {}), (error: { code?: string }) => error.code === code);
  });
}

test("--rpc-external is what a node that does not author may have, and --unsafe-rpc-external any", () => {
  assert.equal(nodeSettings(settings({ "rpc-external": true }), {}).rpc.external, true);
  assert.equal(nodeSettings(settings({ "unsafe-rpc-external": true, alice: true, "rpc-methods": "unsafe" }), {}).rpc.unsafeExternal, true);
});

test("a bad value is refused whatever it came from, and the message names the place", () => {
  assert.throws(() => settings({ "rpc-port": "70000" }), /--rpc-port: "70000" is not accepted; expected a whole number from 0 to 65535/);
  assert.throws(() => settings({}, { MESI_RPC_PORT: "x" }), /MESI_RPC_PORT/);
  assert.throws(() => settings({}, {}, { "rpc-port": "x" }), /node\.yaml: rpc-port/);
  assert.throws(() => settings({ "rpc-methods": "usafe" }), (error: Error & { hint: string }) => error.hint === 'did you mean "unsafe"?' || error.hint === 'did you mean "safe"?');
  assert.throws(() => settings({ "state-pruning": "archiv" }), /number of blocks, archive/);
});

test("lists come as repeated flags, as arrays and with commas", () => {
  assert.deepEqual(parseValue({ type: "list" }, ["a,b", "c"], "--x"), ["a", "b", "c"]);
  assert.deepEqual(parseValue({ type: "list" }, "a, b", "X"), ["a", "b"]);
});

test("a file may be YAML or JSON, and an unknown key is an error with a suggestion", async () => {
  await withFile("a.yaml", "rpc-port: 1234\nlog: [rpc=debug]\n", async (path) => assert.deepEqual((await readConfigFile(path)).values, { "rpc-port": 1234, log: ["rpc=debug"] }));
  await withFile("a.json", '{"rpc-port":1234}', async (path) => assert.deepEqual((await readConfigFile(path)).values, { "rpc-port": 1234 }));
  await withFile("a.yaml", "rpc-prot: 1234\n", async (path) => {
    const ran = await mesi(["config", "check", path]);
    assert.equal(ran.exit, 3);
    assert.match(ran.err, /unknown key "rpc-prot"; did you mean "rpc-port"\?/);
  });
  for (const [name, text] of [["a.json", "{"], ["a.yaml", "a: [1"], ["a.yaml", "- 1"]] as const) {
    await withFile(name, text, async (path) => assert.equal((await mesi(["config", "check", path])).exit, 3));
  }
  assert.equal((await mesi(["config", "check", "/no/such/file.yaml"])).exit, 3);
});

test("config show tells where every value comes from, and hides secrets", async () => {
  const ran = await mesi(["config", "show", "--origin", "--rpc-port", "1", "--password", "hunter2", "--json"], { MESI_PORT: "2" });
  const data = ran.json().data as Record<string, { value: unknown; origin: string }>;
  assert.deepEqual([data["rpc-port"], data["port"], data["pool-limit"]], [{ value: 1, origin: "flag" }, { value: 2, origin: "env MESI_PORT" }, { value: 8192, origin: "default" }]);
  assert.ok(!ran.out.includes("hunter2"));
});

test("Substrate's flags without meaning start the node with one warning, those on which safety may rest do not", async () => {
  const warned = await mesi(["config", "show", "--wasm-execution", "compiled", "--no-mdns", "--offchain-worker", "never"]);
  assert.equal(warned.exit, 0);
  assert.equal(warned.err.trim().split("\n").length, 1);
  assert.match(warned.err, /--wasm-execution, --offchain-worker, --no-mdns/);
  for (const [name, { takesValue }] of Object.entries(REFUSED)) assert.equal((await mesi(["config", "show", `--${name}`, ...(takesValue ? ["x"] : [])])).exit, 6, name);
});

test("no setting has two meanings", () => {
  const names = [...FLAGS.map(({ name }) => name), ...Object.keys(MEANINGLESS), ...Object.keys(REFUSED)];
  assert.equal(new Set(names).size, names.length);
});
