import assert from "node:assert/strict";
import { test } from "node:test";
import * as papi from "@polkadot-api/substrate-bindings";
import fc from "fast-check";
import * as scale from "scale-ts";
import { concatBytes, equalBytes, fromHex } from "../bytes.ts";
import { EraTy } from "../era.ts";
import { DecodeError, EncodeError } from "../errors.ts";
import { AccountIdTy, MultiAddressTy, WeightTy } from "../types.ts";
import { resultTy } from "../../frame/types.ts";
import {
  MAX_DECODE_DEPTH, Reader, Writer, alias, array, bool, boundedBytes, boundedVec, bytes, compact, decode, encode, fixedBytes, lazy, newtype, opaque,
  option, str, struct, tuple, u128, u16, u32, u64, u8, unit, unitStruct, v, variant, vec,
} from "./index.ts";
import type { AnyTy, Ty } from "./index.ts";

/** A type with a generator of its values. */
interface Case {
  readonly name: string;
  readonly type: AnyTy;
  readonly values: fc.Arbitrary<unknown>;
  /** `undefined` is one of its values, so an option of it could not tell None from Some. */
  readonly nullable?: boolean;
}

const bits = (n: number): fc.Arbitrary<bigint> => fc.oneof(fc.bigInt(0n, (1n << BigInt(n)) - 1n), fc.nat(n - 1).chain((k) => fc.bigInt(0n, 1n << BigInt(k))));
const below = (n: number): fc.Arbitrary<number> => bits(n).map(Number);
const sized = (size: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: size, maxLength: size });
const text = fc.string({ unit: "binary", maxLength: 12 });

const LEAVES: readonly Case[] = [
  { name: "u8", type: u8, values: below(8) },
  { name: "u16", type: u16, values: below(16) },
  { name: "u32", type: u32, values: below(32) },
  { name: "u64", type: u64, values: bits(64) },
  { name: "u128", type: u128, values: bits(128) },
  { name: "bool", type: bool, values: fc.boolean() },
  { name: "str", type: str, values: text },
  { name: "bytes", type: bytes, values: fc.uint8Array({ maxLength: 100 }) },
  { name: "[u8; 5]", type: fixedBytes(5), values: sized(5) },
  { name: "[u8; 0]", type: fixedBytes(0), values: sized(0) },
  { name: "Compact<u8>", type: compact(u8), values: below(8) },
  { name: "Compact<u16>", type: compact(u16), values: below(16) },
  { name: "Compact<u32>", type: compact(u32), values: below(32) },
  { name: "Compact<u64>", type: compact(u64), values: bits(64) },
  { name: "Compact<u128>", type: compact(u128), values: bits(128) },
  { name: "()", type: unit, values: fc.constant(undefined), nullable: true },
  { name: "Marker", type: unitStruct("a::Marker"), values: fc.constant(undefined), nullable: true },
  { name: "BoundedVec<u8, 7>", type: boundedBytes(7), values: fc.uint8Array({ maxLength: 7 }) },
  { name: "AccountId", type: AccountIdTy, values: sized(32) },
  { name: "Balance", type: alias("Balance", u128 as Ty<unknown>), values: bits(128) },
];

const depth = { depthIdentifier: "codec", maxDepth: 3 } as const;
const { any: CASES } = fc.letrec<{ any: Case }>((tie) => {
  const inner = tie("any");
  const solid = inner.filter(({ nullable }) => nullable !== true);
  const fields = fc.array(inner, { maxLength: 4 });
  const record = (list: readonly Case[]) => fc.record(Object.fromEntries(list.map(({ values }, i) => [`field_${i}`, values])));
  const typesOf = (list: readonly Case[]) => Object.fromEntries(list.map(({ type }, i) => [`field_${i}`, type]));
  const nameOf = (list: readonly Case[]): string => list.map(({ name }) => name).join(", ");
  return {
    any: fc.oneof(
      depth,
      fc.constantFrom(...LEAVES),
      inner.map(({ name, type, values }) => ({ name: `Vec<${name}>`, type: vec(type), values: fc.array(values, { maxLength: 5 }) })),
      fc.tuple(inner, fc.nat(3)).map(([{ name, type, values }, size]) => ({ name: `[${name}; ${size}]`, type: array(type, size), values: fc.array(values, { minLength: size, maxLength: size }) })),
      fields.map((list) => ({ name: `(${nameOf(list)})`, type: tuple(...list.map(({ type }) => type)), values: fc.tuple(...list.map(({ values }) => values)) })),
      solid.map(({ name, type, values }) => ({ name: `Option<${name}>`, type: option(type), values: fc.option(values, { nil: undefined }), nullable: true })),
      inner.map(({ name, type, values }) => ({ name: `BoundedVec<${name}, 3>`, type: boundedVec(type, 3), values: fc.array(values, { maxLength: 3 }) })),
      fields.map((list) => ({ name: `{ ${nameOf(list)} }`, type: struct("a::Struct", typesOf(list)), values: record(list) })),
      inner.map(({ name, type, values, nullable }) => ({ name: `New(${name})`, type: newtype("a::New", type), values, nullable })),
      inner.filter(({ type }) => type.minSize > 0).map(({ name, type, values, nullable }) => ({ name: `Lazy(${name})`, type: lazy("Lazy", () => type), values, nullable })),
      fc.tuple(inner, inner).map(([a, b]) => ({
        name: `Result<${a.name}, ${b.name}>`,
        type: resultTy(a.type, b.type),
        values: fc.oneof(a.values.map((value) => ({ ok: true, value })), b.values.map((error) => ({ ok: false, error }))),
      })),
      // Indices with holes, and every kind of payload.
      fc.tuple(inner, fields, fields).map(([one, several, named]) => ({
        name: `Enum(${one.name} | (${nameOf(several)}) | { ${nameOf(named)} })`,
        type: variant("a::Enum", { Nothing: v(3), One: v(0, one.type), Several: v(255, several.map(({ type }) => type)), Named: v(17, typesOf(named)) }),
        values: fc.oneof(
          fc.constant({ type: "Nothing", value: undefined }),
          one.values.map((value) => ({ type: "One", value })),
          fc.tuple(...several.map(({ values }) => values)).map((value) => ({ type: "Several", value })),
          record(named).map((value) => ({ type: "Named", value })),
        ),
      })),
    ) as fc.Arbitrary<Case>,
  };
});

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof DecodeError || error instanceof EncodeError) return error.code;
    throw error;
  }
  return "ok";
}

// fast-check makes records without a prototype; values are compared by content.
const plain = (value: unknown): unknown =>
  Array.isArray(value) ? value.map(plain)
  : value !== null && typeof value === "object" && !(value instanceof Uint8Array) ? Object.fromEntries(Object.entries(value).map(([key, part]) => [key, plain(part)]))
  : value;

test("every type of every constructor: what is encoded decodes to the same value, and takes at least minSize bytes", () => {
  fc.assert(
    fc.property(CASES.chain((one) => one.values.map((value) => ({ ...one, value }))), ({ type, value }) => {
      const encoded = encode(type, value);
      assert.ok(encoded.length >= type.minSize);
      assert.deepEqual(plain(decode(type, encoded)), plain(value));
      // The same from the middle of a larger buffer, as sockets and LevelDB give them.
      const inside = Buffer.concat([Buffer.of(9, 9, 9), encoded, Buffer.of(7)]).subarray(3, 3 + encoded.length);
      assert.deepEqual(plain(decode(type, inside)), plain(value));
      assert.equal(codeOf(() => decode(type, concatBytes(encoded, Uint8Array.of(0)))), "CODEC_TRAILING_BYTES");
    }),
    { numRuns: 1500 },
  );
});

test("bytes that decode are the one encoding of their value; all others are refused with a DecodeError", () => {
  let decoded = 0;
  const damaged = CASES.chain((one) =>
    fc.record({ type: fc.constant(one.type), value: one.values, at: fc.nat(200), byte: fc.nat(255), cut: fc.nat(3), random: fc.option(fc.uint8Array({ maxLength: 40 })) }),
  );
  fc.assert(
    fc.property(damaged, ({ type, value, at, byte, cut, random }) => {
      const input = random ?? encode(type, value).slice();
      if (random === null && input.length > 0) input[at % input.length] = byte;
      const given = random ?? input.subarray(0, input.length - (cut === 0 ? 1 : 0));
      let back: unknown;
      try {
        back = decode(type, given);
      } catch (error) {
        assert.ok(error instanceof DecodeError, String(error));
        assert.ok(error.offset <= given.length);
        return;
      }
      decoded++;
      assert.deepEqual(encode(type, back), Uint8Array.from(given));
    }),
    { numRuns: 4000 },
  );
  assert.ok(decoded > 200, `only ${decoded} inputs decoded: the property would be empty`);
});

test("compacts: every boundary has one form, and the longer forms of the same number are refused", () => {
  const forms = (value: bigint): Uint8Array[] => {
    const out: Uint8Array[] = [];
    const le = (number: bigint, size: number) => Uint8Array.from({ length: size }, (_, i) => Number((number >> BigInt(8 * i)) & 0xffn));
    if (value < 1n << 6n) out.push(le(value << 2n, 1));
    if (value < 1n << 14n) out.push(le((value << 2n) | 1n, 2));
    if (value < 1n << 30n) out.push(le((value << 2n) | 2n, 4));
    for (let size = 4; size <= 67; size++) if (value < 1n << BigInt(8 * size)) out.push(concatBytes(Uint8Array.of(((size - 4) << 2) | 3), le(value, size)));
    return out;
  };
  const edges = [0, 6, 8, 14, 16, 30, 32, 40, 48, 56, 63, 64, 72, 120, 127, 128].flatMap((power) => [-1n, 0n, 1n].map((by) => (1n << BigInt(power)) + by)).filter((value) => value >= 0n);
  const types: readonly (readonly [number, AnyTy])[] = [[8, compact(u8)], [16, compact(u16)], [32, compact(u32)], [64, compact(u64)], [128, compact(u128)]];
  for (const [width, type] of types) {
    for (const value of edges) {
      const typed = width <= 32 ? Number(value) : value;
      const [shortest, ...longer] = forms(value);
      const fits = value < 1n << BigInt(width);
      assert.equal(codeOf(() => encode(type, typed)), fits ? "ok" : "CODEC_NOT_ENCODABLE", `${value} in ${width} bits`);
      if (fits) {
        assert.deepEqual(encode(type, typed), shortest);
        assert.equal(decode(type, shortest!), typed);
      } else assert.equal(codeOf(() => decode(type, shortest!)), "CODEC_OUT_OF_RANGE", `${value} in ${width} bits`);
      for (const form of longer) assert.match(codeOf(() => decode(type, form)), /CODEC_(NON_CANONICAL|OUT_OF_RANGE)/, `${value} in ${form.length} bytes`);
    }
  }
  const writer = new Writer();
  assert.throws(() => writer.compact(2 ** 32), EncodeError);
  assert.throws(() => writer.compactBig(1n << 536n), EncodeError);
  writer.compactBig((1n << 536n) - 1n);
  assert.equal(new Reader(writer.finish()).compactBig(536), (1n << 536n) - 1n);
});

test("a hostile length is refused before anything is allocated for it", () => {
  const claim = (count: number, ...rest: number[]): Uint8Array => {
    const writer = new Writer();
    writer.compact(count);
    writer.raw(Uint8Array.from(rest));
    return writer.finish();
  };
  const types: readonly AnyTy[] = [vec(u32), vec(u8), bytes, str, vec(unit), vec(struct("a::Empty", {})), vec(tuple(u64, AccountIdTy)), vec(vec(u32)), boundedVec(u32, 8), boundedBytes(8), vec(lazy("Call", () => u8))];
  const before = process.memoryUsage();
  for (const type of types) for (const count of [2 ** 30 - 1, 2 ** 30, 2 ** 32 - 1]) for (let i = 0; i < 20; i++) assert.equal(codeOf(() => decode(type, claim(count))), "CODEC_UNEXPECTED_END");
  const after = process.memoryUsage();
  // One of them taken at its word would be gigabytes.
  assert.ok(after.rss - before.rss < 256 * 2 ** 20);
  // A length is checked against what is left, not against the whole input.
  assert.equal(codeOf(() => decode(tuple(u32, vec(u32)), concatBytes(new Uint8Array(4), claim(2, 1, 2, 3, 4, 5, 6, 7)))), "CODEC_UNEXPECTED_END");
  assert.deepEqual(decode(vec(u16), claim(2, 1, 0, 2, 0)), [1, 2]);
});

test("self-referring types decode down to 256 levels, with the stack to spare, and no deeper", () => {
  interface Call {
    readonly type: string;
    readonly value?: unknown;
  }
  const CallTy: Ty<Call> = lazy("Call", () => calls);
  const calls = variant("chain::Call", { wrap: v(0, { call: CallTy }), batch: v(1, { calls: vec(CallTy) }), end: v(2) }) as Ty<Call>;
  const wrapped = (levels: number): Uint8Array => Uint8Array.from([...new Array<number>(levels - 1).fill(0), 2]);
  const batched = (levels: number): Uint8Array => Uint8Array.from({ length: 2 * levels - 1 }, (_, i) => (i === 2 * levels - 2 ? 2 : i % 2 === 0 ? 1 : 4));
  for (const make of [wrapped, batched]) {
    const deepest = make(MAX_DECODE_DEPTH);
    assert.deepEqual(encode(CallTy, decode(CallTy, deepest)), deepest);
    for (const levels of [MAX_DECODE_DEPTH + 1, 300, 100_000]) assert.equal(codeOf(() => decode(CallTy, make(levels))), "CODEC_TOO_DEEP");
  }
  // Width is not depth: the count falls again when a level ends.
  const wide = concatBytes(encode(vec(u8), new Array<number>(1000).fill(2)));
  assert.equal((decode(vec(CallTy), wide) as readonly Call[]).length, 1000);
});

test("what a type cannot express is refused when encoding, never changed silently", () => {
  const refused: readonly (readonly [AnyTy, unknown])[] = [
    [u8, 256], [u8, -1], [u8, 0.5], [u8, Number.NaN], [u8, 1n], [u32, 2 ** 32], [u64, 1], [u64, 1n << 64n], [u128, -1n], [u128, 1n << 128n],
    [bool, 1], [str, 5], [str, "\ud800"], [str, "a\udc00b"], [bytes, "0x00"], [bytes, undefined], [fixedBytes(4), new Uint8Array(5)],
    [vec(u8), undefined], [vec(u8), { length: 1 }], [array(u8, 2), [1]], [tuple(u8, u8), [1]], [tuple(u8, u8), undefined],
    [boundedVec(u8, 2), [1, 2, 3]], [boundedVec(u8, 2), undefined], [boundedBytes(2), new Uint8Array(3)], [boundedBytes(2), undefined],
    [struct("a::B", { a: u8 }), {}], [struct("a::B", { a: u8 }), undefined], [compact(u32), 2 ** 32], [compact(u64), 1n << 64n], [compact(u64), -1n],
    [variant("a::E", { A: v(0) }), { type: "B" }], [variant("a::E", { A: v(0) }), undefined], [variant("a::E", { A: v(0) }), { type: "constructor" }],
    [variant("a::E", { A: v(0, [u8, u8]) }), { type: "A" }], [variant("a::E", { A: v(0, [u8, u8]) }), { type: "A", value: [1, 2, 3] }], [variant("a::E", { A: v(0, u8) }), { type: "A" }],
  ];
  for (const [type, value] of refused) assert.equal(codeOf(() => encode(type, value)), "CODEC_NOT_ENCODABLE", `${type.typeName} of ${String(value)}`);
});

test("each kind of wrong byte has its code", () => {
  const cases: readonly (readonly [AnyTy, string, string])[] = [
    [bool, "0x02", "CODEC_NON_CANONICAL"],
    [option(u8), "0x0200", "CODEC_UNKNOWN_VARIANT"],
    [resultTy(u8, u8), "0x0200", "CODEC_UNKNOWN_VARIANT"],
    [variant("a::E", { A: v(1), B: v(3) }), "0x00", "CODEC_UNKNOWN_VARIANT"],
    [variant("a::E", { A: v(1), B: v(3) }), "0x02", "CODEC_UNKNOWN_VARIANT"],
    [variant("a::Never", {}), "0x00", "CODEC_UNKNOWN_VARIANT"],
    [str, "0x08c328", "CODEC_NON_CANONICAL"], // not UTF-8
    [str, "0x0ceda080", "CODEC_NON_CANONICAL"], // half a surrogate pair
    [str, "0x08c080", "CODEC_NON_CANONICAL"], // NUL in two bytes
    [boundedVec(u8, 2), "0x0c010203", "CODEC_OUT_OF_RANGE"],
    [boundedBytes(2), "0x0c010203", "CODEC_OUT_OF_RANGE"],
    [u32, "0x000000", "CODEC_UNEXPECTED_END"],
    [u32, "0x", "CODEC_UNEXPECTED_END"],
    [compact(u32), "0x", "CODEC_UNEXPECTED_END"],
    [compact(u32), "0x07000000000100", "CODEC_OUT_OF_RANGE"],
    [EraTy, "0xf001", "CODEC_OUT_OF_RANGE"], // period 2
  ];
  for (const [type, hex, code] of cases) assert.equal(codeOf(() => decode(type, fromHex(hex))), code, `${type.typeName} ${hex}`);
  // A BOM is text as any other.
  assert.equal(decode(str, encode(str, "\ufeffa")), "\ufeffa");
});

test("decoded bytes are copies, and opaque takes the rest as it is", () => {
  const input = encode(bytes, Uint8Array.of(1, 2, 3));
  for (const given of [input, Buffer.from(input)]) {
    const out = decode(bytes, given);
    given.fill(9);
    assert.deepEqual(out, Uint8Array.of(1, 2, 3));
    input.set([12, 1, 2, 3]);
  }
  assert.deepEqual(decode(tuple(u8, opaque), Uint8Array.of(1, 2, 3)), [1, Uint8Array.of(2, 3)]);
  assert.deepEqual(decode(opaque, new Uint8Array(0)), new Uint8Array(0));
});

const oracle = scale.Struct({
  flag: scale.bool, byte: scale.u8, short: scale.u16, word: scale.u32, long: scale.u64, big: scale.u128, small: scale.compact, name: scale.str, blob: scale.Bytes(), hash: scale.Bytes(4),
  maybe: scale.Option(scale.u32), list: scale.Vector(scale.Tuple(scale.u8, scale.str)), three: scale.Vector(scale.u16, 3), outcome: scale.Result(scale.u8, scale.str),
  kind: scale.Enum({ A: scale._void, B: scale.u16, C: scale.Struct({ x: scale.u8, y: scale.str }) }, [4, 0, 9]),
});
const ours = struct("a::Everything", {
  flag: bool, byte: u8, short: u16, word: u32, long: u64, big: u128, small: compact(u64), name: str, blob: bytes, hash: fixedBytes(4),
  maybe: option(u32), list: vec(tuple(u8, str)), three: array(u16, 3), outcome: resultTy(u8, str), kind: variant("a::Kind", { A: v(4), B: v(0, u16), C: v(9, { x: u8, y: str }) }),
});
const common = fc.record(
  {
    flag: fc.boolean(), byte: below(8), short: below(16), word: below(32), long: bits(64), big: bits(128), small: bits(64), name: text, blob: fc.uint8Array({ maxLength: 80 }), hash: sized(4),
    maybe: fc.option(below(32), { nil: undefined }), list: fc.array(fc.tuple(below(8), text), { maxLength: 4 }), three: fc.tuple(below(16), below(16), below(16)),
    outcome: fc.oneof(below(8).map((value) => ({ ok: true as const, value })), text.map((error) => ({ ok: false as const, error }))),
    kind: fc.oneof(fc.constant({ type: "A" as const, value: undefined }), below(16).map((value) => ({ type: "B" as const, value })), fc.record({ x: below(8), y: text }, { noNullPrototype: true }).map((value) => ({ type: "C" as const, value }))),
  },
  { noNullPrototype: true },
);

test("the bytes are those of scale-ts", () => {
  fc.assert(
    fc.property(common, (value) => {
      const outcome = value.outcome.ok ? { success: true as const, value: value.outcome.value } : { success: false as const, value: value.outcome.error };
      const theirs = oracle.enc({ ...value, outcome, kind: { tag: value.kind.type, value: value.kind.value } } as never);
      assert.ok(equalBytes(encode(ours, value as never), theirs));
      assert.deepEqual(decode(ours, theirs), value);
    }),
  );
});

test("addresses and weights are those of polkadot-api", () => {
  const address = papi.Variant({ Id: papi.AccountId(), Index: papi.compactNumber, Raw: papi.Bytes(), Address32: papi.SizedBytes(32), Address20: papi.SizedBytes(20) });
  // slice(): their decoders read from the start of the underlying buffer.
  const [toAddress, toAccount] = [papi.AccountId().dec, papi.AccountId().enc];
  fc.assert(
    fc.property(sized(32), fc.uint8Array({ maxLength: 70 }), below(32), bits(64), bits(64), (key, raw, index, ref_time, proof_size) => {
      assert.deepEqual(encode(MultiAddressTy, { type: "Id", value: key as never }), address.enc({ type: "Id", value: toAddress(key) }));
      assert.deepEqual(toAccount(toAddress(encode(AccountIdTy, key as never).slice())), key);
      assert.deepEqual(encode(MultiAddressTy, { type: "Index", value: index }), address.enc({ type: "Index", value: index }));
      assert.deepEqual(encode(MultiAddressTy, { type: "Raw", value: raw }), address.enc({ type: "Raw", value: raw as never }));
      assert.deepEqual(encode(WeightTy, { ref_time, proof_size }), papi.Struct({ ref_time: papi.compactBn, proof_size: papi.compactBn }).enc({ ref_time, proof_size }));
    }),
  );
});
