import { compareBytes, toHex } from "../../primitives/bytes.ts";
import { InvariantError } from "../../primitives/errors.ts";
import type { State } from "../../frame/state.ts";
import { Multisigs, search } from "./types.ts";

/** Entries looked at; a deposit for each keeps their number small. */
const CHECKED_MAX = 100_000;

/** Every open operation has a deposit, and approvals that are sorted and not empty. */
export function checkState(state: State): void {
  for (const [[multisig], open] of Multisigs.entries(state, CHECKED_MAX)) {
    const sorted = open.approvals.every((who, i) => i === 0 || compareBytes(open.approvals[i - 1]!, who) < 0);
    if (open.approvals.length === 0 || !sorted || open.deposit <= 0n) {
      throw new InvariantError("MULTISIG_BROKEN", `an operation of ${toHex(multisig)} has bad approvals or no deposit`);
    }
    // The depositor gave the first approval, and approvals are never taken back.
    if (!search(open.approvals, open.depositor).found)
      throw new InvariantError("MULTISIG_DEPOSITOR", `the depositor of ${toHex(multisig)} never approved`);
  }
}
