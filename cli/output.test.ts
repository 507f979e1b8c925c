import { test } from "node:test";
import assert from "node:assert/strict";
import { stringify, table } from "./output.ts";

test("JSON shows bytes as hex, Buffers too, and bigints as decimal strings", () => {
  assert.equal(stringify({ a: Uint8Array.of(1, 255), b: [Buffer.of(2)], c: 1n << 100n }), '{"a":"0x01ff","b":["0x02"],"c":"1267650600228229401496703205376"}');
});

test("columns of a table line up and end without blanks", () => {
  const text = table([{ a: "x", b: 1 }, { a: "long", b: 10 }], [{ key: "a", title: "A" }, { key: "b", title: "NUMBER", right: true }]);
  assert.deepEqual(text.split("\n"), ["A     NUMBER", "x          1", "long      10"]);
});
