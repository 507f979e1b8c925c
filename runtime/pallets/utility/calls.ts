import { blake2b256 } from "#hash";
import { concatBytes, utf8 } from "../../primitives/bytes.ts";
import { encode, u16 } from "../../primitives/codec/index.ts";
import { done } from "../../primitives/result.ts";
import { AccountId } from "../../primitives/types.ts";
import type { Weight } from "../../primitives/types.ts";
import type { Context } from "../../frame/context.ts";
import { SUCCESS, ensureNone, ensureRoot, ensureSigned, fail, failWith, signed } from "../../frame/pallet.ts";
import type { Origin, OriginCaller, RuntimeCall } from "../../frame/pallet.ts";
import type { DispatchError, DispatchFailure, DispatchResult, DispatchSuccess } from "../../frame/types.ts";
import { resultOf, usedWeight } from "../nested-dispatch.ts";
import { ZERO_WEIGHT, addWeight } from "../system/limits.ts";
import { UtilityError, UtilityEvent } from "./events.ts";
import { AS_DERIVATIVE, IF_ELSE, batchWeight } from "./weights.ts";

/** FRAME derives it from its allocator: 32 MiB / 3 / 1 KiB per call. */
export const BATCHED_CALLS_LIMIT = 10_922;

interface Calls {
  readonly calls: readonly RuntimeCall[];
}
interface DispatchAs {
  readonly as_origin: OriginCaller;
  readonly call: RuntimeCall;
}

/** Stops at the first failure and keeps what was done before it; the call itself succeeds. */
export function batch(ctx: Context, origin: Origin, { calls }: Calls): DispatchResult {
  const refusal = refuseBatch(origin, calls);
  if (refusal !== undefined) return refusal;
  let weight = ZERO_WEIGHT;
  for (const [index, call] of calls.entries()) {
    const result = dispatchInner(ctx, call, origin);
    weight = addWeight(weight, usedWeight(ctx, call, result));
    if (!result.ok) {
      ctx.deposit(UtilityEvent, { type: "BatchInterrupted", value: { index, error: result.error } });
      return spent(batchWeight(index + 1), weight);
    }
    ctx.deposit(UtilityEvent, { type: "ItemCompleted" });
  }
  ctx.deposit(UtilityEvent, { type: "BatchCompleted" });
  return spent(batchWeight(calls.length), weight);
}

/** All or nothing: fails with the first failure. */
export function batchAll(ctx: Context, origin: Origin, { calls }: Calls): DispatchResult {
  const refusal = refuseBatch(origin, calls);
  if (refusal !== undefined) return refusal;
  const inner = withoutBatchAll(origin);
  let weight = ZERO_WEIGHT;
  for (const [index, call] of calls.entries()) {
    const result = dispatchInner(ctx, call, inner);
    weight = addWeight(weight, usedWeight(ctx, call, result));
    if (!result.ok) return { ok: false, error: result.error, post: { actual_weight: addWeight(batchWeight(index + 1), weight) } };
    ctx.deposit(UtilityEvent, { type: "ItemCompleted" });
  }
  ctx.deposit(UtilityEvent, { type: "BatchCompleted" });
  return spent(batchWeight(calls.length), weight);
}

/** Goes on after failures. */
export function forceBatch(ctx: Context, origin: Origin, { calls }: Calls): DispatchResult {
  const refusal = refuseBatch(origin, calls);
  if (refusal !== undefined) return refusal;
  let weight = ZERO_WEIGHT;
  let failed = false;
  for (const call of calls) {
    const result = dispatchInner(ctx, call, origin);
    weight = addWeight(weight, usedWeight(ctx, call, result));
    failed ||= !result.ok;
    ctx.deposit(UtilityEvent, result.ok ? { type: "ItemCompleted" } : { type: "ItemFailed", value: { error: result.error } });
  }
  ctx.deposit(UtilityEvent, { type: failed ? "BatchCompletedWithErrors" : "BatchCompleted" });
  return spent(batchWeight(calls.length), weight);
}

export function asDerivative(
  ctx: Context,
  origin: Origin,
  { index, call }: { readonly index: number; readonly call: RuntimeCall },
): DispatchResult {
  const who = ensureSigned(origin);
  if (!who.ok) return who;
  // The filter stays: a pseudonym must not free a proxy of its limits.
  const pseudonym: Origin = { ...origin, caller: signed(derivativeAccountId(who.value, index)).caller };
  const result = ctx.dispatch(call, pseudonym);
  const post = { actual_weight: addWeight(AS_DERIVATIVE, usedWeight(ctx, call, result)) };
  return result.ok ? { ok: true, value: post } : { ok: false, error: result.error, post };
}

export function dispatchAs(ctx: Context, origin: Origin, { as_origin, call }: DispatchAs): DispatchResult {
  const root = ensureRoot(origin);
  if (!root.ok) return root;
  const result = ctx.dispatchUnfiltered(call, { caller: as_origin });
  ctx.deposit(UtilityEvent, { type: "DispatchedAs", value: { result: resultOf(result) } });
  return SUCCESS;
}

export function dispatchAsFallible(ctx: Context, origin: Origin, { as_origin, call }: DispatchAs): DispatchResult {
  const root = ensureRoot(origin);
  if (!root.ok) return root;
  const result = ctx.dispatchUnfiltered(call, { caller: as_origin });
  if (!result.ok) return failWith(result.error);
  ctx.deposit(UtilityEvent, { type: "DispatchedAs", value: { result: done } });
  return SUCCESS;
}

export function withWeight(ctx: Context, origin: Origin, { call }: { readonly call: RuntimeCall }): DispatchResult {
  const root = ensureRoot(origin);
  if (!root.ok) return root;
  const result = ctx.dispatchUnfiltered(call, origin);
  return result.ok ? SUCCESS : failWith(result.error);
}

export function ifElse(
  ctx: Context,
  origin: Origin,
  { main, fallback }: { readonly main: RuntimeCall; readonly fallback: RuntimeCall },
): DispatchResult {
  if (ensureNone(origin).ok) return failWith({ type: "BadOrigin" });
  const first = dispatchInner(ctx, main, origin);
  const mainWeight = addWeight(IF_ELSE, usedWeight(ctx, main, first));
  if (first.ok) {
    ctx.deposit(UtilityEvent, { type: "IfElseMainSuccess" });
    return { ok: true, value: { actual_weight: mainWeight } };
  }
  const second = dispatchInner(ctx, fallback, origin);
  const post = { actual_weight: addWeight(mainWeight, usedWeight(ctx, fallback, second)) };
  if (!second.ok) return { ok: false, error: second.error, post };
  ctx.deposit(UtilityEvent, { type: "IfElseFallbackCalled", value: { main_error: first.error } });
  return { ok: true, value: post };
}

/** The account behind `as_derivative`: one of 2^16 pseudonyms of `who`. */
export function derivativeAccountId(who: AccountId, index: number): AccountId {
  return AccountId(blake2b256(concatBytes(utf8("modlpy/utilisuba"), who, encode(u16, index))));
}

function refuseBatch(origin: Origin, calls: readonly RuntimeCall[]): DispatchFailure | undefined {
  if (ensureNone(origin).ok) return failWith({ type: "BadOrigin" });
  return calls.length > BATCHED_CALLS_LIMIT ? fail(UtilityError, "TooManyCalls") : undefined;
}

/** Root may call anything; everyone else passes the filter of their origin. */
function dispatchInner(ctx: Context, call: RuntimeCall, origin: Origin): DispatchResult<DispatchError> {
  return ensureRoot(origin).ok ? ctx.dispatchUnfiltered(call, origin) : ctx.dispatch(call, origin);
}

/** FRAME's rule: users may not nest `batch_all`, at any depth. */
function withoutBatchAll(origin: Origin): Origin {
  const isBatchAll = (call: RuntimeCall): boolean => call.type === "Utility" && call.value.type === "batch_all";
  return { ...origin, filter: (call) => (origin.filter?.(call) ?? true) && !isBatchAll(call) };
}

function spent(base: Weight, inner: Weight): DispatchSuccess {
  return { ok: true, value: { actual_weight: addWeight(base, inner) } };
}
