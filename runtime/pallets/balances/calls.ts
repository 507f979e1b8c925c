import { bool, compact, vec } from "../../primitives/codec/index.ts";
import { AccountIdTy, BalanceTy, MultiAddressTy } from "../../primitives/types.ts";
import { SUCCESS, call, ensureRoot, ensureSigned, fail } from "../../frame/pallet.ts";
import type { DispatchResult, Outcome } from "../../frame/types.ts";
import { lookup } from "../system/lookup.ts";
import { burnFrom, forceBalance } from "./credit.ts";
import { BalancesError, BalancesEvent } from "./events.ts";
import { unreserve } from "./reserve.ts";
import { InactiveIssuance, TotalIssuance } from "./storage.ts";
import { transfer } from "./transfer.ts";
import { AdjustmentDirectionTy } from "./types.ts";
import { ensureUpgraded } from "./upgrade.ts";
import { U128_MAX, minBalance, reducibleBalance, saturatingSub } from "./view.ts";
import { balancesWeight } from "./weights.ts";

const CompactBalance = compact(BalanceTy);

function finish(outcome: Outcome<unknown>): DispatchResult {
  return outcome.ok ? SUCCESS : outcome;
}

const transfer_allow_death = call(
  0,
  { dest: MultiAddressTy, value: CompactBalance },
  {
    docs: "Transfer some liquid free balance to another account.\n\n`transfer_allow_death` will set the `FreeBalance` of the sender and receiver.\nIf the sender's account is below the existential deposit as a result\nof the transfer, the account will be reaped.\n\nThe dispatch origin for this call must be `Signed` by the transactor.",
    weight: balancesWeight.transferAllowDeath,
  },
  (ctx, origin, { dest, value }) => {
    const who = ensureSigned(origin);
    if (!who.ok) return who;
    const to = lookup(dest);
    return to.ok ? finish(transfer(ctx, who.value, to.value, value, "Expendable")) : to;
  },
);

const force_transfer = call(
  2,
  { source: MultiAddressTy, dest: MultiAddressTy, value: CompactBalance },
  {
    docs: "Exactly as `transfer_allow_death`, except the origin must be root and the source account\nmay be specified.",
    weight: balancesWeight.forceTransfer,
  },
  (ctx, origin, { source, dest, value }) => {
    const root = ensureRoot(origin);
    if (!root.ok) return root;
    const from = lookup(source);
    if (!from.ok) return from;
    const to = lookup(dest);
    return to.ok ? finish(transfer(ctx, from.value, to.value, value, "Expendable")) : to;
  },
);

const transfer_keep_alive = call(
  3,
  { dest: MultiAddressTy, value: CompactBalance },
  {
    docs: "Same as the [`transfer_allow_death`] call, but with a check that the transfer will not\nkill the origin account.\n\n99% of the time you want [`transfer_allow_death`] instead.\n\n[`transfer_allow_death`]: struct.Pallet.html#method.transfer",
    weight: balancesWeight.transferKeepAlive,
  },
  (ctx, origin, { dest, value }) => {
    const who = ensureSigned(origin);
    if (!who.ok) return who;
    const to = lookup(dest);
    return to.ok ? finish(transfer(ctx, who.value, to.value, value, "Preserve")) : to;
  },
);

const transfer_all = call(
  4,
  { dest: MultiAddressTy, keep_alive: bool },
  {
    docs: "Transfer the entire transferable balance from the caller account.\n\nNOTE: This function only attempts to transfer _transferable_ balances. This means that\nany locked, reserved, or existential deposits (when `keep_alive` is `true`), will not be\ntransferred by this function. To ensure that this function results in a killed account,\nyou might need to prepare the account by removing any reference counters, storage\ndeposits, etc...\n\nThe dispatch origin of this call must be Signed.\n\n- `dest`: The recipient of the transfer.\n- `keep_alive`: A boolean to determine if the `transfer_all` operation should send all\n  of the funds the account has, causing the sender account to be killed (false), or\n  transfer everything except at least the existential deposit, which will guarantee to\n  keep the sender account alive (true).",
    weight: balancesWeight.transferAll,
  },
  (ctx, origin, { dest, keep_alive }) => {
    const who = ensureSigned(origin);
    if (!who.ok) return who;
    const preservation = keep_alive ? "Preserve" : "Expendable";
    const amount = reducibleBalance(ctx, who.value, preservation, "Polite");
    const to = lookup(dest);
    return to.ok ? finish(transfer(ctx, who.value, to.value, amount, preservation)) : to;
  },
);

const force_unreserve = call(
  5,
  { who: MultiAddressTy, amount: BalanceTy },
  { docs: "Unreserve some balance from a user by force.\n\nCan only be called by ROOT.", weight: balancesWeight.forceUnreserve },
  (ctx, origin, { who, amount }) => {
    const root = ensureRoot(origin);
    if (!root.ok) return root;
    const account = lookup(who);
    if (!account.ok) return account;
    unreserve(ctx, account.value, amount);
    return SUCCESS;
  },
);

const upgrade_accounts = call(
  6,
  { who: vec(AccountIdTy) },
  {
    docs: "Upgrade a specified account.\n\n- `origin`: Must be `Signed`.\n- `who`: The account to be upgraded.\n\nThis will waive the transaction fee if at least all but 10% of the accounts needed to\nbe upgraded. (We let some not have to be upgraded just in order to allow for the\npossibility of churn).",
    weight: ({ who }) => balancesWeight.upgradeAccounts(who.length),
  },
  (ctx, origin, { who }) => {
    const caller = ensureSigned(origin);
    if (!caller.ok) return caller;
    const upgraded = who.filter((account) => ensureUpgraded(ctx, account)).length;
    return { ok: true, value: { pays_fee: who.length > 0 && upgraded * 10 >= who.length * 9 ? "No" : "Yes" } };
  },
);

const force_set_balance = call(
  8,
  { who: MultiAddressTy, new_free: CompactBalance },
  { docs: "Set the regular balance of a given account.\n\nThe dispatch origin for this call is `root`.", weight: balancesWeight.forceSetBalance },
  (ctx, origin, { who, new_free }) => {
    const root = ensureRoot(origin);
    if (!root.ok) return root;
    const account = lookup(who);
    if (!account.ok) return account;
    const free = forceBalance(ctx, account.value, new_free);
    if (!free.ok) return free;
    ctx.deposit(BalancesEvent, { type: "BalanceSet", value: { who: account.value, free: free.value } });
    return SUCCESS;
  },
);

const force_adjust_total_issuance = call(
  9,
  { direction: AdjustmentDirectionTy, delta: CompactBalance },
  {
    docs: "Adjust the total issuance in a saturating way.\n\nCan only be called by root and always needs a positive `delta`.",
    weight: balancesWeight.forceAdjustTotalIssuance,
  },
  (ctx, origin, { direction, delta }) => {
    const root = ensureRoot(origin);
    if (!root.ok) return root;
    if (delta === 0n) return fail(BalancesError, "DeltaZero");
    const old = TotalIssuance.get(ctx.state);
    const adjusted = direction.type === "Increase" ? minBalance(old + delta, U128_MAX) : saturatingSub(old, delta);
    if (InactiveIssuance.get(ctx.state) > adjusted) return fail(BalancesError, "IssuanceDeactivated");
    TotalIssuance.set(ctx.state, adjusted);
    ctx.deposit(BalancesEvent, { type: "TotalIssuanceForced", value: { old, new: adjusted } });
    return SUCCESS;
  },
);

const burn = call(
  10,
  { value: CompactBalance, keep_alive: bool },
  {
    docs: "Burn the specified liquid free balance from the origin account.\n\nIf the origin's account ends up below the existential deposit as a result\nof the burn and `keep_alive` is false, the account will be reaped.\n\nUnlike sending funds to a _burn_ address, which merely makes the funds inaccessible,\nthis `burn` operation will reduce total issuance by the amount _burned_.",
    weight: balancesWeight.burn,
  },
  (ctx, origin, { value, keep_alive }) => {
    const who = ensureSigned(origin);
    if (!who.ok) return who;
    return finish(burnFrom(ctx, who.value, value, keep_alive ? "Preserve" : "Expendable", "Exact", "Polite"));
  },
);

export const balancesCalls = {
  transfer_allow_death,
  force_transfer,
  transfer_keep_alive,
  transfer_all,
  force_unreserve,
  upgrade_accounts,
  force_set_balance,
  force_adjust_total_issuance,
  burn,
} as const;
