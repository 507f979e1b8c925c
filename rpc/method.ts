import type { ParamReader } from "./transport/params.ts";

export { RpcCode, RpcError } from "./transport/errors.ts";
export { ParamReader } from "./transport/params.ts";
export type { Shape } from "./transport/params.ts";

/** "unsafe" methods change the node or cost it much: they are refused unless the server allows them (`rpcMethods`). */
export type Safety = "safe" | "unsafe";

/** One WebSocket connection as handlers see it. State kept per client belongs in a `WeakMap<Connection, ...>`. */
export interface Connection {
  /** Unique within the process; for logs. */
  readonly id: number;
  readonly closed: boolean;
  /** Runs `fn` once when the connection ends, at once if it has ended. Returns a function that takes `fn` back. */
  onClose(fn: () => void): () => void;
}

export interface CallContext {
  /** Undefined over HTTP, where nothing can follow the reply. */
  readonly connection: Connection | undefined;
  readonly unsafeAllowed: boolean;
  /** Aborted when the caller is gone and nobody will read the result. */
  readonly signal: AbortSignal;
}

/**
 * A call with one reply. What the handler returns (or resolves to) is the `result`; undefined becomes null, a `RawJson` is sent as it is.
 * A thrown `RpcError` reaches the caller unchanged; anything else is logged and becomes -32603. A handler that can answer without
 * waiting should not be async: its reply then leaves without a turn of the event loop.
 */
export interface Method {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly safety: Safety;
  /** Parameter names in order. Where given, a call with named parameters is mapped to positions; otherwise it is refused. */
  readonly params?: readonly string[];
  readonly handler: (params: ParamReader, ctx: CallContext) => unknown;
}

/** What a subscription handler may return: run once when the subscription ends, however it ends. */
export type Cleanup = () => void;

/**
 * A call whose reply is a subscription id and which then sends notifications
 * `{"jsonrpc":"2.0","method":<notification>,"params":{"subscription":<id>,"result":...}}`, all of them after the reply.
 * The reply waits for an async handler, so a handler that throws an `RpcError` refuses the subscription.
 */
export interface Subscription {
  /** The method that subscribes. */
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly unsubscribe: string;
  readonly unsubscribeAliases?: readonly string[];
  /** Reply to unsubscribe: "boolean" says whether the id was live (legacy methods), "null" always says null (the v1 families). */
  readonly unsubscribeReply?: "boolean" | "null";
  /** `method` of the notifications. */
  readonly notification: string;
  readonly safety: Safety;
  readonly params?: readonly string[];
  readonly handler: (params: ParamReader, sink: SubscriptionSink, ctx: SubscriptionContext) => void | Cleanup | Promise<void | Cleanup>;
}

/** A subscription always has a connection: over HTTP it is refused before the handler runs. */
export interface SubscriptionContext extends CallContext {
  readonly connection: Connection;
}

export interface SubscriptionSink {
  /** The id the client knows; unique within the process. */
  readonly id: string;
  /** Sends one notification, or keeps it until the reply is out. Nothing happens when closed. */
  send(result: unknown): void;
  /** Runs `fn` once when the subscription ends (unsubscribe, `close`, or end of the connection), at once if it has ended. */
  onClose(fn: () => void): void;
  /** Ends the subscription from this side, after a last notification such as `finalized` or `stop`. */
  close(): void;
  readonly closed: boolean;
}

export interface MethodTable {
  readonly methods: readonly Method[];
  readonly subscriptions: readonly Subscription[];
}

/** A result that is already JSON: sent as it is, so that one serialisation serves every subscriber. Must be one valid JSON value. */
export class RawJson {
  readonly json: string;
  constructor(json: string) {
    this.json = json;
  }
}

/** Joins the tables of several modules into the one a server serves. */
export function joinTables(...tables: readonly MethodTable[]): MethodTable {
  return { methods: tables.flatMap((table) => table.methods), subscriptions: tables.flatMap((table) => table.subscriptions) };
}
