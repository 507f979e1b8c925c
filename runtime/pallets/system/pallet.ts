import { struct, vec } from "../../primitives/codec/index.ts";
import type { AnyTy } from "../../primitives/codec/index.ts";
import { u16 } from "../../primitives/codec/index.ts";
import { AccountIdTy, BlakeTwo256Ty, BlockNumberTy, HashTy, NonceTy } from "../../primitives/types.ts";
import { constant } from "../../frame/pallet.ts";
import type { OuterTypes, PalletDef } from "../../frame/pallet.ts";
import { PhaseTy, RuntimeVersionTy } from "../../frame/types.ts";
import type { RuntimeVersion } from "../../frame/types.ts";
import { systemCalls } from "./calls.ts";
import { SystemError, SystemEvent } from "./events.ts";
import { checkState } from "./invariants.ts";
import { BLOCK_LENGTH, BLOCK_WEIGHTS } from "./limits.ts";
import * as storage from "./storage.ts";
import { AccountDataTy, BlockLengthTy, BlockWeightsTy, RuntimeDbWeightTy } from "./types.ts";

/** What every block has: its number, its digest, its events; and the accounts with their nonces and reference counts. */
export function system(outer: OuterTypes, version: () => RuntimeVersion): PalletDef {
  const eventRecord = struct("frame_system::EventRecord", { phase: PhaseTy, event: outer.event, topics: vec(HashTy) }, { params: { E: outer.event, T: HashTy } });
  const { Events, ...plain } = storage;
  return {
    name: "System",
    crate: "frame_system",
    storage: [...Object.values(plain), { item: { ...Events.item, valueType: vec(eventRecord) as AnyTy } }],
    calls: systemCalls,
    events: SystemEvent,
    errors: SystemError,
    constants: {
      BlockWeights: constant(BlockWeightsTy, BLOCK_WEIGHTS, "Block & extrinsics weights: base values and limits."),
      BlockLength: constant(BlockLengthTy, BLOCK_LENGTH, "The maximum length of a block (in bytes)."),
      BlockHashCount: constant(BlockNumberTy, (params) => params.block_hash_count, "Maximum number of block number to block hash mappings to keep (oldest pruned first)."),
      DbWeight: constant(RuntimeDbWeightTy, { read: 5_000_000n, write: 10_000_000n }, "The weight of runtime database operations the runtime can invoke."),
      Version: constant(RuntimeVersionTy, version, "Get the chain's in-code version."),
      SS58Prefix: constant(u16, (params) => params.ss58_prefix, "The designated SS58 prefix of this chain.\n\nThis replaces the \"ss58Format\" property declared in the chain spec."),
    },
    associatedTypes: { RuntimeCall: outer.call, Nonce: NonceTy, Hash: HashTy, Hashing: BlakeTwo256Ty as AnyTy, AccountId: AccountIdTy, AccountData: AccountDataTy },
    checkState,
  };
}

