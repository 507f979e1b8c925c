// What the pallets that dispatch other calls share: the type of a result in events, and the weight of what is inside.
import { alias, encode, unit } from "../primitives/codec/index.ts";
import type { Ty } from "../primitives/codec/index.ts";
import { done, err } from "../primitives/result.ts";
import type { Result } from "../primitives/result.ts";
import type { Weight } from "../primitives/types.ts";
import type { Context } from "../frame/context.ts";
import type { CallView, RuntimeCall } from "../frame/pallet.ts";
import { DispatchErrorTy, resultTy } from "../frame/types.ts";
import type { DispatchError, DispatchInfo, DispatchResult } from "../frame/types.ts";
import { minWeight } from "./system/limits.ts";

/** `Result<(), DispatchError>`, as events carry it. */
export const DispatchResultTy: Ty<Result<undefined, DispatchError>> = alias(
  "DispatchResult",
  resultTy<undefined, DispatchError>(unit, DispatchErrorTy),
);

export function resultOf(result: DispatchResult<DispatchError>): Result<undefined, DispatchError> {
  return result.ok ? done : err(result.error);
}

// Every level of nesting asks for the info of all that is below it, when it is weighed and again when it runs. Without memory, 256
// levels around many small calls would be walked 256 times: seconds of work for one cheap transaction. Calls are immutable, so this
// is a pure function.
const infos = new WeakMap<CallView, WeakMap<RuntimeCall, DispatchInfo>>();

/** What an inner call may cost at most; computed once per call. */
export function infoOf(view: CallView, call: RuntimeCall): DispatchInfo {
  let known = infos.get(view);
  if (known === undefined) infos.set(view, (known = new WeakMap()));
  let info = known.get(call);
  if (info === undefined) known.set(call, (info = view.dispatchInfo(call)));
  return info;
}

const sizes = new WeakMap<RuntimeCall, number>();

/** Bytes of an encoded call; computed once per call. */
export function encodedSize(type: Ty<RuntimeCall>, call: RuntimeCall): number {
  let size = sizes.get(call);
  if (size === undefined) sizes.set(call, (size = encode(type, call).length));
  return size;
}

/** What an inner call did cost: what it reported, else its maximum. */
export function usedWeight(ctx: Context, call: RuntimeCall, result: DispatchResult<DispatchError>): Weight {
  const most = infoOf(ctx.runtime, call).weight;
  const reported = reportedWeight(result);
  return reported === undefined ? most : minWeight(reported, most);
}

export function reportedWeight(result: DispatchResult<DispatchError>): Weight | undefined {
  return result.ok ? result.value?.actual_weight : result.post?.actual_weight;
}
