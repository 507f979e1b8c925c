// Reference counting of accounts. A provider (a balance above the existential deposit) or a sufficient keeps an account alive;
// a consumer (a lock, a proxy list) keeps its last provider from being withdrawn.
import type { AccountId } from "../../primitives/types.ts";
import { done, err } from "../../primitives/result.ts";
import type { Result } from "../../primitives/result.ts";
import type { Context } from "../../frame/context.ts";
import type { State } from "../../frame/state.ts";
import type { DispatchError } from "../../frame/types.ts";
import { Account } from "./storage.ts";
import { SystemEvent } from "./events.ts";
import { EMPTY_DATA } from "./types.ts";
import type { AccountData, AccountInfo } from "./types.ts";

/** How many consumers an account may have; as in FRAME's example runtime and on Polkadot. */
export const MAX_CONSUMERS = 16;
const U32_MAX = 0xffff_ffff;

export function accountOf(state: State, who: AccountId): AccountInfo {
  return Account.get(state, who);
}

function put(state: State, who: AccountId, account: AccountInfo, change: Partial<AccountInfo>): void {
  Account.set(state, who, { ...account, ...change });
}

function isDead(account: AccountInfo): boolean {
  return account.providers === 0 && account.sufficients === 0;
}

/** Creates the account where it does not exist. Returns whether it did. */
export function incProviders(ctx: Context, who: AccountId): "Created" | "Existed" {
  const account = Account.get(ctx.state, who);
  const data = isDead(account) ? EMPTY_DATA : account.data;
  put(ctx.state, who, account, { providers: Math.min(account.providers + 1, U32_MAX), data });
  if (!isDead(account)) return "Existed";
  ctx.deposit(SystemEvent, { type: "NewAccount", value: { account: who } });
  return "Created";
}

/** Removes the account with its last reference; refused while it still has consumers. */
export function decProviders(ctx: Context, who: AccountId): Result<"Reaped" | "Exists", DispatchError> {
  const account = Account.get(ctx.state, who);
  if (account.providers > 1 || (account.consumers === 0 && account.sufficients > 0)) {
    put(ctx.state, who, account, { providers: Math.max(account.providers - 1, 0) });
    return { ok: true, value: "Exists" };
  }
  if (account.consumers > 0) return err({ type: "ConsumerRemaining" });
  reap(ctx, who);
  return { ok: true, value: "Reaped" };
}

export function incSufficients(ctx: Context, who: AccountId): void {
  const account = Account.get(ctx.state, who);
  const data = isDead(account) ? EMPTY_DATA : account.data;
  put(ctx.state, who, account, { sufficients: Math.min(account.sufficients + 1, U32_MAX), data });
  if (isDead(account)) ctx.deposit(SystemEvent, { type: "NewAccount", value: { account: who } });
}

export function decSufficients(ctx: Context, who: AccountId): "Reaped" | "Exists" {
  const account = Account.get(ctx.state, who);
  if (account.sufficients <= 1 && account.providers === 0) {
    reap(ctx, who);
    return "Reaped";
  }
  put(ctx.state, who, account, { sufficients: Math.max(account.sufficients - 1, 0) });
  return "Exists";
}

function reap(ctx: Context, who: AccountId): void {
  if (!Account.exists(ctx.state, who)) return;
  Account.remove(ctx.state, who);
  ctx.deposit(SystemEvent, { type: "KilledAccount", value: { account: who } });
}

export function incConsumers(ctx: Context, who: AccountId): Result<undefined, DispatchError> {
  const account = Account.get(ctx.state, who);
  if (account.providers === 0) return err({ type: "NoProviders" });
  if (account.consumers >= MAX_CONSUMERS) return err({ type: "TooManyConsumers" });
  put(ctx.state, who, account, { consumers: account.consumers + 1 });
  return done;
}

export function decConsumers(ctx: Context, who: AccountId): void {
  const account = Account.get(ctx.state, who);
  if (account.consumers > 0) put(ctx.state, who, account, { consumers: account.consumers - 1 });
}

/** True when the account could lose its last provider. */
export function canDecProvider(account: AccountInfo): boolean {
  return account.consumers === 0 || account.providers > 1;
}

export function canIncConsumer(account: AccountInfo): boolean {
  return account.providers > 0 && account.consumers < MAX_CONSUMERS;
}

export function setData(ctx: Context, who: AccountId, data: AccountData): void {
  put(ctx.state, who, Account.get(ctx.state, who), { data });
}

export function incNonce(ctx: Context, who: AccountId): void {
  const account = Account.get(ctx.state, who);
  put(ctx.state, who, account, { nonce: account.nonce + 1 });
}
