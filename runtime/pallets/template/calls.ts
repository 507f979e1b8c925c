// What accounts can do. Every check stands above the first write.
import { done } from "../../primitives/result.ts";
import type { AccountId } from "../../primitives/types.ts";
import type { Context } from "../../frame/context.ts";
import { SUCCESS, ensureSigned, fail } from "../../frame/pallet.ts";
import type { Origin } from "../../frame/pallet.ts";
import type { DispatchResult, Outcome } from "../../frame/types.ts";
import { setOnHold } from "../balances/hold.ts";
import { TemplateError, TemplateEvent } from "./events.ts";
import { Count, NOTE_DEPOSIT, Notes, noteDeposit } from "./storage.ts";

export function setNote(ctx: Context, origin: Origin, { note }: { readonly note: Uint8Array }): DispatchResult {
  const who = ensureSigned(origin);
  if (!who.ok) return who;
  if (note.length === 0) return fail(TemplateError, "EmptyNote");
  const written = putNote(ctx, who.value, note);
  if (!written.ok) return written;
  ctx.deposit(TemplateEvent, { type: "NoteSet", value: { who: who.value, length: note.length } });
  return SUCCESS;
}

export function clearNote(ctx: Context, origin: Origin): DispatchResult {
  const who = ensureSigned(origin);
  if (!who.ok) return who;
  if (!Notes.exists(ctx.state, who.value)) return fail(TemplateError, "NoNote");
  const released = setOnHold(ctx, NOTE_DEPOSIT, who.value, 0n);
  if (!released.ok) return released;
  Notes.remove(ctx.state, who.value);
  Count.set(ctx.state, Count.get(ctx.state) - 1);
  ctx.deposit(TemplateEvent, { type: "NoteCleared", value: { who: who.value } });
  return SUCCESS;
}

/** Writes the note and brings the deposit to what its length asks for. Refused where the account cannot pay it. */
export function putNote(ctx: Context, who: AccountId, text: Uint8Array): Outcome {
  const isNew = !Notes.exists(ctx.state, who);
  const held = setOnHold(ctx, NOTE_DEPOSIT, who, noteDeposit(text.length));
  if (!held.ok) return held;
  Notes.set(ctx.state, who, text);
  if (isNew) Count.set(ctx.state, Count.get(ctx.state) + 1);
  return done;
}
