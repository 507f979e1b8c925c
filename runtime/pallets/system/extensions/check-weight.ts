import { unit, unitStruct } from "../../../primitives/codec/index.ts";
import { err, ok } from "../../../primitives/result.ts";
import type { MultiSignature, Weight } from "../../../primitives/types.ts";
import type { Context } from "../../../frame/context.ts";
import type { TransactionExtension } from "../../../frame/extension.ts";
import type { DispatchClass, DispatchInfo, Validity } from "../../../frame/types.ts";
import { BLOCK_LENGTH, BLOCK_WEIGHTS, MICROSECOND, SIGNATURE_TIME_MAX, addWeight, exceeds, limitsOf, minWeight, subWeight } from "../limits.ts";

/** ps that verifying one signature costs a worker, by scheme. Measured: docs/performance.md. */
export const SIGNATURE_TIME: Readonly<Record<MultiSignature["type"], bigint>> = {
  Ed25519: 100n * MICROSECOND,
  Sr25519: 600n * MICROSECOND,
  Ecdsa: 700n * MICROSECOND,
};

const exhausts = err({ type: "Invalid", value: { type: "ExhaustsResources" } } as const);
const lengthKey = { Normal: "normal", Operational: "operational", Mandatory: "mandatory" } as const;

/** Adds an extrinsic's weight to its class, refused where the class or the block is full. Source: FRAME's calculate_consumed_weight. */
export function registerWeight(ctx: Context, weight: Weight, dispatchClass: DispatchClass): boolean {
  const limits = limitsOf(dispatchClass);
  const consumed = addWeight(ctx.weightUsed[dispatchClass], addWeight(weight, limits.base_extrinsic));
  const { Normal, Operational, Mandatory } = ctx.weightUsed;
  const total = addWeight(addWeight(Normal, addWeight(Operational, Mandatory)), addWeight(weight, limits.base_extrinsic));
  if (limits.max_total !== undefined && exceeds(consumed, limits.max_total)) return false;
  if (exceeds(total, BLOCK_WEIGHTS.max_block) && limits.reserved !== undefined && exceeds(consumed, limits.reserved)) return false;
  ctx.weightUsed[dispatchClass] = consumed;
  return true;
}

function checkAlone(info: DispatchInfo, length: number): Validity<object> {
  const { max_extrinsic } = limitsOf(info.class);
  if (max_extrinsic !== undefined && exceeds(info.weight, max_extrinsic)) return exhausts;
  return length > BLOCK_LENGTH.max[lengthKey[info.class]] ? exhausts : ok({});
}

/** A block has limits of weight, of bytes, and of signature verification. */
export const checkWeight: TransactionExtension<undefined, undefined> = {
  identifier: "CheckWeight",
  extra: unitStruct("frame_system::extensions::check_weight::CheckWeight", { params: { T: undefined } }),
  implicit: unit,
  implicitOfBlock: true,
  implicitValue: () => ok(undefined),
  validate: (_ctx, { info, length }) => checkAlone(info, length),
  prepare(ctx, { info, length, scheme }) {
    const alone = checkAlone(info, length);
    if (!alone.ok) return alone;
    const signatureTime = ctx.signatureTime + (scheme === undefined ? 0n : SIGNATURE_TIME[scheme]);
    const bytes = ctx.extrinsicsLength + length;
    if (signatureTime > SIGNATURE_TIME_MAX || bytes > BLOCK_LENGTH.max[lengthKey[info.class]] || !registerWeight(ctx, info.weight, info.class)) return exhausts;
    ctx.signatureTime = signatureTime;
    ctx.extrinsicsLength = bytes;
    return ok(undefined);
  },
  postDispatch(ctx, { info }, _pre, post) {
    if (post.actual_weight === undefined) return;
    const unspent = subWeight(info.weight, minWeight(post.actual_weight, info.weight));
    ctx.weightUsed[info.class] = subWeight(ctx.weightUsed[info.class], unspent);
  },
};
