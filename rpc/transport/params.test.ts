import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ParamReader, RpcError } from "../method.ts";
import { boolean, hash32Hex, hexBytes, listOf, oneOf, plainObject, text, u32OrHex } from "./params.ts";

const message = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    assert.ok(error instanceof RpcError);
    assert.equal(error.code, -32602);
    return error.message;
  }
  assert.fail("was accepted");
};
const HASH = `0x${"Ab".repeat(32)}`;

test("a refusal names position, parameter, rule and what came", () => {
  const reader = new ParamReader(["0x00", "0x12"]);
  assert.deepEqual(reader.bytes("key", 10), Uint8Array.of(0));
  assert.equal(message(() => reader.hash("hash")), 'Invalid params: parameter 2 ("hash"): expected 0x-prefixed 32 bytes, got "0x12"');
  assert.match(message(() => reader.hash("at")), /parameter 3 \("at"\): expected .*, got nothing$/);
});

test("what a caller sent is cut in messages, whatever it is", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 3 }), fc.nat(100_000), (value, repeat) => {
      const sent = typeof value === "string" ? value.repeat(repeat % 1000) + "!" : [value];
      assert.ok(message(() => new ParamReader([sent]).hash("h")).length < 500);
    }),
  );
  assert.match(message(() => new ParamReader(["x".repeat(1e6)]).hash("h")), /"x{66}\.\.\." \(1000000 characters\)$/);
});

test("absent and null optionals are undefined; a wrong one is refused", () => {
  const reader = new ParamReader([null, HASH]);
  assert.equal(reader.optionalU32("n"), undefined);
  assert.equal(reader.optional("h", hash32Hex), HASH.toLowerCase());
  assert.equal(reader.optionalHash("at"), undefined);
  assert.match(message(() => new ParamReader(["1"]).optionalU32("n")), /expected an integer from 0 to 4294967295, got "1"/);
});

test("u32 takes exactly the integers of 32 bits", () => {
  for (const good of [0, 1, 0xffff_ffff]) assert.equal(new ParamReader([good]).u32("n"), good);
  for (const bad of [-1, 0x1_0000_0000, 1.5, "1", null, true, [1]]) message(() => new ParamReader([bad]).u32("n"));
  assert.equal(new ParamReader(["0x1F"]).get("n", u32OrHex), 31);
  for (const bad of ["0x", "1f", "0x100000000", "0xg"]) message(() => new ParamReader([bad]).get("n", u32OrHex));
});

test("hex is whole bytes within the bounds, in either case", () => {
  assert.deepEqual(new ParamReader(["0xaB"]).get("b", hexBytes(1, 1)), Uint8Array.of(0xab));
  const wrong = ["ab", "0xa", "0xabc", "0xzz", "0x", "0xabab", "0XAB", 5];
  for (const bad of wrong) message(() => new ParamReader([bad]).get("b", hexBytes(1, 1)));
});

test("a wrong element is named with its place, also inside lists of lists", () => {
  const keys = listOf(hexBytes(4), 3);
  assert.deepEqual(new ParamReader([["0x01", "0x"]]).get("keys", keys), [Uint8Array.of(1), new Uint8Array(0)]);
  const wrongElement = message(() => new ParamReader([["0x01", 7]]).get("keys", keys));
  assert.match(wrongElement, /parameter 1 \("keys"\): element 2: expected 0x-prefixed bytes, 0 to 4 of them, got 7/);
  assert.match(message(() => new ParamReader([["0x", "0x", "0x", "0x"]]).get("keys", keys)), /an array of at most 3, .*got an array of 4/);
  assert.match(message(() => new ParamReader([[[], ["x"]]]).get("k", listOf(keys, 9))), /element 2, element 1: expected/);
});

test("the other shapes take what they say", () => {
  const reader = new ParamReader([true, "ab", "value", { a: 1 }]);
  assert.equal(reader.boolean("b"), true);
  assert.equal(reader.string("s", 2), "ab");
  assert.equal(reader.get("t", oneOf("hash", "value")), "value");
  assert.deepEqual(reader.get("o", plainObject), { a: 1 });
  reader.end();
  message(() => new ParamReader([1]).get("b", boolean));
  message(() => new ParamReader(["abc"]).get("s", text(2)));
  assert.match(message(() => new ParamReader(["x"]).get("t", oneOf("a", "b"))), /one of "a", "b"/);
  for (const bad of [[], null, "x"]) message(() => new ParamReader([bad]).get("o", plainObject));
  assert.match(message(() => new ParamReader([1]).end()), /at most 0 parameters, got 1/);
});
