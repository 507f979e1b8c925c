import { once } from "node:events";
import { request } from "node:http";
import type { IncomingHttpHeaders, OutgoingHttpHeaders } from "node:http";
import type { TestContext } from "node:test";
import { WebSocket } from "ws";
import type { Method, MethodTable, Subscription, SubscriptionSink } from "../method.ts";
import { startRpcServer } from "../server.ts";
import type { RpcServer, RpcServerOptions } from "../server.ts";

/** Tools of this folder's tests: a server on a free port that ends with its test, and clients on real sockets. */

export interface Logged {
  readonly level: "warn" | "error";
  readonly fields: object;
  readonly message: string;
}

export interface TestServer {
  readonly server: RpcServer;
  readonly url: string;
  readonly port: number;
  readonly logged: Logged[];
  /** Limits in the order in which something ran into them. */
  readonly rejected: string[];
}

export function call(name: string, handler: Method["handler"], more: Partial<Method> = {}): Method {
  return { name, safety: "safe", handler, ...more };
}

/** A subscription `ticks_subscribe` in Substrate's legacy style. */
export function ticks(handler: Subscription["handler"], more: Partial<Subscription> = {}): Subscription {
  return { name: "ticks_subscribe", unsubscribe: "ticks_unsubscribe", notification: "ticks_tick", safety: "safe", handler, ...more };
}

export const echo = call("echo", (params) => params.values[0]);

/** Sinks of `ticks_subscribe`, for tests that send by themselves. */
export function heldTicks(): { readonly subscription: Subscription; readonly sinks: SubscriptionSink[] } {
  const sinks: SubscriptionSink[] = [];
  return { sinks, subscription: ticks((_params, sink) => void sinks.push(sink)) };
}

export async function serve(t: TestContext, table: Partial<MethodTable>, options: Partial<RpcServerOptions> = {}): Promise<TestServer> {
  const logged: Logged[] = [];
  const rejected: string[] = [];
  const log = (level: Logged["level"]) => (fields: object, message: string) => void logged.push({ level, fields, message });
  const server = await startRpcServer({
    table: { methods: table.methods ?? [echo], subscriptions: table.subscriptions ?? [] },
    port: 0,
    health: () => ({ ready: true, checks: [] }),
    log: { warn: log("warn"), error: log("error") },
    metrics: {
      callStarted: () => undefined,
      callFinished: () => undefined,
      wsConnections: () => undefined,
      rejected: (limit) => void rejected.push(limit),
    },
    ...options,
  });
  t.after(() => server.close({ deadlineMs: 200 }));
  return { server, url: `ws://127.0.0.1:${server.port}`, port: server.port, logged, rejected };
}

export interface HttpReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** The body as JSON, undefined when it is none. */
  readonly json: any;
}

export interface HttpCall {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | Buffer;
}

export function http(port: number, { method = "POST", path = "/", headers = {}, body }: HttpCall): Promise<HttpReply> {
  return new Promise((resolve, reject) => {
    const outgoing = request({ host: "127.0.0.1", port, method, path, headers, agent: false }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("error", reject);
      incoming.on("end", () => {
        const text = Buffer.concat(chunks).toString("utf8");
        resolve({ status: incoming.statusCode!, headers: incoming.headers, body: text, json: tryJson(text) });
      });
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

export function post(port: number, body: unknown, headers: OutgoingHttpHeaders = {}): Promise<HttpReply> {
  const text = typeof body === "string" || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  return http(port, { body: text, headers: { "content-type": "application/json", ...headers } });
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A WebSocket client that keeps what it hears, in order. */
export class Client {
  readonly ws: WebSocket;
  readonly heard: any[] = [];
  closed: { code: number; reason: string } | undefined;
  private waiting: (() => void)[] = [];
  private nextId = 1;

  constructor(ws: WebSocket) {
    this.ws = ws;
    ws.on("message", (data) => this.hear(JSON.parse(String(data))));
    ws.on("close", (code, reason) => {
      this.closed = { code, reason: reason.toString() };
      this.hear(undefined);
    });
    ws.on("error", () => undefined);
  }

  static async open(t: TestContext, url: string, headers: Record<string, string> = {}): Promise<Client> {
    const client = new Client(new WebSocket(url, { headers, perMessageDeflate: false }));
    t.after(() => client.ws.terminate());
    await once(client.ws, "open");
    return client;
  }

  send(message: unknown): void {
    this.ws.send(typeof message === "string" || Buffer.isBuffer(message) ? message : JSON.stringify(message));
  }

  /** Sends a request and waits for the reply with its id. */
  async request(method: string, ...params: unknown[]): Promise<any> {
    const id = this.nextId++;
    this.send({ jsonrpc: "2.0", id, method, params });
    return this.find((message) => message.id === id);
  }

  /** The first message heard, ever, for which `test` holds. */
  async find(test: (message: any) => boolean): Promise<any> {
    for (let from = 0; ; ) {
      for (; from < this.heard.length; from++) if (test(this.heard[from])) return this.heard[from];
      if (this.closed !== undefined) throw new Error(`closed with ${this.closed.code} ${this.closed.reason}`);
      await new Promise<void>((resolve) => this.waiting.push(resolve));
    }
  }

  /** Waits until `count` messages have been heard. */
  async hearAll(count: number): Promise<any[]> {
    while (this.heard.length < count && this.closed === undefined) await new Promise<void>((resolve) => this.waiting.push(resolve));
    return this.heard;
  }

  async untilClosed(): Promise<{ code: number; reason: string }> {
    while (this.closed === undefined) await new Promise<void>((resolve) => this.waiting.push(resolve));
    return this.closed;
  }

  private hear(message: unknown): void {
    if (message !== undefined) this.heard.push(message);
    const waiting = this.waiting;
    this.waiting = [];
    for (const wake of waiting) wake();
  }
}

/** HTTP status with which an upgrade was refused, or 101. */
export function upgradeStatus(port: number, headers: OutgoingHttpHeaders = {}): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = request({
      host: "127.0.0.1",
      port,
      agent: false,
      headers: {
        connection: "Upgrade",
        upgrade: "websocket",
        "sec-websocket-version": "13",
        "sec-websocket-key": "AAAAAAAAAAAAAAAAAAAAAA==",
        ...headers,
      },
    });
    outgoing.on("upgrade", (incoming, socket) => {
      socket.destroy();
      resolve(incoming.statusCode!);
    });
    outgoing.on("response", (incoming) => {
      incoming.resume();
      resolve(incoming.statusCode!);
    });
    outgoing.on("error", reject);
    outgoing.end();
  });
}

/** Waits until `condition` holds; fails after 10 s. */
export async function until(condition: () => boolean): Promise<void> {
  for (const deadlineMs = Date.now() + 10_000; !condition(); ) {
    if (Date.now() > deadlineMs) throw new Error("waited 10 s in vain");
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
