// Unsigned fixed-point numbers with 18 decimals, as FRAME's FixedU128: a bigint n stands for n / 10^18. Results saturate at u128.
import { newtype, u128 } from "../../primitives/codec/index.ts";
import type { Ty } from "../../primitives/codec/index.ts";

export const FixedU128Ty = newtype("sp_arithmetic::fixed_point::FixedU128", u128) as Ty<bigint>;
/** 1. */
export const FIXED_ONE = 10n ** 18n;
export const FIXED_MAX = (1n << 128n) - 1n;

const saturate = (value: bigint): bigint => (value > FIXED_MAX ? FIXED_MAX : value);

/** numerator / denominator, rounded down. The denominator is above zero. */
export function fixedFromRational(numerator: bigint, denominator: bigint): bigint {
  return saturate((numerator * FIXED_ONE) / denominator);
}

/** a * b, rounded down. */
export function fixedMul(a: bigint, b: bigint): bigint {
  return saturate((a * b) / FIXED_ONE);
}

/** fixed * integer as an integer, rounded up: a fee's fraction of a unit is the payer's. */
export function fixedMulIntCeil(fixed: bigint, integer: bigint): bigint {
  return saturate((fixed * integer + FIXED_ONE - 1n) / FIXED_ONE);
}
