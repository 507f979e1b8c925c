import type { Weight } from "../../primitives/types.ts";
import { MICROSECOND, refTime } from "../system/limits.ts";

// Without the calls inside.
const BATCH_BASE = 5n * MICROSECOND;
/** A storage transaction and an event. */
const BATCH_ITEM = 4n * MICROSECOND;

export function batchWeight(count: number): Weight {
  return refTime(BATCH_BASE + BATCH_ITEM * BigInt(count));
}

/** Hashes the pseudonym and opens an account that may not be in memory. */
export const AS_DERIVATIVE: Weight = refTime(25n * MICROSECOND);
export const DISPATCH_AS: Weight = refTime(10n * MICROSECOND);
export const IF_ELSE: Weight = refTime(12n * MICROSECOND);
