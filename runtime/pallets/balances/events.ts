import { v } from "../../primitives/codec/index.ts";
import { AccountIdTy, BalanceTy } from "../../primitives/types.ts";
import { errors, events } from "../../frame/pallet.ts";
import { BalanceStatusTy } from "./types.ts";

const whoAmount = { who: AccountIdTy, amount: BalanceTy };

export const BalancesEvent = events(
  "pallet_balances",
  {
    Endowed: v(0, { account: AccountIdTy, free_balance: BalanceTy }, "An account was created with some free balance."),
    DustLost: v(
      1,
      { account: AccountIdTy, amount: BalanceTy },
      "An account was removed whose balance was non-zero but below ExistentialDeposit,\nresulting in an outright loss.",
    ),
    Transfer: v(2, { from: AccountIdTy, to: AccountIdTy, amount: BalanceTy }, "Transfer succeeded."),
    BalanceSet: v(3, { who: AccountIdTy, free: BalanceTy }, "A balance was set by root."),
    Reserved: v(4, whoAmount, "Some balance was reserved (moved from free to reserved)."),
    Unreserved: v(5, whoAmount, "Some balance was unreserved (moved from reserved to free)."),
    ReserveRepatriated: v(
      6,
      { from: AccountIdTy, to: AccountIdTy, amount: BalanceTy, destination_status: BalanceStatusTy },
      "Some balance was moved from the reserve of the first account to the second account.\nFinal argument indicates the destination balance type.",
    ),
    Deposit: v(7, whoAmount, "Some amount was deposited (e.g. for transaction fees)."),
    Withdraw: v(8, whoAmount, "Some amount was withdrawn from the account (e.g. for transaction fees)."),
    Slashed: v(9, whoAmount, "Some amount was removed from the account (e.g. for misbehavior)."),
    Minted: v(10, whoAmount, "Some amount was minted into an account."),
    Burned: v(11, whoAmount, "Some amount was burned from an account."),
    Suspended: v(12, whoAmount, "Some amount was suspended from an account (it can be restored later)."),
    Restored: v(13, whoAmount, "Some amount was restored into an account."),
    Upgraded: v(14, { who: AccountIdTy }, "An account was upgraded."),
    Issued: v(15, { amount: BalanceTy }, "Total issuance was increased by `amount`, creating a credit to be balanced."),
    Rescinded: v(16, { amount: BalanceTy }, "Total issuance was decreased by `amount`, creating a debt to be balanced."),
    Locked: v(17, whoAmount, "Some balance was locked."),
    Unlocked: v(18, whoAmount, "Some balance was unlocked."),
    Frozen: v(19, whoAmount, "Some balance was frozen."),
    Thawed: v(20, whoAmount, "Some balance was thawed."),
    TotalIssuanceForced: v(21, { old: BalanceTy, new: BalanceTy }, "The `TotalIssuance` was forcefully changed."),
  },
  ["T", "I"],
);

export const BalancesError = errors({
  VestingBalance: [0, "Vesting balance too high to send value."],
  LiquidityRestrictions: [1, "Account liquidity restrictions prevent withdrawal."],
  InsufficientBalance: [2, "Balance too low to send value."],
  ExistentialDeposit: [3, "Value too low to create account due to existential deposit."],
  Expendability: [4, "Transfer/payment would kill account."],
  ExistingVestingSchedule: [5, "A vesting schedule already exists for this account."],
  DeadAccount: [6, "Beneficiary account must pre-exist."],
  TooManyReserves: [7, "Number of named reserves exceed `MaxReserves`."],
  TooManyHolds: [8, "Number of holds exceed `VariantCountOf<T::RuntimeHoldReason>`."],
  TooManyFreezes: [9, "Number of freezes exceed `MaxFreezes`."],
  IssuanceDeactivated: [10, "The issuance cannot be modified since it is already deactivated."],
  DeltaZero: [11, "The delta cannot be zero."],
});
