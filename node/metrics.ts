// Prometheus metrics under Substrate's names, so that dashboards that exist keep working, and our own under mesi_.
import { monitorEventLoopDelay } from "node:perf_hooks";
import Fastify from "fastify";
import { Counter, Gauge, Histogram, Registry, collectDefaultMetrics } from "prom-client";
import { CodedError } from "../runtime/primitives/errors.ts";
import type { HealthSource, RpcMetrics } from "../rpc/server.ts";
import { installHealth } from "../rpc/transport/health.ts";

export class MetricsError extends CodedError<
  /** Another process has the port: stop it, or choose another with --prometheus-port. */
  { code: "METRICS_PORT_IN_USE"; port: number } | { code: "METRICS_LISTEN_FAILED"; port: number }
> {}

/** What is measured; read when somebody asks. */
export interface MetricsSources {
  readonly chain: { readonly best: { readonly number: number }; readonly finalized: { readonly number: number }; nodes(): Iterable<{ readonly committed: boolean; readonly children: readonly unknown[] }> };
  readonly pool: { readonly size: { readonly ready: number; readonly future: number; readonly bytes: number } };
  readonly verifier: { readonly pending: number };
  readonly version: string;
  readonly authority: boolean;
  /** What the node has only with a network, or only when it counts it: the metric is absent with its source. */
  readonly network?: { readonly peers: number; /** Height of the best block that a peer has. */ readonly target: number };
  readonly caches?: { readonly databaseBytes: number; readonly stateBytes: number };
  readonly validations?: { readonly scheduled: number; readonly finished: number };
  readonly host?: { readonly verifiedHere: number };
  /** Put on every metric as `chain`, as Substrate does. */
  readonly chainId?: string;
}

export interface SealedBlock {
  readonly transactions: number;
  readonly buildMs: number;
  readonly commitMs: number;
}

const SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
/** Substrate's flags in substrate_node_roles. */
const ROLE_FULL = 1;
const ROLE_AUTHORITY = 4;
const MS_PER_SECOND = 1_000;
const REQUEST_TIMEOUT_MS = 10_000;
/** Scrapers and probes, not users. */
const MAX_CONNECTIONS = 64;

export class NodeMetrics {
  readonly registry = new Registry();
  readonly rpc: RpcMetrics;
  readonly #constructed: Histogram;
  readonly #transactions: Gauge;
  readonly #execute: Histogram;
  readonly #commit: Histogram;
  readonly #lag = monitorEventLoopDelay({ resolution: 20 });

  constructor(sources: MetricsSources) {
    this.#lag.enable();
    if (sources.chainId !== undefined) this.registry.setDefaultLabels({ chain: sources.chainId });
    collectDefaultMetrics({ register: this.registry });
    this.#chainGauges(sources);
    this.#optionalMetrics(sources);
    this.#constructed = this.#histogram("substrate_proposer_block_constructed", "Seconds that making a block took");
    this.#transactions = new Gauge({ name: "substrate_proposer_number_of_transactions", help: "Transactions in the last block made", registers: [this.registry] });
    this.#execute = this.#histogram("mesi_block_execute_seconds", "Seconds that executing a block from another node took");
    this.#commit = this.#histogram("mesi_block_commit_seconds", "Seconds from the execution of a block to its durable commit");
    this.rpc = this.#rpcMetrics();
  }

  #gauge(name: string, help: string, read: () => number): void {
    new Gauge({ name, help, registers: [this.registry], collect() { this.set(read()); } });
  }

  #histogram(name: string, help: string): Histogram {
    return new Histogram({ name, help, buckets: SECONDS, registers: [this.registry] });
  }

  #counter(name: string, help: string, read: () => number): void {
    new Counter({ name, help, registers: [this.registry], collect() { this.reset(); this.inc(read()); } });
  }

  #chainGauges(sources: MetricsSources): void {
    const { chain, pool, verifier, version, authority } = sources;
    const target = (): number => Math.max(chain.best.number, sources.network?.target ?? 0);
    const height = { best: () => chain.best.number, finalized: () => chain.finalized.number, sync_target: target };
    new Gauge({
      name: "substrate_block_height", help: "Block height of the chain", labelNames: ["status"], registers: [this.registry],
      collect() { for (const [status, read] of Object.entries(height)) this.set({ status }, read()); },
    });
    this.#gauge("substrate_number_leaves", "Heads of known forks", () => [...chain.nodes()].filter((node) => !node.committed && node.children.length === 0).length + 1);
    this.#gauge("substrate_ready_transactions_number", "Transactions in the ready queue", () => pool.size.ready);
    this.#gauge("mesi_future_transactions_number", "Transactions that wait for an earlier one", () => pool.size.future);
    this.#gauge("mesi_pool_bytes", "Bytes of all pooled transactions", () => pool.size.bytes);
    this.#gauge("mesi_verifier_queue", "Signatures that wait or are being verified", () => verifier.pending);
    this.#gauge("substrate_sub_libp2p_peers_count", "Connected peers", () => sources.network?.peers ?? 0);
    this.#gauge("substrate_node_roles", "1 full node, 4 authority", () => (authority ? ROLE_AUTHORITY : ROLE_FULL));
    const started = Math.floor(Date.now() / MS_PER_SECOND);
    this.#gauge("substrate_process_start_time_seconds", "Unix time at which the node started", () => started);
    new Gauge({ name: "substrate_build_info", help: "Version of the node", labelNames: ["version"], registers: [this.registry] }).set({ version }, 1);
    const lag = this.#lag;
    this.#gauge("mesi_event_loop_lag_seconds", "99th percentile of the event loop's delay since the last scrape", () => {
      const seconds = lag.percentile(99) / 1e9;
      lag.reset();
      return Number.isFinite(seconds) ? seconds : 0;
    });
  }

  #optionalMetrics({ caches, validations, host }: MetricsSources): void {
    if (caches !== undefined) {
      this.#gauge("substrate_database_cache_bytes", "Bytes in the database's cache", () => caches.databaseBytes);
      this.#gauge("substrate_state_cache_bytes", "Bytes in the cache of the state", () => caches.stateBytes);
    }
    if (validations !== undefined) {
      this.#counter("substrate_sub_txpool_validations_scheduled", "Transactions whose validation was begun", () => validations.scheduled);
      this.#counter("substrate_sub_txpool_validations_finished", "Transactions whose validation ended", () => validations.finished);
    }
    if (host !== undefined) this.#counter("mesi_verifier_main_thread_total", "Signatures that the workers had not verified ahead", () => host.verifiedHere);
  }

  #rpcMetrics(): RpcMetrics {
    const registers = [this.registry];
    const started = new Counter({ name: "mesi_rpc_calls_started_total", help: "Calls by method", labelNames: ["method"], registers });
    const finished = new Counter({ name: "mesi_rpc_calls_finished_total", help: "Calls by method and outcome", labelNames: ["method", "ok"], registers });
    const seconds = new Histogram({ name: "mesi_rpc_call_seconds", help: "Seconds in a method's handler, waiting included", labelNames: ["method"], buckets: SECONDS, registers });
    const sockets = new Gauge({ name: "mesi_rpc_websockets", help: "Open WebSocket connections", registers });
    const rejected = new Counter({ name: "mesi_rpc_rejected_total", help: "What limits refused", labelNames: ["limit"], registers });
    // Methods are those of the table, so the number of labels is bounded.
    return {
      callStarted: (method) => started.inc({ method }),
      callFinished: (method, ok, micros) => {
        finished.inc({ method, ok: String(ok) });
        seconds.observe({ method }, micros / 1e6);
      },
      wsConnections: (count) => sockets.set(count),
      rejected: (limit) => rejected.inc({ limit }),
    };
  }

  blockSealed({ transactions, buildMs, commitMs }: SealedBlock): void {
    this.#constructed.observe(buildMs / MS_PER_SECOND);
    this.#transactions.set(transactions);
    this.#commit.observe(commitMs / MS_PER_SECOND);
  }

  /** A block from another node. */
  blockImported({ executeMs, commitMs }: { readonly executeMs: number; readonly commitMs: number }): void {
    this.#execute.observe(executeMs / MS_PER_SECOND);
    this.#commit.observe(commitMs / MS_PER_SECOND);
  }

  close(): void {
    this.#lag.disable();
    this.registry.clear();
  }
}

export interface MetricsServer {
  readonly port: number;
  close(): Promise<void>;
}

/** `/metrics`, `/health` and `/health/readiness`; on loopback unless `external`. Throws MetricsError. */
export async function startMetricsServer(metrics: NodeMetrics, options: { readonly port: number; readonly external: boolean; readonly health: HealthSource }): Promise<MetricsServer> {
  const app = Fastify({ forceCloseConnections: true, requestTimeout: REQUEST_TIMEOUT_MS });
  app.server.maxConnections = MAX_CONNECTIONS;
  app.get("/metrics", async (_request, reply) => reply.type(metrics.registry.contentType).send(await metrics.registry.metrics()));
  installHealth(app, options.health);
  try {
    await app.listen({ port: options.port, host: options.external ? "0.0.0.0" : "127.0.0.1" });
  } catch (error) {
    const { port } = options;
    if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") throw new MetricsError({ code: "METRICS_PORT_IN_USE", port }, `port ${port} is in use: choose another with --prometheus-port`);
    throw new MetricsError({ code: "METRICS_LISTEN_FAILED", port }, `the metrics port ${port} cannot be listened on: ${(error as Error).message}`, { cause: error });
  }
  const address = app.server.address();
  return { port: typeof address === "object" && address !== null ? address.port : options.port, close: () => app.close() };
}
