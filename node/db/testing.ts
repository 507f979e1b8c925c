// For tests: a chain of blocks with transfers, in a database of its own, without servers, keys or workers.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { genesisForNode } from "../../genesis/genesis-state.ts";
import { DEV_ACCOUNTS, presetSpec } from "../../genesis/presets.ts";
import type { Preset } from "../../genesis/presets.ts";
import { decodeExtrinsic, encodeExtrinsic } from "../../runtime/frame/extrinsic.ts";
import { IMMORTAL } from "../../runtime/primitives/era.ts";
import { buildBlock } from "../author.ts";
import { Chain } from "../chain/chain.ts";
import type { NodeHost } from "../host.ts";
import type { Road } from "../import-block.ts";
import { Database } from "./database.ts";

/** Takes every signature. */
const HOST = { verifySignature: () => true, prefetch: async () => {}, generateSessionKeys: () => new Uint8Array(48) } as unknown as NodeHost;
/** Unix ms at which these chains begin; each block is a second later. */
const START_MS = 1_700_000_000_000;

export interface TestChain {
  readonly road: Road;
  readonly database: Database;
  readonly folder: string;
  /** Authors, executes and commits `count` blocks with `transfers` transfers each. */
  grow(count: number, transfers?: number): Promise<void>;
  /** Closes the database and opens it again: what was in its log goes to a table. */
  reopen(): Promise<void>;
  close(): Promise<void>;
}

export async function testChain(options: { readonly preset?: Preset; readonly statePruning?: number | "archive"; readonly blocksPruning?: number | "archive"; readonly sync?: boolean } = {}): Promise<TestChain> {
  const folder = mkdtempSync(join(tmpdir(), "mesi-test-"));
  const genesis = genesisForNode(presetSpec(options.preset ?? "dev"));
  const open = async () => {
    const database = await Database.open(join(folder, "db"));
    const chain = await Chain.open(database, genesis, { statePruning: options.statePruning ?? "archive", blocksPruning: options.blocksPruning ?? "archive", sync: options.sync ?? false });
    const road: Road = { chain, host: HOST, now: () => START_MS + 1_000 * (chain.best.number + 1) };
    return { database, chain, road };
  };
  let opened = await open();
  let nonce = 0;
  const transfer = () => {
    const { runtime } = opened.chain.best.runtime;
    const values: Readonly<Record<string, unknown>> = { CheckMortality: IMMORTAL, CheckNonce: nonce, ChargeTransactionPayment: 0n, CheckMetadataHash: { mode: { type: "Disabled" } } };
    const extras = runtime.extensions.map(({ identifier }) => values[identifier]);
    const [alice, ...others] = DEV_ACCOUNTS;
    const dest = { type: "Id", value: others[nonce++ % others.length]!.account };
    const call = { type: "Balances", value: { type: "transfer_keep_alive", value: { dest, value: 1_000_000_000_000n } } };
    const signature = { type: "Sr25519", value: new Uint8Array(64).fill(1) } as const;
    return decodeExtrinsic(runtime, encodeExtrinsic(runtime, { type: "Signed", address: { type: "Id", value: alice!.account }, signature, extras }, call));
  };
  return {
    get road() {
      return opened.road;
    },
    get database() {
      return opened.database;
    },
    folder,
    async grow(count, transfers = 2) {
      const { chain, road } = opened;
      for (let i = 0; i < count; i++) {
        const waiting = Array.from({ length: transfers }, transfer);
        const supply = { ready: () => ({ next: () => take(waiting), skipDependants: () => {} }), reportInvalid: (_hash: unknown, error: { value: { type: string } }) => refused(error.value.type) };
        const node = chain.insert(buildBlock(road, supply, chain.best, { author: DEV_ACCOUNTS[0]!.account, budgetMs: 60_000 }));
        chain.setBest(node);
        await chain.finalize(node);
      }
    },
    async reopen() {
      await opened.database.close();
      opened = await open();
    },
    async close() {
      await opened.database.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function take<T>(waiting: T[]): { readonly extrinsic: T } | undefined {
  const extrinsic = waiting.shift();
  return extrinsic === undefined ? undefined : { extrinsic };
}

function refused(reason: string): never {
  throw new Error(`the test's transfer was refused: ${reason}`);
}
