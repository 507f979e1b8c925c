import type { AccountId } from "../../primitives/types.ts";
import type { Context } from "../../frame/context.ts";
import { accountOf, incConsumers, incProviders } from "../system/account.ts";
import { Account } from "../system/storage.ts";
import { NEW_LOGIC_FLAG } from "../system/types.ts";
import { BalancesEvent } from "./events.ts";
import { TotalIssuance } from "./storage.ts";
import { existentialDeposit, maxBalance } from "./view.ts";

/**
 * Brings an account that was written without the new-logic flag (only root's raw storage writes can make one) under today's
 * reference rules. Returns whether it had to. An account without a provider gets one with the existential deposit, which is
 * issued so that the total stays right.
 */
export function ensureUpgraded(ctx: Context, who: AccountId): boolean {
  const { data, providers, sufficients } = accountOf(ctx.state, who);
  if ((data.flags & NEW_LOGIC_FLAG) !== 0n || (providers === 0 && sufficients === 0 && data.reserved === 0n)) return false;
  let free = data.free;
  if (data.reserved > 0n && data.frozen === 0n) {
    if (providers === 0) {
      free = maxBalance(free, existentialDeposit(ctx));
      TotalIssuance.set(ctx.state, TotalIssuance.get(ctx.state) + free - data.free);
      incProviders(ctx, who);
    }
    incConsumers(ctx, who); // at the limit of consumers others already keep the account alive
  }
  const account = accountOf(ctx.state, who);
  Account.set(ctx.state, who, { ...account, data: { ...data, free, flags: data.flags | NEW_LOGIC_FLAG } });
  ctx.deposit(BalancesEvent, { type: "Upgraded", value: { who } });
  return true;
}
