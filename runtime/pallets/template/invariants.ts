// What must hold after every block. Tests and the simulator run it; it never runs in a node.
import { toHex } from "../../primitives/bytes.ts";
import { InvariantError } from "../../primitives/errors.ts";
import type { State } from "../../frame/state.ts";
import { Holds } from "../balances/storage.ts";
import { amountOf } from "../balances/types.ts";
import { Count, NOTE_DEPOSIT, Notes, noteDeposit } from "./storage.ts";

/** Entries looked at; a deposit for each keeps their number below this. */
const CHECKED_MAX = 1_000_000;

export function checkState(state: State): void {
  const notes = Notes.entries(state, CHECKED_MAX);
  if (notes.length !== Count.get(state))
    throw new InvariantError("NOTE_COUNT", `Count says ${Count.get(state)}, there are ${notes.length} notes`);
  for (const [who, text] of notes) {
    const held = amountOf(Holds.get(state, who), NOTE_DEPOSIT);
    if (held !== noteDeposit(text.length))
      throw new InvariantError("NOTE_DEPOSIT", `${toHex(who)} has ${held} held for a note of ${text.length} bytes`);
  }
}
