import { toHex, toLatin1 } from "../../primitives/bytes.ts";
import { CodedError } from "../../primitives/errors.ts";
import type { AccountId, Balance } from "../../primitives/types.ts";
import type { State } from "../../frame/state.ts";
import { Account } from "../system/storage.ts";
import { EMPTY_DATA } from "../system/types.ts";
import { TotalIssuance } from "./storage.ts";
import { U128_MAX } from "./view.ts";

export interface GenesisBalance {
  readonly account: AccountId;
  /** Free balance, smallest unit. */
  readonly amount: Balance;
}

export class GenesisBalancesError extends CodedError<
  /** An amount is below the existential deposit: raise it or leave the account out. */
  | { readonly code: "GENESIS_BALANCE_BELOW_MINIMUM"; readonly account: string }
  /** An account stands twice: add the amounts up. */
  | { readonly code: "GENESIS_BALANCE_DUPLICATE"; readonly account: string }
  /** All amounts together do not fit into u128. */
  | { readonly code: "GENESIS_BALANCES_OVERFLOW"; readonly account: string }
> {}

function refuse(code: GenesisBalancesError["code"], account: AccountId, message: string): never {
  const hex = toHex(account);
  throw new GenesisBalancesError({ code, account: hex }, `genesis balance of ${hex}: ${message}`);
}

/** Gives each account its free balance and a provider, and sets the issuance. Throws GenesisBalancesError. */
export function genesisBalances(state: State, entries: readonly GenesisBalance[], existentialDeposit: Balance): void {
  const seen = new Set<string>();
  let total = TotalIssuance.get(state);
  for (const { account, amount } of entries) {
    if (amount < existentialDeposit) refuse("GENESIS_BALANCE_BELOW_MINIMUM", account, `${amount} is below the existential deposit ${existentialDeposit}`);
    if (seen.has(toLatin1(account))) refuse("GENESIS_BALANCE_DUPLICATE", account, "the account stands twice");
    seen.add(toLatin1(account));
    total += amount;
    if (total > U128_MAX) refuse("GENESIS_BALANCES_OVERFLOW", account, "the sum of all balances exceeds 2^128 - 1");
    const known = Account.get(state, account);
    Account.set(state, account, { ...known, providers: known.providers + 1, data: { ...EMPTY_DATA, free: amount } });
  }
  TotalIssuance.set(state, total);
}
