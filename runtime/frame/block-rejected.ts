/** Why a block is invalid for every node. Thrown inside block execution and turned into a refusal at its edge. */
export class BlockRejected extends Error {
  readonly code: BlockRejectedCode;
  constructor(code: BlockRejectedCode, message: string) {
    super(message);
    this.name = "BlockRejected";
    this.code = code;
  }
}

export type BlockRejectedCode =
  /** The header's number is not the parent's plus one, or it names another parent. */
  | "BLOCK_NOT_CHILD"
  /** An extrinsic's bytes do not decode. */
  | "EXTRINSIC_MALFORMED"
  /** An extrinsic is not valid in this state. */
  | "EXTRINSIC_INVALID"
  /** An inherent stands behind an ordinary extrinsic, or twice. */
  | "INHERENT_ORDER"
  | "TIMESTAMP_MISSING"
  /** A mandatory extrinsic failed. */
  | "MANDATORY_FAILED"
  | "EXTRINSICS_ROOT_MISMATCH"
  | "STATE_ROOT_MISMATCH"
  | "DIGEST_MISMATCH"
  /** The state asks for a runtime version that this node does not have. */
  | "UNKNOWN_RUNTIME";
