import { u16, v, variant } from "../../primitives/codec/index.ts";
import { AccountIdTy, BalanceTy, BlockNumberTy, HashTy } from "../../primitives/types.ts";
import { errors, events } from "../../frame/pallet.ts";
import { DispatchResultTy } from "../nested-dispatch.ts";
import { ProxyTypeTy } from "./proxy-type.ts";

const DepositKindTy = variant("pallet_proxy::DepositKind", { Proxies: v(0), Announcements: v(1) });

export const ProxyEvent = events("pallet_proxy", {
  ProxyExecuted: v(0, { result: DispatchResultTy }, "A proxy was executed correctly, with the given."),
  PureCreated: v(
    1,
    { pure: AccountIdTy, who: AccountIdTy, proxy_type: ProxyTypeTy, disambiguation_index: u16 },
    "A pure account has been created by new proxy with given\ndisambiguation index and proxy type.",
  ),
  PureKilled: v(
    2,
    { pure: AccountIdTy, spawner: AccountIdTy, proxy_type: ProxyTypeTy, disambiguation_index: u16 },
    "A pure proxy was killed by its spawner.",
  ),
  Announced: v(3, { real: AccountIdTy, proxy: AccountIdTy, call_hash: HashTy }, "An announcement was placed to make a call in the future."),
  ProxyAdded: v(4, { delegator: AccountIdTy, delegatee: AccountIdTy, proxy_type: ProxyTypeTy, delay: BlockNumberTy }, "A proxy was added."),
  ProxyRemoved: v(
    5,
    { delegator: AccountIdTy, delegatee: AccountIdTy, proxy_type: ProxyTypeTy, delay: BlockNumberTy },
    "A proxy was removed.",
  ),
  DepositPoked: v(
    6,
    { who: AccountIdTy, kind: DepositKindTy, old_deposit: BalanceTy, new_deposit: BalanceTy },
    "A deposit stored for proxies or announcements was poked / updated.",
  ),
});

export const ProxyError = errors({
  TooMany: [0, "There are too many proxies registered or too many announcements pending."],
  NotFound: [1, "Proxy registration not found."],
  NotProxy: [2, "Sender is not a proxy of the account to be proxied."],
  Unproxyable: [3, "A call which is incompatible with the proxy type's filter was attempted."],
  Duplicate: [4, "Account is already a proxy."],
  NoPermission: [5, "Call may not be made by proxy because it may escalate its privileges."],
  Unannounced: [6, "Announcement, if made at all, was made too recently."],
  NoSelfProxy: [7, "Cannot add self as proxy."],
});
