import type { AccountId, MultiAddress } from "../../primitives/types.ts";
import { err, ok } from "../../primitives/result.ts";
import type { Outcome } from "../../frame/types.ts";

/** The account that an address names. There are no account indices here, so only `Id` resolves. */
export function lookup(address: MultiAddress): Outcome<AccountId> {
  return address.type === "Id" ? ok(address.value) : err({ type: "CannotLookup" });
}
