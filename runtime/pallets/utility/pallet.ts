import { u16, u32, vec } from "../../primitives/codec/index.ts";
import { WeightTy } from "../../primitives/types.ts";
import type { Weight } from "../../primitives/types.ts";
import { call, constant } from "../../frame/pallet.ts";
import type { CallView, OuterTypes, PalletDef, RuntimeCall } from "../../frame/pallet.ts";
import type { DispatchClass } from "../../frame/types.ts";
import { infoOf } from "../nested-dispatch.ts";
import { ZERO_WEIGHT, addWeight } from "../system/limits.ts";
import {
  BATCHED_CALLS_LIMIT,
  asDerivative,
  batch,
  batchAll,
  dispatchAs,
  dispatchAsFallible,
  forceBatch,
  ifElse,
  withWeight,
} from "./calls.ts";
import { UtilityError, UtilityEvent } from "./events.ts";
import { AS_DERIVATIVE, DISPATCH_AS, IF_ELSE, batchWeight } from "./weights.ts";

interface Batch {
  readonly calls: readonly RuntimeCall[];
}
interface Single {
  readonly call: RuntimeCall;
}

const batchCost = {
  weight: ({ calls }: Batch, view: CallView): Weight =>
    calls.reduce((sum, inner) => addWeight(sum, infoOf(view, inner).weight), addWeight(ZERO_WEIGHT, batchWeight(calls.length))),
  // Operational unless one inside is normal: FRAME's rule, also for an empty batch.
  class: ({ calls }: Batch, view: CallView): DispatchClass =>
    calls.some((inner) => infoOf(view, inner).class === "Normal") ? "Normal" : "Operational",
};

function singleCost(base: Weight) {
  return {
    weight: (args: Single, view: CallView): Weight => addWeight(base, infoOf(view, args.call).weight),
    class: (args: Single, view: CallView): DispatchClass => infoOf(view, args.call).class,
  };
}

/** Batches, pseudonyms and dispatch as another origin. Keeps no state. */
export function utility(outer: OuterTypes): PalletDef {
  return {
    name: "Utility",
    crate: "pallet_utility",
    docs: "A stateless pallet with helpers for dispatch management which does no re-authentication.",
    events: UtilityEvent,
    errors: UtilityError,
    constants: { batched_calls_limit: constant(u32, BATCHED_CALLS_LIMIT, "The limit on the number of batched calls.") },
    associatedTypes: { RuntimeCall: outer.call, PalletsOrigin: outer.originCaller },
    calls: {
      batch: call(
        0,
        { calls: vec(outer.call) },
        {
          docs: "Send a batch of dispatch calls.\n\nMay be called from any origin except `None`. Interrupted at the first failure: see the event `BatchInterrupted`.",
          ...batchCost,
        },
        batch,
      ),
      as_derivative: call(
        1,
        { index: u16, call: outer.call },
        {
          docs: "Send a call through an indexed pseudonym of the sender.\n\nFilter from origin are passed along.",
          ...singleCost(AS_DERIVATIVE),
        },
        asDerivative,
      ),
      batch_all: call(
        2,
        { calls: vec(outer.call) },
        {
          docs: "Send a batch of dispatch calls and atomically execute them.\nThe whole transaction will rollback and fail if any of the calls failed.",
          ...batchCost,
        },
        batchAll,
      ),
      dispatch_as: call(
        3,
        { as_origin: outer.originCaller, call: outer.call },
        {
          docs: "Dispatches a function call with a provided origin.\n\nThe dispatch origin for this call must be _Root_.",
          ...singleCost(DISPATCH_AS),
        },
        dispatchAs,
      ),
      force_batch: call(
        4,
        { calls: vec(outer.call) },
        { docs: "Send a batch of dispatch calls.\nUnlike `batch`, it allows errors and won't interrupt.", ...batchCost },
        forceBatch,
      ),
      with_weight: call(
        5,
        { call: outer.call, weight: WeightTy },
        {
          docs: "Dispatch a function call with a specified weight.\n\nThis function does not check the weight of the call, and instead allows the\nRoot origin to specify the weight of the call.",
          weight: (args) => args.weight,
          class: (args, view) => infoOf(view, args.call).class,
        },
        withWeight,
      ),
      if_else: call(
        6,
        { main: outer.call, fallback: outer.call },
        {
          docs: "Dispatch a fallback call in the event the main call fails to execute.\nMay be called from any origin except `None`.",
          weight: ({ main, fallback }, view) => addWeight(IF_ELSE, addWeight(infoOf(view, main).weight, infoOf(view, fallback).weight)),
          class: ({ main, fallback }, view) =>
            infoOf(view, main).class === infoOf(view, fallback).class ? infoOf(view, main).class : "Normal",
        },
        ifElse,
      ),
      dispatch_as_fallible: call(
        7,
        { as_origin: outer.originCaller, call: outer.call },
        {
          docs: "Dispatches a function call with a provided origin.\n\nAlmost the same as [`Pallet::dispatch_as`] but forwards any error of the inner call.",
          ...singleCost(DISPATCH_AS),
        },
        dispatchAsFallible,
      ),
    },
  };
}
