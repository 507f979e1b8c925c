// What a transaction costs: base + length + multiplier * weight + tip. One unit per ps, a million units per byte.
import { option, struct, u128 } from "../../primitives/codec/index.ts";
import type { Ty } from "../../primitives/codec/index.ts";
import { BalanceTy, WeightTy } from "../../primitives/types.ts";
import type { Balance, MultiSignature, Weight } from "../../primitives/types.ts";
import type { Context } from "../../frame/context.ts";
import type { RuntimeCall } from "../../frame/pallet.ts";
import { DispatchClassTy } from "../../frame/types.ts";
import type { DispatchClass, DispatchInfo, Pays, PostInfo } from "../../frame/types.ts";
import { SIGNATURE_TIME } from "../system/extensions/check-weight.ts";
import { BLOCK_WEIGHTS, limitsOf, minWeight } from "../system/limits.ts";
import { FIXED_MAX, fixedMulIntCeil } from "./fixed.ts";
import { NextFeeMultiplier } from "./storage.ts";

/** Units per byte of the encoded extrinsic. */
export const FEE_PER_BYTE = 1_000_000n;

const inPath = (name: string): string => `pallet_transaction_payment::types::${name}`;
const balanceParam = { params: { Balance: u128 } };

export interface InclusionFee {
  /** The extrinsic's base weight, and the verification of its signature. */
  readonly base_fee: Balance;
  readonly len_fee: Balance;
  readonly adjusted_weight_fee: Balance;
}
export const InclusionFeeTy: Ty<InclusionFee> = struct(inPath("InclusionFee"), { base_fee: BalanceTy, len_fee: BalanceTy, adjusted_weight_fee: BalanceTy }, balanceParam);
export interface FeeDetails {
  /** Undefined for what pays nothing. */
  readonly inclusion_fee: InclusionFee | undefined;
  readonly tip: Balance;
}
export const FeeDetailsTy: Ty<FeeDetails> = struct(inPath("FeeDetails"), { inclusion_fee: option(InclusionFeeTy), tip: BalanceTy }, balanceParam);
export interface RuntimeDispatchInfo {
  readonly weight: Weight;
  readonly class: { readonly type: DispatchClass };
  /** Without tip. */
  readonly partial_fee: Balance;
}
export const RuntimeDispatchInfoTy: Ty<RuntimeDispatchInfo> = struct(
  inPath("RuntimeDispatchInfo"),
  { weight: WeightTy, class: DispatchClassTy, partial_fee: BalanceTy },
  { params: { Balance: u128, Weight: WeightTy } },
) as Ty<RuntimeDispatchInfo>;

const saturate = (value: bigint): bigint => (value > FIXED_MAX ? FIXED_MAX : value);

/** Linear, one unit per ps; no weight counts for more than a whole block. */
export function weightToFee(weight: Weight): Balance {
  return minWeight(weight, BLOCK_WEIGHTS.max_block).ref_time;
}

export function lengthToFee(length: number): Balance {
  return BigInt(length) * FEE_PER_BYTE;
}

/**
 * What verifying costs, priced as weight. Where the scheme is not known, the most that any costs, so that no quote is too
 * low: clients ask with a made-up signature of 64 bytes, and one by ecdsa has 65.
 */
export function signatureFee(scheme: MultiSignature["type"] | undefined): Balance {
  if (scheme !== undefined) return SIGNATURE_TIME[scheme];
  return Object.values(SIGNATURE_TIME).reduce((most, time) => (time > most ? time : most), 0n) + FEE_PER_BYTE;
}

/** The parts of the fee for `weight`, which is the most a call may use or what it did use. */
function parts(ctx: Context, length: number, weight: Weight, pays: Pays, dispatchClass: DispatchClass, tip: Balance, scheme: MultiSignature["type"] | undefined): FeeDetails {
  if (pays === "No") return { inclusion_fee: undefined, tip };
  return {
    inclusion_fee: {
      base_fee: weightToFee(limitsOf(dispatchClass).base_extrinsic) + signatureFee(scheme),
      len_fee: lengthToFee(length),
      adjusted_weight_fee: fixedMulIntCeil(NextFeeMultiplier.get(ctx.state), weightToFee(weight)),
    },
    tip,
  };
}

/** All parts together, tip included. */
export function finalFee({ inclusion_fee: fee, tip }: FeeDetails): Balance {
  return saturate((fee === undefined ? 0n : fee.base_fee + fee.len_fee + fee.adjusted_weight_fee) + tip);
}

/** The most that a transaction can cost, tip included. `length` is in bytes. */
export function computeFee(ctx: Context, length: number, info: DispatchInfo, tip: Balance, scheme: MultiSignature["type"] | undefined): Balance {
  return finalFee(parts(ctx, length, info.weight, info.pays_fee, info.class, tip, scheme));
}

/** What it does cost after it ran, tip included. Never above `computeFee` under the same multiplier. */
export function computeActualFee(ctx: Context, length: number, info: DispatchInfo, post: PostInfo, tip: Balance, scheme: MultiSignature["type"] | undefined): Balance {
  const weight = post.actual_weight === undefined ? info.weight : minWeight(post.actual_weight, info.weight);
  const pays = info.pays_fee === "No" || post.pays_fee === "No" ? "No" : "Yes";
  return finalFee(parts(ctx, length, weight, pays, info.class, tip, scheme));
}

/** A quote in parts, for a scheme not yet known. An unsigned (bare) extrinsic pays nothing. */
export function feeDetails(ctx: Context, call: RuntimeCall, length: number, tip: Balance, unsigned: boolean): FeeDetails {
  const info = ctx.dispatchInfo(call);
  return parts(ctx, length, info.weight, unsigned ? "No" : info.pays_fee, info.class, tip, undefined);
}

/** A quote without tip, for a scheme not yet known. */
export function queryInfo(ctx: Context, call: RuntimeCall, length: number, unsigned: boolean): RuntimeDispatchInfo {
  const { weight, class: dispatchClass } = ctx.dispatchInfo(call);
  return { weight, class: { type: dispatchClass }, partial_fee: finalFee(feeDetails(ctx, call, length, 0n, unsigned)) };
}
