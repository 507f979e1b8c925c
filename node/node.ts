// The composition root: opens the chain, wires pool, authoring and servers, and takes them down again in order.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { InvariantError } from "../runtime/primitives/errors.ts";
import type { AccountId } from "../runtime/primitives/types.ts";
import type { Backend, SystemBackend } from "../rpc/backend.ts";
import { createMethods } from "../rpc/methods.ts";
import { startRpcServer } from "../rpc/server.ts";
import type { HealthReport, RpcServer, RpcServerOptions } from "../rpc/server.ts";
import { NodeChainBackend } from "./backend/chain-backend.ts";
import { Chain } from "./chain/chain.ts";
import type { ChainOptions, Genesis } from "./chain/chain.ts";
import { Database } from "./db/database.ts";
import { NodeHost } from "./host.ts";
import type { Road } from "./import-block.ts";
import { openKeystore } from "./keys/keystore.ts";
import type { Keystore, KeystoreOptions } from "./keys/keystore.ts";
import type { NodeLog } from "./log.ts";
import { NodeMetrics, startMetricsServer } from "./metrics.ts";
import type { MetricsServer } from "./metrics.ts";
import { loadNodeKey } from "./node-key.ts";
import type { NodeKey, NodeKeySource } from "./node-key.ts";
import { NodePoolChain } from "./pool-chain.ts";
import { DEV_BAN_SECONDS, poolOptions } from "./pool/options.ts";
import type { PoolOptions } from "./pool/options.ts";
import { TransactionPool } from "./pool/pool.ts";
import { SoloSealing } from "./solo.ts";
import { startStatusLine } from "./status-line.ts";
import { SignaturePool } from "./verifier/pool.ts";

/** What a chain spec says, as the node needs it. */
export interface NodeChainSpec {
  readonly name: string;
  readonly id: string;
  readonly chainType: SystemBackend["chainType"];
  readonly properties: Readonly<Record<string, unknown>>;
  readonly genesis: Genesis;
}

export interface NodeOptions {
  readonly spec: NodeChainSpec;
  /** Data goes to `<basePath>/chains/<id>`; undefined: a temporary folder, removed at the end. */
  readonly basePath: string | undefined;
  readonly nodeName: string;
  /** The identity on the network; undefined: a file beside the database, made at the first start. */
  readonly nodeKey: NodeKeySource | undefined;
  readonly version: string;
  /** Seals blocks by itself as this account; undefined: only follows. */
  readonly authority: AccountId | undefined;
  readonly sealing: { readonly minIntervalMs: number; readonly maxIdleMs: number };
  readonly statePruning: ChainOptions["statePruning"];
  readonly blocksPruning: ChainOptions["blocksPruning"];
  readonly databaseCacheMib: number;
  readonly keystore: Omit<KeystoreOptions, "directory"> & { readonly directory?: string };
  readonly pool: Partial<Omit<PoolOptions, "now">>;
  readonly rpc: Omit<RpcServerOptions, "table" | "health" | "log" | "metrics" | "onInvariantBroken">;
  /** Undefined: no metrics endpoint. */
  readonly metrics: { readonly port: number; readonly external: boolean } | undefined;
  readonly statusLine: boolean;
  readonly log: NodeLog;
  /** Something broke that makes going on unsafe: the caller ends the process. */
  onFatal(error: unknown): void;
}

export interface RunningNode {
  readonly chain: Chain;
  readonly backend: Backend;
  readonly road: Road;
  readonly pool: TransactionPool;
  readonly rpc: RpcServer;
  readonly metricsPort: number | undefined;
  /** Stops taking requests, finishes the block in hand, closes the database. Bounded by `deadlineMs`. */
  close(deadlineMs?: number): Promise<void>;
}

/** Wall clock: enters the house here and nowhere else. */
const now = (): number => Date.now();
const UNFINALIZED_MAX = 64;
/** Wall ms that filling a block may take: on a slow machine blocks become smaller, not later. */
const FILL_BUDGET_MS = 400;
const CLOSE_DEADLINE_MS = 8_000;

export async function startNode(options: NodeOptions): Promise<RunningNode> {
  const { log } = options;
  const temporary = options.basePath === undefined;
  const basePath = options.basePath ?? mkdtempSync(join(tmpdir(), "mesi-"));
  const folder = join(basePath, "chains", options.spec.id);
  const closers: (() => Promise<void> | void)[] = [];
  if (temporary) closers.push(() => rmSync(basePath, { recursive: true, force: true }));
  try {
    return await compose({ ...options, basePath }, folder, closers, !temporary);
  } catch (error) {
    await closeAll(closers, log);
    throw error;
  }
}

async function compose(options: NodeOptions, folder: string, closers: (() => Promise<void> | void)[], durable: boolean): Promise<RunningNode> {
  const { log, spec } = options;
  const dev = spec.chainType === "Development";
  const database = await Database.open(join(folder, "db"), { cacheMib: options.databaseCacheMib });
  closers.push(() => database.close());
  if (database.tornBytes > 0) log.child("db").warn({ event: "db-recovered", bytes: database.tornBytes }, `the last run was cut off while it wrote: ${database.tornBytes} bytes of an unfinished block are left out`);
  const chain = await Chain.open(database, spec.genesis, { statePruning: options.statePruning, blocksPruning: options.blocksPruning, sync: durable });
  closers.push(() => chain.settled());

  const nodeKey = loadNodeKey(options.nodeKey ?? { file: join(folder, "network", "secret_ed25519") });
  const keys: Keystore = await openKeystore({ ...options.keystore, directory: options.keystore.directory ?? join(folder, "keystore") });
  const verifier = new SignaturePool();
  closers.push(() => verifier.close());
  const host = new NodeHost({ pool: verifier });
  const road: Road = { chain, host, now };
  const pool = new TransactionPool(new NodePoolChain(chain, host, dev), poolOptions({ now, ...(dev ? { banSeconds: DEV_BAN_SECONDS } : {}), ...options.pool }));
  closers.push(chain.subscribe((event) => pool.follow(event)));

  const metrics = new NodeMetrics({ chain, pool, verifier, host, chainId: spec.id, version: options.version, authority: options.authority !== undefined });
  closers.push(() => metrics.close());
  if (options.authority !== undefined) {
    const sealing = new SoloSealing(road, pool, {
      author: options.authority,
      budgetMs: FILL_BUDGET_MS,
      ...options.sealing,
      onFatal: options.onFatal,
      onSealed: (block) => metrics.blockSealed(block),
    });
    pool.onReady(() => sealing.transactionReady());
    sealing.start();
    closers.push(() => sealing.stop());
  }

  const backend: Backend = { chain: new NodeChainBackend(chain, host), pool, keys, system: systemBackend(options, chain, nodeKey), dev };
  let lastBlockAt = now();
  closers.push(chain.subscribe(({ type }) => {
    if (type === "best") lastBlockAt = now();
  }));
  const health = healthSource(chain, options, () => lastBlockAt);
  const rpc = await startRpcServer({
    ...options.rpc,
    table: createMethods(backend, { onBackgroundError: (error, where) => backgroundError(options, error, where) }),
    health,
    log: log.child("rpc"),
    metrics: metrics.rpc,
    onInvariantBroken: options.onFatal,
  });
  closers.push(() => rpc.close({ deadlineMs: 3_000 }));
  const metricsServer: MetricsServer | undefined = options.metrics && (await startMetricsServer(metrics, { ...options.metrics, health }));
  if (metricsServer !== undefined) closers.push(() => metricsServer.close());
  verifier.start();
  if (options.statusLine) closers.push(startStatusLine({ chain, pool, log }));
  const closeOnce = once((deadlineMs: number) => within(deadlineMs, closeAll(closers, log)));
  return { chain, backend, road, pool, rpc, metricsPort: metricsServer?.port, close: (deadlineMs = CLOSE_DEADLINE_MS) => closeOnce(deadlineMs) };
}

/** Nobody can be told any more; a broken invariant still stops the node. */
function backgroundError({ log, onFatal }: NodeOptions, error: unknown, where: string): void {
  log.child("rpc").error({ event: "rpc-background", method: where, err: error }, "an error after the reply");
  if (error instanceof InvariantError) onFatal(error);
}

/** What was opened last is closed first. */
async function closeAll(closers: (() => Promise<void> | void)[], log: NodeLog): Promise<void> {
  for (const close of closers.splice(0).reverse()) {
    try {
      await close();
    } catch (error) {
      log.warn({ event: "close-failed", err: error }, "a part of the node did not close cleanly");
    }
  }
}

function once<A>(run: (argument: A) => Promise<void>): (argument: A) => Promise<void> {
  let running: Promise<void> | undefined;
  return (argument) => (running ??= run(argument));
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new InvariantError("CLOSE_TIMEOUT", `the node did not stop within ${ms} ms`)), ms);
  });
  await Promise.race([work, late]).finally(() => clearTimeout(timer));
}

/** An authority is ready while its blocks keep coming; a node that only follows is ready once it is open. */
function healthSource(chain: Chain, options: NodeOptions, lastBlockAt: () => number): () => HealthReport {
  const oldestMs = 2 * options.sealing.maxIdleMs + 10_000;
  return () => {
    const ageMs = now() - lastBlockAt();
    const unfinalized = chain.best.number - chain.finalized.number;
    const checks = [
      { name: "blocks", ok: options.authority === undefined || ageMs < oldestMs, detail: `best block ${chain.best.number} came ${ageMs} ms ago` },
      { name: "finality", ok: unfinalized < UNFINALIZED_MAX, detail: `${unfinalized} blocks are not final` },
    ];
    return { ready: checks.every(({ ok }) => ok), checks };
  };
}

function systemBackend(options: NodeOptions, chain: Chain, nodeKey: NodeKey): SystemBackend {
  const { spec, log } = options;
  const startingBlock = chain.best.number;
  return {
    nodeName: options.nodeName,
    implementationName: "Creator Chain Node",
    version: options.version,
    chainName: spec.name,
    chainType: spec.chainType,
    properties: spec.properties,
    roles: [options.authority === undefined ? "Full" : "Authority"],
    health: () => ({ peers: 0, isSyncing: false, shouldHavePeers: false }),
    syncState: () => ({ startingBlock, currentBlock: chain.best.number, highestBlock: chain.best.number }),
    peers: () => [],
    localPeerId: () => nodeKey.peerId,
    listenAddresses: () => [],
    addLogFilter: (directives) => log.addFilter(directives),
    resetLogFilter: () => log.resetFilter(),
  };
}
