import websocket from "@fastify/websocket";
import Fastify from "fastify";
import type { FastifyInstance } from "fastify";
import type { IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { CodedError } from "../runtime/primitives/errors.ts";
import type { InvariantError } from "../runtime/primitives/errors.ts";
import type { MethodTable } from "./method.ts";
import { Dispatcher } from "./transport/dispatcher.ts";
import { installHealth } from "./transport/health.ts";
import type { HealthSource } from "./transport/health.ts";
import { installHttpRoute } from "./transport/http-route.ts";
import { DEFAULT_LIMITS } from "./transport/limits.ts";
import type { LimitName, RpcLimits, RpcLog, RpcMetrics } from "./transport/limits.ts";
import { RateLimiter, isForwarded } from "./transport/rate-limit.ts";
import { buildRegistry } from "./transport/registry.ts";
import { DEFAULT_CORS, WebGuard, installWebGuard, refuse } from "./transport/web-guard.ts";
import { WsClients } from "./transport/ws-route.ts";
import type { HomePage } from "./transport/ws-route.ts";

export { DEFAULT_LIMITS } from "./transport/limits.ts";
export type { LimitName, RpcLimits, RpcLog, RpcMetrics } from "./transport/limits.ts";
export type { HealthCheck, HealthReport, HealthSource } from "./transport/health.ts";
export { DEFAULT_CORS } from "./transport/web-guard.ts";

export interface RpcServerOptions {
  readonly table: MethodTable;
  /** `--rpc-port`; 0 takes a free one. */
  readonly port: number;
  /** Address to listen on. Default 127.0.0.1, or all addresses with `external`. */
  readonly host?: string;
  /** `--rpc-external`: listen on all addresses. */
  readonly external?: boolean;
  /** `--unsafe-rpc-external`: with `rpcMethods: "unsafe"`, serve unsafe methods to the network too. */
  readonly unsafeExternal?: boolean;
  /** `--rpc-methods`. "auto" (default) allows unsafe methods when only this machine can connect, and not to what a proxy passes on. */
  readonly rpcMethods?: "auto" | "safe" | "unsafe";
  /** `--rpc-cors`: "all", or the allowed origins. Default: pages on this machine and polkadot.js.org. */
  readonly cors?: "all" | readonly string[];
  /** `--rpc-host`: names under which clients may address the node, besides the loopback names. None on an external listener: any. */
  readonly hosts?: readonly string[];
  readonly limits?: Partial<RpcLimits>;
  readonly health: HealthSource;
  readonly log: RpcLog;
  readonly metrics?: RpcMetrics;
  /** A handler threw an InvariantError: the caller got -32603, and the node should stop. */
  readonly onInvariantBroken?: (error: InvariantError) => void;
  /** Answers a plain `GET /`, the one path that `mount` cannot take: WebSockets open there. */
  readonly home?: HomePage;
  /** Adds routes (GraphQL, static pages) before the server listens; `Host`, `Origin` and content type are checked before them. */
  readonly mount?: (app: FastifyInstance) => void | Promise<void>;
}

export class RpcServerError extends CodedError<
  /** Another process has the port: stop it, or choose another with --rpc-port. */
  | { code: "RPC_PORT_IN_USE"; port: number }
  /** The address cannot be listened on: not ours, or a port below 1024 without the right to it. */
  | { code: "RPC_LISTEN_FAILED"; port: number; host: string }
> {}

export interface RpcServer {
  readonly host: string;
  readonly port: number;
  /** Whether unsafe methods are answered, to callers that no proxy passed on. */
  readonly unsafeAllowed: boolean;
  /** Open WebSocket connections. */
  readonly connectionCount: number;
  /** Stops accepting, closes WebSockets with 1001, lets HTTP replies finish, and cuts off the rest after `deadlineMs` (default 5000). */
  close(options?: { readonly deadlineMs?: number }): Promise<void>;
}

const CUT_OFF_MS = 500;

/** Starts JSON-RPC over HTTP and WebSocket on one port. @throws RpcServerError; CodedError for a bad `cors` or whitelist entry. */
export async function startRpcServer(options: RpcServerOptions): Promise<RpcServer> {
  const limits: RpcLimits = { ...DEFAULT_LIMITS, ...options.limits };
  const host = listenHost(options);
  const unsafeAllowed = servesUnsafe(options, host);
  // A proxy on this machine makes the whole world look like loopback.
  const evenForwarded = options.rpcMethods === "unsafe";
  const allowsUnsafe = (headers: IncomingHttpHeaders): boolean => unsafeAllowed && (evenForwarded || !isForwarded(headers));
  const rejected = (limit: LimitName): void => options.metrics?.rejected(limit);
  const dispatcher = new Dispatcher({
    registry: buildRegistry(options.table),
    limits,
    log: options.log,
    metrics: options.metrics,
    onInvariantBroken: options.onInvariantBroken,
  });
  const guard = new WebGuard({ cors: options.cors ?? DEFAULT_CORS, hosts: allowedHosts(options, host) });
  const rateLimiter = new RateLimiter(limits);
  const shared = { limits, dispatcher, rateLimiter, allowsUnsafe, rejected, log: options.log };

  const app = createApp(limits);
  await app.register(websocket, {
    // A little above the limit, so that a message just over it is told so; one far over is cut off with 1009 by its header alone.
    options: { maxPayload: limits.maxRequestSize + 1024 * 1024, perMessageDeflate: false },
    errorHandler: (error, ws) => isProtocolError(error) || ws.terminate(),
    preClose: (done) => done(),
  });
  installWebGuard(app, guard, rejected);
  installFallbacks(app, options.log);
  installHealth(app, options.health);
  const clients = new WsClients({ ...shared, metrics: options.metrics });
  clients.install(app, options.home);
  await app.register(async (scope) => installHttpRoute(scope, shared));
  await app.register(async (scope) => options.mount?.(scope));

  app.server.maxConnections = limits.maxConnections + limits.maxHttpSockets;
  app.server.on("drop", () => rejected("sockets"));
  try {
    await listen(app, host, options.port);
  } catch (error) {
    clients.shutdown();
    await app.close();
    throw error;
  }
  return new RunningServer(app, clients, host, unsafeAllowed);
}

class RunningServer implements RpcServer {
  readonly host: string;
  readonly port: number;
  readonly unsafeAllowed: boolean;
  private readonly app: FastifyInstance;
  private readonly clients: WsClients;
  private closed: Promise<void> | undefined;

  constructor(app: FastifyInstance, clients: WsClients, host: string, unsafeAllowed: boolean) {
    this.app = app;
    this.clients = clients;
    this.host = host;
    this.port = (app.server.address() as AddressInfo).port;
    this.unsafeAllowed = unsafeAllowed;
  }

  get connectionCount(): number {
    return this.clients.count;
  }

  close({ deadlineMs = 5000 }: { readonly deadlineMs?: number } = {}): Promise<void> {
    return (this.closed ??= this.closeWithin(deadlineMs));
  }

  private async closeWithin(deadlineMs: number): Promise<void> {
    const appClosed = this.app.close();
    this.clients.shutdown();
    // WebSockets of mounted routes.
    for (const ws of this.app.websocketServer.clients) ws.close(1001, "server is shutting down");
    // A socket whose last reply goes out during the close becomes idle, and would otherwise hold the server until its keep-alive ends.
    const idleTimer = setInterval(() => this.app.server.closeIdleConnections(), 50);
    await within(appClosed, deadlineMs);
    clearInterval(idleTimer);
    this.clients.terminate();
    for (const ws of this.app.websocketServer.clients) ws.terminate();
    this.app.server.closeAllConnections();
    await within(appClosed, CUT_OFF_MS);
  }
}

function createApp(limits: RpcLimits): FastifyInstance {
  const app = Fastify({
    logger: false,
    bodyLimit: limits.maxRequestSize,
    requestTimeout: limits.requestTimeoutMs,
    keepAliveTimeout: limits.keepAliveTimeoutMs,
    http: {
      headersTimeout: limits.headersTimeoutMs,
      requestTimeout: limits.requestTimeoutMs,
      connectionsCheckingInterval: Math.max(100, Math.min(1000, limits.headersTimeoutMs / 4)),
    },
  });
  return app as unknown as FastifyInstance;
}

function installFallbacks(app: FastifyInstance, log: RpcLog): void {
  app.setNotFoundHandler((_request, reply) => refuse(reply, 404, "RPC_NO_ROUTE", "nothing is served at this path; JSON-RPC is at /"));
  app.setErrorHandler((error: Error & { statusCode?: number }, _request, reply) => {
    const status = error.statusCode ?? 500;
    if (status < 500) return refuse(reply, status, "RPC_BAD_REQUEST", error.message);
    log.error({ event: "http_error", err: error }, "HTTP request failed");
    return refuse(reply, status, "INTERNAL", "Internal error");
  });
}

/** Wrong on the wire: ws has begun to close with the right code, and ends by itself. */
function isProtocolError(error: Error): boolean {
  return String((error as NodeJS.ErrnoException).code).startsWith("WS_ERR_");
}

async function listen(app: FastifyInstance, host: string, port: number): Promise<void> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    if (reason === "EADDRINUSE") {
      const message = `RPC port ${port} on ${host} is already in use: stop the process that has it, or choose another with --rpc-port`;
      throw new RpcServerError({ code: "RPC_PORT_IN_USE", port }, message, { cause: error });
    }
    const message = `cannot serve RPC on ${host}, port ${port}: ${(error as Error).message}`;
    throw new RpcServerError({ code: "RPC_LISTEN_FAILED", port, host }, message, { cause: error });
  }
}

function listenHost({ host, external = false }: RpcServerOptions): string {
  if (host === undefined) return external ? "0.0.0.0" : "127.0.0.1";
  // The name may stand for two addresses, of which Fastify would serve WebSockets on one only.
  return host === "localhost" ? "127.0.0.1" : host;
}

function isLoopback(host: string): boolean {
  return host === "::1" || /^127\.\d{1,3}\.\d{1,3}\.\d{1,3}$/.test(host);
}

function servesUnsafe({ rpcMethods = "auto", unsafeExternal = false, log }: RpcServerOptions, host: string): boolean {
  if (isLoopback(host)) return rpcMethods !== "safe";
  if (rpcMethods !== "unsafe") return false;
  if (!unsafeExternal) {
    log.warn({ event: "rpc_unsafe_refused", host }, "unsafe RPC methods stay off for the network; --unsafe-rpc-external turns them on");
  }
  return unsafeExternal;
}

/** Undefined: any. A listener for the network without configured names cannot know how it is addressed. */
function allowedHosts({ hosts = [] }: RpcServerOptions, host: string): readonly string[] | undefined {
  if (!isLoopback(host) && hosts.length === 0) return undefined;
  return [...hosts, host.includes(":") ? `[${host}]` : host];
}

/** Resolves when `work` does or when the time is over; a failure of `work` counts as done. */
async function within(work: Promise<unknown>, timeMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<void>((resolve) => (timer = setTimeout(resolve, timeMs)));
  await Promise.race([work.catch(() => undefined), timeUp]);
  clearTimeout(timer);
}
