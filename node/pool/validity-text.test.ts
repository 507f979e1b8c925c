import assert from "node:assert/strict";
import { test } from "node:test";
import { invalid } from "./validity-text.ts";

test("a refusal has the code and the words that Substrate's clients match", () => {
  const seen = [
    invalid({ type: "Invalid", value: { type: "Stale" } as never }),
    invalid({ type: "Invalid", value: { type: "Custom", value: 7 } }),
    invalid({ type: "Unknown", value: { type: "CannotLookup" } as never }),
    invalid({ type: "Unknown", value: { type: "Custom", value: 9 } }),
  ].map(({ code, message, detail }) => [code, message, detail.data]);
  assert.deepEqual(seen, [
    ["POOL_INVALID_TX", "Invalid Transaction", "Transaction is outdated"],
    ["POOL_INVALID_TX", "Invalid Transaction", "Custom error: 7"],
    ["POOL_UNKNOWN_VALIDITY", "Unknown Transaction Validity", "CannotLookup"],
    ["POOL_UNKNOWN_VALIDITY", "Unknown Transaction Validity", "Custom(9)"],
  ]);
});
