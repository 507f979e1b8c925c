import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { compareBytes, concatBytes, fromLatin1, startsWith, toLatin1 } from "../primitives/bytes.ts";
import { boundedBytes, bytes, encode, fixedBytes, struct, u16, u32, u8 } from "../primitives/codec/index.ts";
import { DecodeError } from "../primitives/errors.ts";
import { MemoryState, State } from "./state.ts";
import type { Mark } from "./state.ts";
import { blake2_128Concat, blake2_256, identity, storageMap, storageNMap, storageValue, twox64Concat } from "./storage.ts";
import type { StorageItem } from "./storage.ts";

const Pair = struct("t::Pair", { a: u8, b: boundedBytes(8) });
const Plain = storageValue("Test", "Plain", u32);
const WithDefault = storageValue("Test", "WithDefault", u16, { default: 7 });
const Accounts = storageMap("Test", "Accounts", blake2_128Concat, fixedBytes(4), Pair);
const Numbers = storageMap("Test", "Numbers", twox64Concat, u16, bytes, { default: new Uint8Array(0) });
const Names = storageMap("Test", "Names", identity, bytes, u8);
const Double = storageNMap("Test", "Double", [[twox64Concat, u8], [blake2_128Concat, bytes]], u16);
const Hashed = storageMap("Test", "Hashed", blake2_256, bytes, u16);
const ITEMS: readonly { readonly item: StorageItem }[] = [Plain, WithDefault, Accounts, Numbers, Names, Double, Hashed];
const items = new Map(ITEMS.map(({ item }) => [toLatin1(item.prefix), item]));

/** One typed place in storage and the values that it may get. Small ranges, so that places are met again. */
interface Place {
  get(state: State): unknown;
  set(state: State, value: unknown): void;
  remove(state: State): void;
  readonly item: StorageItem;
  readonly key: Uint8Array;
  readonly fallback: unknown;
}
type AnyMap = { readonly item: StorageItem; get(state: State, key: unknown): unknown; set(state: State, key: unknown, value: unknown): void; remove(state: State, key: unknown): void };
const entry = (map: unknown, key: unknown, fallback?: unknown): Place => {
  const { item } = map as AnyMap;
  return {
    get: (state) => (map as AnyMap).get(state, key),
    set: (state, value) => (map as AnyMap).set(state, key, value),
    remove: (state) => (map as AnyMap).remove(state, key),
    item,
    key: item.keyBytes(key),
    fallback,
  };
};
const value = (of: typeof Plain | typeof WithDefault, fallback?: unknown): Place => ({
  get: (state) => of.get(state),
  set: (state, given) => of.set(state, given as number),
  remove: (state) => of.remove(state),
  item: of.item,
  key: of.item.keyBytes(undefined),
  fallback,
});

const few = fc.uint8Array({ max: 2, maxLength: 2 });
const pair = fc.record({ a: fc.nat(3), b: few }, { noNullPrototype: true });
const typed: fc.Arbitrary<{ readonly place: Place; readonly value: unknown }> = fc.oneof(
  fc.record({ place: fc.constant(value(Plain)), value: fc.nat(3) }),
  fc.record({ place: fc.constant(value(WithDefault, 7)), value: fc.constantFrom(7, 8) }),
  fc.record({ place: fc.uint8Array({ max: 1, minLength: 4, maxLength: 4 }).map((key) => entry(Accounts, key)), value: pair }),
  fc.record({ place: fc.nat(3).map((key) => entry(Numbers, key, new Uint8Array(0))), value: few }),
  fc.record({ place: few.map((key) => entry(Names, key)), value: fc.nat(3) }),
  fc.record({ place: fc.tuple(fc.nat(1), few).map((key) => entry(Double, key)), value: fc.nat(3) }),
  fc.record({ place: few.map((key) => entry(Hashed, key)), value: fc.nat(3) }),
) as never;
/** Keys of no item: short ones, well-known ones, and ones that only look like an item's. */
const strange: fc.Arbitrary<Uint8Array> = fc.oneof(
  few,
  fc.constant(fromLatin1(":code")),
  fc.tuple(fc.constantFrom(...ITEMS), fc.uint8Array({ max: 1, minLength: 1, maxLength: 3 })).map(([{ item }, rest]) => concatBytes(item.prefix, rest)).filter((key) => !startsWith(key, Hashed.item.prefix) && !startsWith(key, Names.item.prefix)),
  fc.constantFrom(Accounts, Numbers, Double).map(({ item }) => item.prefix),
);

type Step =
  | { readonly type: "set" | "remove" | "get"; readonly place: Place; readonly value: unknown }
  | { readonly type: "setRaw"; readonly key: Uint8Array; readonly raw: Uint8Array | undefined }
  | { readonly type: "setTypedRaw"; readonly place: Place; readonly value: unknown }
  | { readonly type: "bad"; readonly place: Place }
  | { readonly type: "begin" | "rollback" | "commit" }
  | { readonly type: "keys"; readonly prefix: Uint8Array; readonly limit: number };
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 6, arbitrary: fc.record({ type: fc.constantFrom("set", "set", "remove", "get"), both: typed }).map(({ type, both }) => ({ type, place: both.place, value: both.value }) as Step) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant("setRaw" as const), key: strange, raw: fc.option(few, { nil: undefined }) }) },
  { weight: 2, arbitrary: typed.map((both) => ({ type: "setTypedRaw" as const, ...both })) },
  { weight: 1, arbitrary: typed.map(({ place }) => ({ type: "bad" as const, place })) },
  { weight: 3, arbitrary: fc.record({ type: fc.constantFrom("begin" as const, "begin" as const, "rollback" as const, "commit" as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant("keys" as const), prefix: fc.oneof(fc.constantFrom(...ITEMS).map(({ item }) => item.prefix), few, fc.constant(Plain.item.prefix.subarray(0, 16))), limit: fc.constantFrom(0, 1, 2, 3, 100) }) },
);

type Model = Map<string, Uint8Array>;

function modelKeys(model: Model, prefix: Uint8Array): Uint8Array[] {
  return [...model.keys()].map(fromLatin1).filter((key) => startsWith(key, prefix)).sort(compareBytes);
}

function diff(before: Model, after: Model): { key: Uint8Array; value: Uint8Array | undefined; before: Uint8Array | undefined; had: boolean }[] {
  const ids = [...new Set([...before.keys(), ...after.keys()])].filter((id) => {
    const [a, b] = [before.get(id), after.get(id)];
    return a === undefined || b === undefined || compareBytes(a, b) !== 0;
  });
  return ids.map((id) => ({ key: fromLatin1(id), value: after.get(id), before: before.get(id), had: before.has(id) })).sort((x, y) => compareBytes(x.key, y.key));
}

/** Applies one step to both and compares what it shows. */
function apply(state: State, stack: { model: Model; readonly mark: Mark }[], one: Step): void {
  const top = stack[stack.length - 1]!;
  const { model } = top;
  switch (one.type) {
    case "set":
      one.place.set(state, one.value);
      model.set(toLatin1(one.place.key), encode(one.place.item.valueType, one.value));
      break;
    case "remove":
      one.place.remove(state);
      model.delete(toLatin1(one.place.key));
      break;
    case "get": {
      const stored = model.get(toLatin1(one.place.key));
      assert.deepEqual(one.place.get(state), stored === undefined ? one.place.fallback : one.place.item.decodeValue(stored));
      break;
    }
    case "setRaw":
      state.setRaw(one.key, one.raw);
      if (one.raw === undefined) model.delete(toLatin1(one.key));
      else model.set(toLatin1(one.key), one.raw);
      break;
    case "setTypedRaw": {
      const raw = encode(one.place.item.valueType, one.value);
      state.setRaw(one.place.key, raw);
      model.set(toLatin1(one.place.key), raw);
      assert.deepEqual(one.place.get(state), one.value);
      break;
    }
    case "bad":
      assert.throws(() => state.setRaw(one.place.key, new Uint8Array(40).fill(255)), DecodeError);
      break;
    case "begin":
      stack.push({ model: new Map(model), mark: state.mark() });
      break;
    case "rollback":
      if (stack.length === 1) return;
      state.rollback(stack.pop()!.mark);
      break;
    case "commit":
      if (stack.length === 1) return;
      stack.pop();
      stack[stack.length - 1]!.model = model;
      break;
    case "keys":
      assert.deepEqual(state.keysUnder(one.prefix, one.limit), modelKeys(model, one.prefix).slice(0, one.limit));
  }
  if ("place" in one) assert.deepEqual(state.getRaw(one.place.key), stack[stack.length - 1]!.model.get(toLatin1(one.place.key)));
}

test("the overlay agrees with a plain map under any sequence of typed and raw access and nested transactions", () => {
  fc.assert(
    fc.property(fc.array(typed, { maxLength: 8 }), fc.array(fc.tuple(strange, few), { maxLength: 3 }), fc.array(step, { maxLength: 60, size: "max" }), (first, raws, steps) => {
      const parent = new MemoryState();
      for (const { place, value: given } of first) parent.entries.set(toLatin1(place.key), encode(place.item.valueType, given));
      for (const [key, raw] of raws) parent.entries.set(toLatin1(key), raw);
      const before: Model = new Map(parent.entries);
      const state = new State(parent, items);
      const stack: { model: Model; readonly mark: Mark }[] = [{ model: new Map(before), mark: 0 }];
      for (const one of steps) apply(state, stack, one);
      const after = stack[stack.length - 1]!.model;
      const changes = state.changes();
      assert.deepEqual(changes, diff(before, after));
      assert.deepEqual(parent.entries, before); // the parent is only read
      parent.apply(changes);
      assert.deepEqual([...parent.entries].sort(byKey), [...after].sort(byKey));
    }),
    { numRuns: Number(process.env["FC_RUNS"] ?? 600) },
  );
});

const byKey = (a: readonly [string, unknown], b: readonly [string, unknown]): number => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : 0);

test("different keys never share an entry, even where one key's bytes are another's encoding", () => {
  const state = new State(new MemoryState(), items);
  const lists = [[], [0], [4], [4, 0], [0, 0]].map((list) => Uint8Array.from(list));
  lists.forEach((key, i) => Names.set(state, key, i));
  lists.forEach((key, i) => assert.equal(Names.get(state, key), i));
  lists.forEach((key, i) => Hashed.set(state, key, i));
  lists.forEach((key, i) => assert.deepEqual(state.getRaw(Hashed.keyBytes(key)), encode(u16, i)));
  assert.equal(state.changes().length, 2 * lists.length);
});

test("entries of a map come back in the order of their storage keys, without what is no key of it", () => {
  const state = new State(new MemoryState(), items);
  for (let i = 0; i < 20; i++) Numbers.set(state, i, Uint8Array.of(i));
  for (const rest of [[], [1], new Array<number>(10).fill(0), new Array<number>(40).fill(1)]) state.setRaw(concatBytes(Numbers.item.prefix, Uint8Array.from(rest)), Uint8Array.of(1));
  const found = Numbers.entries(state, 100);
  assert.deepEqual(found.map(([, raw]) => raw), found.map(([key]) => Uint8Array.of(key)));
  const keys = found.map(([key]) => Numbers.keyBytes(key));
  assert.deepEqual(keys, [...keys].sort(compareBytes));
  assert.equal(found.length, 20);
});

test("a key is read from the parent once and decoded once, and what is not changed in the end is no change", () => {
  let reads = 0;
  const parent = new MemoryState();
  parent.entries.set(toLatin1(Plain.item.keyBytes(undefined)), encode(u32, 5));
  const counting = { get: (key: Uint8Array) => (reads++, parent.get(key)), keysUnder: parent.keysUnder.bind(parent) };
  const state = new State(counting, items);
  for (let i = 0; i < 10; i++) Plain.set(state, Plain.get(state)! + 1);
  Plain.set(state, 5);
  WithDefault.set(state, 1);
  WithDefault.remove(state);
  assert.equal(reads, 2);
  assert.deepEqual(state.changes(), []);
});

test("a parent's value that its type refuses stops the read", () => {
  const parent = new MemoryState();
  parent.entries.set(toLatin1(Plain.item.keyBytes(undefined)), Uint8Array.of(1));
  assert.throws(() => Plain.get(new State(parent, items)), DecodeError);
});
