import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import fc from "fast-check";
import { compareBytes, concatBytes, fromLatin1, startsWith, toLatin1 } from "../../runtime/primitives/bytes.ts";
import type { StateChange } from "../../runtime/frame/state.ts";
import { Database } from "./database.ts";
import { HistoricalState, pruneHistory, recordHistory, runOver } from "./history.ts";
import { Table, escapeKey, u32be, unescapeKey } from "./keys.ts";

/** Few bytes, zeros among them: keys that begin with each other, and with what the escaping uses. */
const keys = fc.array(fc.constantFrom(0, 1, 254, 255), { maxLength: 4 }).map((list) => Uint8Array.from(list));
const values = fc.option(fc.uint8Array({ maxLength: 3 }), { nil: undefined });
/** What one block writes; the last write of a key counts. */
const blocks = fc.array(fc.array(fc.tuple(keys, values), { maxLength: 6 }), { minLength: 1, maxLength: 8, size: "max" });

test("escaped keys sort as the originals do, none begins with another, and each comes back with its size", () => {
  fc.assert(
    fc.property(keys, keys, fc.nat(0xffff_ffff), (a, b, block) => {
      const [x, y] = [escapeKey(a), escapeKey(b)];
      assert.equal(Math.sign(compareBytes(x, y)), Math.sign(compareBytes(a, b)));
      assert.equal(startsWith(y, x), compareBytes(a, b) === 0);
      assert.deepEqual(unescapeKey(concatBytes(x, u32be(block))), { key: a, size: x.length });
    }),
  );
});

type Model = ReadonlyMap<string, Uint8Array>;

function changesOf(before: Model, writes: readonly (readonly [Uint8Array, Uint8Array | undefined])[]): StateChange[] {
  const last = new Map(writes.map(([key, value]) => [toLatin1(key), value]));
  const all = [...last].map(([id, value]): StateChange => ({ key: fromLatin1(id), value, before: before.get(id), had: before.has(id) }));
  return all.filter(({ value, before: old }) => value !== old && (value === undefined || old === undefined || compareBytes(value, old) !== 0)).sort((a, b) => compareBytes(a.key, b.key));
}

function applied(before: Model, changes: readonly StateChange[]): Model {
  const next = new Map(before);
  for (const { key, value } of changes) {
    if (value === undefined) next.delete(toLatin1(key));
    else next.set(toLatin1(key), value);
  }
  return next;
}

/** Writes the blocks 1, 2, ... and returns the states after each, genesis (nothing) first. */
async function writeBlocks(database: Database, list: readonly (readonly (readonly [Uint8Array, Uint8Array | undefined])[])[]): Promise<Model[]> {
  const states: Model[] = [new Map()];
  for (const [i, writes] of list.entries()) {
    const changes = changesOf(states[i]!, writes);
    await database.write(
      (batch) => {
        for (const { key, value } of changes) {
          if (value === undefined) batch.del(Table.State, key);
          else batch.put(Table.State, key, value);
        }
        recordHistory(batch, i + 1, changes);
      },
      { sync: false },
    );
    states.push(applied(states[i]!, changes));
  }
  return states;
}

const listed = (model: Model, prefix: Uint8Array, start: Uint8Array | undefined, limit: number): Uint8Array[] =>
  [...model.keys()].map(fromLatin1).filter((key) => startsWith(key, prefix) && (start === undefined || compareBytes(key, start) > 0)).sort(compareBytes).slice(0, limit);

/** A fresh database per run: an old run's keys must not help. */
async function withDatabase(body: (database: Database) => Promise<void>): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), "mesi-history-"));
  const database = await Database.open(folder);
  try {
    await body(database);
  } finally {
    await database.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

test("the state after any block down to the horizon is what it was, key by key and page by page, whatever was pruned below", async () => {
  const questions = fc.array(fc.record({ block: fc.nat(100), prefix: keys, start: fc.option(keys, { nil: undefined }), limit: fc.integer({ min: 1, max: 4 }) }), { minLength: 12, maxLength: 12 });
  await fc.assert(
    fc.asyncProperty(blocks, questions, fc.nat(8), async (list, asked, pruned) => {
      await withDatabase(async (database) => {
        const states = await writeBlocks(database, list);
        const from = Math.min(pruned, list.length);
        await database.write((batch) => {
          for (let block = 1; block <= from; block++) pruneHistory(database, batch, block);
        });
        const everyKey = [...new Set(list.flat().map(([key]) => toLatin1(key)))].map(fromLatin1);
        for (let block = from; block <= list.length; block++) {
          const state = new HistoricalState(database.snapshot(), block);
          for (const key of everyKey) assert.deepEqual(await state.get(key), states[block]!.get(toLatin1(key)));
          assert.deepEqual(await state.keys(new Uint8Array(0), undefined, 1000), listed(states[block]!, new Uint8Array(0), undefined, 1000));
          await state.close();
        }
        for (const { block, prefix, start, limit } of asked) {
          const number = from + (block % (list.length - from + 1));
          const state = new HistoricalState(database.snapshot(), number);
          assert.deepEqual(await state.keys(prefix, start, limit), listed(states[number]!, prefix, start, limit));
          await state.close();
        }
        if (from === list.length) assert.deepEqual([(await database.stats())["History"]!.entries, (await database.stats())["Changed"]!.entries], [0, 0]);
      });
    }),
    { numRuns: Math.max(60, Math.floor(Number(process.env["FC_RUNS"] ?? 0) / 10)) },
  );
});

test("a snapshot keeps answering for its moment while blocks are written", async () => {
  await withDatabase(async (database) => {
    const key = Uint8Array.of(1);
    const states = await writeBlocks(database, [[[key, Uint8Array.of(1)]]]);
    const state = new HistoricalState(database.snapshot(), 1);
    await database.write((batch) => {
      batch.put(Table.State, key, Uint8Array.of(2));
      recordHistory(batch, 2, [{ key, value: Uint8Array.of(2), before: states[1]!.get(toLatin1(key)), had: true }]);
    });
    assert.deepEqual(await state.get(key), Uint8Array.of(1));
    await state.close();
    for (const [block, value] of [[0, undefined], [1, Uint8Array.of(1)], [2, Uint8Array.of(2)]] as const) {
      const later = new HistoricalState(database.snapshot(), block);
      assert.deepEqual(await later.get(key), value);
      await later.close();
    }
  });
});

test("a listing at an old block does not walk the records behind a full page", async () => {
  await withDatabase(async (database) => {
    const many = Array.from({ length: 500 }, (_, i): [Uint8Array, Uint8Array] => [u32be(i), Uint8Array.of(1)]);
    await writeBlocks(database, [many, many.map(([key]) => [key, Uint8Array.of(2)] as const), [[u32be(0), Uint8Array.of(3)]]]);
    const snapshot = database.snapshot();
    let opened = 0;
    const counting = { ...snapshot, entries: (...args: Parameters<typeof snapshot.entries>) => (opened++, snapshot.entries(...args)) };
    // At block 2 nearly every key's records are older than the block: none of them matters.
    const state = new HistoricalState(counting, 2);
    assert.deepEqual(await state.keys(new Uint8Array(0), undefined, 5), many.slice(0, 5).map(([key]) => key));
    assert.ok(opened < 40, `${opened} iterators were opened for 5 keys`);
    await state.close();
  });
});

test("a synchronous function runs over an asynchronous state as over a map, however often it has to start anew", async () => {
  const model = new Map(Array.from({ length: 20 }, (_, i) => [toLatin1(Uint8Array.of(i)), Uint8Array.of(i, i)]));
  let loads = 0;
  const source = {
    get: async (key: Uint8Array) => (loads++, model.get(toLatin1(key))),
    keys: async (prefix: Uint8Array, start: Uint8Array | undefined, limit: number) => (loads++, listed(model, prefix, start, limit)),
  };
  const sum = await runOver(source, (state) => {
    const found = state.keysUnder(new Uint8Array(0), undefined, 100);
    return found.reduce((total, key) => total + state.get(key)![0]!, 0) + (state.get(Uint8Array.of(99)) === undefined ? 1000 : 0) + state.keysUnder(Uint8Array.of(3), undefined, 100).length;
  });
  assert.equal(sum, 190 + 1000 + 1);
  assert.equal(loads, 20 + 1 + 1 + 1); // each thing once
  await assert.rejects(runOver(source, () => { throw new RangeError("its own"); }), RangeError);
});
