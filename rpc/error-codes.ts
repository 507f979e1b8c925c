// Every error code of the RPC methods in one table, and how the node's own errors become them. The transport's are in transport/errors.ts.
import { RuntimeApiError } from "../runtime/frame/apis.ts";
import { CodedError, InvariantError } from "../runtime/primitives/errors.ts";
import { BackendError, PoolError } from "./backend.ts";
import { RpcCode, RpcError } from "./method.ts";

/** Numbers are Substrate's and clients compare with them: never change one. */
export const ErrorCode = {
  // Author and transaction pool
  BAD_FORMAT: 1001,
  VERIFICATION: 1002,
  POOL_INVALID_TX: 1010,
  POOL_UNKNOWN_VALIDITY: 1011,
  POOL_TEMPORARILY_BANNED: 1012,
  POOL_ALREADY_IMPORTED: 1013,
  POOL_TOO_LOW_PRIORITY: 1014,
  POOL_CYCLE: 1015,
  POOL_IMMEDIATELY_DROPPED: 1016,
  POOL_UNACTIONABLE: 1018,
  POOL_NO_TAGS: 1019,
  POOL_INVALID_BLOCK_ID: 1020,
  POOL_FUTURE_NOT_ACCEPTED: 1021,
  AUTHOR_OTHER: 1040,
  // state_*
  STATE_INVALID_RANGE: 4001,
  STATE_COUNT_TOO_LARGE: 4002,
  /** "Client error": the block is unknown, its state was pruned, or the runtime refused the call. */
  STATE_CLIENT: 4003,
  // system_dryRun, system_accountNextIndex, payment_*
  FRAME_RUNTIME: 1,
  FRAME_DECODE: 2,
  // chainHead_v1
  FOLLOW_LIMIT: -32800,
  BLOCK_NOT_PINNED: -32801,
  FOLLOW_WITHOUT_RUNTIME: -32802,
  NOT_WAITING_FOR_CONTINUE: -32803,
  DUPLICATE_HASHES: -32804,
} as const;

interface PoolCode {
  readonly code: number;
  readonly message: string;
  /** Given when the pool gives none. */
  readonly data?: string;
}

const POOL: Readonly<Record<PoolError["code"], PoolCode>> = {
  POOL_BAD_FORMAT: { code: ErrorCode.BAD_FORMAT, message: "Extrinsic has invalid format" },
  POOL_VERIFICATION: { code: ErrorCode.VERIFICATION, message: "Verification Error" },
  POOL_INVALID_TX: { code: ErrorCode.POOL_INVALID_TX, message: "Invalid Transaction" },
  POOL_UNKNOWN_VALIDITY: { code: ErrorCode.POOL_UNKNOWN_VALIDITY, message: "Unknown Transaction Validity" },
  POOL_TEMPORARILY_BANNED: { code: ErrorCode.POOL_TEMPORARILY_BANNED, message: "Transaction is temporarily banned" },
  POOL_ALREADY_IMPORTED: { code: ErrorCode.POOL_ALREADY_IMPORTED, message: "Transaction Already Imported" },
  POOL_TOO_LOW_PRIORITY: {
    code: ErrorCode.POOL_TOO_LOW_PRIORITY,
    message: "Priority is too low",
    data: "The transaction has too low priority to replace another transaction already in the pool.",
  },
  POOL_CYCLE: { code: ErrorCode.POOL_CYCLE, message: "Cycle Detected" },
  POOL_IMMEDIATELY_DROPPED: {
    code: ErrorCode.POOL_IMMEDIATELY_DROPPED,
    message: "Immediately Dropped",
    data: "The transaction couldn't enter the pool because of the limit",
  },
  POOL_UNACTIONABLE: {
    code: ErrorCode.POOL_UNACTIONABLE,
    message: "Unactionable",
    data: "The transaction is unactionable since it is not propagable and the local node does not author blocks",
  },
  POOL_NO_TAGS: {
    code: ErrorCode.POOL_NO_TAGS,
    message: "No tags provided",
    data: "Transaction does not provide any tags, so the pool can't identify it",
  },
  POOL_INVALID_BLOCK_ID: { code: ErrorCode.POOL_INVALID_BLOCK_ID, message: "The provided block ID is not valid" },
  POOL_FUTURE_NOT_ACCEPTED: { code: ErrorCode.POOL_FUTURE_NOT_ACCEPTED, message: "The pool is not accepting future transactions" },
};

/** Codes whose message carries the details; in the others it is a constant that clients compare with. */
const DETAILED: ReadonlySet<PoolError["code"]> = new Set(["POOL_BAD_FORMAT", "POOL_VERIFICATION", "POOL_TOO_LOW_PRIORITY"]);

export function poolRefusal(error: PoolError): RpcError {
  const { code, message, data } = POOL[error.code];
  const detail = error.message.replace(`${message}: `, "");
  return new RpcError(code, DETAILED.has(error.code) ? `${message}: ${detail}` : message, error.detail.data ?? data ?? fallbackData(error));
}

/** Why a transaction is invalid stands in `data`: with none, the error's own words are better than nothing. */
function fallbackData(error: PoolError): string | undefined {
  return error.code === "POOL_INVALID_TX" || error.code === "POOL_UNKNOWN_VALIDITY" ? error.message : undefined;
}

/** Substrate's words: clients search for "State already discarded". */
function stateRefusal({ detail }: BackendError): RpcError {
  const reason = {
    UNKNOWN_BLOCK: `Header was not found in the database: ${detail.hash}`,
    STATE_DISCARDED: `State already discarded for ${detail.hash}`,
    BODY_DISCARDED: `Body already discarded for ${detail.hash}`,
  }[detail.code];
  return new RpcError(ErrorCode.STATE_CLIENT, `Client error: UnknownBlock: ${reason}`);
}

/** Any error as the caller should see it; what is no refusal comes back unchanged, for the transport to log. */
export function toRpcError(error: unknown): unknown {
  if (error instanceof PoolError) return poolRefusal(error);
  if (error instanceof BackendError) return stateRefusal(error);
  if (error instanceof RuntimeApiError) return new RpcError(ErrorCode.STATE_CLIENT, `Client error: Execution failed: ${error.message}`);
  return error;
}

/** A failure of the node's key store, which the operator who called should read. */
export function keyStoreError(error: unknown): unknown {
  return error instanceof CodedError && !(error instanceof InvariantError) ? new RpcError(ErrorCode.AUTHOR_OTHER, error.message) : error;
}

export function tooMany(value: number, max: number): RpcError {
  return new RpcError(ErrorCode.STATE_COUNT_TOO_LARGE, `count exceeds maximum value. value: ${value}, max: ${max}`);
}

/** For answers that would outgrow any response: refused before they fill memory. */
export function responseTooBig(maxBytes: number, instead: string): RpcError {
  return new RpcError(RpcCode.OVERSIZED_RESPONSE, "Response is too big", `Exceeded max limit of ${maxBytes}; ${instead}`);
}
