import { toHex } from "../../primitives/bytes.ts";
import { InvariantError } from "../../primitives/errors.ts";
import type { Balance } from "../../primitives/types.ts";
import type { RuntimeParams } from "../../params.ts";
import type { State } from "../../frame/state.ts";
import { Account } from "../system/storage.ts";
import type { AccountInfo } from "../system/types.ts";
import { frozenBy } from "./freeze.ts";
import { Freezes, Holds, Locks, Reserves, TotalIssuance } from "./storage.ts";

const ACCOUNTS_CHECKED = 1_000_000;

function broken(code: string, who: Uint8Array, message: string): never {
  throw new InvariantError(code, `account ${toHex(who)}: ${message}`);
}

const sum = (list: readonly { readonly amount: Balance }[]): Balance => list.reduce((total, { amount }) => total + amount, 0n);

function checkReferences(who: Uint8Array, account: AccountInfo, minimum: Balance): void {
  const { free, reserved, frozen } = account.data;
  if (free >= minimum && account.providers === 0) broken("BALANCE_WITHOUT_PROVIDER", who, `${free} free and no provider`);
  if (free > 0n && free < minimum && reserved === 0n) broken("BALANCE_DUST", who, `${free} free is below the existential deposit ${minimum}`);
  if ((reserved > 0n || frozen > 0n) && account.consumers === 0) broken("BALANCE_WITHOUT_CONSUMER", who, "something is reserved or frozen and there is no consumer");
}

/**
 * Total issuance is the sum of free and reserved; frozen is the greatest lock or freeze; holds and named reserves fit into what is
 * reserved; accounts have the references that their balances call for. `force_adjust_total_issuance` alone may break the first.
 */
export function checkState(state: State, params: RuntimeParams): void {
  let total = 0n;
  for (const [who, account] of Account.entries(state, ACCOUNTS_CHECKED)) {
    const { free, reserved, frozen } = account.data;
    total += free + reserved;
    checkReferences(who, account, params.existential_deposit);
    const restricted = frozenBy(Locks.get(state, who), Freezes.get(state, who));
    if (frozen !== restricted) broken("BALANCE_FROZEN", who, `frozen is ${frozen}, locks and freezes ask for ${restricted}`);
    const bound = sum(Holds.get(state, who)) + sum(Reserves.get(state, who));
    if (bound > reserved) broken("BALANCE_HOLDS", who, `${bound} is held or reserved by name, but only ${reserved} is reserved`);
  }
  checkOwners(state);
  const issued = TotalIssuance.get(state);
  if (issued !== total) throw new InvariantError("TOTAL_ISSUANCE", `total issuance is ${issued}, accounts have ${total}`);
}

/** A list without an account, or an empty one, is a leak. */
function checkOwners(state: State): void {
  for (const map of [Locks, Reserves, Holds, Freezes]) {
    for (const [who, list] of map.entries(state, ACCOUNTS_CHECKED)) {
      if (!Account.exists(state, who)) broken("BALANCE_ORPHAN", who, `has ${map.item.name} but no account`);
      if (list.length === 0 || list.some(({ amount }) => amount === 0n)) broken("BALANCE_EMPTY_ENTRY", who, `has an empty entry in ${map.item.name}`);
    }
  }
}
