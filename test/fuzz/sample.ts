// Random values of any SCALE type, from the type's own description: seeds that already have the right structure.
import type { Era } from "../../runtime/primitives/era.ts";
import { mortalEra } from "../../runtime/primitives/era.ts";
import { encode } from "../../runtime/primitives/codec/index.ts";
import type { AnyTy, FieldShape, PrimitiveName, Shape } from "../../runtime/primitives/codec/index.ts";
import { EncodeError } from "../../runtime/primitives/errors.ts";
import type { Random } from "./random.ts";

const DEPTH_MAX = 5;
const TRIES = 20;

/** The bytes of a random value; undefined when none was found that keeps the type's own bounds. */
export function sampleBytes(type: AnyTy, random: Random): Uint8Array | undefined {
  for (let i = 0; i < TRIES; i++) {
    try {
      return encode(type, sample(type, random));
    } catch (error) {
      if (!(error instanceof EncodeError)) throw error;
    }
  }
  return undefined;
}

function sample({ shape }: AnyTy, random: Random, depth = 0): unknown {
  switch (shape.kind) {
    case "primitive":
      return primitive(shape.name, random);
    case "compact":
      return sample(shape.of, random, depth);
    case "lazy":
      return sample(shape.resolve(), random, depth + 1);
    case "sequence":
    case "array": {
      const length = shape.kind === "array" ? shape.size : random.below(depth > DEPTH_MAX ? 1 : 4);
      if (isByte(shape.of)) return random.bytes(shape.kind === "array" ? shape.size : random.below(12));
      return Array.from({ length }, () => sample(shape.of, random, depth + 1));
    }
    case "tuple":
      return shape.of.length === 0 ? undefined : shape.of.map((item) => sample(item, random, depth));
    case "composite":
      return fields(shape.fields, random, depth);
    case "variant":
      return variant(shape, random, depth);
  }
}

function isByte({ shape }: AnyTy): boolean {
  return shape.kind === "primitive" && shape.name === "u8";
}

function primitive(name: PrimitiveName, random: Random): unknown {
  if (name === "bool") return random.chance(2);
  if (name === "str" || name === "char") return random.pick(["", "a", "text", "é\u{1f600}", "x".repeat(70)]);
  const bits = Number(name.slice(1));
  return bits <= 32 ? Number(random.bigint(bits)) : random.bigint(bits);
}

function fields(shapes: readonly FieldShape[], random: Random, depth: number): unknown {
  if (shapes.length === 0) return undefined;
  if (shapes.length === 1 && shapes[0]!.name === undefined) return sample(shapes[0]!.type, random, depth);
  if (shapes[0]!.name === undefined) return shapes.map(({ type }) => sample(type, random, depth));
  return Object.fromEntries(shapes.map(({ name, type }) => [name!, sample(type, random, depth)]));
}

function variant(shape: Extract<Shape, { kind: "variant" }>, random: Random, depth: number): unknown {
  if (shape.path === "sp_runtime::generic::era::Era") return random.chance(2) ? ({ type: "Immortal" } satisfies Era) : mortalEra(4 << random.below(15), random.below(100_000));
  if (shape.path === "Option") return random.chance(2) || depth > DEPTH_MAX ? undefined : sample(shape.variants[1]!.fields[0]!.type, random, depth + 1);
  if (shape.variants.length === 0) throw new EncodeError("an enum without variants has no value");
  const plain = depth > DEPTH_MAX ? shape.variants.filter((one) => one.fields.length === 0) : [];
  const chosen = random.pick(plain.length > 0 ? plain : shape.variants);
  const value = chosen.fields.length === 0 ? {} : fields(chosen.fields, random, depth + 1);
  if (shape.path === "Result") return chosen.name === "Ok" ? { ok: true, value } : { ok: false, error: value };
  return { type: chosen.name, value };
}
