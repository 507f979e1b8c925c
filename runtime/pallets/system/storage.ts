import { bool, bytes, opaque, tuple, u32, vec } from "../../primitives/codec/index.ts";
import { AccountIdTy, BlockNumberTy, DigestTy, HashTy, WeightTy, ZERO_HASH } from "../../primitives/types.ts";
import { blake2_128Concat, storageMap, storageValue, twox64Concat } from "../../frame/storage.ts";
import { CodeUpgradeAuthorizationTy, LastRuntimeUpgradeInfoTy, PhaseTy } from "../../frame/types.ts";
import { ZERO_WEIGHT } from "./limits.ts";
import { AccountInfoTy, ConsumedWeightTy, EMPTY_ACCOUNT } from "./types.ts";

const P = "System";

export const Account = storageMap(P, "Account", blake2_128Concat, AccountIdTy, AccountInfoTy, {
  default: EMPTY_ACCOUNT,
  docs: "The full account information for a particular account ID.",
});
export const ExtrinsicCount = storageValue(P, "ExtrinsicCount", u32, { docs: "Total extrinsics count for the current block." });
export const InherentsApplied = storageValue(P, "InherentsApplied", bool, { default: false, docs: "Whether all inherents have been applied." });
export const BlockWeight = storageValue(P, "BlockWeight", ConsumedWeightTy, {
  default: { normal: ZERO_WEIGHT, operational: ZERO_WEIGHT, mandatory: ZERO_WEIGHT },
  docs: "The current weight for the block.",
});
export const AllExtrinsicsLen = storageValue(P, "AllExtrinsicsLen", u32, { docs: "Total length (in bytes) for all extrinsics put together, for the current block." });
export const BlockHash = storageMap(P, "BlockHash", twox64Concat, BlockNumberTy, HashTy, { default: ZERO_HASH, docs: "Map of block numbers to block hashes." });
export const ExtrinsicData = storageMap(P, "ExtrinsicData", twox64Concat, u32, bytes, {
  default: new Uint8Array(0),
  docs: "Extrinsics data for the current block (maps an extrinsic's index to its data).",
});
export const Number = storageValue(P, "Number", BlockNumberTy, { default: 0, docs: "The current block number being processed. Set by `execute_block`." });
export const ParentHash = storageValue(P, "ParentHash", HashTy, { default: ZERO_HASH, docs: "Hash of the previous block." });
export const Digest = storageValue(P, "Digest", DigestTy, { default: { logs: [] }, docs: "Digest of the current block, also part of the block header." });
/** The encoded `Vec<EventRecord>`; the pallet's declaration shows clients its real type. */
export const Events = storageValue(P, "Events", opaque, {
  default: Uint8Array.of(0),
  docs: "Events deposited for the current block.\n\nNOTE: The item is unbound and should therefore never be read on chain.",
});
export const EventCount = storageValue(P, "EventCount", u32, { default: 0, docs: "The number of events in the `Events<T>` list." });
export const EventTopics = storageMap(P, "EventTopics", blake2_128Concat, HashTy, vec(tuple(BlockNumberTy, u32)), {
  default: [],
  docs: "Mapping between a topic (represented by T::Hash) and a vector of indexes\nof events in the `<Events<T>>` list.",
});
export const LastRuntimeUpgrade = storageValue(P, "LastRuntimeUpgrade", LastRuntimeUpgradeInfoTy, {
  docs: "Stores the `spec_version` and `spec_name` of when the last runtime upgrade happened.",
});
export const UpgradedToU32RefCount = storageValue(P, "UpgradedToU32RefCount", bool, { default: false, docs: "True if we have upgraded so that `type RefCount` is `u32`." });
export const UpgradedToTripleRefCount = storageValue(P, "UpgradedToTripleRefCount", bool, {
  default: false,
  docs: "True if we have upgraded so that AccountInfo contains three types of `RefCount`.",
});
export const ExecutionPhase = storageValue(P, "ExecutionPhase", PhaseTy, { docs: "The execution phase of the block." });
export const AuthorizedUpgrade = storageValue(P, "AuthorizedUpgrade", CodeUpgradeAuthorizationTy, { docs: "`Some` if a code upgrade has been authorized." });
export const ExtrinsicWeightReclaimed = storageValue(P, "ExtrinsicWeightReclaimed", WeightTy, {
  default: ZERO_WEIGHT,
  docs: "The weight reclaimed for the extrinsic.",
});
