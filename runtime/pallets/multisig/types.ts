import { blake2b256 } from "#hash";
import { compareBytes, concatBytes, utf8 } from "../../primitives/bytes.ts";
import { boundedVec, encode, fixedBytes, struct, u16, u32, vec, alias } from "../../primitives/codec/index.ts";
import type { Ty, TypeOf } from "../../primitives/codec/index.ts";
import { AccountId, AccountIdTy, BalanceTy, BlockNumberTy } from "../../primitives/types.ts";
import { blake2_128Concat, storageNMap, twox64Concat } from "../../frame/storage.ts";
import { deposit } from "../deposit.ts";

export const MAX_SIGNATORIES = 100;
/** One entry: the timepoint, the deposit, the depositor and the key. */
export const DEPOSIT_BASE = deposit(1, 88);
/** Each approval that the threshold asks for is one account in the entry. */
export const DEPOSIT_FACTOR = deposit(0, 32);

/** Where an operation began: it tells two operations with the same call apart. */
export const TimepointTy = struct("pallet_multisig::Timepoint", { height: BlockNumberTy, index: u32 }, { params: { BlockNumber: u32 } });
export type Timepoint = TypeOf<typeof TimepointTy>;

/** blake2b-256 of the encoded call. */
export const CallHashTy: Ty<Uint8Array> = alias("CallHash", fixedBytes(32) as Ty<Uint8Array>);

export const MultisigTy = struct(
  "pallet_multisig::Multisig",
  { when: TimepointTy, deposit: BalanceTy, depositor: AccountIdTy, approvals: boundedVec(AccountIdTy, MAX_SIGNATORIES) },
  { params: { BlockNumber: u32, Balance: BalanceTy, AccountId: AccountIdTy, MaxApprovals: undefined } },
);
/** An open operation. `approvals` is sorted by bytes. */
export type Multisig = TypeOf<typeof MultisigTy>;

// Both keys are hashes, so nobody can choose them to collide.
export const Multisigs = storageNMap(
  "Multisig",
  "Multisigs",
  [
    [twox64Concat, AccountIdTy],
    [blake2_128Concat, fixedBytes(32)],
  ],
  MultisigTy,
  {
    docs: "The set of open multisig operations.",
  },
);

const SignatoriesTy = vec(AccountIdTy);

/** The account of a multisig. `signatories` must be sorted by bytes: another order names another account. */
export function multiAccountId(signatories: readonly AccountId[], threshold: number): AccountId {
  return AccountId(blake2b256(concatBytes(utf8("modlpy/utilisuba"), encode(SignatoriesTy, signatories), encode(u16, threshold))));
}

export function sameTimepoint(a: Timepoint, b: Timepoint): boolean {
  return a.height === b.height && a.index === b.index;
}

/** Where `who` stands in a sorted list, or would stand: `found` says which. */
export function search(sorted: readonly AccountId[], who: AccountId): { readonly found: boolean; readonly at: number } {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const order = compareBytes(sorted[middle]!, who);
    if (order === 0) return { found: true, at: middle };
    if (order < 0) low = middle + 1;
    else high = middle;
  }
  return { found: false, at: low };
}
