// The least client: JSON-RPC over a WebSocket or HTTP with kept connections, so that the client costs as little as it can.
import { Agent, request } from "node:http";
import WebSocket from "ws";

export interface RpcFailure {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}
export type Answer = { readonly result: unknown; readonly error?: undefined } | { readonly error: RpcFailure };

export class WsClient {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  readonly #subscriptions = new Map<string, (result: unknown) => void>();
  #nextId = 1;

  private constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.on("message", (data) => this.#receive(JSON.parse(String(data)) as Record<string, unknown>));
    socket.on("close", () => {
      for (const settle of this.#waiting.values()) settle({ error: { code: 0, message: "the connection closed" } });
    });
  }

  static open(url: string): Promise<WsClient> {
    const socket = new WebSocket(url, { perMessageDeflate: false });
    return new Promise((resolve, reject) => {
      socket.once("open", () => resolve(new WsClient(socket)));
      socket.once("error", reject);
    });
  }

  #receive(message: Record<string, unknown>): void {
    if (typeof message["id"] === "number") {
      this.#waiting.get(message["id"])?.(message as Answer);
      this.#waiting.delete(message["id"]);
      return;
    }
    const params = message["params"] as { subscription: string; result: unknown };
    this.#subscriptions.get(params.subscription)?.(params.result);
  }

  call(method: string, params: readonly unknown[]): Promise<Answer> {
    const id = this.#nextId++;
    return new Promise((resolve) => {
      this.#waiting.set(id, resolve);
      this.#socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    });
  }

  /** Subscribes; the listener is in place before the reply is handed on. */
  subscribe(method: string, params: readonly unknown[], listener: (result: unknown) => void): Promise<Answer> {
    const id = this.#nextId++;
    return new Promise((resolve) => {
      this.#waiting.set(id, (answer) => {
        if (answer.error === undefined) this.#subscriptions.set(String(answer.result), listener);
        resolve(answer);
      });
      this.#socket.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    });
  }

  close(): void {
    this.#socket.close();
  }
}

export class HttpClient {
  readonly #url: URL;
  readonly #agent: Agent;

  constructor(url: string, sockets: number) {
    this.#url = new URL(url);
    this.#agent = new Agent({ keepAlive: true, maxSockets: sockets });
  }

  async call(method: string, params: readonly unknown[]): Promise<Answer> {
    return (await this.#post({ jsonrpc: "2.0", id: 1, method, params })) as Answer;
  }

  /** Answers in the order of the calls. */
  async batch(calls: readonly (readonly [method: string, params: readonly unknown[]])[]): Promise<Answer[]> {
    const answers = (await this.#post(calls.map(([method, params], id) => ({ jsonrpc: "2.0", id, method, params })))) as (Answer & { id: number })[];
    return [...answers].sort((a, b) => a.id - b.id);
  }

  #post(body: unknown): Promise<unknown> {
    const text = JSON.stringify(body);
    const headers = { "content-type": "application/json", "content-length": Buffer.byteLength(text) };
    return new Promise((resolve, reject) => {
      const sent = request(this.#url, { method: "POST", agent: this.#agent, headers }, (response) => {
        let answer = "";
        response.setEncoding("utf8");
        response.on("data", (chunk: string) => (answer += chunk));
        response.on("end", () => resolve(JSON.parse(answer)));
        response.on("error", reject);
      });
      sent.on("error", reject);
      sent.end(text);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}
