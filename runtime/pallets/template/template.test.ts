import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { utf8 } from "../../primitives/bytes.ts";
import { bytes, decode, encode } from "../../primitives/codec/index.ts";
import { DecodeError } from "../../primitives/errors.ts";
import { ROOT } from "../../frame/pallet.ts";
import type { RuntimeCall } from "../../frame/pallet.ts";
import { account } from "../../frame/testing.ts";
import { createRuntime } from "../../construct.ts";
import { DEV_PARAMS } from "../../params.ts";
import { MESI, TestChain, call } from "../testing.ts";
import { buildGenesis } from "./genesis.ts";
import { template } from "./pallet.ts";
import { Count, NOTE_DEPOSIT, NOTE_LENGTH_MAX, Notes, noteDeposit } from "./storage.ts";

const [alice, bob, poor] = [account(1), account(2), account(3)] as const;

// `submit` and `outcome` dispatch as a transaction does and check every invariant afterwards.
function chain(): TestChain {
  const made = new TestChain(DEV_PARAMS, [[NOTE_DEPOSIT.pallet, template]]);
  made.endow(alice, 10n * MESI);
  made.endow(bob, 10n * MESI);
  made.endow(poor, DEV_PARAMS.existential_deposit);
  return made;
}

const setNote = (text: string | Uint8Array): RuntimeCall =>
  call("Template.set_note", { note: typeof text === "string" ? utf8(text) : text });
const clearNote = call("Template.clear_note");

test("a note is stored for a deposit, which comes back when the note is cleared", () => {
  const made = chain();
  assert.equal(made.outcome(alice, setNote("hello")), "ok");
  assert.deepEqual(Notes.get(made.ctx.state, alice), utf8("hello"));
  assert.equal(Count.get(made.ctx.state), 1);
  assert.equal(made.reserved(alice), noteDeposit(5));
  assert.deepEqual(made.lastEvent("Template"), { type: "NoteSet", value: { who: alice, length: 5 } });
  assert.equal(made.outcome(alice, clearNote), "ok");
  assert.equal(Notes.exists(made.ctx.state, alice), false);
  assert.equal(Count.get(made.ctx.state), 0);
  assert.deepEqual([made.reserved(alice), made.free(alice)], [0n, 10n * MESI]);
  assert.deepEqual(made.lastEvent("Template"), { type: "NoteCleared", value: { who: alice } });
});

test("writing again replaces the note, and the deposit follows its length both ways", () => {
  const made = chain();
  for (const text of ["short", "a much longer note", "s"]) {
    assert.equal(made.outcome(alice, setNote(text)), "ok");
    assert.equal(made.reserved(alice), noteDeposit(text.length));
    assert.equal(Count.get(made.ctx.state), 1);
  }
});

test("each refusal names its reason and changes nothing", () => {
  const made = chain();
  assert.equal(made.outcome(alice, setNote("")), "Template.EmptyNote");
  assert.equal(made.outcome(alice, clearNote), "Template.NoNote");
  assert.equal(made.outcome(poor, setNote("hello")), "Token.FundsUnavailable");
  assert.equal(made.outcome(ROOT, setNote("hello")), "BadOrigin");
  assert.equal(Count.get(made.ctx.state), 0);
  assert.equal(made.reserved(poor), 0n);
});

test("a note longer than the bound does not even decode", () => {
  const type = chain().ctx.runtime.outer.call;
  const longest = encode(type, setNote(new Uint8Array(NOTE_LENGTH_MAX)));
  assert.deepEqual(encode(type, decode(type, longest)), longest);
  const longer = Uint8Array.from([...longest.subarray(0, 2), ...encode(bytes, new Uint8Array(NOTE_LENGTH_MAX + 1))]);
  assert.throws(() => decode(type, longer), DecodeError);
});

test("whatever accounts do, the count, the deposits and the issuance stay right", () => {
  const step = fc.record({ who: fc.constantFrom(alice, bob, poor), text: fc.option(fc.uint8Array({ maxLength: NOTE_LENGTH_MAX })) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
      const made = chain();
      for (const { who, text } of steps) made.submit(who, text === null ? clearNote : setNote(text));
      const total = [alice, bob, poor].reduce((sum, who) => sum + made.free(who) + made.reserved(who), 0n);
      assert.equal(total, 20n * MESI + DEV_PARAMS.existential_deposit);
    }),
    { numRuns: 50 },
  );
});

test("the invariant sees a wrong count and a missing deposit", () => {
  const made = chain();
  made.submit(alice, setNote("hello"));
  Count.set(made.ctx.state, 2);
  assert.throws(() => template.checkState!(made.ctx.state, DEV_PARAMS), /NOTE_COUNT/);
  Count.set(made.ctx.state, 1);
  Notes.set(made.ctx.state, alice, utf8("longer than what was paid"));
  assert.throws(() => template.checkState!(made.ctx.state, DEV_PARAMS), /NOTE_DEPOSIT/);
});

test("genesis writes notes whose deposits are held, and refuses what cannot be paid", () => {
  const made = chain();
  buildGenesis(made.ctx, [{ who: alice, text: utf8("first") }]);
  template.checkState!(made.ctx.state, DEV_PARAMS);
  assert.equal(Count.get(made.ctx.state), 1);
  assert.throws(() => buildGenesis(made.ctx, [{ who: poor, text: utf8("first") }]), /GENESIS_NOTE/);
});

test("the chain has the pallet, under the index that its deposits name", () => {
  assert.equal(createRuntime(DEV_PARAMS).runtime.pallet("Template").index, NOTE_DEPOSIT.pallet);
});
