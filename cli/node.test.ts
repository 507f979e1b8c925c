import { test } from "node:test";
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { mesi } from "./testing.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

interface Started {
  readonly child: ChildProcess;
  readonly ready: { readonly endpoints: { readonly ws: string; readonly http: string; readonly metrics: string | null }; readonly accounts: readonly { readonly suri: string }[] };
  /** Sends the signal; resolves with the exit code. */
  stop(signal: NodeJS.Signals): Promise<number | null>;
}

function start(flags: readonly string[]): Promise<Started> {
  const child = spawn(process.execPath, ["--import", "tsx", "cli/mesi.ts", "dev", "--json", "--rpc-port", "0", "--no-prometheus", ...flags], { cwd: ROOT, stdio: ["ignore", "pipe", "pipe"] });
  const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
  child.stderr!.resume();
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout! }).once("line", (line) => {
      const stop = (signal: NodeJS.Signals): Promise<number | null> => {
        child.kill(signal);
        return exited;
      };
      resolve({ child, ready: JSON.parse(line) as Started["ready"], stop });
    });
    void exited.then((code) => reject(new Error(`the node ended with ${code} before it was ready`)));
  });
}

test("a development node serves every question, sends transactions, and stops cleanly on SIGTERM with a sound database", async () => {
  const basePath = mkdtempSync(join(tmpdir(), "mesi-test-"));
  const node = await start(["--base-path", basePath]);
  try {
    const url = node.ready.endpoints.ws;
    const ask = async (argv: readonly string[], exit = 0) => {
      const ran = await mesi([...argv, "--url", url, "--json", "--timeout", "20"]);
      assert.equal(ran.exit, exit, `${argv.join(" ")}: ${ran.out}`);
      return ran.json();
    };
    assert.equal(node.ready.accounts.length, 12);
    const sent = (await ask(["tx", "send", "balances.transfer_keep_alive", "--dest", "//Bob", "--value", "1.5 MESI", "--suri", "//Alice", "--wait", "finalized"])).data as { hash: string; status: string; block: { number: number } };
    assert.equal(sent.status, "finalized");
    const failed = await ask(["tx", "send", "sudo.sudo", '{"call":{"System":{"remark":{"remark":"0x00"}}}}', "--suri", "//Bob"], 5);
    assert.deepEqual([failed.error.code, failed.error.message], ["TX_FAILED", "Sudo.RequireSudo: Sender must be the Sudo account."]);
    const tried = await ask(["tx", "send", "balances.transfer_keep_alive", "--dest", "//Bob", "--value", "20000000 MESI", "--suri", "//Alice", "--dry-run"], 5);
    assert.equal((tried.error.details as { error: string }).error, "Token.FundsUnavailable");
    assert.equal((await ask(["tx", "send", "system.remark", '{"remark":"0x00"}', "--suri", "//Alice", "--nonce", "0"], 5)).error.code, "TX_REJECTED");
    const account = (await ask(["query", "account", "//Alice"])).data as { nonce: number };
    assert.equal(account.nonce, 1);
    const found = (await ask(["query", "extrinsic", sent.hash])).data as { block: { number: number }; outcome: { ok: boolean } };
    assert.deepEqual([found.block.number, found.outcome.ok], [sent.block.number, true]);
    for (const line of ["query block", "query block 1", "query events 1", "query storage system.account", "query storage system.account //Alice", "query constant balances", "query metadata", "query metadata --pallet balances", "query runtime", "query raw system_health", `tx watch ${sent.hash} --wait finalized`]) {
      assert.equal((await ask(line.split(" "))).ok, true, line);
    }
    assert.equal((await ask(["query", "block", "99999"], 8)).error.code, "NOT_FOUND");
    assert.equal((await ask(["query", "raw", "no_such"], 8)).error.code, "RPC_UNKNOWN_METHOD");
    const late = await mesi(["tx", "watch", `0x${"00".repeat(32)}`, "--url", url, "--timeout", "1"]);
    assert.equal(late.exit, 7, late.err);
    const second = await mesi(["dev", "--base-path", basePath, "--rpc-port", "0", "--no-prometheus", "-l", "off"]);
    assert.equal(second.exit, 9, "the database is locked");
    const taken = await mesi(["dev", "--rpc-port", new URL(url).port, "--no-prometheus", "-l", "off"]);
    assert.equal(taken.exit, 4, "the port is taken");
    assert.match(taken.err, new RegExp(`port ${new URL(url).port}`));
  } finally {
    assert.equal(await node.stop("SIGTERM"), 0);
  }
  assert.equal((await mesi(["db", "verify", "--chain", "dev", "--base-path", basePath])).exit, 0);
  rmSync(basePath, { recursive: true });
});

test("SIGINT ends a node with exit 0", async () => {
  const node = await start([]);
  assert.equal(await node.stop("SIGINT"), 0);
});
