// A chain opened just to take in a file of blocks.
import { join } from "node:path";
import { genesisForNode } from "../genesis/genesis-state.ts";
import type { ChainSpec } from "../genesis/chain-spec.ts";
import { Chain } from "../node/chain/chain.ts";
import { importBlocks } from "../node/db/blocks-file.ts";
import type { BlocksProgress } from "../node/db/blocks-file.ts";
import { Database } from "../node/db/database.ts";
import { NodeHost } from "../node/host.ts";
import { SignaturePool } from "../node/verifier/pool.ts";

/** @throws DatabaseError, BlocksFileError */
export async function importFile(from: { readonly spec: ChainSpec; readonly basePath: string; readonly file: string }, progress: BlocksProgress): Promise<{ readonly imported: number; readonly known: number; readonly head: number }> {
  const genesis = genesisForNode(from.spec);
  const database = await Database.open(join(from.basePath, "chains", from.spec.id, "db"));
  const verifier = new SignaturePool();
  try {
    // What a power cut takes can be imported again.
    const chain = await Chain.open(database, genesis, { statePruning: "archive", blocksPruning: "archive", sync: false });
    const host = new NodeHost({ pool: verifier });
    const result = await importBlocks({ chain, host, now: () => Date.now() }, from.file, progress);
    await chain.settled();
    return { ...result, head: chain.finalized.number };
  } finally {
    await verifier.close();
    await database.close();
  }
}
