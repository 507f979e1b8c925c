// What the pallet says when something happened, and why it refuses. The numbers are wire values: never change or reuse one.
import { u32, v } from "../../primitives/codec/index.ts";
import { AccountIdTy } from "../../primitives/types.ts";
import { errors, events } from "../../frame/pallet.ts";

export const TemplateEvent = events("creator_template", {
  NoteSet: v(0, { who: AccountIdTy, length: u32 }, "An account wrote its note, of `length` bytes."),
  NoteCleared: v(1, { who: AccountIdTy }, "An account removed its note and has its deposit back."),
});

export const TemplateError = errors({
  EmptyNote: [0, "A note has at least one byte. Use `clear_note` to remove it."],
  NoNote: [1, "The account has no note."],
});
