// A JSON-RPC 2.0 client over WebSocket or HTTP: just enough for the commands.
import type { WebSocket as Socket } from "ws";
import { CodedError } from "../runtime/primitives/errors.ts";
import { CliError } from "./errors.ts";

/** The node's answer was an error. */
export class RpcFailure extends CodedError<{
  readonly code: "RPC_REFUSED" | "RPC_UNKNOWN_METHOD" | "RPC_BAD_PARAMS" | "RPC_UNSAFE_METHOD";
  readonly method: string;
  /** JSON-RPC's. */
  readonly number: number;
  readonly data: unknown;
}> {}

export interface RpcClient {
  readonly url: string;
  /** @throws RpcFailure, or CliError when the node does not answer (in time). */
  call<T = unknown>(method: string, params?: readonly unknown[]): Promise<T>;
  /** Items until the returned function is called. Over HTTP there are no subscriptions. */
  subscribe(method: string, params: readonly unknown[], unsubscribe: string, onItem: (item: unknown) => void, onLost: (error: Error) => void): Promise<() => Promise<void>>;
  close(): void;
}

interface Reply {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly code: number; readonly message: string; readonly data?: unknown };
  readonly params?: { readonly subscription: string | number; readonly result: unknown };
}

const MAX_MESSAGE_BYTES = 64 * 1024 * 1024;
/** Notifications that came before the reply that names their subscription. */
const EARLY_MAX = 256;

export async function connect(url: string, timeoutMs: number): Promise<RpcClient> {
  if (/^wss?:\/\//.test(url)) return connectWs(url, timeoutMs);
  if (/^https?:\/\//.test(url)) return new HttpClient(url, timeoutMs);
  throw new CliError("USAGE", `--url "${url}" is not an endpoint`, { hint: "write ws://127.0.0.1:9944 or http://127.0.0.1:9944" });
}

function failure(method: string, error: NonNullable<Reply["error"]>): RpcFailure {
  const data = typeof error.data === "string" ? `: ${error.data}` : "";
  return new RpcFailure({ code: codeOf(error), method, number: error.code, data: error.data }, `${method}: ${error.message}${data} (code ${error.code})`);
}

function codeOf({ code, message }: NonNullable<Reply["error"]>): RpcFailure["code"] {
  // Substrate refuses unsafe calls with the number of an unknown method.
  if (/unsafe to be called/.test(message)) return "RPC_UNSAFE_METHOD";
  if (code === -32601) return "RPC_UNKNOWN_METHOD";
  return code === -32602 ? "RPC_BAD_PARAMS" : "RPC_REFUSED";
}

function cannotConnect(url: string, reason: string, cause?: unknown): CliError {
  return new CliError("CANNOT_CONNECT", `cannot reach ${url}: ${reason}`, { details: { url }, cause });
}

async function connectWs(url: string, timeoutMs: number): Promise<RpcClient> {
  const { WebSocket } = await import("ws");
  const socket = new WebSocket(url, { handshakeTimeout: timeoutMs, maxPayload: MAX_MESSAGE_BYTES, perMessageDeflate: false });
  await new Promise<void>((resolve, reject) => {
    socket.once("open", resolve);
    socket.once("error", (error: NodeJS.ErrnoException) => reject(cannotConnect(url, error.code === "ECONNREFUSED" ? "connection refused" : error.message || "no answer", error)));
  });
  return new WsClient(url, socket, timeoutMs);
}

interface Pending {
  readonly method: string;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
  readonly timer: NodeJS.Timeout;
}

class WsClient implements RpcClient {
  readonly url: string;
  readonly #socket: Socket;
  readonly #timeoutMs: number;
  readonly #pending = new Map<number, Pending>();
  readonly #subscriptions = new Map<string | number, { readonly onItem: (item: unknown) => void; readonly onLost: (error: Error) => void }>();
  readonly #early: { readonly subscription: string | number; readonly result: unknown }[] = [];
  #nextId = 1;

  constructor(url: string, socket: Socket, timeoutMs: number) {
    this.url = url;
    this.#socket = socket;
    this.#timeoutMs = timeoutMs;
    socket.on("message", (data: Buffer) => this.#receive(JSON.parse(data.toString()) as Reply));
    socket.on("error", () => this.#lost());
    socket.on("close", () => this.#lost());
  }

  call<T>(method: string, params: readonly unknown[] = []): Promise<T> {
    const id = this.#nextId++;
    return new Promise<T>((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#pending.delete(id);
        reject(new CliError("TIMED_OUT", `${this.url} did not answer ${method} within ${this.#timeoutMs / 1000} s`));
      }, this.#timeoutMs);
      this.#pending.set(id, { method, resolve: resolve as (value: unknown) => void, reject, timer });
      this.#socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    });
  }

  async subscribe(method: string, params: readonly unknown[], unsubscribe: string, onItem: (item: unknown) => void, onLost: (error: Error) => void): Promise<() => Promise<void>> {
    const id = await this.call<string | number>(method, params);
    this.#subscriptions.set(id, { onItem, onLost });
    for (const early of this.#early.splice(0)) this.#deliver(early);
    return async () => {
      this.#subscriptions.delete(id);
      if (this.#socket.readyState === this.#socket.OPEN) await this.call(unsubscribe, [id]);
    };
  }

  #receive(reply: Reply): void {
    if (reply.params !== undefined) return this.#deliver(reply.params);
    const pending = this.#pending.get(reply.id ?? -1);
    if (pending === undefined) return;
    this.#pending.delete(reply.id!);
    clearTimeout(pending.timer);
    if (reply.error !== undefined) pending.reject(failure(pending.method, reply.error));
    else pending.resolve(reply.result);
  }

  #deliver(item: { readonly subscription: string | number; readonly result: unknown }): void {
    const subscription = this.#subscriptions.get(item.subscription);
    if (subscription !== undefined) subscription.onItem(item.result);
    else if (this.#early.length < EARLY_MAX) this.#early.push(item);
  }

  #lost(): void {
    const error = new CliError("CONNECTION_LOST", `${this.url} closed the connection`);
    for (const { reject, timer } of this.#pending.values()) {
      clearTimeout(timer);
      reject(error);
    }
    this.#pending.clear();
    for (const { onLost } of this.#subscriptions.values()) onLost(error);
    this.#subscriptions.clear();
  }

  close(): void {
    this.#subscriptions.clear();
    this.#socket.terminate();
  }
}

class HttpClient implements RpcClient {
  readonly url: string;
  readonly #timeoutMs: number;
  #nextId = 1;

  constructor(url: string, timeoutMs: number) {
    this.url = url;
    this.#timeoutMs = timeoutMs;
  }

  async call<T>(method: string, params: readonly unknown[] = []): Promise<T> {
    const body = JSON.stringify({ jsonrpc: "2.0", id: this.#nextId++, method, params });
    let reply: Reply;
    try {
      const response = await fetch(this.url, { method: "POST", headers: { "content-type": "application/json" }, body, signal: AbortSignal.timeout(this.#timeoutMs) });
      if (!response.ok) throw cannotConnect(this.url, `HTTP ${response.status}`);
      reply = (await response.json()) as Reply;
    } catch (error) {
      if (error instanceof CliError) throw error;
      if ((error as Error).name === "TimeoutError") throw new CliError("TIMED_OUT", `${this.url} did not answer ${method} within ${this.#timeoutMs / 1000} s`, { cause: error });
      const { code } = ((error as Error).cause ?? {}) as { code?: string };
      throw cannotConnect(this.url, code === "ECONNREFUSED" ? "connection refused" : (code ?? (error as Error).message), error);
    }
    if (reply.error !== undefined) throw failure(method, reply.error);
    return reply.result as T;
  }

  subscribe(method: string): Promise<never> {
    return Promise.reject(new CliError("USAGE", `${method} needs a WebSocket, and ${this.url} is HTTP`, { hint: "use --url ws://..." }));
  }

  close(): void {}
}
