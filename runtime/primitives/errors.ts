/** A failure at the edge (disk, peer, RPC, bad input): coded, with typed details. Codes are public; messages are for people. */
export class CodedError<D extends { readonly code: string }> extends Error {
  readonly detail: D;
  constructor(detail: D, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "CodedError";
    this.detail = detail;
  }
  get code(): D["code"] {
    return this.detail.code;
  }
}

/** A broken invariant: a bug or corrupt state. Stop; never catch and continue. */
export class InvariantError extends Error {
  readonly code: string;
  constructor(code: string, message: string) {
    super(`${code}: ${message}`);
    this.name = "InvariantError";
    this.code = code;
  }
}

/** Bytes that are not the one canonical encoding of a value of the expected type. */
export class DecodeError extends Error {
  readonly code:
    | "CODEC_UNEXPECTED_END"
    | "CODEC_TRAILING_BYTES"
    | "CODEC_NON_CANONICAL"
    | "CODEC_OUT_OF_RANGE"
    | "CODEC_UNKNOWN_VARIANT"
    | "CODEC_TOO_DEEP";
  /** Byte offset at which decoding stopped. */
  readonly offset: number;
  constructor(code: DecodeError["code"], offset: number, message: string) {
    super(`${message} (at byte ${offset})`);
    this.name = "DecodeError";
    this.code = code;
    this.offset = offset;
  }
}

/** A value that has no encoding in the type it was given for: wrong shape, or outside the range. */
export class EncodeError extends Error {
  readonly code = "CODEC_NOT_ENCODABLE";
  constructor(message: string) {
    super(message);
    this.name = "EncodeError";
  }
}

export function assertNever(value: never): never {
  throw new InvariantError("UNREACHABLE", `unexpected value ${String(value)}`);
}
