import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { toHex } from "../bytes.ts";
import { EraTy, mortalEra } from "../era.ts";
import type { Era } from "../era.ts";
import { encodeSs58 } from "../ss58.ts";
import { AccountId, AccountIdTy, BalanceTy, MultiAddressTy, WeightTy } from "../types.ts";
import { resultTy } from "../../frame/types.ts";
import { array, bool, boundedBytes, boundedVec, bytes, compact, decode, encode, fixedBytes, lazy, option, str, struct, tuple, u16, u32, u64, u8, unit, v, variant, vec } from "./index.ts";
import type { AnyTy, Ty } from "./index.ts";
import { JsonError, fromJson, toJson } from "./json.ts";

interface Call {
  readonly type: string;
  readonly value?: unknown;
}
const CallTy: Ty<Call> = lazy<Call>("Call", () => calls);
const calls = variant("chain::Call", {
  transfer_keep_alive: v(3, { dest: MultiAddressTy, value: compact(BalanceTy) }),
  batch: v(0, { calls: vec(CallTy) }),
  ping: v(1, {}),
  nothing: v(2),
  pair: v(9, [u8, bool]),
}) as Ty<Call>;

const everything = struct("a::Everything", {
  flag: bool,
  small: u16,
  count: compact(u32),
  big: u64,
  balance: BalanceTy,
  name: str,
  blob: bytes,
  hash: fixedBytes(4),
  who: AccountIdTy,
  weight: WeightTy,
  maybe: option(u32),
  list: vec(tuple(u8, AccountIdTy)),
  three: array(u16, 3),
  nothing: unit,
  era: EraTy,
  outcome: resultTy(u8, str),
  bounded: boundedVec(u32, 4),
  call: CallTy,
});

const u64s = fc.bigInt(0n, (1n << 64n) - 1n);
const u32s = fc.integer({ min: 0, max: 0xffff_ffff });
const u16s = fc.integer({ min: 0, max: 0xffff });
const sized = (size: number) => fc.uint8Array({ minLength: size, maxLength: size });
const eras: fc.Arbitrary<Era> = fc.oneof(
  fc.constant<Era>({ type: "Immortal" }),
  fc.tuple(fc.integer({ min: 2, max: 16 }), fc.nat()).map(([power, block]) => mortalEra(2 ** power, block)),
);
const { call: callArbitrary } = fc.letrec<{ call: Call }>((tie) => ({
  call: fc.oneof(
    { depthSize: "small" },
    fc.constant<Call>({ type: "ping", value: {} }),
    fc.constant<Call>({ type: "nothing", value: undefined }),
    fc.record({ dest: sized(32).map((value) => ({ type: "Id", value })), value: u64s }).map((value) => ({ type: "transfer_keep_alive", value })),
    fc.tuple(fc.integer({ min: 0, max: 255 }), fc.boolean()).map((value) => ({ type: "pair", value })),
    fc.array(tie("call"), { maxLength: 3 }).map((list) => ({ type: "batch", value: { calls: list } })),
  ),
}));
const values = fc.record({
  flag: fc.boolean(),
  small: u16s,
  count: u32s,
  big: u64s,
  balance: fc.bigInt(0n, (1n << 128n) - 1n),
  name: fc.string(),
  blob: fc.uint8Array({ maxLength: 9 }),
  hash: sized(4),
  who: sized(32),
  weight: fc.record({ ref_time: u64s, proof_size: u64s }),
  maybe: fc.option(u32s, { nil: undefined }),
  list: fc.array(fc.tuple(fc.integer({ min: 0, max: 255 }), sized(32)), { maxLength: 3 }),
  three: fc.tuple(u16s, u16s, u16s),
  nothing: fc.constant(undefined),
  era: eras,
  outcome: fc.oneof(fc.integer({ min: 0, max: 255 }).map((value) => ({ ok: true as const, value })), fc.string().map((error) => ({ ok: false as const, error }))),
  bounded: fc.array(u32s, { maxLength: 4 }),
  call: callArbitrary,
});

test("what is decoded from bytes comes back from its JSON, through text, with and without an address prefix", () => {
  fc.assert(
    fc.property(values, fc.constantFrom({}, { ss58Prefix: 42 }, { ss58Prefix: 1_284 }), (raw, options) => {
      const value = decode(everything, encode(everything, raw as never));
      const json: unknown = JSON.parse(JSON.stringify(toJson(everything, value, options)));
      assert.deepEqual(fromJson(everything, json), value);
    }),
    { numRuns: 150 },
  );
});

const alice = AccountId(new Uint8Array(32).fill(7));

test("wide integers are decimal strings, bytes hex, accounts addresses, enums tagged, None null", () => {
  const type = struct("", { call: CallTy, maybe: option(u8), era: EraTy, small: u32, weight: WeightTy });
  const call = { type: "transfer_keep_alive", value: { dest: { type: "Id", value: alice }, value: 1n << 80n } };
  const value = { call, maybe: undefined, era: { type: "Mortal", period: 64, phase: 8 } as const, small: 5, weight: { ref_time: 9n, proof_size: 0n } };
  const address = encodeSs58(alice, 42);
  assert.deepEqual(toJson(type, value as never, { ss58Prefix: 42 }), {
    call: { type: "transfer_keep_alive", value: { dest: { type: "Id", value: address }, value: "1208925819614629174706176" } },
    maybe: null,
    era: { period: 64, phase: 8 },
    small: 5,
    weight: { ref_time: "9", proof_size: "0" },
  });
  assert.deepEqual(toJson(AccountIdTy, alice), toHex(alice));
  assert.deepEqual(toJson(EraTy, { type: "Immortal" }), "Immortal");
  assert.deepEqual(toJson(CallTy, { type: "nothing" }), { type: "nothing" });
});

test("an enum may be written in short, and an address as the account alone", () => {
  const expected = fromJson(CallTy, { type: "transfer_keep_alive", value: { dest: { type: "Id", value: toHex(alice) }, value: "12" } });
  for (const dest of [encodeSs58(alice, 42), encodeSs58(alice, 0), toHex(alice), { Id: toHex(alice) }]) {
    assert.deepEqual(fromJson(CallTy, { transfer_keep_alive: { dest, value: 12 } }), expected);
  }
  assert.deepEqual(fromJson(CallTy, "ping"), { type: "ping", value: {} });
  assert.deepEqual(fromJson(CallTy, "nothing"), { type: "nothing", value: undefined });
  assert.deepEqual(fromJson(CallTy, { type: "ping", value: null }), { type: "ping", value: {} });
});

function refusal(type: AnyTy, json: unknown): { code: string; path: string; message: string } {
  try {
    fromJson(type, json, "args");
  } catch (error) {
    if (error instanceof JsonError) return { ...error.detail, message: error.message };
    throw error;
  }
  return assert.fail("was accepted");
}

test("a refusal says where in the input it is and what was expected", () => {
  const transfer = (dest: unknown, value: unknown) => ({ type: "transfer_keep_alive", value: { dest, value } });
  const cases: [AnyTy, unknown, string, string][] = [
    [CallTy, transfer({ type: "Id", value: "0x12" }, "1"), "JSON_WRONG_TYPE", 'args.value.dest.value: expected 0x-prefixed 32 bytes, got "0x12"'],
    [CallTy, transfer(toHex(alice), "1.5"), "JSON_WRONG_TYPE", 'args.value.value: expected a decimal string (u128), got "1.5"'],
    [CallTy, transfer(toHex(alice), "-1"), "JSON_OUT_OF_RANGE", "args.value.value: -1 is not a "],
    [CallTy, { batch: { calls: ["ping", { type: "transfer_keep_alive", value: { dest: toHex(alice) } }] } }, "JSON_MISSING_FIELD", "args.batch.calls[1].value.value: missing, expected Balance"],
    [CallTy, { type: "ping", valeu: 1 }, "JSON_UNKNOWN_FIELD", 'args: unknown field "valeu", did you mean "value"?'],
    [CallTy, { type: "transfer_keepalive", value: {} }, "JSON_UNKNOWN_VARIANT", 'args.type: unknown variant "transfer_keepalive", did you mean "transfer_keep_alive"?'],
    [CallTy, "zzz", "JSON_UNKNOWN_VARIANT", 'args: unknown variant "zzz", expected one of transfer_keep_alive, batch, ping, nothing, pair'],
    [CallTy, { pair: [1] }, "JSON_WRONG_TYPE", "args.pair: expected an array of 2, got an array of 1"],
    [CallTy, { ping: { extra: 1 } }, "JSON_UNKNOWN_FIELD", 'args.ping: unknown field "extra", expected none'],
    [WeightTy, { ref_time: 1, proof_size: 1, proof: 1 }, "JSON_UNKNOWN_FIELD", 'args: unknown field "proof", expected one of ref_time, proof_size'],
    [u8, 256, "JSON_OUT_OF_RANGE", "args: 256 is not a u8 (0..255)"],
    [u32, "5", "JSON_WRONG_TYPE", 'args: expected a whole number (u32), got "5"'],
    [u32, 1.5, "JSON_WRONG_TYPE", "args: expected a whole number (u32), got 1.5"],
    [u64, 2 ** 53, "JSON_WRONG_TYPE", "args: expected a decimal string (u64), got 9007199254740992"],
    [bytes, "0x123", "JSON_WRONG_TYPE", 'args: expected 0x-prefixed hex, got "0x123"'],
    [boundedBytes(2), "0x010203", "JSON_OUT_OF_RANGE", "args: 3 elements, at most 2 are allowed"],
    [AccountIdTy, encodeSs58(alice, 42).replace(/.$/, "z"), "JSON_WRONG_TYPE", "args: expected an address or 0x-prefixed 32 bytes, got "],
    [EraTy, { period: 63, phase: 0 }, "JSON_OUT_OF_RANGE", "args: era period 63 is not a power of two in 4..65536"],
    [everything, [], "JSON_WRONG_TYPE", "args: expected an object with flag, small"],
  ];
  for (const [type, json, code, start] of cases) {
    const refused = refusal(type, json);
    assert.equal(refused.code, code, refused.message);
    assert.ok(refused.message.startsWith(start), refused.message);
  }
});

test("names that objects have by themselves are neither fields nor variants", () => {
  assert.equal(refusal(WeightTy, JSON.parse('{"ref_time":1,"__proto__":{"proof_size":1}}')).code, "JSON_UNKNOWN_FIELD");
  assert.equal(refusal(CallTy, "constructor").code, "JSON_UNKNOWN_VARIANT");
  assert.equal(refusal(CallTy, JSON.parse('{"__proto__":{}}')).code, "JSON_UNKNOWN_VARIANT");
});

test("nesting is bounded as in the codec", () => {
  const nest = (levels: number): unknown => (levels === 1 ? "ping" : { batch: { calls: [nest(levels - 1)] } });
  assert.equal((fromJson(CallTy, nest(256)) as Call).type, "batch");
  assert.equal(refusal(CallTy, nest(257)).code, "JSON_TOO_DEEP");
});

test("no JSON makes it fail in another way than by a coded error", () => {
  fc.assert(
    fc.property(fc.oneof(fc.jsonValue(), fc.record({ type: fc.constantFrom("batch", "pair", "ping"), value: fc.jsonValue() })), (json) => {
      for (const type of [CallTy, MultiAddressTy, EraTy, everything, resultTy(u8, str)] as AnyTy[]) {
        try {
          fromJson(type, json);
        } catch (error) {
          assert.ok(error instanceof JsonError, String(error));
        }
      }
    }),
    { numRuns: 300 },
  );
});
