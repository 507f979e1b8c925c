import assert from "node:assert/strict";
import { test } from "node:test";
import { GenericExtrinsicEra } from "@polkadot/types";
import { TypeRegistry } from "@polkadot/types/create";
import { decodeAddress, encodeAddress, xxhashAsU8a } from "@polkadot/util-crypto";
import fc from "fast-check";
import { compareBytes, concatBytes, equalBytes, fromHex, fromLatin1, fromUtf8, startsWith, toHex, toLatin1, tryFromHex, utf8 } from "./bytes.ts";
import { decode, encode } from "./codec/index.ts";
import { EraTy, IMMORTAL, eraBirth, eraDeath, mortalEra } from "./era.ts";
import type { Era } from "./era.ts";
import { DecodeError, EncodeError, InvariantError } from "./errors.ts";
import * as browser from "./hash.browser.ts";
import * as native from "./hash.node.ts";
import { decodeSs58, encodeSs58 } from "./ss58.ts";
import { AccountId, Hash } from "./types.ts";

const bytes = (maxLength: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ maxLength });
const keys = fc.uint8Array({ minLength: 32, maxLength: 32 });
const ALICE = fromHex("0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d");

test("addresses: the known ones of Alice", () => {
  const known: readonly (readonly [number, string])[] = [
    [42, "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY"],
    [0, "15oF4uVJwmo4TdGW7VfQxNLavjCXviqxT9S1MgbjMNHr6Sp5"],
    [2, "HNZata7iMYWmk5RvZRTiAsSDhV8366zq2YGb3tLH5Upf74F"],
  ];
  for (const [format, text] of known) {
    assert.equal(encodeSs58(ALICE, format), text);
    assert.deepEqual(decodeSs58(text), { ok: true, value: { account: ALICE, format } });
  }
});

test("addresses of any key under any prefix are @polkadot/util-crypto's, and decode back", () => {
  const formats = fc.oneof(fc.constantFrom(0, 2, 42, 63, 64, 65, 127, 128, 255, 256, 16_383), fc.nat(16_383)).filter((format) => format !== 46 && format !== 47); // reserved there
  fc.assert(
    fc.property(keys, formats, (key, format) => {
      const text = encodeSs58(key, format);
      assert.equal(text, encodeAddress(key, format));
      assert.deepEqual(decodeAddress(text, false, format), key);
      assert.deepEqual(decodeSs58(text), { ok: true, value: { account: key, format } });
    }),
    { numRuns: 500 },
  );
});

test("a mistyped address is refused with the reason, whatever the text", () => {
  const code = (text: string): string => {
    const result = decodeSs58(text);
    return result.ok ? "ok" : result.error.code;
  };
  const good = encodeSs58(ALICE, 42);
  assert.equal(code(good.replace("5Grwva", "5Grwvb")), "SS58_CHECKSUM");
  assert.equal(code(`${good.slice(0, -1)}0`), "SS58_BASE58");
  for (const text of ["", "5", good.slice(0, -1), encodeAddress(new Uint8Array(8), 42), encodeAddress(new Uint8Array(33), 42), good + good, "1".repeat(64)]) assert.notEqual(code(text), "ok", text);
  fc.assert(
    fc.property(fc.string({ unit: "binary", maxLength: 80 }), fc.nat(46), fc.constantFrom(..."123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"), (noise, at, letter) => {
      assert.notEqual(code(noise), "ok");
      if (good[at] !== letter) assert.notEqual(code(good.slice(0, at) + letter + good.slice(at + 1)), "ok");
    }),
  );
});

test("eras are @polkadot/types' in bytes, birth and death, for any block and period", () => {
  const registry = new TypeRegistry();
  fc.assert(
    fc.property(fc.oneof(fc.integer({ min: 2, max: 16 }).map((power) => 2 ** power), fc.nat(100_000)), fc.oneof(fc.nat(100_000), fc.nat(2 ** 31)), fc.nat(70_000), (period, current, later) => {
      // Through their bytes: the object that they make from a block keeps a phase that is not quantized yet.
      const theirBytes = new GenericExtrinsicEra(registry, { current, period }).toU8a();
      const theirs = new GenericExtrinsicEra(registry, theirBytes).asMortalEra;
      const ours = mortalEra(period, current);
      assert.deepEqual(ours, { type: "Mortal", period: theirs.period.toNumber(), phase: theirs.phase.toNumber() });
      const encoded = encode(EraTy, ours);
      assert.deepEqual(encoded, theirBytes);
      assert.deepEqual(decode(EraTy, encoded), ours);
      const at = current + later;
      assert.equal(eraBirth(ours, at), theirs.birth(at));
      assert.equal(eraDeath(ours, at), theirs.death(at));
      const birth = eraBirth(ours, current);
      assert.ok(birth <= current && current < eraDeath(ours, current));
      assert.ok(eraDeath(ours, current) - birth >= 4);
    }),
    { numRuns: 1000 },
  );
});

test("eras: all two-byte forms either decode canonically or are refused", () => {
  let valid = 0;
  for (let encoded = 0; encoded < 65_536; encoded++) {
    const input = Uint8Array.of(encoded & 255, encoded >> 8);
    let era: Era;
    try {
      era = decode(EraTy, input);
    } catch (error) {
      assert.ok(error instanceof DecodeError);
      continue;
    }
    valid++;
    assert.deepEqual(encode(EraTy, era), input);
  }
  // 4 + 8 + ... + 4096 phases, then 4096 for each of 8192 to 65536.
  assert.equal(valid, 8188 + 4 * 4096);
  assert.deepEqual(decode(EraTy, Uint8Array.of(0)), IMMORTAL);
  assert.deepEqual([eraBirth(IMMORTAL, 77), eraDeath(IMMORTAL, 77)], [0, Number.MAX_SAFE_INTEGER]);
  for (const [period, phase] of [[3, 0], [2, 0], [131_072, 0], [64, 64], [64, -1], [8192, 1], [65_536, 8]]) {
    assert.throws(() => encode(EraTy, { type: "Mortal", period: period!, phase: phase! }), EncodeError);
  }
});

test("hashes: libsodium and noble agree on every input, also in the middle of a buffer", () => {
  assert.deepEqual(Object.keys(native).sort(compareText), Object.keys(browser).sort(compareText));
  const byName = new Map<string, unknown>(Object.entries(browser));
  type Hash = (input: Uint8Array) => Uint8Array;
  const hashes = Object.entries(native).filter(([name]) => name !== "blake2b256Into").map(([name, hash]) => ({ name, mine: hash as Hash, other: byName.get(name) as Hash }));
  assert.equal(hashes.length, 9);
  fc.assert(
    fc.property(fc.oneof(bytes(300), bytes(5000)), fc.nat(7), (input, offset) => {
      const inside = Buffer.concat([Buffer.alloc(offset), input, Buffer.of(1)]).subarray(offset, offset + input.length);
      for (const { name, mine, other } of hashes) {
        const expected = other(input);
        for (const given of [input, inside]) {
          assert.deepEqual(mine(given), expected, name);
          assert.equal(mine(given).constructor, Uint8Array, name);
        }
      }
      const [a, b] = [new Uint8Array(32), new Uint8Array(32)];
      native.blake2b256Into(a, inside);
      browser.blake2b256Into(b, input);
      assert.deepEqual([a, b], [native.blake2b256(input), native.blake2b256(input)]);
      assert.deepEqual(native.twox64(input), xxhashAsU8a(input, 64, true));
      assert.deepEqual(native.twox128(input), xxhashAsU8a(input, 128, true));
      assert.deepEqual(native.twox256(input), xxhashAsU8a(input, 256, true));
    }),
    { numRuns: 200 },
  );
});

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

test("hashes: the vectors that everyone knows", () => {
  assert.equal(toHex(native.twox128(utf8("System"))), "0x26aa394eea5630e07c48ae0c9558cef7");
  assert.equal(toHex(native.twox128(utf8("Account"))), "0xb99d880ec681799c0cf30e8886371da9");
  assert.equal(toHex(native.twox64(utf8(""))), "0x99e9d85137db46ef");
  assert.equal(toHex(native.blake2b256(utf8(""))), "0x0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8");
  assert.equal(toHex(native.blake2b64(utf8("Core"))), "0xdf6acb689907609b"); // the runtime API's id
  assert.equal(toHex(native.keccak256(utf8(""))), "0xc5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470");
  assert.equal(toHex(native.sha256(utf8("abc"))), "0xba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
});

test("bytes: hex, latin1, order and prefixes", () => {
  fc.assert(
    fc.property(bytes(40), bytes(40), (a, b) => {
      assert.deepEqual(tryFromHex(toHex(a)), a);
      assert.deepEqual(tryFromHex(`0x${toHex(a).slice(2).toUpperCase()}`), a);
      assert.equal(toHex(a).slice(2), Buffer.from(a).toString("hex"));
      assert.deepEqual(fromLatin1(toLatin1(a)), a);
      assert.equal(Math.sign(compareBytes(a, b)), Buffer.compare(a, b));
      assert.equal(equalBytes(a, b), Buffer.compare(a, b) === 0);
      assert.deepEqual(concatBytes(a, b), new Uint8Array(Buffer.concat([a, b])));
      assert.equal(startsWith(concatBytes(a, b), a), true);
      assert.equal(startsWith(a, b), Buffer.from(a).indexOf(b) === 0);
    }),
  );
  for (const text of ["", "0", "0x0", "00", "0X00", "0xgg", "0x0g", " 0x00", "0x\u0130\u0130", "x000"]) assert.equal(tryFromHex(text), undefined, text);
  assert.deepEqual(tryFromHex("0x"), new Uint8Array(0));
  assert.throws(() => fromHex("0x0"), InvariantError);
  assert.throws(() => fromUtf8(Uint8Array.of(0xc3, 0x28)), TypeError);
  assert.throws(() => AccountId(new Uint8Array(31)), InvariantError);
  assert.throws(() => Hash(new Uint8Array(33)), InvariantError);
});
