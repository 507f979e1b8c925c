import { RpcError, invalidParams, invalidRequest, preview } from "./errors.ts";

export type Id = string | number | null;

/** A request whose envelope has been checked. `id` undefined: a notification, which gets no reply. */
export interface Request {
  readonly id: Id | undefined;
  readonly method: string;
  readonly params: readonly unknown[] | Readonly<Record<string, unknown>> | undefined;
}

/** A refusal of one request, with the id to answer under when it could be read. */
export interface BadRequest {
  readonly id: Id;
  readonly error: RpcError;
}

export const ID_CHARS_MAX = 1024;

/** Checks one JSON-RPC 2.0 request object. */
export function readRequest(value: unknown): Request | BadRequest {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    return { id: null, error: invalidRequest(`a request is an object, got ${preview(value)}`) };
  }
  const { jsonrpc, method, params, id } = value as Record<string, unknown>;
  if (id !== undefined && !isId(id)) return { id: null, error: invalidRequest(ID_RULE) };
  if (jsonrpc !== "2.0") return { id: id ?? null, error: invalidRequest(`"jsonrpc" must be "2.0", got ${preview(jsonrpc)}`) };
  if (typeof method !== "string") return { id: id ?? null, error: invalidRequest(`"method" must be a string, got ${preview(method)}`) };
  if (params !== undefined && typeof params !== "object") {
    return { id: id ?? null, error: invalidRequest(`"params" must be an array, got ${preview(params)}`) };
  }
  return { id, method, params: (params ?? undefined) as Request["params"] };
}

/** Positions of a call's parameters. @throws RpcError -32602 for names that the method does not declare. */
export function positional(params: Request["params"], names: readonly string[] | undefined): readonly unknown[] {
  if (params === undefined) return NO_PARAMS;
  if (Array.isArray(params)) return params;
  if (names === undefined) throw invalidParams("named parameters are not supported here, send an array in the documented order");
  const given = params as Readonly<Record<string, unknown>>;
  for (const name of Object.keys(given)) {
    if (!names.includes(name)) throw invalidParams(`there is no parameter ${preview(name)}, there are: ${names.join(", ")}`);
  }
  return names.map((name) => (Object.hasOwn(given, name) ? given[name] : undefined));
}

export function encodeResult(id: Id, resultJson: string): string {
  return `{"jsonrpc":"2.0","id":${encodeId(id)},"result":${resultJson}}`;
}

export function encodeError(id: Id, error: RpcError): string {
  const data = dataJson(error.data);
  const tail = data === undefined ? "" : `,"data":${data}`;
  return `{"jsonrpc":"2.0","id":${encodeId(id)},"error":{"code":${error.code},"message":${JSON.stringify(error.message)}${tail}}}`;
}

/** A detail that has no JSON (a bigint, a cycle) is left out: the error itself must reach the caller. */
function dataJson(data: unknown): string | undefined {
  try {
    return JSON.stringify(data);
  } catch {
    return undefined;
  }
}

function encodeId(id: Id): string {
  return typeof id === "number" ? String(id) : JSON.stringify(id);
}

const NO_PARAMS: readonly unknown[] = [];
const ID_RULE = `"id" must be null, an integer within ±(2^53 - 1), or a string of at most ${ID_CHARS_MAX} characters`;

/** Only ids that can be echoed exactly: a larger number would come back changed, a fraction possibly spelled otherwise. */
function isId(id: unknown): id is Id {
  if (typeof id === "number") return Number.isSafeInteger(id);
  return id === null || (typeof id === "string" && id.length <= ID_CHARS_MAX);
}
