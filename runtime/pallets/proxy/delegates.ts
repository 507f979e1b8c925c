// The list of an account's delegates, and its deposit.
import { blake2b256 } from "#hash";
import { compareBytes, concatBytes, equalBytes, utf8 } from "../../primitives/bytes.ts";
import { encode, u16, u32 } from "../../primitives/codec/index.ts";
import { done, ok } from "../../primitives/result.ts";
import { AccountId } from "../../primitives/types.ts";
import type { Balance } from "../../primitives/types.ts";
import type { Context } from "../../frame/context.ts";
import { SUCCESS, fail } from "../../frame/pallet.ts";
import type { State } from "../../frame/state.ts";
import type { DispatchResult, Outcome } from "../../frame/types.ts";
import { reserve, unreserve } from "../balances/reserve.ts";
import { ProxyError, ProxyEvent } from "./events.ts";
import { ProxyTypeTy } from "./proxy-type.ts";
import type { ProxyType } from "./proxy-type.ts";
import { MAX_PROXIES, PROXY_DEPOSIT_BASE, PROXY_DEPOSIT_FACTOR, Proxies } from "./storage.ts";
import type { ProxyDefinition } from "./storage.ts";

/** The order in which delegates are kept: account, type, delay. */
export function compareDefinitions(a: ProxyDefinition, b: ProxyDefinition): number {
  const byAccount = compareBytes(a.delegate, b.delegate);
  if (byAccount !== 0) return byAccount;
  const byType = encode(ProxyTypeTy, a.proxy_type)[0]! - encode(ProxyTypeTy, b.proxy_type)[0]!;
  return byType !== 0 ? byType : a.delay - b.delay;
}

/** The first registration of `delegate` for `real`, of the forced type when one is given. */
export function findProxy(state: State, real: AccountId, delegate: AccountId, forced: ProxyType | undefined): Outcome<ProxyDefinition> {
  const [definitions] = Proxies.get(state, real);
  const found = definitions.find(
    (each) => equalBytes(each.delegate, delegate) && (forced === undefined || each.proxy_type.type === forced.type),
  );
  return found === undefined ? fail(ProxyError, "NotProxy") : ok(found);
}

export function addDelegate(ctx: Context, delegator: AccountId, added: ProxyDefinition): DispatchResult {
  if (equalBytes(delegator, added.delegate)) return fail(ProxyError, "NoSelfProxy");
  const [definitions, paid] = Proxies.get(ctx.state, delegator);
  if (definitions.some((each) => compareDefinitions(each, added) === 0)) return fail(ProxyError, "Duplicate");
  if (definitions.length >= MAX_PROXIES) return fail(ProxyError, "TooMany");
  const due = proxyDeposit(definitions.length + 1);
  const adjusted = adjustDeposit(ctx, delegator, paid, due);
  if (!adjusted.ok) return adjusted;
  Proxies.set(ctx.state, delegator, [[...definitions, added].sort(compareDefinitions), due]);
  ctx.deposit(ProxyEvent, { type: "ProxyAdded", value: eventOf(delegator, added) });
  return SUCCESS;
}

export function removeDelegate(ctx: Context, delegator: AccountId, removed: ProxyDefinition): DispatchResult {
  const [definitions, paid] = Proxies.get(ctx.state, delegator);
  const rest = definitions.filter((each) => compareDefinitions(each, removed) !== 0);
  if (rest.length === definitions.length) return fail(ProxyError, "NotFound");
  const due = proxyDeposit(rest.length);
  const adjusted = adjustDeposit(ctx, delegator, paid, due);
  if (!adjusted.ok) return adjusted;
  if (rest.length === 0) Proxies.remove(ctx.state, delegator);
  else Proxies.set(ctx.state, delegator, [rest, due]);
  ctx.deposit(ProxyEvent, { type: "ProxyRemoved", value: eventOf(delegator, removed) });
  return SUCCESS;
}

export function proxyDeposit(count: number): Balance {
  return count === 0 ? 0n : PROXY_DEPOSIT_BASE + PROXY_DEPOSIT_FACTOR * BigInt(count);
}

/** Reserves or returns the difference. */
export function adjustDeposit(ctx: Context, who: AccountId, paid: Balance, due: Balance): Outcome {
  if (due > paid) return reserve(ctx, who, due - paid);
  if (due < paid) unreserve(ctx, who, paid - due);
  return done;
}

/** The account without a key that `spawner` made at this place in the chain. */
export function pureAccountId(spawner: AccountId, type: ProxyType, index: number, height: number, extrinsicIndex: number): AccountId {
  const entropy = [
    utf8("modlpy/proxy____"),
    spawner,
    encode(u32, height),
    encode(u32, extrinsicIndex),
    encode(ProxyTypeTy, type),
    encode(u16, index),
  ];
  return AccountId(blake2b256(concatBytes(...entropy)));
}

function eventOf(delegator: AccountId, { delegate, proxy_type, delay }: ProxyDefinition) {
  return { delegator, delegatee: delegate, proxy_type, delay };
}
