// Makes a file of blocks with signed transfers, for the sync benchmark.
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { genesisForNode } from "../genesis/genesis-state.ts";
import { DEV_ACCOUNTS } from "../genesis/presets.ts";
import { buildBlock } from "../node/author.ts";
import { Chain } from "../node/chain/chain.ts";
import { exportBlocks } from "../node/db/blocks-file.ts";
import { Database } from "../node/db/database.ts";
import type { NodeHost } from "../node/host.ts";
import { decodeExtrinsic } from "../runtime/frame/extrinsic.ts";
import { fromHex } from "../runtime/primitives/bytes.ts";
import { specWith } from "./lib/server.ts";
import { signTransfers, signers } from "./lib/signed-transfers.ts";
import type { Scheme } from "./lib/signed-transfers.ts";

export interface SyncCase {
  readonly file: string;
  readonly scheme: Scheme;
  readonly senders: number;
  readonly transfers: number;
  readonly block: number;
}

const HOST = { verifySignature: () => true, prefetch: async () => {} } as unknown as NodeHost;
const START_MS = 1_700_000_000_000;

async function run({ file, scheme, senders, transfers, block }: SyncCase): Promise<{ readonly blocks: number }> {
  const folder = mkdtempSync(join(tmpdir(), "mesi-bench-"));
  const from = await signers(scheme, senders);
  const spec = specWith(from.map(({ account }) => account));
  const database = await Database.open(folder);
  const chain = await Chain.open(database, genesisForNode(spec), { statePruning: 256, blocksPruning: "archive", sync: false });
  const signed = signTransfers(spec, from, transfers);
  for (let at = 0; at < signed.length; at += block) {
    const { runtime } = chain.best.runtime;
    const waiting = signed.slice(at, at + block).map(({ hex }) => decodeExtrinsic(runtime, fromHex(hex)));
    const supply = {
      ready: () => ({ next: () => (waiting.length === 0 ? undefined : { extrinsic: waiting.shift()! }), skipDependants() {} }),
      reportInvalid: (): never => {
        throw new Error("a transfer was refused");
      },
    };
    const road = { chain, host: HOST, now: () => START_MS + 1_000 * (chain.best.number + 1) };
    const node = chain.insert(buildBlock(road, supply, chain.best, { author: DEV_ACCOUNTS[0]!.account, budgetMs: 600_000 }));
    if (node.extrinsics.length !== block + 1) throw new Error(`a block holds ${node.extrinsics.length - 1} of ${block} transfers`);
    chain.setBest(node);
    await chain.finalize(node);
  }
  const fd = openSync(file, "w");
  const blocks = exportBlocks(database, fd, { from: 1, to: chain.best.number });
  closeSync(fd);
  await database.close();
  rmSync(folder, { recursive: true, force: true });
  return { blocks };
}

console.log(JSON.stringify(await run(JSON.parse(process.argv[2]!) as SyncCase)));
