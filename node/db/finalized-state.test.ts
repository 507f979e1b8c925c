import assert from "node:assert/strict";
import { test } from "node:test";
import { allocBytes, utf8 } from "../../runtime/primitives/bytes.ts";
import type { Database } from "./database.ts";
import { FinalizedState } from "./finalized-state.ts";

test("a cached value keeps no memory alive but its own", () => {
  const state = new FinalizedState({ get: () => undefined } as unknown as Database);
  const value = allocBytes(80).fill(7);
  assert.ok(value.buffer.byteLength > 80, "it is cut from a chunk");
  state.applied([{ key: utf8("key"), value, before: undefined, had: false }]);
  const cached = state.get(utf8("key"))!;
  assert.deepEqual(cached, value);
  assert.equal(cached.buffer.byteLength, 80);
});
