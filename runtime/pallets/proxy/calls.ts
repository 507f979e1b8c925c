import { blake2b256 } from "#hash";
import { equalBytes } from "../../primitives/bytes.ts";
import { encode } from "../../primitives/codec/index.ts";
import type { Ty } from "../../primitives/codec/index.ts";
import { ok } from "../../primitives/result.ts";
import type { AccountId, Balance, Hash, MultiAddress } from "../../primitives/types.ts";
import type { Context } from "../../frame/context.ts";
import { SUCCESS, ensureSigned, fail, signed } from "../../frame/pallet.ts";
import type { Origin, RuntimeCall } from "../../frame/pallet.ts";
import type { DispatchResult, Outcome } from "../../frame/types.ts";
import { reserve, unreserve } from "../balances/reserve.ts";
import { resultOf } from "../nested-dispatch.ts";
import { lookup } from "../system/lookup.ts";
import { addAnnouncement, announcementDeposit, dropAnnouncements, isAbout } from "./announcements.ts";
import { addDelegate, adjustDeposit, findProxy, proxyDeposit, pureAccountId, removeDelegate } from "./delegates.ts";
import { ProxyError, ProxyEvent } from "./events.ts";
import { allows, isSuperset } from "./proxy-type.ts";
import type { ProxyType } from "./proxy-type.ts";
import { Announcements, Proxies } from "./storage.ts";
import type { ProxyDefinition } from "./storage.ts";

interface Delegation {
  readonly delegate: MultiAddress;
  readonly proxy_type: ProxyType;
  readonly delay: number;
}
interface ProxyArgs {
  readonly real: MultiAddress;
  readonly force_proxy_type: ProxyType | undefined;
  readonly call: RuntimeCall;
}

export function proxy(ctx: Context, origin: Origin, args: ProxyArgs): DispatchResult {
  const parties = signerAnd(origin, args.real);
  if (!parties.ok) return parties;
  const { who, other: real } = parties.value;
  const definition = findProxy(ctx.state, real, who, args.force_proxy_type);
  if (!definition.ok) return definition;
  if (definition.value.delay > 0) return fail(ProxyError, "Unannounced");
  return dispatchAs(ctx, definition.value, real, args.call);
}

export function addProxy(ctx: Context, origin: Origin, args: Delegation): DispatchResult {
  const parties = signerAnd(origin, args.delegate);
  return parties.ok ? addDelegate(ctx, parties.value.who, { ...args, delegate: parties.value.other }) : parties;
}

export function removeProxy(ctx: Context, origin: Origin, args: Delegation): DispatchResult {
  const parties = signerAnd(origin, args.delegate);
  return parties.ok ? removeDelegate(ctx, parties.value.who, { ...args, delegate: parties.value.other }) : parties;
}

export function removeProxies(ctx: Context, origin: Origin): DispatchResult {
  const who = ensureSigned(origin);
  if (!who.ok) return who;
  const [, paid] = Proxies.get(ctx.state, who.value);
  Proxies.remove(ctx.state, who.value);
  unreserve(ctx, who.value, paid);
  return SUCCESS;
}

type CreatePure = { readonly proxy_type: ProxyType; readonly delay: number; readonly index: number };

export function createPure(ctx: Context, origin: Origin, { proxy_type, delay, index }: CreatePure): DispatchResult {
  const signer = ensureSigned(origin);
  if (!signer.ok) return signer;
  const who = signer.value;
  const pure = pureAccountId(who, proxy_type, index, ctx.blockNumber, ctx.extrinsicIndex);
  if (Proxies.exists(ctx.state, pure)) return fail(ProxyError, "Duplicate");
  const amount = proxyDeposit(1);
  const reserved = reserve(ctx, who, amount);
  if (!reserved.ok) return reserved;
  Proxies.set(ctx.state, pure, [[{ delegate: who, proxy_type, delay }], amount]);
  ctx.deposit(ProxyEvent, { type: "PureCreated", value: { pure, who, proxy_type, disambiguation_index: index } });
  return SUCCESS;
}

type KillPure = {
  readonly spawner: MultiAddress;
  readonly proxy_type: ProxyType;
  readonly index: number;
  readonly height: number;
  readonly ext_index: number;
};

export function killPure(ctx: Context, origin: Origin, args: KillPure): DispatchResult {
  const parties = signerAnd(origin, args.spawner);
  if (!parties.ok) return parties;
  const { who: pure, other: spawner } = parties.value;
  const { proxy_type, index } = args;
  if (!equalBytes(pureAccountId(spawner, proxy_type, index, args.height, args.ext_index), pure)) return fail(ProxyError, "NoPermission");
  const [, paid] = Proxies.get(ctx.state, pure);
  Proxies.remove(ctx.state, pure);
  unreserve(ctx, spawner, paid);
  ctx.deposit(ProxyEvent, { type: "PureKilled", value: { pure, spawner, proxy_type, disambiguation_index: index } });
  return SUCCESS;
}

export function announce(ctx: Context, origin: Origin, args: { readonly real: MultiAddress; readonly call_hash: Hash }): DispatchResult {
  const parties = signerAnd(origin, args.real);
  if (!parties.ok) return parties;
  const { who, other: real } = parties.value;
  const definition = findProxy(ctx.state, real, who, undefined);
  if (!definition.ok) return definition;
  const added = addAnnouncement(ctx, who, { real, call_hash: args.call_hash, height: ctx.blockNumber });
  if (!added.ok) return added;
  ctx.deposit(ProxyEvent, { type: "Announced", value: { real, proxy: who, call_hash: args.call_hash } });
  return SUCCESS;
}

export function removeAnnouncement(
  ctx: Context,
  origin: Origin,
  args: { readonly real: MultiAddress; readonly call_hash: Hash },
): DispatchResult {
  const parties = signerAnd(origin, args.real);
  if (!parties.ok) return parties;
  const dropped = dropAnnouncements(ctx, parties.value.who, (each) => isAbout(each, parties.value.other, args.call_hash));
  return dropped.ok ? SUCCESS : dropped;
}

export function rejectAnnouncement(
  ctx: Context,
  origin: Origin,
  args: { readonly delegate: MultiAddress; readonly call_hash: Hash },
): DispatchResult {
  const parties = signerAnd(origin, args.delegate);
  if (!parties.ok) return parties;
  const dropped = dropAnnouncements(ctx, parties.value.other, (each) => isAbout(each, parties.value.who, args.call_hash));
  return dropped.ok ? SUCCESS : dropped;
}

/** Anyone may send it: the announcement is the delegate's will, and its delay was the owner's time to object. */
export function proxyAnnounced(
  ctx: Context,
  origin: Origin,
  args: ProxyArgs & { readonly delegate: MultiAddress },
  callType: Ty<RuntimeCall>,
): DispatchResult {
  const who = ensureSigned(origin);
  if (!who.ok) return who;
  const delegate = lookup(args.delegate);
  if (!delegate.ok) return delegate;
  const real = lookup(args.real);
  if (!real.ok) return real;
  const definition = findProxy(ctx.state, real.value, delegate.value, args.force_proxy_type);
  if (!definition.ok) return definition;
  const callHash = blake2b256(encode(callType, args.call));
  const isDue = (height: number): boolean => ctx.blockNumber - height >= definition.value.delay;
  const dropped = dropAnnouncements(ctx, delegate.value, (each) => isAbout(each, real.value, callHash) && isDue(each.height));
  return dropped.ok ? dispatchAs(ctx, definition.value, real.value, args.call) : fail(ProxyError, "Unannounced");
}

/** Brings both deposits of the sender to today's constants; free when that changes one. */
export function pokeDeposit(ctx: Context, origin: Origin): DispatchResult {
  const signer = ensureSigned(origin);
  if (!signer.ok) return signer;
  const who = signer.value;
  const [definitions, forProxies] = Proxies.get(ctx.state, who);
  const proxies = poke(ctx, who, "Proxies", forProxies, proxyDeposit(definitions.length));
  if (!proxies.ok) return proxies;
  if (proxies.value) Proxies.set(ctx.state, who, [definitions, proxyDeposit(definitions.length)]);
  const [pending, forPending] = Announcements.get(ctx.state, who);
  const announcements = poke(ctx, who, "Announcements", forPending, announcementDeposit(pending.length));
  if (!announcements.ok) return announcements;
  if (announcements.value) Announcements.set(ctx.state, who, [pending, announcementDeposit(pending.length)]);
  return { ok: true, value: { pays_fee: proxies.value || announcements.value ? "No" : "Yes" } };
}

function poke(ctx: Context, who: AccountId, kind: "Proxies" | "Announcements", paid: Balance, due: Balance): Outcome<boolean> {
  if (paid === due) return ok(false);
  const adjusted = adjustDeposit(ctx, who, paid, due);
  if (!adjusted.ok) return adjusted;
  ctx.deposit(ProxyEvent, { type: "DepositPoked", value: { who, kind: { type: kind }, old_deposit: paid, new_deposit: due } });
  return ok(true);
}

/**
 * Runs the call as `real`, within what the definition allows; its failure is in the event, not in the result.
 * The sender's own filter ends here, as in FRAME: `real` is another account, which chose its delegate.
 */
function dispatchAs(ctx: Context, { proxy_type }: ProxyDefinition, real: AccountId, call: RuntimeCall): DispatchResult {
  const result = ctx.dispatch(call, { ...signed(real), filter: (inner) => mayMake(proxy_type, inner) });
  ctx.deposit(ProxyEvent, { type: "ProxyExecuted", value: { result: resultOf(result) } });
  return SUCCESS;
}

/** A delegate may not give away, or take away, more than it has itself. */
function mayMake(type: ProxyType, call: RuntimeCall): boolean {
  if (call.type === "Proxy") {
    const name = call.value.type;
    if ((name === "add_proxy" || name === "remove_proxy") && !isSuperset(type, call.value.value["proxy_type"] as ProxyType)) return false;
    if ((name === "remove_proxies" || name === "kill_pure") && type.type !== "Any") return false;
  }
  return allows(type, call);
}

function signerAnd(origin: Origin, address: MultiAddress): Outcome<{ readonly who: AccountId; readonly other: AccountId }> {
  const who = ensureSigned(origin);
  if (!who.ok) return who;
  const other = lookup(address);
  return other.ok ? ok({ who: who.value, other: other.value }) : other;
}
