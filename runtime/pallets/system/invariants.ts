import { InvariantError } from "../../primitives/errors.ts";
import { toHex } from "../../primitives/bytes.ts";
import type { State } from "../../frame/state.ts";
import { MAX_CONSUMERS } from "./account.ts";
import { Account } from "./storage.ts";

const ACCOUNTS_CHECKED = 1_000_000;

/** Every stored account has a reason to exist, and its counts are within bounds. */
export function checkState(state: State): void {
  for (const [who, account] of Account.entries(state, ACCOUNTS_CHECKED)) {
    if (account.providers === 0 && account.sufficients === 0 && (account.consumers > 0 || account.data.free > 0n || account.data.reserved > 0n)) {
      throw new InvariantError("ACCOUNT_WITHOUT_PROVIDER", `account ${toHex(who)} holds something but has neither provider nor sufficient`);
    }
    if (account.consumers > MAX_CONSUMERS) throw new InvariantError("ACCOUNT_CONSUMERS", `account ${toHex(who)} has ${account.consumers} consumers`);
  }
}
