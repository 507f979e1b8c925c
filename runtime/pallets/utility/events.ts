import { u32, v } from "../../primitives/codec/index.ts";
import { errors, events } from "../../frame/pallet.ts";
import { DispatchErrorTy } from "../../frame/types.ts";
import { DispatchResultTy } from "../nested-dispatch.ts";

export const UtilityEvent = events(
  "pallet_utility",
  {
    BatchInterrupted: v(
      0,
      { index: u32, error: DispatchErrorTy },
      "Batch of dispatches did not complete fully. Index of first failing dispatch given, as\nwell as the error.",
    ),
    BatchCompleted: v(1, "Batch of dispatches completed fully with no error."),
    BatchCompletedWithErrors: v(2, "Batch of dispatches completed but has errors."),
    ItemCompleted: v(3, "A single item within a Batch of dispatches has completed with no error."),
    ItemFailed: v(4, { error: DispatchErrorTy }, "A single item within a Batch of dispatches has completed with error."),
    DispatchedAs: v(5, { result: DispatchResultTy }, "A call was dispatched."),
    IfElseMainSuccess: v(6, "Main call was dispatched."),
    IfElseFallbackCalled: v(7, { main_error: DispatchErrorTy }, "The fallback call was dispatched."),
  },
  [],
);

export const UtilityError = errors({ TooManyCalls: [0, "Too many calls batched."] });
