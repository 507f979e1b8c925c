import type { FastifyInstance, FastifyReply } from "fastify";

export interface HealthCheck {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
}

export interface HealthReport {
  /** False when only a restart would help; absent means live. */
  readonly live?: boolean;
  /** False while the node should get no traffic: syncing, no peers, stale head, full disk. */
  readonly ready: boolean;
  readonly checks: readonly HealthCheck[];
}

/** Must answer from what it already knows: constant time, no input or output. */
export type HealthSource = () => HealthReport;

/**
 * `GET /health`: 200 while the node is live, also when it only needs time; `GET /health/readiness`: 200 when ready. Otherwise 503.
 * Both bodies hold all checks, and `failing` the names of those that are not ok.
 */
export function installHealth(app: FastifyInstance, source: HealthSource): void {
  app.get("/health", (_request, reply) => {
    const report = source();
    return answer(reply, report.live !== false, report);
  });
  app.get("/health/readiness", (_request, reply) => {
    const report = source();
    return answer(reply, report.ready && report.live !== false, report);
  });
}

function answer(reply: FastifyReply, ok: boolean, { live = true, ready, checks }: HealthReport): FastifyReply {
  const failing = checks.filter((check) => !check.ok).map((check) => check.name);
  void reply.code(ok ? 200 : 503).header("cache-control", "no-store").type("application/json; charset=utf-8");
  return reply.send(JSON.stringify({ status: ok ? "ok" : "failing", live, ready, failing, checks }));
}
