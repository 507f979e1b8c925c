// What the pallet puts into the state of block 0. Balances come first, since deposits are held from them.
import { toHex } from "../../primitives/bytes.ts";
import { InvariantError } from "../../primitives/errors.ts";
import type { AccountId } from "../../primitives/types.ts";
import type { Context } from "../../frame/context.ts";
import { putNote } from "./calls.ts";
import { NOTE_LENGTH_MAX } from "./storage.ts";

/** Throws InvariantError: a genesis that cannot be built is a mistake in the chain's specification. */
export function buildGenesis(ctx: Context, notes: readonly { readonly who: AccountId; readonly text: Uint8Array }[]): void {
  for (const { who, text } of notes) {
    const fits = text.length > 0 && text.length <= NOTE_LENGTH_MAX;
    if (!fits || !putNote(ctx, who, text).ok) {
      throw new InvariantError(
        "GENESIS_NOTE",
        `the note of ${toHex(who)} needs 1 to ${NOTE_LENGTH_MAX} bytes and a balance for its deposit`,
      );
    }
  }
}
