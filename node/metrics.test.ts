import assert from "node:assert/strict";
import { createServer } from "node:net";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { NodeMetrics, startMetricsServer } from "./metrics.ts";
import type { MetricsSources } from "./metrics.ts";

const SOURCES: MetricsSources = {
  chain: { best: { number: 12 }, finalized: { number: 10 }, nodes: () => [{ committed: false, children: [] }] },
  pool: { size: { ready: 3, future: 2, bytes: 900 } },
  verifier: { pending: 7 },
  version: "1.2.3",
  authority: true,
  network: { peers: 5, target: 40 },
  caches: { databaseBytes: 1000, stateBytes: 2000 },
  validations: { scheduled: 9, finished: 8 },
  host: { verifiedHere: 4 },
  chainId: "dev",
};

async function withMetrics(sources: MetricsSources, body: (metrics: NodeMetrics) => Promise<void>): Promise<void> {
  const metrics = new NodeMetrics(sources);
  try {
    await body(metrics);
  } finally {
    metrics.close();
  }
}

/** Value by metric name and labels as they are written. */
async function scrape(metrics: NodeMetrics): Promise<Map<string, number>> {
  const lines = (await metrics.registry.metrics()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(" ")).replace(/,chain="dev"|chain="dev",?/, "").replace("{}", ""), Number(line.slice(line.lastIndexOf(" ") + 1))]));
}

test("the names that dashboards for Substrate ask for have the node's values", async () => {
  await withMetrics(SOURCES, async (metrics) => {
    const values = await scrape(metrics);
    const expected: Record<string, number> = {
      'substrate_block_height{status="best"}': 12,
      'substrate_block_height{status="finalized"}': 10,
      'substrate_block_height{status="sync_target"}': 40,
      substrate_ready_transactions_number: 3,
      substrate_number_leaves: 2,
      substrate_database_cache_bytes: 1000,
      substrate_state_cache_bytes: 2000,
      'substrate_build_info{version="1.2.3"}': 1,
      substrate_node_roles: 4,
      substrate_sub_libp2p_peers_count: 5,
      substrate_sub_txpool_validations_scheduled: 9,
      substrate_sub_txpool_validations_finished: 8,
      mesi_verifier_queue: 7,
      mesi_verifier_main_thread_total: 4,
    };
    for (const [name, value] of Object.entries(expected)) assert.equal(values.get(name), value, name);
    assert.ok(Math.abs(values.get("substrate_process_start_time_seconds")! - Date.now() / 1000) < 60);
    assert.ok(values.get("mesi_event_loop_lag_seconds")! >= 0);
    assert.match(await metrics.registry.metrics(), /substrate_ready_transactions_number\{chain="dev"\} 3/);
  });
});

test("values are those of the moment of asking, and counters do not add up from scrape to scrape", async () => {
  const host = { verifiedHere: 1 };
  const size = { ready: 1, future: 0, bytes: 0 };
  await withMetrics({ ...SOURCES, host, pool: { size } }, async (metrics) => {
    await scrape(metrics);
    host.verifiedHere = 5;
    size.ready = 2;
    const values = await scrape(metrics);
    assert.equal(values.get("mesi_verifier_main_thread_total"), 5);
    assert.equal(values.get("substrate_ready_transactions_number"), 2);
  });
});

test("what the node does not measure is absent instead of zero", async () => {
  const { chain, pool, verifier, version } = SOURCES;
  await withMetrics({ chain, pool, verifier, version, authority: false }, async (metrics) => {
    const values = await scrape(metrics);
    assert.equal(values.has("substrate_database_cache_bytes"), false);
    assert.equal(values.has("substrate_sub_txpool_validations_scheduled"), false);
    assert.equal(values.get("substrate_node_roles"), 1);
    assert.equal(values.get('substrate_block_height{status="sync_target"}'), 12);
  });
});

test("blocks and calls are counted with their durations", async () => {
  await withMetrics(SOURCES, async (metrics) => {
    metrics.blockSealed({ transactions: 42, buildMs: 30, commitMs: 4 });
    metrics.blockImported({ executeMs: 20, commitMs: 6 });
    metrics.rpc.callStarted("system_health");
    metrics.rpc.callFinished("system_health", true, 1500);
    metrics.rpc.callFinished("system_health", false, 500);
    metrics.rpc.wsConnections(3);
    metrics.rpc.rejected("rate");
    const values = await scrape(metrics);
    assert.equal(values.get("substrate_proposer_number_of_transactions"), 42);
    assert.equal(values.get("substrate_proposer_block_constructed_count"), 1);
    assert.equal(values.get("substrate_proposer_block_constructed_sum"), 0.03);
    assert.equal(values.get('substrate_proposer_block_constructed_bucket{le="0.025"}'), 0);
    assert.equal(values.get('substrate_proposer_block_constructed_bucket{le="0.05"}'), 1);
    assert.equal(values.get("mesi_block_execute_seconds_count"), 1);
    assert.equal(values.get("mesi_block_commit_seconds_count"), 2);
    assert.equal(values.get('mesi_rpc_calls_started_total{method="system_health"}'), 1);
    assert.equal(values.get('mesi_rpc_calls_finished_total{method="system_health",ok="false"}'), 1);
    assert.equal(values.get('mesi_rpc_call_seconds_sum{method="system_health"}'), 0.002);
    assert.equal(values.get("mesi_rpc_websockets"), 3);
    assert.equal(values.get('mesi_rpc_rejected_total{limit="rate"}'), 1);
  });
});

test("the endpoint serves metrics and health on loopback, and refuses other paths", async () => {
  await withMetrics(SOURCES, async (metrics) => {
    let ready = false;
    const health = () => ({ ready, checks: [{ name: "sync", ok: ready, detail: "28 blocks behind" }] });
    const server = await startMetricsServer(metrics, { port: 0, external: false, health });
    try {
      const base = `http://127.0.0.1:${server.port}`;
      const reply = await fetch(`${base}/metrics`);
      assert.equal(reply.status, 200);
      assert.match(reply.headers.get("content-type")!, /^text\/plain; version=0\.0\.4/);
      assert.match(await reply.text(), /substrate_block_height/);
      assert.equal((await fetch(`${base}/health`)).status, 200);
      const notReady = await fetch(`${base}/health/readiness`);
      assert.equal(notReady.status, 503);
      assert.deepEqual(((await notReady.json()) as { failing: string[] }).failing, ["sync"]);
      ready = true;
      assert.equal((await fetch(`${base}/health/readiness`)).status, 200);
      assert.equal((await fetch(`${base}/`)).status, 404);
    } finally {
      await server.close();
    }
  });
});

test("a port in use is an error that names it", async () => {
  const other = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => other.once("listening", resolve));
  const { port } = other.address() as AddressInfo;
  try {
    await withMetrics(SOURCES, async (metrics) => {
      await assert.rejects(startMetricsServer(metrics, { port, external: false, health: () => ({ ready: true, checks: [] }) }), (error: { code?: string; message: string }) => {
        assert.equal(error.code, "METRICS_PORT_IN_USE");
        assert.match(error.message, new RegExp(String(port)));
        return true;
      });
    });
  } finally {
    other.close();
  }
});
