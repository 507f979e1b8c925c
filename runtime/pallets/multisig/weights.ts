import type { Weight } from "../../primitives/types.ts";
import { MICROSECOND, refTime } from "../system/limits.ts";

/** Checking the order of one account, and hashing it. */
const PER_SIGNATORY = 1n * MICROSECOND;
/** Encoding and hashing one byte of the call, 20 ns. */
const PER_BYTE = MICROSECOND / 50n;

function at(base: bigint) {
  return (signatories: number, callBytes: number): Weight =>
    refTime(base * MICROSECOND + PER_SIGNATORY * BigInt(signatories) + PER_BYTE * BigInt(callBytes));
}

// Without the call inside. By the number of other signatories and the size of the call.
export const THRESHOLD_1 = at(25n);
export const CREATE = at(85n);
export const APPROVE = at(45n);
export const COMPLETE = at(85n);
export const CANCEL = at(70n);
export const POKE_DEPOSIT = at(70n);
