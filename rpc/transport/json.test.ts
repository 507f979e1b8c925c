import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { RpcError } from "./errors.ts";
import { isDeeperThan, parseJson } from "./json.ts";

function depthOf(value: unknown): number {
  if (typeof value !== "object" || value === null) return 0;
  return 1 + Object.values(value).reduce<number>((max, item) => Math.max(max, depthOf(item)), 0);
}

test("the scan counts the nesting that the parsed value has, whatever its strings hold", () => {
  const awkward = fc.string({ unit: fc.constantFrom("[", "{", "}", "]", '"', "\\", "a", "\n") });
  const { tree } = fc.letrec<{ tree: unknown; list: unknown; object: unknown }>((tie) => ({
    tree: fc.oneof({ maxDepth: 8 }, awkward, fc.integer(), tie("list"), tie("object")),
    list: fc.array(tie("tree"), { maxLength: 3 }),
    object: fc.dictionary(awkward, tie("tree"), { maxKeys: 3 }),
  }));
  fc.assert(
    fc.property(tree, fc.nat(10), (value, depth) => {
      assert.equal(isDeeperThan(JSON.stringify(value), depth), depthOf(value) > depth);
    }),
  );
});

test("text of any kind is parsed or refused as -32700, never anything else", () => {
  const jsonLike = fc.string({ unit: fc.constantFrom("[", "{", "}", "]", '"', "\\", ":", ",", "1", "u", " ") });
  fc.assert(
    fc.property(jsonLike, fc.integer({ min: 1, max: 4 }), (text, depth) => {
      try {
        parseJson(text, depth);
      } catch (error) {
        assert.ok(error instanceof RpcError && error.code === -32700);
      }
    }),
  );
});

test("a tower of 100,000 arrays or objects is refused by the scan", () => {
  for (const text of ["[".repeat(100_000), "[".repeat(100_000) + "]".repeat(100_000), '{"a":'.repeat(100_000)]) {
    assert.throws(() => parseJson(text, 128), { code: -32700, data: "more than 128 nested arrays and objects" });
  }
  assert.doesNotThrow(() => parseJson("[".repeat(128) + "]".repeat(128), 128));
});
