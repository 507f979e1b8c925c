import { concatBytes, utf8 } from "../../runtime/primitives/bytes.ts";
import type { Random } from "./random.ts";

/** What mutations draw from. */
export interface Material {
  readonly corpus: readonly Uint8Array[];
  /** Pieces that the format gives a meaning to. */
  readonly words: readonly Uint8Array[];
  readonly lengthMax: number;
}

type Mutation = (input: Uint8Array, random: Random, material: Material) => Uint8Array;

const INTERESTING = [0, 1, 2, 3, 4, 5, 0x3f, 0x40, 0x7f, 0x80, 0x81, 0x84, 0xfc, 0xfd, 0xfe, 0xff];
/** Lengths and numbers at the borders of the compact forms, canonical and not. */
const COMPACTS = [
  [0x00], [0xfc], [0x01, 0x00], [0x01, 0x01], [0xfd, 0xff], [0x02, 0x00, 0x00, 0x00], [0x02, 0x00, 0x01, 0x00], [0xfe, 0xff, 0xff, 0xff],
  [0x03, 0x00, 0x00, 0x00, 0x00], [0x03, 0x00, 0x00, 0x00, 0x40], [0x03, 0xff, 0xff, 0xff, 0xff], [0x07, 0, 0, 0, 0, 1], [0x13, 0, 0, 0, 0, 0, 0, 0, 1],
  [0x33, ...new Array<number>(16).fill(0xff)], [0xff, ...new Array<number>(67).fill(0xff)],
].map((bytes) => Uint8Array.from(bytes));
const NUMBERS = ["0", "-1", "1e999", "4294967296", "9007199254740993", "0.5", "null", "true", '""', "[]", "{}", '"0x"', '"\\ud800"', "1".repeat(400)].map(utf8);

function replaced(input: Uint8Array, from: number, to: number, by: Uint8Array): Uint8Array {
  return concatBytes(input.subarray(0, from), by, input.subarray(to));
}

function range(input: Uint8Array, random: Random): [number, number] {
  const from = random.below(input.length + 1);
  const longest = random.chance(3) ? input.length : 8;
  return [from, Math.min(input.length, from + 1 + random.below(longest))];
}

/** Where a JSON scalar, or what looks like one, begins and ends. */
function token(input: Uint8Array, random: Random): [number, number] {
  const ends = (byte: number): boolean => byte === 0x2c || byte === 0x3a || byte === 0x5b || byte === 0x5d || byte === 0x7b || byte === 0x7d;
  let from = random.below(input.length + 1);
  while (from > 0 && !ends(input[from - 1]!)) from--;
  let to = from;
  while (to < input.length && !ends(input[to]!)) to++;
  return [from, to];
}

const MUTATIONS: readonly Mutation[] = [
  (input, random) => {
    const out = input.slice();
    if (out.length > 0) out[random.below(out.length)]! ^= 1 << random.below(8);
    return out;
  },
  (input, random) => {
    const out = input.slice();
    if (out.length > 0) out[random.below(out.length)] = random.chance(2) ? random.pick(INTERESTING) : random.below(256);
    return out;
  },
  (input, random) => {
    const out = input.slice();
    if (out.length > 0) out[random.below(out.length)]! += random.chance(2) ? random.below(9) : -random.below(9);
    return out;
  },
  (input, random) => replaced(input, ...range(input, random), new Uint8Array(0)),
  (input, random) => {
    const at = random.below(input.length + 1);
    return replaced(input, at, at, random.bytes(1 + random.below(random.chance(8) ? 64 : 8)));
  },
  // A part once more: repeated items, deeper nesting.
  (input, random) => {
    const [from, to] = range(input, random);
    const part = input.subarray(from, to);
    const copies = random.chance(6) ? 1 + random.below(40) : 1;
    return replaced(input, from, from, concatBytes(...new Array<Uint8Array>(copies).fill(part)));
  },
  (input, random) => {
    const [from, to] = range(input, random);
    const at = random.below(input.length + 1);
    return replaced(input, at, Math.min(input.length, at + (random.chance(2) ? to - from : 0)), input.subarray(from, to));
  },
  (input, random, { corpus }) => {
    const other = random.pick(corpus);
    const [from, to] = range(other, random);
    return random.chance(2) ? concatBytes(input.subarray(0, random.below(input.length + 1)), other.subarray(from)) : replaced(input, ...range(input, random), other.subarray(from, to));
  },
  (input, random) => {
    const at = random.below(input.length + 1);
    return replaced(input, at, Math.min(input.length, at + random.pick([0, 1, 2, 4, 5])), random.pick(COMPACTS));
  },
  // A compact in place, nudged: a length that lies by a little.
  (input, random) => {
    if (input.length === 0) return input;
    const out = input.slice();
    out[random.below(Math.min(out.length, 8))]! += random.chance(2) ? 4 : -4;
    return out;
  },
  (input, random, { words }) => {
    if (words.length === 0) return input;
    const [from, to] = range(input, random);
    return replaced(input, from, random.chance(2) ? from : to, random.pick(words));
  },
  (input, random, { words }) => replaced(input, ...token(input, random), random.chance(2) && words.length > 0 ? random.pick(words) : random.pick(NUMBERS)),
  (input, random) => input.slice(0, random.below(input.length + 1)),
];

/** A variant of `input`: one to six changes, fewer more often. */
export function mutate(input: Uint8Array, random: Random, material: Material): Uint8Array {
  let out = input;
  do out = random.pick(MUTATIONS)(out, random, material);
  while (!random.chance(3) && out.length <= material.lengthMax);
  return out.length > material.lengthMax ? out.slice(0, material.lengthMax) : out;
}
