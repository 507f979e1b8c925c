import { CodedError } from "../runtime/primitives/errors.ts";

export type CliErrorCode =
  | "USAGE"
  | "CONFIG_INVALID"
  | "CONFIG_UNREADABLE"
  | "CONFIG_UNKNOWN_KEY"
  | "CANNOT_CONNECT"
  | "CONNECTION_LOST"
  | "TX_REJECTED"
  | "TX_FAILED"
  | "TX_DROPPED"
  | "UNSAFE_RPC"
  | "UNSAFE_FLAG"
  | "CONFIRMATION_NEEDED"
  | "TIMED_OUT"
  | "NOT_FOUND"
  | "RPC_REFUSED"
  | "OTHER_RUNTIME"
  | "FILE_UNREADABLE"
  | "FILE_UNWRITABLE"
  | "BLOCKS_FILE_INVALID"
  | "BLOCK_REFUSED"
  | "CHECKS_FAILED"
  | "FORCED_STOP";

interface More {
  /** One line: what to do. */
  readonly hint?: string | undefined;
  /** For programs; becomes `error.details` of the envelope. */
  readonly details?: unknown;
  readonly cause?: unknown;
}

/** A failure that a command reports to its user: what was wrong and what would be right, never a stack trace. */
export class CliError extends CodedError<{ readonly code: CliErrorCode }> {
  readonly hint: string | undefined;
  readonly details: unknown;
  constructor(code: CliErrorCode, message: string, more: More = {}) {
    super({ code }, message, { cause: more.cause });
    this.hint = more.hint;
    this.details = more.details;
  }
}

export function usage(message: string, hint?: string): CliError {
  return new CliError("USAGE", message, { hint });
}
