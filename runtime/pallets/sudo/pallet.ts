import { option, v } from "../../primitives/codec/index.ts";
import { equalBytes } from "../../primitives/bytes.ts";
import { InvariantError } from "../../primitives/errors.ts";
import { done } from "../../primitives/result.ts";
import { AccountIdTy, MultiAddressTy, WeightTy } from "../../primitives/types.ts";
import type { MultiAddress, Weight } from "../../primitives/types.ts";
import type { RuntimeParams } from "../../params.ts";
import type { Context } from "../../frame/context.ts";
import { ROOT, call, ensureRoot, ensureSigned, errors, events, fail, signed } from "../../frame/pallet.ts";
import type { CallView, Origin, OuterTypes, PalletDef, RuntimeCall } from "../../frame/pallet.ts";
import { storageValue } from "../../frame/storage.ts";
import type { State } from "../../frame/state.ts";
import type { DispatchClass, DispatchResult, DispatchSuccess, Outcome } from "../../frame/types.ts";
import { DispatchResultTy, infoOf, resultOf } from "../nested-dispatch.ts";
import { lookup } from "../system/lookup.ts";
import { MICROSECOND, addWeight, refTime } from "../system/limits.ts";

/** Absent where the chain has no sudo. */
export const Key = storageValue("Sudo", "Key", AccountIdTy, { docs: "The `AccountId` of the sudo key." });

export const SudoEvent = events("pallet_sudo", {
  Sudid: v(0, { sudo_result: DispatchResultTy }, "A sudo call just took place."),
  KeyChanged: v(1, { old: option(AccountIdTy), new: AccountIdTy }, "The sudo key has been updated."),
  KeyRemoved: v(2, "The key was permanently removed."),
  SudoAsDone: v(3, { sudo_result: DispatchResultTy }, "A [sudo_as](Pallet::sudo_as) call just took place."),
});

export const SudoError = errors({ RequireSudo: [0, "Sender must be the Sudo account."] });

const WEIGHTS = {
  sudo: refTime(15n * MICROSECOND),
  sudoAs: refTime(15n * MICROSECOND),
  setKey: refTime(20n * MICROSECOND),
  removeKey: refTime(15n * MICROSECOND),
};

/** The sudo user pays no fee for what succeeds. */
const FREE: DispatchSuccess = { ok: true, value: { pays_fee: "No" } };

interface Inner {
  readonly call: RuntimeCall;
}

function ensureSudo(ctx: Context, origin: Origin): Outcome {
  // A Live chain has no sudo, and not even governance may bring it back.
  if (!ctx.params.sudo_allowed) return fail(SudoError, "RequireSudo");
  if (ensureRoot(origin).ok) return done;
  const who = ensureSigned(origin);
  if (!who.ok) return who;
  const key = Key.get(ctx.state);
  return key !== undefined && equalBytes(key, who.value) ? done : fail(SudoError, "RequireSudo");
}

function sudoCall(ctx: Context, origin: Origin, args: Inner): DispatchResult {
  const allowed = ensureSudo(ctx, origin);
  if (!allowed.ok) return allowed;
  const result = ctx.dispatchUnfiltered(args.call, ROOT);
  ctx.deposit(SudoEvent, { type: "Sudid", value: { sudo_result: resultOf(result) } });
  return FREE;
}

function setKey(ctx: Context, origin: Origin, args: { readonly new: MultiAddress }): DispatchResult {
  const allowed = ensureSudo(ctx, origin);
  if (!allowed.ok) return allowed;
  const key = lookup(args.new);
  if (!key.ok) return key;
  ctx.deposit(SudoEvent, { type: "KeyChanged", value: { old: Key.get(ctx.state), new: key.value } });
  Key.set(ctx.state, key.value);
  return FREE;
}

function sudoAs(ctx: Context, origin: Origin, args: Inner & { readonly who: MultiAddress }): DispatchResult {
  const allowed = ensureSudo(ctx, origin);
  if (!allowed.ok) return allowed;
  const who = lookup(args.who);
  if (!who.ok) return who;
  const result = ctx.dispatchUnfiltered(args.call, signed(who.value));
  ctx.deposit(SudoEvent, { type: "SudoAsDone", value: { sudo_result: resultOf(result) } });
  return FREE;
}

function removeKey(ctx: Context, origin: Origin): DispatchResult {
  const allowed = ensureSudo(ctx, origin);
  if (!allowed.ok) return allowed;
  ctx.deposit(SudoEvent, { type: "KeyRemoved" });
  Key.remove(ctx.state);
  return FREE;
}

function around(base: Weight) {
  return {
    weight: (args: Inner, view: CallView): Weight => addWeight(base, infoOf(view, args.call).weight),
    class: (args: Inner, view: CallView): DispatchClass => infoOf(view, args.call).class,
  };
}

/** One key that may act as root: for development and for networks that are not live. */
export function sudo(outer: OuterTypes): PalletDef {
  return {
    name: "Sudo",
    crate: "pallet_sudo",
    docs: "One account, the sudo key, may dispatch calls that need the Root origin.",
    storage: [Key],
    events: SudoEvent,
    errors: SudoError,
    associatedTypes: { RuntimeCall: outer.call },
    calls: {
      sudo: call(
        0,
        { call: outer.call },
        { docs: "Authenticates the sudo key and dispatches a function call with `Root` origin.", ...around(WEIGHTS.sudo) },
        sudoCall,
      ),
      sudo_unchecked_weight: call(
        1,
        { call: outer.call, weight: WeightTy },
        {
          docs: "Authenticates the sudo key and dispatches a function call with `Root` origin.\nThis function does not check the weight of the call, and instead allows the\nSudo user to specify the weight of the call.",
          weight: (args) => args.weight,
          class: (args, view) => infoOf(view, args.call).class,
        },
        sudoCall,
      ),
      set_key: call(
        2,
        { new: MultiAddressTy },
        { docs: "Authenticates the current sudo key and sets the given AccountId (`new`) as the new sudo\nkey.", weight: WEIGHTS.setKey },
        setKey,
      ),
      sudo_as: call(
        3,
        { who: MultiAddressTy, call: outer.call },
        {
          docs: "Authenticates the sudo key and dispatches a function call with `Signed` origin from\na given account.",
          ...around(WEIGHTS.sudoAs),
        },
        sudoAs,
      ),
      remove_key: call(
        4,
        {},
        { docs: "Permanently removes the sudo key.\n\n**This cannot be un-done.**", weight: WEIGHTS.removeKey },
        removeKey,
      ),
    },
    checkState,
  };
}

function checkState(state: State, params: RuntimeParams): void {
  if (!params.sudo_allowed && Key.exists(state)) throw new InvariantError("SUDO_ON_LIVE_CHAIN", "a chain without sudo holds a sudo key");
}
