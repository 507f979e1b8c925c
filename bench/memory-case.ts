// One size of the memory benchmark: a chain with many accounts, just made, opened again, and with every account touched.
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { Chain } from "../node/chain/chain.ts";
import { Database } from "../node/db/database.ts";
import { Account } from "../runtime/pallets/system/storage.ts";
import { accountId, populated } from "./lib/population.ts";

export interface MemoryCase {
  readonly accounts: number;
  readonly folder: string;
  /** Makes the chain, or opens it: in another process, so that what making left behind is not counted. */
  readonly step: "make" | "open";
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

async function make({ accounts, folder }: MemoryCase): Promise<object> {
  const database = await Database.open(folder);
  await Chain.open(database, populated(accounts), OPTIONS);
  await database.close();
  return {};
}

async function open({ accounts, folder }: MemoryCase): Promise<MemoryResult> {
  const before = await used();
  const startedAt = performance.now();
  const database = await Database.open(folder);
  const chain = await Chain.open(database, populated(accounts), OPTIONS);
  const openMs = performance.now() - startedAt;
  const opened = (await used()) - before;
  const state = chain.stateAfter(chain.best);
  for (let i = 0; i < accounts; i++) state.get(Account.keyBytes(accountId(i)));
  const read = (await used()) - before;
  for (let i = 0; i < Math.min(accounts, PROOFS); i++) chain.trie.prove(chain.best.trie, [Account.keyBytes(accountId(i))], (key) => state.get(key));
  const proved = (await used()) - before;
  const tables = await database.stats();
  await database.close();
  const diskBytes = readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
  return { tables, diskBytes, openMs, memory: { opened, read, proved } };
}

/** After collections: what is really held. Byte arrays go only with the collection after their owner's. */
async function used(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    (globalThis as { gc?: () => void }).gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

const input = JSON.parse(process.argv[2]!) as MemoryCase;
console.log(JSON.stringify(await (input.step === "make" ? make(input) : open(input))));
