import { boundedVec } from "../../primitives/codec/index.ts";
import type { AnyTy } from "../../primitives/codec/index.ts";
import { AccountIdTy, BalanceTy } from "../../primitives/types.ts";
import { blake2_128Concat, storageMap, storageValue } from "../../frame/storage.ts";
import type { StorageItem } from "../../frame/storage.ts";
import type { OuterTypes } from "../../frame/pallet.ts";
import { AccountDataTy, EMPTY_DATA } from "../system/types.ts";
import { BalanceLockTy, ReasonIdTy, ReserveDataTy, idAmount } from "./types.ts";

const P = "Balances";

/** Locks, named reserves and freezes that one account may have. */
export const MAX_LOCKS = 50;
export const MAX_RESERVES = 50;
export const MAX_FREEZES = 50;
/** Hold reasons that one account may have; the runtime declares far fewer, and each stands at most once. */
export const MAX_HOLDS = 50;

const DEPRECATED = "See `https://github.com/paritytech/substrate/pull/12951/`";

/** Sum of free and reserved over all accounts, plus amounts that are on their way between two steps of one call. */
export const TotalIssuance = storageValue(P, "TotalIssuance", BalanceTy, { default: 0n, docs: "The total units issued in the system." });
export const InactiveIssuance = storageValue(P, "InactiveIssuance", BalanceTy, {
  default: 0n,
  docs: "The total units of outstanding deactivated balance in the system.",
});
/** Always empty: balances stand in System.Account. Declared because clients look for it. */
export const Account = storageMap(P, "Account", blake2_128Concat, AccountIdTy, AccountDataTy, {
  default: EMPTY_DATA,
  docs: "The Balances pallet example of storing the balance of an account.\n\nNOTE: This is only used in the case that this pallet is used to store balances.",
});
export const Locks = storageMap(
  P,
  "Locks",
  blake2_128Concat,
  AccountIdTy,
  boundedVec(BalanceLockTy, MAX_LOCKS, "bounded_collections::weak_bounded_vec::WeakBoundedVec"),
  {
    default: [],
    docs: `Any liquidity locks on some account balances.\nNOTE: Should only be accessed when setting, changing and freeing a lock.\n\nUse of locks is deprecated in favour of freezes. ${DEPRECATED}`,
  },
);
export const Reserves = storageMap(P, "Reserves", blake2_128Concat, AccountIdTy, boundedVec(ReserveDataTy, MAX_RESERVES), {
  default: [],
  docs: `Named reserves on some account balances.\n\nUse of reserves is deprecated in favour of holds. ${DEPRECATED}`,
});
/** Reasons stand as two bytes here; the pallet's declaration shows clients the outer enum, which has the same bytes. */
export const Holds = storageMap(P, "Holds", blake2_128Concat, AccountIdTy, boundedVec(idAmount(ReasonIdTy), MAX_HOLDS), {
  default: [],
  docs: "Holds on account balances.",
});
export const Freezes = storageMap(P, "Freezes", blake2_128Concat, AccountIdTy, boundedVec(idAmount(ReasonIdTy), MAX_FREEZES), {
  default: [],
  docs: "Freeze locks on account balances.",
});

/** All items, as clients see them: reasons under the runtime's own enums. */
export function storageItems(outer: OuterTypes): readonly { readonly item: StorageItem }[] {
  const shown = (item: StorageItem, valueType: AnyTy): { item: StorageItem } => ({ item: { ...item, valueType } });
  return [
    TotalIssuance,
    InactiveIssuance,
    Account,
    Locks,
    Reserves,
    shown(Holds.item, boundedVec(idAmount(outer.holdReason), MAX_HOLDS)),
    shown(Freezes.item, boundedVec(idAmount(outer.freezeReason), MAX_FREEZES)),
  ];
}
