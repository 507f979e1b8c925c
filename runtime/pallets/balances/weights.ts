import type { Weight } from "../../primitives/types.ts";
import { MICROSECOND, refTime } from "../system/limits.ts";

/** Worst case in ps per call: a transfer that kills its sender and creates its target. */
export const balancesWeight = {
  transferAllowDeath: refTime(60n * MICROSECOND),
  transferKeepAlive: refTime(50n * MICROSECOND),
  transferAll: refTime(60n * MICROSECOND),
  forceTransfer: refTime(60n * MICROSECOND),
  forceUnreserve: refTime(35n * MICROSECOND),
  forceSetBalance: refTime(40n * MICROSECOND),
  forceAdjustTotalIssuance: refTime(15n * MICROSECOND),
  burn: refTime(40n * MICROSECOND),
  upgradeAccounts: (accounts: number): Weight => refTime(5n * MICROSECOND + BigInt(accounts) * 25n * MICROSECOND),
} as const;
