import { alias, bool, compact, option, u16, u32 } from "../../primitives/codec/index.ts";
import { BalanceTy, BlockNumberTy, HashTy, MultiAddressTy } from "../../primitives/types.ts";
import type { Weight } from "../../primitives/types.ts";
import { call, constant, viewFunction } from "../../frame/pallet.ts";
import type { CallView, OuterTypes, PalletDef, RuntimeCall } from "../../frame/pallet.ts";
import type { DispatchClass } from "../../frame/types.ts";
import { infoOf } from "../nested-dispatch.ts";
import { addWeight } from "../system/limits.ts";
import {
  addProxy,
  announce,
  createPure,
  killPure,
  pokeDeposit,
  proxy as proxyCall,
  proxyAnnounced,
  rejectAnnouncement,
  removeAnnouncement,
  removeProxies,
  removeProxy,
} from "./calls.ts";
import { ProxyError, ProxyEvent } from "./events.ts";
import { checkState } from "./invariants.ts";
import { ProxyTypeTy, allows, isSuperset } from "./proxy-type.ts";
import {
  ANNOUNCEMENT_DEPOSIT_BASE,
  ANNOUNCEMENT_DEPOSIT_FACTOR,
  Announcements,
  MAX_PENDING,
  MAX_PROXIES,
  PROXY_DEPOSIT_BASE,
  PROXY_DEPOSIT_FACTOR,
  Proxies,
} from "./storage.ts";
import * as weights from "./weights.ts";

// Under the names that FRAME's signatures have without spaces: a view function is called by a hash of them.
const viewedType = alias("T::ProxyType", ProxyTypeTy) as typeof ProxyTypeTy;
const viewedCall = (outer: OuterTypes): OuterTypes["call"] => alias("<TasConfig>::RuntimeCall", outer.call) as OuterTypes["call"];

const delegation = { delegate: MultiAddressTy, proxy_type: ProxyTypeTy, delay: BlockNumberTy };

function around(base: Weight) {
  return {
    weight: (args: { readonly call: RuntimeCall }, view: CallView): Weight => addWeight(base, infoOf(view, args.call).weight),
    class: (args: { readonly call: RuntimeCall }, view: CallView): DispatchClass => infoOf(view, args.call).class,
  };
}

/** Accounts that act for others, within a type of calls and after a delay if wanted; and accounts without a key. */
export function proxy(outer: OuterTypes): PalletDef {
  return {
    name: "Proxy",
    crate: "pallet_proxy",
    docs: "Accounts may give permission to other accounts to dispatch types of calls from their signed origin.",
    storage: [Proxies, Announcements],
    events: ProxyEvent,
    errors: ProxyError,
    constants: {
      ProxyDepositBase: constant(BalanceTy, PROXY_DEPOSIT_BASE, "The base amount of currency needed to reserve for creating a proxy."),
      ProxyDepositFactor: constant(BalanceTy, PROXY_DEPOSIT_FACTOR, "The amount of currency needed per proxy added."),
      MaxProxies: constant(u32, MAX_PROXIES, "The maximum amount of proxies allowed for a single account."),
      MaxPending: constant(u32, MAX_PENDING, "The maximum amount of time-delayed announcements that are allowed to be pending."),
      AnnouncementDepositBase: constant(
        BalanceTy,
        ANNOUNCEMENT_DEPOSIT_BASE,
        "The base amount of currency needed to reserve for creating an announcement.",
      ),
      AnnouncementDepositFactor: constant(BalanceTy, ANNOUNCEMENT_DEPOSIT_FACTOR, "The amount of currency needed per announcement made."),
    },
    associatedTypes: { RuntimeCall: outer.call, ProxyType: ProxyTypeTy },
    viewFunctions: {
      check_permissions: viewFunction(
        { call: viewedCall(outer), proxy_type: viewedType },
        bool,
        "Check if a `RuntimeCall` is allowed for a given `ProxyType`.",
        (_ctx, args) => allows(args.proxy_type, args.call),
      ),
      is_superset: viewFunction(
        { to_check: viewedType, against: viewedType },
        bool,
        "Check if one `ProxyType` is a subset of another `ProxyType`.",
        (_ctx, args) => isSuperset(args.to_check, args.against),
      ),
    },
    calls: {
      proxy: call(
        0,
        { real: MultiAddressTy, force_proxy_type: option(ProxyTypeTy), call: outer.call },
        {
          docs: "Dispatch the given `call` from an account that the sender is authorised for through\n`add_proxy`.",
          ...around(weights.PROXY),
        },
        proxyCall,
      ),
      add_proxy: call(
        1,
        delegation,
        { docs: "Register a proxy account for the sender that is able to make calls on its behalf.", weight: weights.ADD_PROXY },
        addProxy,
      ),
      remove_proxy: call(2, delegation, { docs: "Unregister a proxy account for the sender.", weight: weights.REMOVE_PROXY }, removeProxy),
      remove_proxies: call(
        3,
        {},
        {
          docs: "Unregister all proxy accounts for the sender.\n\nWARNING: This may be called on accounts created by `pure`, however if done, then\nthe unreserved fees will be inaccessible. **All access to this account will be lost.**",
          weight: weights.REMOVE_PROXIES,
        },
        removeProxies,
      ),
      create_pure: call(
        4,
        { proxy_type: ProxyTypeTy, delay: BlockNumberTy, index: u16 },
        {
          docs: "Spawn a fresh new account that is guaranteed to be otherwise inaccessible, and\ninitialize it with a proxy of `proxy_type` for `origin` sender.",
          weight: weights.CREATE_PURE,
        },
        createPure,
      ),
      kill_pure: call(
        5,
        { spawner: MultiAddressTy, proxy_type: ProxyTypeTy, index: u16, height: compact(BlockNumberTy), ext_index: compact(u32) },
        {
          docs: "Removes a previously spawned pure proxy.\n\nWARNING: **All access to this account will be lost.** Any funds held in it will be\ninaccessible.",
          weight: weights.KILL_PURE,
        },
        killPure,
      ),
      announce: call(
        6,
        { real: MultiAddressTy, call_hash: HashTy },
        { docs: "Publish the hash of a proxy-call that will be made in the future.", weight: weights.ANNOUNCE },
        announce,
      ),
      remove_announcement: call(
        7,
        { real: MultiAddressTy, call_hash: HashTy },
        { docs: "Remove a given announcement.", weight: weights.REMOVE_ANNOUNCEMENT },
        removeAnnouncement,
      ),
      reject_announcement: call(
        8,
        { delegate: MultiAddressTy, call_hash: HashTy },
        { docs: "Remove the given announcement of a delegate.", weight: weights.REMOVE_ANNOUNCEMENT },
        rejectAnnouncement,
      ),
      proxy_announced: call(
        9,
        { delegate: MultiAddressTy, real: MultiAddressTy, force_proxy_type: option(ProxyTypeTy), call: outer.call },
        {
          docs: "Dispatch the given `call` from an account that the sender is authorized for through\n`add_proxy`.\n\nRemoves any corresponding announcement(s).",
          ...around(weights.PROXY_ANNOUNCED),
        },
        (ctx, origin, args) => proxyAnnounced(ctx, origin, args, outer.call),
      ),
      poke_deposit: call(
        10,
        {},
        {
          docs: "Poke / Adjust deposits made for proxies and announcements based on current values.\nThis can be used by accounts to possibly lower their locked amount.",
          weight: weights.POKE_DEPOSIT,
        },
        pokeDeposit,
      ),
    },
    checkState,
  };
}
