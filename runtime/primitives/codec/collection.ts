import { EMPTY } from "../bytes.ts";
import { DecodeError, EncodeError } from "../errors.ts";
import { u8 } from "./primitive.ts";
import type { AnyTy, Ty, TypeOf } from "./ty.ts";

function expectBytes(value: unknown, size?: number): asserts value is Uint8Array {
  if (!(value instanceof Uint8Array)) throw new EncodeError(`expected bytes, got ${typeof value}`);
  if (size !== undefined && value.length !== size) throw new EncodeError(`expected ${size} bytes, got ${value.length}`);
}

/** `Vec<u8>`. */
export const bytes: Ty<Uint8Array> = {
  shape: { kind: "sequence", of: u8 },
  minSize: 1,
  typeName: "Vec<u8>",
  encodeTo(value, writer) {
    expectBytes(value);
    writer.compact(value.length);
    writer.raw(value);
  },
  decodeFrom: (reader) => reader.raw(reader.length(1)),
};

/** `[u8; size]`. */
export function fixedBytes(size: number): Ty<Uint8Array> {
  return {
    shape: { kind: "array", of: u8, size },
    minSize: size,
    typeName: `[u8; ${size}]`,
    encodeTo(value, writer) {
      expectBytes(value, size);
      writer.raw(value);
    },
    decodeFrom: (reader) => reader.raw(size),
  };
}

/** `Vec<T>`; for bytes use `bytes`. */
export function vec<T>(of: Ty<T>): Ty<readonly T[]> {
  return {
    shape: { kind: "sequence", of },
    minSize: 1,
    typeName: `Vec<${of.typeName}>`,
    encodeTo(value, writer) {
      if (!Array.isArray(value)) throw new EncodeError(`expected an array, got ${typeof value}`);
      writer.compact(value.length);
      for (let i = 0; i < value.length; i++) of.encodeTo(value[i], writer);
    },
    decodeFrom(reader) {
      const count = reader.length(of.minSize);
      const out: T[] = new Array(count);
      for (let i = 0; i < count; i++) out[i] = of.decodeFrom(reader);
      return out;
    },
  };
}

/** `[T; size]`; for bytes use `fixedBytes`. */
export function array<T>(of: Ty<T>, size: number): Ty<readonly T[]> {
  return {
    shape: { kind: "array", of, size },
    minSize: of.minSize * size,
    typeName: `[${of.typeName}; ${size}]`,
    encodeTo(value, writer) {
      if (!Array.isArray(value) || value.length !== size) throw new EncodeError(`expected an array of ${size}`);
      for (const item of value) of.encodeTo(item, writer);
    },
    decodeFrom(reader) {
      const out: T[] = [];
      for (let i = 0; i < size; i++) out.push(of.decodeFrom(reader));
      return out;
    },
  };
}

export function tuple<const Items extends readonly AnyTy[]>(...items: Items): Ty<{ readonly [K in keyof Items]: TypeOf<Items[K]> }> {
  return {
    shape: { kind: "tuple", of: items },
    minSize: items.reduce((sum, item) => sum + item.minSize, 0),
    typeName: `(${items.map((item) => item.typeName).join(", ")})`,
    encodeTo(value, writer) {
      if (!Array.isArray(value) || value.length !== items.length) throw new EncodeError(`expected a tuple of ${items.length}`);
      for (let i = 0; i < items.length; i++) items[i]!.encodeTo(value[i], writer);
    },
    decodeFrom: (reader) => items.map((item) => item.decodeFrom(reader)) as { readonly [K in keyof Items]: TypeOf<Items[K]> },
  };
}

/** `()`. */
export const unit: Ty<undefined> = {
  shape: { kind: "tuple", of: [] },
  minSize: 0,
  typeName: "()",
  encodeTo() {},
  decodeFrom: () => undefined,
};

/** `Option<T>`: undefined is None. T itself must not be an option. */
export function option<T>(of: Ty<T>): Ty<T | undefined> {
  return {
    shape: {
      kind: "variant",
      path: "Option",
      params: [{ name: "T", type: of }],
      variants: [
        { name: "None", index: 0, fields: [] },
        { name: "Some", index: 1, fields: [{ type: of }] },
      ],
    },
    minSize: 1,
    typeName: `Option<${of.typeName}>`,
    encodeTo(value, writer) {
      if (value === undefined) return writer.u8(0);
      writer.u8(1);
      of.encodeTo(value, writer);
    },
    decodeFrom(reader) {
      const tag = reader.u8();
      if (tag > 1) throw new DecodeError("CODEC_UNKNOWN_VARIANT", reader.offset - 1, `${tag} is not an Option (0 or 1)`);
      return tag === 0 ? undefined : of.decodeFrom(reader);
    },
  };
}

/** `BoundedVec<T, S>`: a sequence that may not hold more than `most` elements. `bytes` stands for `BoundedVec<u8, S>`. */
export function boundedVec<T>(of: Ty<T>, most: number, path = "bounded_collections::bounded_vec::BoundedVec"): Ty<readonly T[]> {
  return bounded(vec(of), of, most, path);
}

export function boundedBytes(most: number): Ty<Uint8Array> {
  return bounded(bytes, u8, most, "bounded_collections::bounded_vec::BoundedVec");
}

function bounded<V extends { readonly length: number }>(inner: Ty<V>, of: AnyTy, most: number, path: string): Ty<V> {
  return {
    shape: { kind: "composite", path, params: [{ name: "T", type: of }, { name: "S" }], fields: [{ type: inner }] },
    minSize: 1,
    typeName: `BoundedVec<${of.typeName}>`,
    encodeTo(value, writer) {
      if (value?.length > most) throw new EncodeError(`${value.length} elements, at most ${most} are allowed`);
      inner.encodeTo(value, writer);
    },
    decodeFrom(reader) {
      const start = reader.offset;
      const value = inner.decodeFrom(reader);
      if (value.length > most) throw new DecodeError("CODEC_OUT_OF_RANGE", start, `${value.length} elements, at most ${most} are allowed`);
      return value;
    },
  };
}

/** Bytes whose content is decoded elsewhere, later or never: written and read as they are, to the end of the input. */
export const opaque: Ty<Uint8Array> = {
  shape: { kind: "sequence", of: u8 },
  minSize: 0,
  typeName: "Vec<u8>",
  encodeTo: (value, writer) => writer.raw(value),
  decodeFrom: (reader) => (reader.remaining === 0 ? EMPTY : reader.raw(reader.remaining)),
};
