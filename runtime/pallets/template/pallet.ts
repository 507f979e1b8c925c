// The declaration: the pallet's table of contents, from which dispatch, codecs, storage keys and metadata follow.
import { boundedBytes, u32, v, variant } from "../../primitives/codec/index.ts";
import type { AnyTy } from "../../primitives/codec/index.ts";
import { BalanceTy } from "../../primitives/types.ts";
import { call, constant } from "../../frame/pallet.ts";
import type { PalletDef } from "../../frame/pallet.ts";
import { clearNote, setNote } from "./calls.ts";
import { TemplateError, TemplateEvent } from "./events.ts";
import { checkState } from "./invariants.ts";
import { Count, DEPOSIT_BASE, DEPOSIT_PER_BYTE, NOTE_LENGTH_MAX, Notes } from "./storage.ts";
import { CLEAR_NOTE, SET_NOTE } from "./weights.ts";

/** One short note per account, for a deposit. Small and complete: the pallet to copy (docs/add-a-pallet.md). */
export const template: PalletDef = {
  name: "Template",
  crate: "creator_template",
  docs: "A short public note for each account that pays a deposit for it.",
  storage: [Notes, Count],
  events: TemplateEvent,
  errors: TemplateError,
  constants: {
    MaxNoteLength: constant(u32, NOTE_LENGTH_MAX, "The most bytes that a note may have."),
    DepositBase: constant(BalanceTy, DEPOSIT_BASE, "What is held for a note, besides its bytes."),
    DepositPerByte: constant(BalanceTy, DEPOSIT_PER_BYTE, "What is held for each byte of a note."),
  },
  holdReason: variant(
    "creator_template::pallet::HoldReason",
    { NoteDeposit: v(0, "The deposit for a note.") },
    { typeName: "HoldReason" },
  ) as AnyTy,
  calls: {
    set_note: call(
      0,
      { note: boundedBytes(NOTE_LENGTH_MAX) },
      {
        docs: "Write the sender's note, in the place of the one before.\n\nHolds a deposit that grows with the note's length.",
        weight: SET_NOTE,
      },
      setNote,
    ),
    clear_note: call(1, {}, { docs: "Remove the sender's note and return its deposit.", weight: CLEAR_NOTE }, clearNote),
  },
  checkState,
};
