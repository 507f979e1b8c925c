// What clients read when a transaction is refused. Words and codes are Substrate's (sp_runtime::transaction_validity, the
// author RPC), because wallets show and match them. `detail.data` is the RPC error's data, `message` its message.
import { PoolError } from "../../rpc/backend.ts";
import type { BlockRef, TransactionStatus } from "../../rpc/backend.ts";
import type { InvalidTransaction, TransactionValidityError } from "../../runtime/frame/types.ts";
import { toHex } from "../../runtime/primitives/bytes.ts";
import type { Hash } from "../../runtime/primitives/types.ts";

const INVALID_TEXT: Readonly<Record<Exclude<InvalidTransaction["type"], "Custom">, string>> = {
  Call: "Transaction call is not expected",
  Payment: "Inability to pay some fees (e.g. account balance too low)",
  Future: "Transaction will be valid in the future",
  Stale: "Transaction is outdated",
  BadProof: "Transaction has a bad signature",
  AncientBirthBlock: "Transaction has an ancient birth block",
  ExhaustsResources: "Transaction would exhaust the block limits",
  BadMandatory: "A call was labelled as mandatory, but resulted in an Error.",
  MandatoryValidation: "Transaction dispatch is mandatory; transactions must not be validated.",
  BadSigner: "Invalid signing address",
  IndeterminateImplicit: "The implicit data was unable to be calculated",
  UnknownOrigin: "The transaction extension did not authorize any origin",
};

/** The words for a refusal: an invalid one's text, or the name of what could not be determined. */
export function validityText({ type, value }: TransactionValidityError): string {
  if (type === "Invalid") return value.type === "Custom" ? `Custom error: ${value.value}` : INVALID_TEXT[value.type];
  return value.type === "Custom" ? `Custom(${value.value})` : value.type;
}

/**
 * Whether the same bytes will be refused again whatever happens to accounts. Only these are banned: one who tops up an
 * account must not wait half an hour to send the same transaction again.
 */
export function isPermanent({ type, value }: TransactionValidityError): boolean {
  return type === "Invalid" && PERMANENT.has(value.type);
}
const PERMANENT: ReadonlySet<InvalidTransaction["type"]> = new Set(["BadProof", "BadSigner", "AncientBirthBlock", "MandatoryValidation"]);

/** @param hint - which signed part differs; on a development chain. */
export function invalid(error: TransactionValidityError, hint?: string): PoolError {
  const text = hint === undefined ? validityText(error) : `${validityText(error)}: ${hint}`;
  if (error.type === "Invalid") return new PoolError({ code: "POOL_INVALID_TX", data: text }, "Invalid Transaction");
  return new PoolError({ code: "POOL_UNKNOWN_VALIDITY", data: text }, "Unknown Transaction Validity");
}

export function badFormat(reason: string): PoolError {
  return new PoolError({ code: "POOL_BAD_FORMAT" }, `Extrinsic has invalid format: ${reason}`);
}

/** The verifier itself failed; nothing is known about the transaction. */
export function verificationFailed(cause: unknown): PoolError {
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new PoolError({ code: "POOL_VERIFICATION", data: reason }, `Verification Error: ${reason}`, { cause });
}

export function banned(reason: string, seconds: number): PoolError {
  const data = `${reason}; this transaction is not looked at again for ${seconds} s`;
  return new PoolError({ code: "POOL_TEMPORARILY_BANNED", data }, "Transaction is temporarily banned");
}

export function alreadyImported(hash: Hash): PoolError {
  return new PoolError({ code: "POOL_ALREADY_IMPORTED", data: toHex(hash) }, "Transaction Already Imported");
}

export function alreadyIncluded(hash: Hash, block: BlockRef): PoolError {
  const data = `${toHex(hash)} is in block #${block.number} ${toHex(block.hash)}`;
  return new PoolError({ code: "POOL_ALREADY_IMPORTED", data }, "Transaction Already Imported");
}

export function tooLowPriority(old: bigint, fresh: bigint): PoolError {
  const data = "The transaction has too low priority to replace another transaction already in the pool.";
  return new PoolError({ code: "POOL_TOO_LOW_PRIORITY", data }, `Priority is too low: (${old} vs ${fresh})`);
}

export function cycle(): PoolError {
  return new PoolError({ code: "POOL_CYCLE" }, "Cycle Detected");
}

export function noTags(): PoolError {
  const data = "Transaction does not provide any tags, so the pool can't identify it";
  return new PoolError({ code: "POOL_NO_TAGS", data }, "No tags provided");
}

export function futureNotAccepted(): PoolError {
  return new PoolError({ code: "POOL_FUTURE_NOT_ACCEPTED" }, "The pool is not accepting future transactions");
}

export function immediatelyDropped(data: string): PoolError {
  return new PoolError({ code: "POOL_IMMEDIATELY_DROPPED", data }, "Immediately Dropped");
}

/** What the watcher of a transaction hears when it cannot come back into the pool. */
export function statusOf({ detail, message }: PoolError): TransactionStatus {
  const reason = detail.data === undefined ? message : String(detail.data);
  return detail.code === "POOL_INVALID_TX" ? { type: "invalid", reason } : { type: "dropped", reason };
}
