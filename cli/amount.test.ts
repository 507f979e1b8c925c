import { test } from "node:test";
import assert from "node:assert/strict";
import fc from "fast-check";
import { formatAmount, parseAmount } from "./amount.ts";

test("every amount that is printed reads back as itself", () => {
  fc.assert(fc.property(fc.bigInt({ min: 0n, max: (1n << 128n) - 1n }), (units) => parseAmount(formatAmount(units).replaceAll(",", ""), "--value") === units));
});

test("amounts with a unit or a point are MESI, plain whole numbers are base units", () => {
  assert.equal(parseAmount("1.5 MESI", "--value"), 1_500_000_000_000n);
  assert.equal(parseAmount("1.5", "--value"), 1_500_000_000_000n);
  assert.equal(parseAmount("2MESI", "--value"), 2_000_000_000_000n);
  assert.equal(parseAmount("0.000000000001 mesi", "--value"), 1n);
  assert.equal(parseAmount("1_000", "--value"), 1_000n);
  assert.equal(formatAmount(10_000_000n * 10n ** 12n), "10,000,000 MESI");
});

for (const text of ["", "-1", "1.5 DOT", "1e3", "1,5", "0x10", "1.2.3", "MESI", "12.3456789012345 MESI"]) {
  test(`the amount "${text}" is refused, naming the flag`, () => {
    assert.throws(() => parseAmount(text, "--value"), (error: Error & { code: string }) => error.code === "USAGE" && error.message.includes("--value"));
  });
}

test("one digit too many is answered with the amount that would do", () => {
  assert.throws(() => parseAmount("12.3456789012345 MESI", "--value"), (error: Error & { hint: string }) => error.message.includes("has 13 decimals; MESI has 12") && error.hint === "use 12.345678901234 MESI");
});
