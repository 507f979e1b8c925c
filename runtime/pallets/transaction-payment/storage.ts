import { v, variant } from "../../primitives/codec/index.ts";
import type { State } from "../../frame/state.ts";
import { storageValue } from "../../frame/storage.ts";
import { FIXED_ONE, FixedU128Ty } from "./fixed.ts";

const P = "TransactionPayment";

/** What the weight part of fees is multiplied with in the current block; set at the end of each block for the next. */
export const NextFeeMultiplier = storageValue(P, "NextFeeMultiplier", FixedU128Ty, { default: FIXED_ONE });

const ReleasesTy = variant("pallet_transaction_payment::Releases", { V1Ancient: v(0), V2: v(1) });
export const StorageVersion = storageValue(P, "StorageVersion", ReleasesTy, { default: { type: "V1Ancient" } });

/** A new chain starts with a multiplier of 1. */
export function genesisTransactionPayment(state: State): void {
  StorageVersion.set(state, { type: "V2" });
  NextFeeMultiplier.set(state, FIXED_ONE);
}
