import { bool, v } from "../../primitives/codec/index.ts";
import { AccountIdTy, HashTy } from "../../primitives/types.ts";
import { errors, events } from "../../frame/pallet.ts";
import { DispatchErrorTy, DispatchEventInfoTy } from "../../frame/types.ts";

export const SystemEvent = events("frame_system", {
  ExtrinsicSuccess: v(0, { dispatch_info: DispatchEventInfoTy }, "An extrinsic completed successfully."),
  ExtrinsicFailed: v(1, { dispatch_error: DispatchErrorTy, dispatch_info: DispatchEventInfoTy }, "An extrinsic failed."),
  CodeUpdated: v(2, "`:code` was updated."),
  NewAccount: v(3, { account: AccountIdTy }, "A new account was created."),
  KilledAccount: v(4, { account: AccountIdTy }, "An account was reaped."),
  Remarked: v(5, { sender: AccountIdTy, hash: HashTy }, "On on-chain remark happened."),
  UpgradeAuthorized: v(6, { code_hash: HashTy, check_version: bool }, "An upgrade was authorized."),
  RejectedInvalidAuthorizedUpgrade: v(7, { code_hash: HashTy, error: DispatchErrorTy }, "An invalid authorized upgrade was rejected while trying to apply it."),
});

export const SystemError = errors({
  InvalidSpecName: [0, "The name of specification does not match between the current runtime\nand the new runtime."],
  SpecVersionNeedsToIncrease: [1, "The specification version is not allowed to decrease between the current runtime\nand the new runtime."],
  FailedToExtractRuntimeVersion: [2, "Failed to extract the runtime version from the new runtime."],
  NonDefaultComposite: [3, "Suicide called when the account has non-default composite data."],
  NonZeroRefCount: [4, "There is a non-zero reference count preventing the account from being purged."],
  CallFiltered: [5, "The origin filter prevent the call to be dispatched."],
  MultiBlockMigrationsOngoing: [6, "A multi-block migration is ongoing and prevents the current code from being replaced."],
  NothingAuthorized: [7, "No upgrade authorized."],
  Unauthorized: [8, "The submitted code is not authorized."],
});
