import assert from "node:assert/strict";
import { test } from "node:test";
import { REFERENCES, committed } from "../scripts/reference.ts";

for (const [name, make] of Object.entries(REFERENCES)) {
  test(`docs/reference/${name} is what the code says; otherwise run \`npm run docs\``, () => {
    assert.equal(committed(name), make());
  });
}
