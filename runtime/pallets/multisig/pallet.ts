import { fixedBytes, option, u16, u32, vec } from "../../primitives/codec/index.ts";
import { AccountIdTy, BalanceTy, WeightTy } from "../../primitives/types.ts";
import type { Weight } from "../../primitives/types.ts";
import { call, constant } from "../../frame/pallet.ts";
import type { OuterTypes, PalletDef } from "../../frame/pallet.ts";
import { encodedSize, infoOf } from "../nested-dispatch.ts";
import { addWeight, exceeds } from "../system/limits.ts";
import { approveAsMulti, asMulti, asMultiThreshold1, cancelAsMulti, pokeDeposit } from "./calls.ts";
import { MultisigError, MultisigEvent } from "./events.ts";
import { checkState } from "./invariants.ts";
import { DEPOSIT_BASE, DEPOSIT_FACTOR, MAX_SIGNATORIES, Multisigs, TimepointTy } from "./types.ts";
import { APPROVE, CANCEL, COMPLETE, CREATE, POKE_DEPOSIT, THRESHOLD_1 } from "./weights.ts";

const others = vec(AccountIdTy);
const callHash = fixedBytes(32);
const approvalDocs =
  "Register approval for a dispatch to be made from a deterministic composite account if\napproved by a total of `threshold - 1` of `other_signatories`.";

function heavier(a: Weight, b: Weight): Weight {
  return exceeds(a, b) ? a : b;
}

/** Accounts that several signatories share: a call runs once enough of them have approved it. */
export function multisig(outer: OuterTypes): PalletDef {
  return {
    name: "Multisig",
    crate: "pallet_multisig",
    docs: "Multi-signature dispatch from an account that its signatories and a threshold define.",
    storage: [Multisigs],
    events: MultisigEvent,
    errors: MultisigError,
    constants: {
      DepositBase: constant(
        BalanceTy,
        DEPOSIT_BASE,
        "The base amount of currency needed to reserve for creating a multisig execution or to\nstore a dispatch call for later.",
      ),
      DepositFactor: constant(
        BalanceTy,
        DEPOSIT_FACTOR,
        "The amount of currency needed per unit threshold when creating a multisig execution.",
      ),
      MaxSignatories: constant(u32, MAX_SIGNATORIES, "The maximum amount of signatories allowed in the multisig."),
    },
    associatedTypes: { RuntimeCall: outer.call },
    calls: {
      as_multi_threshold_1: call(
        0,
        { other_signatories: others, call: outer.call },
        {
          docs: "Immediately dispatch a multi-signature call using a single approval from the caller.",
          weight: (args, view) => addWeight(THRESHOLD_1(args.other_signatories.length, 0), infoOf(view, args.call).weight),
          class: (args, view) => infoOf(view, args.call).class,
        },
        asMultiThreshold1,
      ),
      as_multi: call(
        1,
        { threshold: u16, other_signatories: others, maybe_timepoint: option(TimepointTy), call: outer.call, max_weight: WeightTy },
        {
          docs: `${approvalDocs}\n\nIf there are enough, then dispatch the call.`,
          weight: (args) => {
            const size = encodedSize(outer.call, args.call);
            const count = args.other_signatories.length;
            return addWeight(heavier(heavier(CREATE(count, size), APPROVE(count, size)), COMPLETE(count, size)), args.max_weight);
          },
        },
        (ctx, origin, args) => asMulti(ctx, origin, args, outer.call),
      ),
      approve_as_multi: call(
        2,
        { threshold: u16, other_signatories: others, maybe_timepoint: option(TimepointTy), call_hash: callHash, max_weight: WeightTy },
        {
          docs: approvalDocs,
          weight: ({ other_signatories: { length }, max_weight }) => addWeight(heavier(CREATE(length, 0), APPROVE(length, 0)), max_weight),
        },
        approveAsMulti,
      ),
      cancel_as_multi: call(
        3,
        { threshold: u16, other_signatories: others, timepoint: TimepointTy, call_hash: callHash },
        {
          docs: "Cancel a pre-existing, on-going multisig transaction. Any deposit reserved previously\nfor this operation will be unreserved on success.",
          weight: (args) => CANCEL(args.other_signatories.length, 0),
        },
        cancelAsMulti,
      ),
      poke_deposit: call(
        4,
        { threshold: u16, other_signatories: others, call_hash: callHash },
        {
          docs: "Poke the deposit reserved for an existing multisig operation.",
          weight: (args) => POKE_DEPOSIT(args.other_signatories.length, 0),
        },
        pokeDeposit,
      ),
    },
    checkState,
  };
}
