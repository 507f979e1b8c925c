import type { Weight } from "../../primitives/types.ts";
import { MICROSECOND, refTime } from "./limits.ts";

/** Worst case in ps per call. */
export const systemWeight = {
  remark: (bytes: number): Weight => refTime(2n * MICROSECOND + BigInt(bytes) * 2_000n),
  setCode: refTime(500n * MICROSECOND),
  setStorage: (items: number): Weight => refTime(10n * MICROSECOND + BigInt(items) * 30n * MICROSECOND),
  killPrefix: (keys: number): Weight => refTime(20n * MICROSECOND + BigInt(keys) * 40n * MICROSECOND),
  authorizeUpgrade: refTime(20n * MICROSECOND),
} as const;
