import type { Balance } from "../../primitives/types.ts";
import type { DispatchInfo } from "../../frame/types.ts";
import { BLOCK_LENGTH, BLOCK_WEIGHTS } from "../system/limits.ts";

/** An operational call outranks a normal one of its size unless that tips this many times the operational call's fee. */
export const OPERATIONAL_FEE_MULTIPLIER = 5;

const U64_MAX = (1n << 64n) - 1n;
const lengthKey = { Normal: "normal", Operational: "operational", Mandatory: "mandatory" } as const;

const clamp = (value: bigint, most: bigint): bigint => (value < 1n ? 1n : value > most ? most : value);

/** How many extrinsics of this weight and length fit into an empty block. */
function perBlock(info: DispatchInfo, length: number): bigint {
  const { ref_time, proof_size } = BLOCK_WEIGHTS.max_block;
  const lengthMax = BigInt(BLOCK_LENGTH.max[lengthKey[info.class]]);
  const counts = [ref_time / clamp(info.weight.ref_time, ref_time), proof_size / clamp(info.weight.proof_size, proof_size), lengthMax / clamp(BigInt(length), lengthMax)];
  return counts.reduce((least, count) => (count < least ? count : least));
}

/**
 * The tip per share of a block, plus one so that without tips the smaller transaction goes first. u64, saturating.
 * Source: FRAME's ChargeTransactionPayment::get_priority.
 *
 * @param fee - the whole fee, tip included.
 */
export function priorityOf(info: DispatchInfo, length: number, tip: Balance, fee: Balance): bigint {
  const count = perBlock(info, length);
  const virtualTip = info.class === "Operational" ? fee * BigInt(OPERATIONAL_FEE_MULTIPLIER) : 0n;
  const priority = (tip + 1n + virtualTip) * count;
  return priority > U64_MAX ? U64_MAX : priority;
}
