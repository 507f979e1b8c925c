// How the price of weight follows demand. Source: FRAME's TargetedFeeAdjustment, in the same integer steps with the same rounding.
import { limitsOf } from "../system/limits.ts";
import { FIXED_MAX, fixedFromRational, fixedMul } from "./fixed.ts";

/** The fullness of the normal class at which fees stay: one quarter. */
const TARGET_DIVISOR = 4n;
/** v: how fast the multiplier follows. A full block raises it by 0.0056 %, an empty one lowers it by 0.0019 %. */
export const ADJUSTMENT_VARIABLE = fixedFromRational(75n, 1_000_000n);
/** Low enough to fall far, high enough that 18 decimals can still lift it (tested). */
export const MINIMUM_MULTIPLIER = fixedFromRational(1n, 1_000_000_000n);

const NORMAL_MAX = limitsOf("Normal").max_total!.ref_time;
export const TARGET_WEIGHT = NORMAL_MAX / TARGET_DIVISOR;

/** Within the bounds of the multiplier. */
function clamp(multiplier: bigint): bigint {
  return multiplier < MINIMUM_MULTIPLIER ? MINIMUM_MULTIPLIER : multiplier > FIXED_MAX ? FIXED_MAX : multiplier;
}

/**
 * previous * (1 + v*d + (v*d)^2 / 2) above the target and previous * (1 - v*d + (v*d)^2 / 2) below it, where d is the distance of
 * the block's normal weight from the target as a share of the normal maximum. Each product is rounded down.
 *
 * @param previous - FixedU128.
 * @param normalRefTime - ps of normal transactions in the block that ends.
 */
export function nextMultiplier(previous: bigint, normalRefTime: bigint): bigint {
  const from = clamp(previous);
  const weight = normalRefTime < NORMAL_MAX ? normalRefTime : NORMAL_MAX;
  const above = weight >= TARGET_WEIGHT;
  const distance = fixedFromRational(above ? weight - TARGET_WEIGHT : TARGET_WEIGHT - weight, NORMAL_MAX);
  const first = fixedMul(ADJUSTMENT_VARIABLE, distance);
  const second = fixedMul(fixedMul(ADJUSTMENT_VARIABLE, ADJUSTMENT_VARIABLE) / 2n, fixedMul(distance, distance));
  return clamp(above ? from + fixedMul(first + second, from) : from - fixedMul(first - second, from));
}

