import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { CodedError } from "../../runtime/primitives/errors.ts";
import type { LimitName } from "./limits.ts";

/**
 * Keeps web pages away from a node on the user's own machine. A page may send requests to 127.0.0.1, so the address of the listener
 * protects nothing: what does is the `Host` (a rebound DNS name shows there), the `Origin` (the page's own address, which it cannot
 * change) and a content type that no page can send without asking first (a preflight, answered here).
 */
export interface WebGuardOptions {
  /** `--rpc-cors`: "all", or origins; `https://example.org:*` stands for any port. */
  readonly cors: "all" | readonly string[];
  /** Names under which the server may be addressed, without port, besides the loopback names. Undefined: any name. */
  readonly hosts: readonly string[] | undefined;
}

const LOOPBACK_HOSTS = ["localhost", "127.0.0.1", "[::1]"];
const LOOPBACK_ORIGINS = LOOPBACK_HOSTS.flatMap((host) => [`http://${host}:*`, `https://${host}:*`]);

/** Pages on this machine, and the public polkadot.js UI: Substrate's default. */
export const DEFAULT_CORS: readonly string[] = [...LOOPBACK_ORIGINS, "https://polkadot.js.org"];

export class WebGuard {
  private readonly allOrigins: boolean;
  private readonly origins: ReadonlySet<string>;
  private readonly hosts: ReadonlySet<string> | undefined;

  /** @throws CodedError RPC_BAD_CORS for a list entry that is no origin. */
  constructor(options: WebGuardOptions) {
    this.allOrigins = options.cors === "all";
    this.origins = new Set(options.cors === "all" ? [] : options.cors.map(parseOriginRule));
    const { hosts } = options;
    this.hosts = hosts === undefined ? undefined : new Set([...LOOPBACK_HOSTS, ...hosts.map((host) => host.toLowerCase())]);
  }

  allowsHost(header: string | undefined): boolean {
    if (this.hosts === undefined) return true;
    const name = header === undefined ? undefined : hostName(header);
    return name !== undefined && this.hosts.has(name);
  }

  /** No Origin: not a web page. A page that this server itself delivered may call it, where `Host` is checked and so means something. */
  allowsOrigin(origin: string | undefined, host: string | undefined): boolean {
    if (origin === undefined || this.allOrigins) return true;
    const lower = origin.toLowerCase();
    if (lower.includes("*")) return false;
    if (this.origins.has(lower) || this.origins.has(withAnyPort(lower))) return true;
    if (this.hosts === undefined || host === undefined) return false;
    const own = host.toLowerCase();
    return lower === `http://${own}` || lower === `https://${own}`;
  }

  /** Value for Access-Control-Allow-Origin, for an origin that is allowed. */
  allowOriginHeader(origin: string): string {
    return this.allOrigins ? "*" : origin;
  }
}

/** Puts the guard before every route of the server, WebSocket upgrades and unknown paths included. */
export function installWebGuard(app: FastifyInstance, guard: WebGuard, rejected: (limit: LimitName) => void): void {
  app.addHook("onRequest", (request, reply, done) => {
    const { host, origin } = request.headers;
    if (!guard.allowsHost(host) || hasTwoHosts(request.raw.rawHeaders)) {
      rejected("host");
      return void refuse(reply, 403, "RPC_HOST", "this Host is not served; address the node as localhost, or add the name with --rpc-host");
    }
    if (!guard.allowsOrigin(origin, host)) {
      rejected("origin");
      return void refuse(reply, 403, "RPC_ORIGIN", "this web page's origin is not allowed to call the node; add it with --rpc-cors");
    }
    if (origin !== undefined) void reply.header("access-control-allow-origin", guard.allowOriginHeader(origin)).header("vary", "Origin");
    if (request.method === "OPTIONS") return void answerPreflight(request, reply);
    const wrong = bodyComplaint(request);
    if (wrong === undefined) return done();
    rejected("content_type");
    refuse(reply, 415, "RPC_CONTENT_TYPE", wrong);
  });
}

export function refuse(reply: FastifyReply, status: number, code: string, message: string): FastifyReply {
  return reply.code(status).type("application/json; charset=utf-8").send(JSON.stringify({ error: { code, message } }));
}

function answerPreflight(request: FastifyRequest, reply: FastifyReply): void {
  void reply.header("allow", "GET, POST, OPTIONS");
  if (request.headers.origin !== undefined) {
    void reply.header("access-control-allow-methods", "GET, POST, OPTIONS");
    void reply.header("access-control-allow-headers", "content-type, accept").header("access-control-max-age", "600");
    // Chrome asks this before a public page may reach a private address, for example polkadot.js.org the local node.
    if (request.headers["access-control-request-private-network"] === "true") {
      void reply.header("access-control-allow-private-network", "true");
    }
  }
  void reply.code(204).send();
}

const JSON_TYPE = /^application\/json\s*(?:;\s*charset="?utf-8"?\s*)?$/i;

/** Every request but GET and HEAD must be JSON in UTF-8: the types that a page can send unasked are form data and text/plain. */
function bodyComplaint(request: FastifyRequest): string | undefined {
  if (request.method === "GET" || request.method === "HEAD") return undefined;
  const type = request.headers["content-type"];
  if (type === undefined || !JSON_TYPE.test(type)) return "send the request with the header Content-Type: application/json";
  const encoding = request.headers["content-encoding"];
  return encoding === undefined || encoding === "identity" ? undefined : "send the body as it is, without Content-Encoding";
}

/** Node shows the first and drops the others; a proxy before it may have gone by the last. */
function hasTwoHosts(rawHeaders: readonly string[]): boolean {
  let hosts = 0;
  for (let i = 0; i < rawHeaders.length; i += 2) if (rawHeaders[i]!.length === 4 && rawHeaders[i]!.toLowerCase() === "host") hosts++;
  return hosts > 1;
}

/** The name in a Host header, lower-case, without port and without the final dot; undefined when it is no such header. */
function hostName(header: string): string | undefined {
  const match = /^(\[[0-9a-f:.]+\]|[^:\s/@\\]+?)\.?(?::\d{0,5})?$/i.exec(header);
  return match?.[1]?.toLowerCase();
}

/** An origin with `:*` for its port, present or not. */
function withAnyPort(origin: string): string {
  return /:\d{1,5}$/.test(origin) ? origin.replace(/:\d{1,5}$/, ":*") : `${origin}:*`;
}

function parseOriginRule(rule: string): string {
  const lower = rule.trim().toLowerCase();
  if (lower === "null" || /^[a-z][a-z0-9+.-]*:\/\/(\[[0-9a-f:.]+\]|[^/:*\s@]*)(:(\d{1,5}|\*))?$/.test(lower)) return lower;
  const message = `--rpc-cors: "${rule}" is not an origin; write scheme and host only, such as https://example.org or http://localhost:*`;
  throw new CodedError({ code: "RPC_BAD_CORS", rule }, message);
}
