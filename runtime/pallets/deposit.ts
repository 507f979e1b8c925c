import type { Balance } from "../primitives/types.ts";

/**
 * What every node keeps for good is paid for by a deposit, returned when the data goes.
 * A stored byte costs six times the fee of a transmitted one (10^6), since nothing ever prunes it. An item costs as much as 2,500 bytes:
 * about five trie nodes of 500 bytes on the way to its key, which each write of it makes anew.
 */
const PER_BYTE: Balance = 6_000_000n;
const PER_ITEM: Balance = 2_500n * PER_BYTE;

/** The deposit for `items` storage entries that hold `bytes` bytes of keys and values together. */
export function deposit(items: number, bytes: number): Balance {
  return BigInt(items) * PER_ITEM + BigInt(bytes) * PER_BYTE;
}
