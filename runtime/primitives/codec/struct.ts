import { DecodeError, EncodeError } from "../errors.ts";
import type { AnyTy, FieldShape, ParamShape, Ty, TypeOf, VariantShape } from "./ty.ts";
import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

export interface NamedOptions {
  /** Type parameters as metadata shows them: `{ T: u32 }`, or `{ T: undefined }` for one that leaves no trace. */
  readonly params?: Readonly<Record<string, AnyTy | undefined>>;
  readonly docs?: readonly string[];
  readonly typeName?: string;
}

export type Fields = Readonly<Record<string, AnyTy>>;
export type StructValue<F extends Fields> = { readonly [K in keyof F]: TypeOf<F[K]> };

/** The last segment of a path: how the type is called where it is used. */
export function lastSegment(path: string): string {
  return path.slice(path.lastIndexOf(":") + 1);
}

export function paramShapes(options?: NamedOptions): ParamShape[] {
  return Object.entries(options?.params ?? {}).map(([name, type]) => ({ name, type }));
}

function fieldShapes(fields: Fields): FieldShape[] {
  return Object.entries(fields).map(([name, type]) => ({ name, type }));
}

/** Encodes and decodes fields in declaration order, under their wire names. */
function fieldCodec<F extends Fields>(fields: F): { minSize: number; encodeTo(v: StructValue<F>, w: Writer): void; decodeFrom(r: Reader): StructValue<F> } {
  const names = Object.keys(fields);
  const types = Object.values(fields);
  const count = names.length;
  return {
    minSize: types.reduce((sum, type) => sum + type.minSize, 0),
    encodeTo(value, writer) {
      if (typeof value !== "object" || value === null) throw new EncodeError(`expected an object with ${names.join(", ")}`);
      for (let i = 0; i < count; i++) types[i]!.encodeTo((value as Record<string, unknown>)[names[i]!], writer);
    },
    decodeFrom(reader) {
      const out: Record<string, unknown> = {};
      for (let i = 0; i < count; i++) out[names[i]!] = types[i]!.decodeFrom(reader);
      return out as StructValue<F>;
    },
  };
}

/** A struct with named fields. `path` is the Rust path that clients look for. */
export function struct<const F extends Fields>(path: string, fields: F, options?: NamedOptions): Ty<StructValue<F>> {
  return {
    shape: { kind: "composite", path, params: paramShapes(options), fields: fieldShapes(fields), docs: options?.docs },
    typeName: options?.typeName ?? lastSegment(path),
    ...fieldCodec(fields),
  };
}

/** A tuple struct with one field: the same value and bytes as the field, under a path of its own. */
export function newtype<T>(path: string, of: Ty<T>, options?: NamedOptions): Ty<T> {
  return {
    shape: { kind: "composite", path, params: paramShapes(options), fields: [{ type: of }], docs: options?.docs },
    minSize: of.minSize,
    typeName: options?.typeName ?? lastSegment(path),
    encodeTo: of.encodeTo,
    decodeFrom: of.decodeFrom,
  };
}

/** A struct without fields. */
export function unitStruct(path: string, options?: NamedOptions): Ty<undefined> {
  return {
    shape: { kind: "composite", path, params: paramShapes(options), fields: [], docs: options?.docs },
    minSize: 0,
    typeName: lastSegment(path),
    encodeTo() {},
    decodeFrom: () => undefined,
  };
}

// A variant's payload: nothing, one unnamed field, several unnamed fields, or named fields.
export type Payload = undefined | AnyTy | readonly AnyTy[] | Fields;
export interface Variant<P extends Payload = Payload> {
  readonly index: number;
  readonly payload: P;
  readonly docs: readonly string[];
}
export type PayloadValue<P> = P extends undefined
  ? undefined
  : P extends AnyTy
    ? TypeOf<P>
    : P extends readonly AnyTy[]
      ? { readonly [K in keyof P]: TypeOf<P[K]> }
      : P extends Fields
        ? StructValue<P>
        : never;
export type Variants = Readonly<Record<string, Variant>>;
type Tagged<K, P> = P extends undefined ? { readonly type: K; readonly value?: undefined } : { readonly type: K; readonly value: PayloadValue<P> };
export type VariantValue<D extends Variants> = { [K in keyof D & string]: Tagged<K, D[K]["payload"]> }[keyof D & string];

/** One variant of an enum: its wire index, what it carries, and its documentation. */
export function v(index: number): Variant<undefined>;
export function v(index: number, docs: string): Variant<undefined>;
export function v<const P extends Payload>(index: number, payload: P, docs?: string): Variant<P>;
export function v(index: number, payload?: Payload | string, docs?: string): Variant {
  if (typeof payload === "string") return { index, payload: undefined, docs: docLines(payload) };
  return { index, payload, docs: docLines(docs) };
}

export function docLines(text: string | undefined): readonly string[] {
  return text === undefined ? [] : text.split("\n");
}

export function isTy(value: unknown): value is AnyTy {
  return typeof value === "object" && value !== null && typeof (value as AnyTy).encodeTo === "function";
}

interface PayloadCodec {
  minSize: number;
  fields: readonly FieldShape[];
  encodeTo(value: never, writer: Writer): void;
  decodeFrom(reader: Reader): unknown;
}

function payloadCodec(payload: Payload): PayloadCodec {
  if (payload === undefined) return { minSize: 0, fields: [], encodeTo() {}, decodeFrom: () => undefined };
  if (isTy(payload)) return { minSize: payload.minSize, fields: [{ type: payload }], encodeTo: payload.encodeTo, decodeFrom: payload.decodeFrom };
  if (Array.isArray(payload)) {
    const items = payload as readonly AnyTy[];
    return {
      minSize: items.reduce((sum, item) => sum + item.minSize, 0),
      fields: items.map((type) => ({ type })),
      encodeTo(value: readonly unknown[], writer) {
        if (!Array.isArray(value) || value.length !== items.length) throw new EncodeError(`expected an array of ${items.length}`);
        items.forEach((item, i) => item.encodeTo(value[i], writer));
      },
      decodeFrom: (reader) => items.map((item) => item.decodeFrom(reader)),
    };
  }
  return { ...fieldCodec(payload as Fields), fields: fieldShapes(payload as Fields) };
}

/** An enum: values are `{ type, value }`, the index on the wire is the variant's own. */
export function variant<const D extends Variants>(path: string, variants: D, options?: NamedOptions): Ty<VariantValue<D>> {
  const codecs = Object.entries(variants).map(([type, { index, payload, docs }]) => ({ type, index, docs, ...payloadCodec(payload) }));
  const byName = new Map(codecs.map((codec) => [codec.type, codec]));
  const byIndex: ((typeof codecs)[number] | undefined)[] = [];
  for (const codec of codecs) byIndex[codec.index] = codec;
  const shapes: VariantShape[] = codecs.map(({ type, index, fields, docs }) => ({ name: type, index, fields, docs }));
  return {
    shape: { kind: "variant", path, params: paramShapes(options), variants: shapes, docs: options?.docs },
    minSize: 1 + (codecs.length === 0 ? 0 : Math.min(...codecs.map((codec) => codec.minSize))),
    typeName: options?.typeName ?? lastSegment(path),
    encodeTo(value, writer) {
      const codec = byName.get((value as { type: string } | undefined)?.type as string);
      if (codec === undefined) throw new EncodeError(`${lastSegment(path)} has no variant "${String((value as { type?: string })?.type)}"`);
      writer.u8(codec.index);
      codec.encodeTo((value as { value?: unknown }).value as never, writer);
    },
    decodeFrom(reader) {
      const index = reader.u8();
      const codec = byIndex[index];
      if (codec === undefined) {
        throw new DecodeError("CODEC_UNKNOWN_VARIANT", reader.offset - 1, `${lastSegment(path)} has no variant with index ${index}`);
      }
      return { type: codec.type, value: codec.decodeFrom(reader) } as VariantValue<D>;
    },
  };
}

/** A type that is known only later, or that contains itself, and that takes at least one byte (an enum does); each level counts against the depth limit. */
export function lazy<T>(typeName: string, resolve: () => Ty<T>): Ty<T> {
  return {
    shape: { kind: "lazy", resolve },
    minSize: 1,
    typeName,
    encodeTo: (value, writer) => resolve().encodeTo(value, writer),
    decodeFrom: (reader) => reader.nested((inner) => resolve().decodeFrom(inner)),
  };
}
