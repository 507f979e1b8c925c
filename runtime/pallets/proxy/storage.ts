import { boundedVec, struct, tuple, u32 } from "../../primitives/codec/index.ts";
import type { TypeOf } from "../../primitives/codec/index.ts";
import { AccountIdTy, BalanceTy, BlockNumberTy, HashTy } from "../../primitives/types.ts";
import { storageMap, twox64Concat } from "../../frame/storage.ts";
import { deposit } from "../deposit.ts";
import { ProxyTypeTy } from "./proxy-type.ts";

export const MAX_PROXIES = 32;
export const MAX_PENDING = 32;
/** An entry under an account id (32 bytes) that holds a balance (16). */
export const PROXY_DEPOSIT_BASE = deposit(1, 48);
/** An account id, a type and a delay. */
export const PROXY_DEPOSIT_FACTOR = deposit(0, 37);
export const ANNOUNCEMENT_DEPOSIT_BASE = deposit(1, 48);
/** An account id, a hash and a block number. */
export const ANNOUNCEMENT_DEPOSIT_FACTOR = deposit(0, 68);

export const ProxyDefinitionTy = struct(
  "pallet_proxy::ProxyDefinition",
  { delegate: AccountIdTy, proxy_type: ProxyTypeTy, delay: BlockNumberTy },
  { params: { AccountId: AccountIdTy, ProxyType: ProxyTypeTy, BlockNumber: u32 } },
);
export type ProxyDefinition = TypeOf<typeof ProxyDefinitionTy>;

export const AnnouncementTy = struct(
  "pallet_proxy::Announcement",
  { real: AccountIdTy, call_hash: HashTy, height: BlockNumberTy },
  { params: { AccountId: AccountIdTy, Hash: HashTy, BlockNumber: u32 } },
);
/** A delegate's notice: the call with this hash may run `delay` blocks after `height`. */
export type Announcement = TypeOf<typeof AnnouncementTy>;

/** Delegates sorted by account, type and delay, and the deposit for them. */
export const Proxies = storageMap(
  "Proxy",
  "Proxies",
  twox64Concat,
  AccountIdTy,
  tuple(boundedVec(ProxyDefinitionTy, MAX_PROXIES), BalanceTy),
  {
    default: [[], 0n],
    docs: "The set of account proxies. Maps the account which has delegated to the accounts\nwhich are being delegated to, together with the amount held on deposit.",
  },
);

/** In the order in which they were made, and the deposit for them. */
export const Announcements = storageMap(
  "Proxy",
  "Announcements",
  twox64Concat,
  AccountIdTy,
  tuple(boundedVec(AnnouncementTy, MAX_PENDING), BalanceTy),
  {
    default: [[], 0n],
    docs: "The announcements made by the proxy (key).",
  },
);
