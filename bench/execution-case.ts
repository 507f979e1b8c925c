// One case of the execution benchmark, in a process of its own: blocks of transfers through the real chain, without signatures.
// Prints its result as the last line.
import { mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DEV_ACCOUNTS } from "../genesis/presets.ts";
import { headerHash } from "../genesis/header.ts";
import { authorDigest } from "../node/author.ts";
import { Chain } from "../node/chain/chain.ts";
import type { ExecutedBlock } from "../node/chain/road.ts";
import { Database } from "../node/db/database.ts";
import type { WriteBatch } from "../node/db/database.ts";
import { Table } from "../node/db/keys.ts";
import type { NodeHost } from "../node/host.ts";
import { BlockExecution, createInherents } from "../runtime/frame/executive.ts";
import { decodeExtrinsic } from "../runtime/frame/extrinsic.ts";
import { Hash } from "../runtime/primitives/types.ts";
import { orderedTrieRoot } from "../runtime/trie/build.ts";
import { mainThreadMicros, processMicros, threadMicros } from "./lib/cpu.ts";
import { TransferSource, populated } from "./lib/population.ts";
import { profiled } from "./lib/profile.ts";
import type { ProfileSummary } from "./lib/profile.ts";

export interface ExecutionCase {
  readonly accounts: number;
  /** Transfers in a block. */
  readonly block: number;
  readonly transfers: number;
  readonly warmUp: number;
  readonly profile: boolean;
}

const PHASES = ["decode", "apply", "finalize", "trie", "body root", "insert", "commit"] as const;
type Phase = (typeof PHASES)[number];

export interface ExecutionResult {
  /** CPU µs per transfer: every thread, then the main thread. */
  readonly all: number;
  readonly main: number;
  readonly wall: number;
  /** Main-thread CPU µs per transfer by part. */
  readonly phases: Readonly<Record<Phase, number>>;
  /** What a batch carries per transfer, by table. */
  readonly written: Readonly<Record<string, Written>>;
  /** CPU µs per transfer of each other thread that matters. */
  readonly threads: readonly number[];
  readonly genesisSeconds: number;
  readonly rssMib: number;
  readonly heapMib: number;
  readonly diskMib: number;
  readonly profile: ProfileSummary | undefined;
}

interface Written {
  entries: number;
  bytes: number;
}

const HOST = { verifySignature: () => true, prefetch: async () => {}, generateSessionKeys: () => new Uint8Array(48) } as unknown as NodeHost;
const START_MS = 1_700_000_000_000;
const STATE_PRUNING = 256;

class Bench {
  readonly chain: Chain;
  readonly micros: Record<Phase, number> = Object.fromEntries(PHASES.map((phase) => [phase, 0])) as Record<Phase, number>;
  #at = 0;

  constructor(chain: Chain) {
    this.chain = chain;
  }

  #lap(phase: Phase): void {
    const now = mainThreadMicros();
    this.micros[phase] += now - this.#at;
    this.#at = now;
  }

  /** Decodes, executes and commits one block. */
  async block(encoded: readonly Uint8Array[]): Promise<void> {
    const { chain } = this;
    this.#at = mainThreadMicros();
    const parent = chain.best;
    const { runtime } = parent.runtime;
    const extrinsics = encoded.map((bytes) => decodeExtrinsic(runtime, bytes));
    this.#lap("decode");
    const state = chain.stateAfter(parent);
    const execution = new BlockExecution(runtime, state, HOST, { parent_hash: parent.hash, number: parent.number + 1, digest: authorDigest(DEV_ACCOUNTS[0]!.account) });
    const inherents = createInherents(runtime, { timestampMs: BigInt(START_MS + 1_000 * (parent.number + 1)) });
    for (const extrinsic of [...inherents.map((bytes) => decodeExtrinsic(runtime, bytes)), ...extrinsics]) {
      const result = execution.apply(extrinsic);
      if (!result.ok || !result.value.ok) throw new Error(`a transfer was refused: ${JSON.stringify(result, (_, value: unknown) => (typeof value === "bigint" ? String(value) : value))}`);
    }
    this.#lap("apply");
    const { changes, digest } = execution.finalize();
    this.#lap("finalize");
    const trie = chain.trie.update(parent.trie, changes, (key) => state.get(key));
    this.#lap("trie");
    const body = [...inherents, ...encoded];
    const header = { parent_hash: parent.hash, number: parent.number + 1, state_root: Hash(trie.hash), extrinsics_root: Hash(orderedTrieRoot(body, 0)), digest };
    this.#lap("body root");
    const node = chain.insert({ hash: headerHash(header), header, extrinsics: body, changes, trie } as unknown as ExecutedBlock);
    chain.setBest(node);
    this.#lap("insert");
    await chain.finalize(node);
    this.#lap("commit");
  }
}

async function run({ accounts, block, transfers, warmUp, profile }: ExecutionCase): Promise<ExecutionResult> {
  const folder = mkdtempSync(join(tmpdir(), "mesi-bench-"));
  const startedAt = performance.now();
  const database = await Database.open(folder);
  const chain = await Chain.open(database, populated(accounts), { statePruning: STATE_PRUNING, blocksPruning: "archive", sync: true });
  const genesisSeconds = (performance.now() - startedAt) / 1_000;
  const bench = new Bench(chain);
  const source = new TransferSource(chain.best.runtime.runtime, accounts);
  const prepare = (count: number): Uint8Array[][] => Array.from({ length: Math.ceil(count / block) }, () => Array.from({ length: block }, () => source.next()));
  const written = await countWrites(database, async () => {
    for (const encoded of prepare(warmUp)) await bench.block(encoded);
  });
  for (const phase of PHASES) bench.micros[phase] = 0;

  const threads = new Map<string, number>();
  const total = { all: 0, main: 0, wall: 0, transfers: 0 };
  const measure = async (): Promise<void> => {
    while (total.transfers < transfers) {
      const blocks = prepare(Math.max(block, 10_000));
      const start = { all: processMicros(), main: mainThreadMicros(), wall: performance.now() };
      const threadsBefore = threadMicros();
      for (const encoded of blocks) await bench.block(encoded);
      total.all += processMicros() - start.all;
      total.main += mainThreadMicros() - start.main;
      total.wall += (performance.now() - start.wall) * 1_000;
      for (const [id, micros] of threadMicros()) threads.set(id, (threads.get(id) ?? 0) + micros - (threadsBefore.get(id) ?? 0));
      total.transfers += blocks.length * block;
    }
  };
  let summary: ProfileSummary | undefined;
  if (profile) summary = (await profiled(measure)).summary;
  else await measure();

  const per = (micros: number): number => Math.round((micros / total.transfers) * 100) / 100;
  const result: ExecutionResult = {
    all: per(total.all),
    main: per(total.main),
    wall: per(total.wall),
    phases: Object.fromEntries(PHASES.map((phase) => [phase, per(bench.micros[phase])])) as Record<Phase, number>,
    written: Object.fromEntries(Object.entries(written).map(([table, { entries, bytes }]) => [table, { entries: Math.round((entries / warmUp) * 10) / 10, bytes: Math.round(bytes / warmUp) }])),
    threads: [...threads].filter(([id]) => id !== String(process.pid)).map(([, micros]) => per(micros)).filter((micros) => micros >= 0.5).sort((a, b) => b - a),
    genesisSeconds: Math.round(genesisSeconds * 10) / 10,
    rssMib: Math.round(process.memoryUsage().rss / 2 ** 20),
    heapMib: Math.round(process.memoryUsage().heapUsed / 2 ** 20),
    diskMib: Math.round(folderBytes(folder) / 2 ** 20),
    profile: summary,
  };
  await chain.settled();
  await database.close();
  rmSync(folder, { recursive: true, force: true });
  return result;
}

/** Entries and bytes of all batches that `work` writes, by table. */
async function countWrites(database: Database, work: () => Promise<void>): Promise<Record<string, Written>> {
  const out: Record<string, Written> = {};
  const names = new Map<number, string>(Object.entries(Table).map(([name, table]) => [table, name]));
  const note = (table: number, bytes: number): void => {
    const row = (out[names.get(table)!] ??= { entries: 0, bytes: 0 });
    row.entries++;
    row.bytes += bytes;
  };
  const write = database.write.bind(database);
  database.write = (fill, options) =>
    write((batch) => {
      const put: WriteBatch["put"] = (table, key, value) => {
        note(table, 1 + key.length + value.length);
        batch.put(table, key, value);
      };
      const del: WriteBatch["del"] = (table, key) => {
        note(table, 1 + key.length);
        batch.del(table, key);
      };
      fill({ put, del });
    }, options);
  await work();
  database.write = write;
  return out;
}

function folderBytes(folder: string): number {
  return readdirSync(folder).reduce((sum, name) => sum + statSync(join(folder, name)).size, 0);
}

console.log(JSON.stringify(await run(JSON.parse(process.argv[2]!) as ExecutionCase)));
