import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { IncomingHttpHeaders } from "node:http";
import type { WebSocket } from "ws";
import type { Dispatcher } from "./dispatcher.ts";
import type { LimitName, RpcLimits, RpcLog, RpcMetrics } from "./limits.ts";
import { clientAddress } from "./rate-limit.ts";
import type { RateLimiter } from "./rate-limit.ts";
import { refuse } from "./web-guard.ts";
import { CloseCode, WsConnection } from "./ws-connection.ts";

export interface WsRouteOptions {
  readonly limits: RpcLimits;
  readonly dispatcher: Dispatcher;
  readonly rateLimiter: RateLimiter;
  readonly allowsUnsafe: (headers: IncomingHttpHeaders) => boolean;
  readonly rejected: (limit: LimitName) => void;
  readonly metrics: RpcMetrics | undefined;
  readonly log: RpcLog;
}

/** Answers a plain `GET /`. */
export type HomePage = (request: FastifyRequest, reply: FastifyReply) => unknown;

const hint: HomePage = (_request, reply) => {
  void reply.header("allow", "POST, OPTIONS");
  return refuse(reply, 405, "RPC_METHOD", "this is a JSON-RPC server: POST application/json here, or open a WebSocket");
};

/** The WebSocket clients of a server: admits them up to the maximum, pings them, closes them. */
export class WsClients {
  private readonly options: WsRouteOptions;
  private readonly connections = new Set<WsConnection>();
  private readonly pingTimer: NodeJS.Timeout;
  private nextId = 1;
  private closing = false;

  constructor(options: WsRouteOptions) {
    this.options = options;
    this.pingTimer = setInterval(() => this.checkAlive(), options.limits.pingIntervalMs).unref();
  }

  get count(): number {
    return this.connections.size;
  }

  /** JSON-RPC over a WebSocket at `/`; a plain GET there gets `home`, or is told what to do instead. */
  install(app: FastifyInstance, home: HomePage = hint): void {
    app.route({
      method: "GET",
      url: "/",
      onRequest: (request, reply, done) => {
        const refusal = request.ws ? this.admissionRefusal() : undefined;
        if (refusal === undefined) return done();
        refuse(reply, refusal.status, refusal.code, refusal.message);
      },
      handler: home,
      wsHandler: (ws, request) => this.accept(ws, request),
    });
  }

  shutdown(): void {
    this.closing = true;
    clearInterval(this.pingTimer);
    for (const connection of this.connections) connection.shutdown(CloseCode.GOING_AWAY, "server is shutting down");
  }

  terminate(): void {
    for (const connection of this.connections) connection.terminate();
  }

  private admissionRefusal(): { status: number; code: string; message: string } | undefined {
    if (this.closing) return { status: 503, code: "RPC_CLOSING", message: "the server is shutting down" };
    const max = this.options.limits.maxConnections;
    if (this.connections.size < max) return undefined;
    this.options.rejected("connections");
    const message = `all ${max} connections are taken; try again later, or raise --rpc-max-connections`;
    return { status: 429, code: "RPC_TOO_MANY_CONNECTIONS", message };
  }

  private accept(ws: WebSocket, request: FastifyRequest): void {
    const { limits, dispatcher, rateLimiter, allowsUnsafe, rejected, metrics, log } = this.options;
    const address = clientAddress(request.socket.remoteAddress, request.headers, limits.rateLimitTrustProxyHeaders);
    const connection = new WsConnection({
      id: this.nextId++,
      ws,
      socket: request.socket,
      limits,
      dispatcher,
      unsafeAllowed: allowsUnsafe(request.headers),
      takeCall: rateLimiter.forConnection(address),
      rejected,
      relieve: () => this.relieve(),
      cleanupFailed: (error) => log.error({ event: "rpc_cleanup_failed", err: error }, "cleaning up after an RPC client failed"),
      onEnd: (ended) => {
        this.connections.delete(ended);
        metrics?.wsConnections(this.connections.size);
      },
    });
    this.connections.add(connection);
    metrics?.wsConnections(this.connections.size);
  }

  /** Keeps the unsent bytes of all connections below their bound, at the cost of whoever has taken nothing for longest. */
  private relieve(): void {
    let unsentBytes = 0;
    for (const connection of this.connections) unsentBytes += connection.unsentBytes;
    while (unsentBytes > this.options.limits.maxBufferedBytesTotal) {
      let stalest: WsConnection | undefined;
      for (const connection of this.connections) {
        if (connection.unsentBytes > 0 && (stalest === undefined || connection.unsentSinceMs < stalest.unsentSinceMs)) stalest = connection;
      }
      if (stalest === undefined) return;
      unsentBytes -= stalest.unsentBytes;
      this.options.rejected("slow_consumer");
      stalest.terminate();
    }
  }

  private checkAlive(): void {
    for (const connection of this.connections) connection.checkAlive();
  }
}
