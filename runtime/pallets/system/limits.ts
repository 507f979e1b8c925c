import type { Weight } from "../../primitives/types.ts";
import type { DispatchClass } from "../../frame/types.ts";
import type { BlockWeights, WeightsPerClass } from "./types.ts";

const U64_MAX = (1n << 64n) - 1n;

/** Execution time in ps; this chain has no proof size to limit, since there are no parachain proofs. */
export function refTime(ps: bigint): Weight {
  return { ref_time: ps, proof_size: 0n };
}

export const ZERO_WEIGHT: Weight = refTime(0n);
export const MICROSECOND = 1_000_000n;

/** Saturates at 2^64 - 1, as FRAME's weights do: a call may carry any weight as an argument. */
export function addWeight(a: Weight, b: Weight): Weight {
  const add = (x: bigint, y: bigint): bigint => (x + y > U64_MAX ? U64_MAX : x + y);
  return { ref_time: add(a.ref_time, b.ref_time), proof_size: add(a.proof_size, b.proof_size) };
}

/** Never below zero. */
export function subWeight(a: Weight, b: Weight): Weight {
  const sub = (x: bigint, y: bigint): bigint => (x > y ? x - y : 0n);
  return { ref_time: sub(a.ref_time, b.ref_time), proof_size: sub(a.proof_size, b.proof_size) };
}

export function minWeight(a: Weight, b: Weight): Weight {
  return { ref_time: a.ref_time < b.ref_time ? a.ref_time : b.ref_time, proof_size: a.proof_size < b.proof_size ? a.proof_size : b.proof_size };
}

/** True when some dimension of `a` is above `b`'s. */
export function exceeds(a: Weight, b: Weight): boolean {
  return a.ref_time > b.ref_time || a.proof_size > b.proof_size;
}

const MAX_BLOCK: Weight = { ref_time: 150_000n * MICROSECOND, proof_size: U64_MAX };
const NORMAL_MAX: Weight = { ref_time: (MAX_BLOCK.ref_time * 3n) / 4n, proof_size: U64_MAX };
/** What a block costs without any extrinsic, and what each extrinsic costs before its call. Measured by bench/. */
export const BASE_BLOCK: Weight = refTime(1_500n * MICROSECOND);
export const BASE_EXTRINSIC: Weight = refTime(40n * MICROSECOND);

const NORMAL: WeightsPerClass = {
  base_extrinsic: BASE_EXTRINSIC,
  max_extrinsic: { ref_time: NORMAL_MAX.ref_time - BASE_EXTRINSIC.ref_time, proof_size: U64_MAX },
  max_total: NORMAL_MAX,
  reserved: ZERO_WEIGHT,
};
const OPERATIONAL: WeightsPerClass = {
  base_extrinsic: BASE_EXTRINSIC,
  max_extrinsic: { ref_time: MAX_BLOCK.ref_time - BASE_EXTRINSIC.ref_time, proof_size: U64_MAX },
  max_total: MAX_BLOCK,
  reserved: { ref_time: MAX_BLOCK.ref_time - NORMAL_MAX.ref_time, proof_size: 0n },
};
const MANDATORY: WeightsPerClass = { base_extrinsic: BASE_EXTRINSIC, max_extrinsic: undefined, max_total: undefined, reserved: undefined };

/** 150 ms of the benchmark machine, three quarters of it for normal transactions. */
export const BLOCK_WEIGHTS: BlockWeights = {
  base_block: BASE_BLOCK,
  max_block: MAX_BLOCK,
  per_class: { normal: NORMAL, operational: OPERATIONAL, mandatory: MANDATORY },
};

export function limitsOf(dispatchClass: DispatchClass): WeightsPerClass {
  return dispatchClass === "Normal" ? NORMAL : dispatchClass === "Operational" ? OPERATIONAL : MANDATORY;
}

/** Bytes of all extrinsics of a block by class. */
export const BLOCK_LENGTH = { max: { normal: (1_048_576 * 3) / 4, operational: 1_048_576, mandatory: 1_048_576 } };

/** ps of signature verification that one block may ask of the verifier workers. */
export const SIGNATURE_TIME_MAX = 400_000n * MICROSECOND;
