import { bool, compact, u64 } from "../../primitives/codec/index.ts";
import { MomentTy } from "../../primitives/types.ts";
import { BlockRejected } from "../../frame/block-rejected.ts";
import { SUCCESS, call, constant, ensureNone, failWith } from "../../frame/pallet.ts";
import type { PalletDef } from "../../frame/pallet.ts";
import { storageValue } from "../../frame/storage.ts";
import { MICROSECOND, refTime } from "../system/limits.ts";

/** Unix time in ms of the current block. */
export const Now = storageValue("Timestamp", "Now", u64, { default: 0n, docs: "The current time for the current block." });
const DidUpdate = storageValue("Timestamp", "DidUpdate", bool, {
  default: false,
  docs: "Whether the timestamp has been updated in this block.\n\nThis value is updated to `true` upon successful submission of a timestamp by a node.\nIt is then checked at the end of each block execution in the `on_finalize` hook.",
});

// A refusal of this mandatory call makes the whole block invalid, as FRAME's assertions do.
const set = call(
  0,
  { now: compact(MomentTy) },
  {
    docs: "Set the current time.\n\nThis call should be invoked exactly once per block. It will panic at the finalization\nphase, if this call hasn't been invoked by that time.\n\nThe timestamp should be greater than the previous one by the amount specified by\n[`Config::MinimumPeriod`].\n\nThe dispatch origin for this call must be _None_.",
    weight: refTime(20n * MICROSECOND),
    class: "Mandatory",
  },
  (ctx, origin, { now }) => {
    const none = ensureNone(origin);
    if (!none.ok) return none;
    const previous = Now.get(ctx.state);
    const tooEarly = previous > 0n && now < previous + ctx.params.minimum_period;
    if (DidUpdate.get(ctx.state) || now === 0n || tooEarly) return failWith({ type: "Other" });
    Now.set(ctx.state, now);
    DidUpdate.set(ctx.state, true);
    return SUCCESS;
  },
);

/** The time of each block, put in by its author: strictly increasing, by at least `MinimumPeriod`. */
export const timestamp: PalletDef = {
  name: "Timestamp",
  crate: "pallet_timestamp",
  storage: [Now, DidUpdate],
  calls: { set },
  constants: {
    MinimumPeriod: constant(
      MomentTy,
      (params) => params.minimum_period,
      "The minimum period between blocks.\n\nBe aware that this is different to the *expected* period that the block production\napparatus provides. Your chosen consensus system will generally work with this to\ndetermine a sensible block time.",
    ),
  },
  associatedTypes: { Moment: MomentTy },
  inherent: {
    required: true,
    create: ({ timestampMs }) => ({ type: "set", value: { now: timestampMs } }),
    isInherent: (value) => value.type === "set",
  },
  hooks: {
    onFinalize(ctx) {
      if (!DidUpdate.get(ctx.state)) throw new BlockRejected("TIMESTAMP_MISSING", "a block must set its timestamp once");
      DidUpdate.remove(ctx.state);
    },
  },
};
