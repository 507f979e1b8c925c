import { newtype, option, struct, u128, u32, u64 } from "../../primitives/codec/index.ts";
import type { Ty, TypeOf } from "../../primitives/codec/index.ts";
import { BalanceTy, NonceTy, WeightTy } from "../../primitives/types.ts";
import type { Balance, Nonce } from "../../primitives/types.ts";

/** Balances of an account. `frozen` overlaps `free`: it is the part that may not leave. Smallest unit. */
export interface AccountData {
  readonly free: Balance;
  readonly reserved: Balance;
  readonly frozen: Balance;
  /** Bit 127: the account follows the new reserve logic; always set here. */
  readonly flags: bigint;
}
const ExtraFlags = newtype("pallet_balances::types::ExtraFlags", u128);
export const AccountDataTy: Ty<AccountData> = struct(
  "pallet_balances::types::AccountData",
  { free: BalanceTy, reserved: BalanceTy, frozen: BalanceTy, flags: ExtraFlags },
  { params: { Balance: u128 } },
);

/** An account. It exists while it has a provider or a sufficient; consumers keep it from being reaped. */
export interface AccountInfo {
  readonly nonce: Nonce;
  readonly consumers: number;
  readonly providers: number;
  readonly sufficients: number;
  readonly data: AccountData;
}

// Written by hand: every transfer decodes and encodes three of these, and the generic struct costs several times as much.
const fieldTypes = struct(
  "frame_system::AccountInfo",
  { nonce: NonceTy, consumers: u32, providers: u32, sufficients: u32, data: AccountDataTy },
  { params: { Nonce: u32, AccountData: AccountDataTy } },
);
export const AccountInfoTy: Ty<AccountInfo> = {
  ...fieldTypes,
  encodeTo(info, writer) {
    writer.u32(info.nonce);
    writer.u32(info.consumers);
    writer.u32(info.providers);
    writer.u32(info.sufficients);
    AccountDataTy.encodeTo(info.data, writer);
  },
  decodeFrom(reader) {
    return {
      nonce: reader.u32(),
      consumers: reader.u32(),
      providers: reader.u32(),
      sufficients: reader.u32(),
      data: { free: reader.u128(), reserved: reader.u128(), frozen: reader.u128(), flags: reader.u128() },
    };
  },
};

export const NEW_LOGIC_FLAG = 1n << 127n;
export const EMPTY_DATA: AccountData = { free: 0n, reserved: 0n, frozen: 0n, flags: NEW_LOGIC_FLAG };
/** What an absent account reads as. */
export const EMPTY_ACCOUNT: AccountInfo = { nonce: 0, consumers: 0, providers: 0, sufficients: 0, data: EMPTY_DATA };

function perDispatchClass<T>(type: Ty<T>): Ty<{ readonly normal: T; readonly operational: T; readonly mandatory: T }> {
  return struct("frame_support::dispatch::PerDispatchClass", { normal: type, operational: type, mandatory: type }, { params: { T: type } }) as never;
}
export const ConsumedWeightTy = perDispatchClass(WeightTy);
export type ConsumedWeight = TypeOf<typeof ConsumedWeightTy>;
const WeightsPerClassTy = struct("frame_system::limits::WeightsPerClass", {
  base_extrinsic: WeightTy,
  max_extrinsic: option(WeightTy),
  max_total: option(WeightTy),
  reserved: option(WeightTy),
});
export type WeightsPerClass = TypeOf<typeof WeightsPerClassTy>;
export const BlockWeightsTy = struct("frame_system::limits::BlockWeights", {
  base_block: WeightTy,
  max_block: WeightTy,
  per_class: perDispatchClass(WeightsPerClassTy as Ty<WeightsPerClass>),
});
export type BlockWeights = TypeOf<typeof BlockWeightsTy>;
export const BlockLengthTy = struct("frame_system::limits::BlockLength", { max: perDispatchClass(u32) });
export const RuntimeDbWeightTy = struct("sp_weights::RuntimeDbWeight", { read: u64, write: u64 });

