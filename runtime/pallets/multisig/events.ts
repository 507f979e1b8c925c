import { v } from "../../primitives/codec/index.ts";
import { AccountIdTy, BalanceTy } from "../../primitives/types.ts";
import { errors, events } from "../../frame/pallet.ts";
import { DispatchResultTy } from "../nested-dispatch.ts";
import { CallHashTy, TimepointTy } from "./types.ts";

export const MultisigEvent = events("pallet_multisig", {
  NewMultisig: v(0, { approving: AccountIdTy, multisig: AccountIdTy, call_hash: CallHashTy }, "A new multisig operation has begun."),
  MultisigApproval: v(
    1,
    { approving: AccountIdTy, timepoint: TimepointTy, multisig: AccountIdTy, call_hash: CallHashTy },
    "A multisig operation has been approved by someone.",
  ),
  MultisigExecuted: v(
    2,
    { approving: AccountIdTy, timepoint: TimepointTy, multisig: AccountIdTy, call_hash: CallHashTy, result: DispatchResultTy },
    "A multisig operation has been executed.",
  ),
  MultisigCancelled: v(
    3,
    { cancelling: AccountIdTy, timepoint: TimepointTy, multisig: AccountIdTy, call_hash: CallHashTy },
    "A multisig operation has been cancelled.",
  ),
  DepositPoked: v(
    4,
    { who: AccountIdTy, call_hash: CallHashTy, old_deposit: BalanceTy, new_deposit: BalanceTy },
    "The deposit for a multisig operation has been updated/poked.",
  ),
});

export const MultisigError = errors({
  MinimumThreshold: [0, "Threshold must be 2 or greater."],
  AlreadyApproved: [1, "Call is already approved by this signatory."],
  NoApprovalsNeeded: [2, "Call doesn't need any (more) approvals."],
  TooFewSignatories: [3, "There are too few signatories in the list."],
  TooManySignatories: [4, "There are too many signatories in the list."],
  SignatoriesOutOfOrder: [5, "The signatories were provided out of order; they should be ordered."],
  SenderInSignatories: [6, "The sender was contained in the other signatories; it shouldn't be."],
  NotFound: [7, "Multisig operation not found in storage."],
  NotOwner: [8, "Only the account that originally created the multisig is able to cancel it or update\nits deposits."],
  NoTimepoint: [9, "No timepoint was given, yet the multisig operation is already underway."],
  WrongTimepoint: [10, "A different timepoint was given to the multisig operation that is underway."],
  UnexpectedTimepoint: [11, "A timepoint was given, yet no multisig operation is underway."],
  MaxWeightTooLow: [12, "The maximum weight information provided was too low."],
  AlreadyStored: [13, "The data to be stored is already stored."],
});
