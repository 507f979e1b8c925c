import { fixedBytes, struct, u128, u8, v, variant, alias } from "../../primitives/codec/index.ts";
import type { AnyTy, Ty, TypeOf } from "../../primitives/codec/index.ts";
import { BalanceTy } from "../../primitives/types.ts";
import type { Balance } from "../../primitives/types.ts";

/** How far a withdrawal may go: kill the account, keep it unless something else keeps it alive, keep the existential deposit. */
export type Preservation = "Expendable" | "Protect" | "Preserve";
/** `Force` ignores freezes and locks: for slashes only. */
export type Fortitude = "Polite" | "Force";
/** `Exact` is refused where the whole amount is not there; `BestEffort` takes what there is. */
export type Precision = "Exact" | "BestEffort";
/** What moved funds become at their destination. */
export type Restriction = "Free" | "OnHold";

export const AdjustmentDirectionTy = variant("pallet_balances::types::AdjustmentDirection", { Increase: v(0), Decrease: v(1) });
export const BalanceStatusTy = variant("frame_support::traits::tokens::misc::BalanceStatus", { Free: v(0), Reserved: v(1) }, { typeName: "Status" });
export type BalanceStatus = "Free" | "Reserved";

/** 8 bytes that a pallet chooses for its lock or its named reserve. */
export const IdentifierTy = alias("LockIdentifier", fixedBytes(8)) as Ty<Uint8Array>;
/** What a lock keeps from: paying fees, everything else, or both. Kept for clients; the lock holds against everything. */
export const ReasonsTy = variant("pallet_balances::types::Reasons", { Fee: v(0), Misc: v(1), All: v(2) });
export type Reasons = "Fee" | "Misc" | "All";
export const BalanceLockTy = struct(
  "pallet_balances::types::BalanceLock",
  { id: IdentifierTy, amount: BalanceTy, reasons: ReasonsTy },
  { params: { Balance: u128 } },
);
export type BalanceLock = TypeOf<typeof BalanceLockTy>;
export const ReserveDataTy = struct(
  "pallet_balances::types::ReserveData",
  { id: fixedBytes(8), amount: BalanceTy },
  { params: { ReserveIdentifier: fixedBytes(8) as AnyTy, Balance: u128 } },
);
export type ReserveData = TypeOf<typeof ReserveDataTy>;

/**
 * Why funds are held or frozen: the pallet's index and the index of its reason, which is how the outer enum
 * `RuntimeHoldReason` (`RuntimeFreezeReason`) stands on the wire. A pallet makes its own with `holdReason`, once, as a constant.
 */
export interface ReasonId {
  readonly pallet: number;
  readonly reason: number;
}
export type HoldId = ReasonId;
export type FreezeId = ReasonId;
export const ReasonIdTy: Ty<ReasonId> = struct("pallet_balances::types::ReasonId", { pallet: u8, reason: u8 });

/** The indices of the pallet's line in the runtime and of the variant in its `holdReason` enum. */
export function holdReason(palletIndex: number, reasonIndex: number): HoldId {
  return { pallet: palletIndex, reason: reasonIndex };
}

/** As `holdReason`, of the pallet's `freezeReason` enum. */
export function freezeReason(palletIndex: number, reasonIndex: number): FreezeId {
  return { pallet: palletIndex, reason: reasonIndex };
}

export function sameReason(a: ReasonId, b: ReasonId): boolean {
  return a.pallet === b.pallet && a.reason === b.reason;
}

export function idAmount<Id>(id: Ty<Id>): Ty<{ readonly id: Id; readonly amount: Balance }> {
  return struct("frame_support::traits::tokens::misc::IdAmount", { id, amount: BalanceTy }, { params: { Id: id, Balance: u128 } });
}
export interface IdAmount {
  readonly id: ReasonId;
  readonly amount: Balance;
}

/** The same list with this reason's amount set; zero removes it, a new reason goes to the end. */
export function withAmount(list: readonly IdAmount[], id: ReasonId, amount: Balance): readonly IdAmount[] {
  const known = list.some((item) => sameReason(item.id, id));
  const next = known ? list.map((item) => (sameReason(item.id, id) ? { id, amount } : item)) : [...list, { id, amount }];
  return next.filter((item) => item.amount > 0n);
}

export function amountOf(list: readonly IdAmount[], id: ReasonId): Balance {
  return list.find((item) => sameReason(item.id, id))?.amount ?? 0n;
}
