/** Error codes of the transport: JSON-RPC 2.0's own, then those of the Substrate server (jsonrpsee), so that clients know them. */
export const RpcCode = {
  PARSE_ERROR: -32700,
  INVALID_REQUEST: -32600,
  METHOD_NOT_FOUND: -32601,
  INVALID_PARAMS: -32602,
  INTERNAL_ERROR: -32603,
  BATCHES_NOT_SUPPORTED: -32005,
  TOO_MANY_SUBSCRIPTIONS: -32006,
  OVERSIZED_REQUEST: -32007,
  OVERSIZED_RESPONSE: -32008,
  SERVER_IS_BUSY: -32009,
  TOO_BIG_BATCH_REQUEST: -32010,
  TOO_BIG_BATCH_RESPONSE: -32011,
  RATE_LIMITED: -32999,
} as const;

/** A refusal that reaches the caller unchanged: `{"code","message","data"}`, without `data` when undefined. */
export class RpcError extends Error {
  readonly code: number;
  readonly data: unknown;
  constructor(code: number, message: string, data?: unknown) {
    super(message);
    this.name = "RpcError";
    this.code = code;
    this.data = data;
  }
}

export function invalidParams(detail: string): RpcError {
  return new RpcError(RpcCode.INVALID_PARAMS, `Invalid params: ${detail}`);
}

export function invalidRequest(detail: string): RpcError {
  return new RpcError(RpcCode.INVALID_REQUEST, "Invalid request", detail);
}

export function parseError(detail: string): RpcError {
  return new RpcError(RpcCode.PARSE_ERROR, "Parse error", detail);
}

/** The message is jsonrpsee's, which clients compare with; the name goes to `data`. */
export function methodNotFound(method: string): RpcError {
  return new RpcError(RpcCode.METHOD_NOT_FOUND, "Method not found", `no method ${preview(method)}; rpc_methods lists what there is`);
}

export const UNSAFE_DENIED = new RpcError(RpcCode.METHOD_NOT_FOUND, "RPC call is unsafe to be called externally");
export const NEEDS_WEBSOCKET = new RpcError(
  RpcCode.METHOD_NOT_FOUND,
  "Subscriptions are not available over HTTP",
  "open a WebSocket on the same address and subscribe there",
);
export const INTERNAL_ERROR = new RpcError(RpcCode.INTERNAL_ERROR, "Internal error");
export const SERVER_IS_BUSY = new RpcError(RpcCode.SERVER_IS_BUSY, "Server is busy, try again later");
export const RATE_LIMITED = new RpcError(RpcCode.RATE_LIMITED, "RPC rate limit exceeded");
export const BATCHES_NOT_SUPPORTED = new RpcError(RpcCode.BATCHES_NOT_SUPPORTED, "Batched requests are not supported by this server");

const OVER_LIMIT = {
  TOO_MANY_SUBSCRIPTIONS: "Too many subscriptions on the connection",
  OVERSIZED_REQUEST: "Request is too big",
  OVERSIZED_RESPONSE: "Response is too big",
  TOO_BIG_BATCH_REQUEST: "The batch request was too large",
  TOO_BIG_BATCH_RESPONSE: "The batch response was too large",
} as const;

export function overLimit(name: keyof typeof OVER_LIMIT, limit: number): RpcError {
  return new RpcError(RpcCode[name], OVER_LIMIT[name], `Exceeded max limit of ${limit}`);
}

const PREVIEW_CHARS = 66;

/** A value as JSON for a message, cut to 66 characters, a hash's length: what a caller sent must not fill logs and replies. */
export function preview(value: unknown): string {
  if (value === undefined) return "nothing";
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  const text = typeof value === "string" ? value : String(value);
  const cut = text.length > PREVIEW_CHARS ? `${text.slice(0, PREVIEW_CHARS)}...` : text;
  const quoted = typeof value === "string" ? JSON.stringify(cut) : cut;
  return text.length > PREVIEW_CHARS ? `${quoted} (${text.length} characters)` : quoted;
}
