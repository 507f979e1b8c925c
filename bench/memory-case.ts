// One size of the memory benchmark: a chain with many accounts, just made, opened again, and with every account touched.
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Chain } from "../node/chain/chain.ts";
import { Database } from "../node/db/database.ts";
import { Account } from "../runtime/pallets/system/storage.ts";
import { accountId, populated } from "./lib/population.ts";

export interface MemoryCase {
  readonly accounts: number;
}

export interface MemoryResult {
  readonly tables: Readonly<Record<string, { readonly entries: number; readonly bytes: number }>>;
  readonly diskBytes: number;
  readonly openMs: number;
  /** Bytes in JavaScript's heap and in its byte arrays, beyond those before: after opening, after reading up to 1M accounts, after proving 10,000. */
  readonly memory: { readonly opened: number; readonly read: number; readonly proved: number };
}

const OPTIONS = { statePruning: 256, blocksPruning: "archive", sync: false } as const;
const PROOFS = 10_000;

async function run({ accounts }: MemoryCase): Promise<MemoryResult> {
  const folder = mkdtempSync(join(tmpdir(), "mesi-bench-"));
  const first = await Database.open(folder);
  await Chain.open(first, populated(accounts), OPTIONS);
  await first.close();
  const before = used();
  const startedAt = performance.now();
  const database = await Database.open(folder);
  const chain = await Chain.open(database, populated(accounts), OPTIONS);
  const openMs = performance.now() - startedAt;
  const opened = used() - before;
  const state = chain.stateAfter(chain.best);
  for (let i = 0; i < accounts; i++) state.get(Account.keyBytes(accountId(i)));
  const read = used() - before;
  for (let i = 0; i < Math.min(accounts, PROOFS); i++) chain.trie.prove(chain.best.trie, [Account.keyBytes(accountId(i))], (key) => state.get(key));
  const proved = used() - before;
  const tables = await database.stats();
  await database.close();
  const diskBytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  rmSync(folder, { recursive: true, force: true });
  return { tables, diskBytes, openMs, memory: { opened, read, proved } };
}

/** After a collection: what is really held. */
function used(): number {
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

console.log(JSON.stringify(await run(JSON.parse(process.argv[2]!) as MemoryCase)));
