// The `papi` program makes types from the chain, and a program written with them is checked and runs. Beside it, a chain where
// nothing happens: PAPI gives up a socket that is silent for 40 s.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { startDevNode } from "../support/dev-node.ts";
import { PROVIDERS, connectPapi, until } from "./papi-support.ts";
import type { Papi } from "./papi-support.ts";

const MODULES = join(import.meta.dirname, "..", "..", "node_modules");
const run = promisify(execFile);
/** Node 20 has a WebSocket like the browsers' only on request. */
const env = { ...process.env, NODE_OPTIONS: "--experimental-websocket" };

const TYPED_PROGRAM = `
import { Enum } from "polkadot-api";
import { getPolkadotSigner } from "polkadot-api/signer";
import { createWsClient } from "polkadot-api/ws";
import { Keyring } from "@polkadot/keyring";
import { dev } from "./.papi/descriptors/dist/index.js";

const alice = new Keyring({ ss58Format: 42, type: "sr25519" }).addFromUri("//Alice");
const bob = "5FHneW46xGXgs5mUiveU4sbTyGBzmstUspZC92UhjJM694ty";
const client = createWsClient(process.argv[2]!);
const api = client.getTypedApi(dev);
const deposit: bigint = await api.constants.Balances.ExistentialDeposit();
const before: bigint = (await api.query.System.Account.getValue(bob)).data.free;
const tx = api.tx.Balances.transfer_keep_alive({ dest: Enum("Id", bob), value: deposit });
// @ts-expect-error an amount is a bigint
api.tx.Balances.transfer_keep_alive({ dest: Enum("Id", bob), value: "1" });
// @ts-expect-error there is no such pallet
void api.query.Nothing;
const { ok, events } = await tx.signAndSubmit(getPolkadotSigner(alice.publicKey, "Sr25519", (bytes) => alice.sign(bytes)));
const [transfer] = api.event.Balances.Transfer.filter(events);
const after: bigint = (await api.query.System.Account.getValue(bob, { at: "best" })).data.free;
const nonce: number = await api.apis.AccountNonceApi.account_nonce(alice.address);
const superset: boolean = await api.view.Proxy.is_superset(Enum("Any"), Enum("Staking"));
const compatible: boolean = (await api.getStaticApis()).compat.tx.Balances.transfer_keep_alive.isCompatible();
client.destroy();
const gained = (after - before) / deposit;
const moved = transfer!.payload.amount / deposit;
console.log(JSON.stringify({ ok, gained: Number(gained), moved: Number(moved), nonce, superset, compatible }));
`;

describe("polkadot-api at work", { concurrency: true }, () => {
  test("papi add makes types, and a program written with them runs", { timeout: 120_000 }, async () => {
    const node = await startDevNode();
    const cwd = await mkdtemp(join(tmpdir(), "papi-"));
    try {
      await prepare(cwd);
      const added = await run(process.execPath, [join(MODULES, "polkadot-api/bin/cli.js"), "add", "dev", "-w", node.wsUrl], { cwd, env });
      assert.match(added.stdout, /Compilation successful/);
      assert.ok(existsSync(join(cwd, ".papi/descriptors/dist/index.js")));
      await run(process.execPath, [join(MODULES, "typescript/bin/tsc"), "-p", "."], { cwd });
      const { stdout } = await run(process.execPath, ["--import", tsx(), "program.ts", node.wsUrl], { cwd, env });
      assert.deepEqual(JSON.parse(stdout), { ok: true, gained: 1, moved: 1, nonce: 1, superset: true, compatible: true });
    } finally {
      await node.stop();
      await rm(cwd, { recursive: true });
    }
  });

  test("an idle chain keeps the socket", { timeout: 90_000 }, async () => {
    const node = await startDevNode();
    const clients = PROVIDERS.map((kind) => connectPapi(node.wsUrl, kind));
    try {
      const watch = async ({ client, losses }: Papi): Promise<void> => {
        const { number } = await client.getFinalizedBlock();
        const blocks = await until(client.finalizedBlock$, (block) => block.number > number || losses.length > 0);
        assert.deepEqual(losses, []);
        assert.equal((await client.getBlockBody(blocks.at(-1)!.hash)).length, 1, "nothing but the time");
      };
      await Promise.all(clients.map(watch));
    } finally {
      clients.forEach((papi) => papi.close());
      await node.stop();
    }
  });
});

/** A project of its own, as its user would make it; but nothing is installed, the packages are borrowed. */
async function prepare(folder: string): Promise<void> {
  const language = { target: "ESNext", module: "ESNext", moduleResolution: "bundler" };
  const compilerOptions = { ...language, strict: true, noEmit: true, skipLibCheck: true, types: ["node"] };
  const settings = { version: 0, descriptorPath: ".papi/descriptors", options: { noDescriptorsPackage: true }, entries: {} };
  await mkdir(join(folder, ".papi"));
  await symlink(MODULES, join(folder, "node_modules"));
  const files = {
    "package.json": JSON.stringify({ name: "typed", version: "0.0.0", private: true, type: "module" }),
    "tsconfig.json": JSON.stringify({ compilerOptions, files: ["program.ts"] }),
    ".papi/polkadot-api.json": JSON.stringify(settings),
    "program.ts": TYPED_PROGRAM,
  };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
}

function tsx(): string {
  return pathToFileURL(join(MODULES, "tsx/dist/loader.mjs")).href;
}
