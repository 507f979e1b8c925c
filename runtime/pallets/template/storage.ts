// What the pallet keeps in the state. A value type is also its codec and its entry in the metadata.
import { boundedBytes, u32 } from "../../primitives/codec/index.ts";
import { AccountIdTy } from "../../primitives/types.ts";
import type { Balance } from "../../primitives/types.ts";
import { blake2_128Concat, storageMap, storageValue } from "../../frame/storage.ts";
import { holdReason } from "../balances/types.ts";
import { deposit } from "../deposit.ts";

/** Bytes. Every growing value needs such a bound: it limits what one call can cost. */
export const NOTE_LENGTH_MAX = 64;

/** An entry with a key of 32 bytes and a length of one or two. */
export const DEPOSIT_BASE = deposit(1, 34);
export const DEPOSIT_PER_BYTE = deposit(0, 1);

/** The pallet's index in `construct.ts`, and the index of its reason below in `pallet.ts`. */
export const NOTE_DEPOSIT = holdReason(63, 0);

/**
 * Key: twox128("Template") ++ twox128("Notes") ++ blake2_128_concat(AccountId). Value: the text's bytes.
 * Invariant: `Count` entries, each with its deposit held.
 */
// A concatenating hasher, so that an indexer can read the account back out of the key.
export const Notes = storageMap("Template", "Notes", blake2_128Concat, AccountIdTy, boundedBytes(NOTE_LENGTH_MAX), {
  docs: "The note of each account that has one.",
});

/** A map cannot be counted without walking it, so what is asked often is kept. */
export const Count = storageValue("Template", "Count", u32, { default: 0, docs: "How many notes there are." });

export function noteDeposit(length: number): Balance {
  return DEPOSIT_BASE + DEPOSIT_PER_BYTE * BigInt(length);
}
