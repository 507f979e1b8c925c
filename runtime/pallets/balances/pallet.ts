import { fixedBytes, u128, u32 } from "../../primitives/codec/index.ts";
import { BalanceTy } from "../../primitives/types.ts";
import { constant } from "../../frame/pallet.ts";
import type { OuterTypes, PalletDef } from "../../frame/pallet.ts";
import { balancesCalls } from "./calls.ts";
import { BalancesError, BalancesEvent } from "./events.ts";
import { checkState } from "./invariants.ts";
import { MAX_FREEZES, MAX_LOCKS, MAX_RESERVES, storageItems } from "./storage.ts";

const DEPRECATED = "See `https://github.com/paritytech/substrate/pull/12951/`";

/** The native token: who has how much, and what of it is free, reserved, held or frozen. Amounts stand in System.Account. */
export function balances(outer: OuterTypes): PalletDef {
  return {
    name: "Balances",
    crate: "pallet_balances",
    typeParams: ["T", "I"],
    storage: storageItems(outer),
    calls: balancesCalls,
    events: BalancesEvent,
    errors: BalancesError,
    constants: {
      ExistentialDeposit: constant(
        BalanceTy,
        (params) => params.existential_deposit,
        "The minimum amount required to keep an account open. MUST BE GREATER THAN ZERO!",
      ),
      MaxLocks: constant(u32, MAX_LOCKS, `The maximum number of locks that should exist on an account.\nNot strictly enforced, but used for weight estimation.\n\nUse of locks is deprecated in favour of freezes. ${DEPRECATED}`),
      MaxReserves: constant(u32, MAX_RESERVES, `The maximum number of named reserves that can exist on an account.\n\nUse of reserves is deprecated in favour of holds. ${DEPRECATED}`),
      MaxFreezes: constant(u32, MAX_FREEZES, "The maximum number of individual freeze locks that can exist on an account at any time."),
    },
    associatedTypes: { RuntimeHoldReason: outer.holdReason, Balance: u128, ReserveIdentifier: fixedBytes(8), FreezeIdentifier: outer.freezeReason },
    checkState,
  };
}
