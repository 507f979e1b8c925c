// Other development nodes, to measure beside ours: installed into a temporary folder, never into the project.
import { execFileSync, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { HttpClient } from "./rpc-client.ts";
import { stop } from "./server.ts";
import type { Server } from "./server.ts";
import { ethereumSenders } from "./signed-transfers.ts";
import type { EthereumSender } from "./signed-transfers.ts";

/** The package of the binary itself: it needs no install script. */
const PACKAGES = { anvil: `@foundry-rs/anvil-${process.platform}-${process.arch === "x64" ? "amd64" : process.arch}@1.7.1`, ganache: "ganache@7.9.2" } as const;
export type PeerName = keyof typeof PACKAGES;
export const PEER_CHAIN_ID = 1337n;
/** No block should be full: the peers' gas limit is not what is measured. */
const GAS_LIMIT = 1_000_000_000;

export class Peers {
  readonly #folder = mkdtempSync(join(tmpdir(), "mesi-peers-"));
  readonly senders: readonly EthereumSender[] = ethereumSenders(50);

  constructor() {
    writeFileSync(join(this.#folder, "package.json"), '{ "private": true }');
  }

  /** Fetches one peer. @returns the reason when that is not possible here. */
  install(name: PeerName): string | undefined {
    try {
      execFileSync("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts", "--save-exact", PACKAGES[name]], { cwd: this.#folder, stdio: "pipe" });
      return undefined;
    } catch (error) {
      return `${PACKAGES[name]} cannot be installed: ${(error as Error).message.split("\n")[0]}`;
    }
  }

  async start(name: PeerName, blockSeconds: number): Promise<Server> {
    const port = await freePort();
    const [program, args] = name === "anvil" ? this.#anvil(port, blockSeconds) : this.#ganache(port, blockSeconds);
    const startedAt = performance.now();
    const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], cwd: this.#folder });
    child.stdout.resume();
    child.stderr.resume();
    const http = `http://127.0.0.1:${port}`;
    const client = new HttpClient(http, 1);
    for (let tries = 0; ; tries++) {
      const answer = await client.call("eth_chainId", []).catch(() => undefined);
      if (answer !== undefined) break;
      if (tries > 2_000 || child.exitCode !== null) throw new Error(`${name} does not answer`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const readyMs = performance.now() - startedAt;
    const endow = name === "anvil" ? "anvil_setBalance" : "evm_setAccountBalance";
    for (const { address } of this.senders) await client.call(endow, [address, "0x3635c9adc5dea00000"]);
    client.close();
    return { pid: child.pid!, http, ws: http.replace("http", "ws"), readyMs, folder: "", stop: () => stop(child, undefined) };
  }

  #anvil(port: number, blockSeconds: number): [string, string[]] {
    const binary = join(this.#folder, "node_modules", ...PACKAGES.anvil.replace(/@[\d.]+$/, "").split("/"), "bin", "anvil");
    return [binary, ["--port", String(port), "--chain-id", String(PEER_CHAIN_ID), "--block-time", String(blockSeconds), "--gas-limit", String(GAS_LIMIT), "--silent"]];
  }

  #ganache(port: number, blockSeconds: number): [string, string[]] {
    const script = join(this.#folder, "node_modules", "ganache", "dist", "node", "cli.js");
    const options = ["--server.port", String(port), "--chain.chainId", String(PEER_CHAIN_ID), "--miner.blockTime", String(blockSeconds), "--miner.blockGasLimit", String(GAS_LIMIT), "--logging.quiet"];
    return [process.execPath, [script, ...options]];
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve) => {
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}
