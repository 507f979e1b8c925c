import type { Brand } from "../brand.ts";
import { Reader } from "./reader.ts";
import { Writer } from "./writer.ts";

export type PrimitiveName = "bool" | "char" | "str" | "u8" | "u16" | "u32" | "u64" | "u128" | "u256" | "i8" | "i16" | "i32" | "i64" | "i128" | "i256";

export interface FieldShape {
  readonly name?: string;
  readonly type: AnyTy;
  readonly docs?: readonly string[];
}

export interface VariantShape {
  readonly name: string;
  readonly index: number;
  readonly fields: readonly FieldShape[];
  readonly docs?: readonly string[];
}

/** A named type parameter as metadata shows it; without a type it stands for a parameter that leaves no trace in the bytes. */
export interface ParamShape {
  readonly name: string;
  readonly type?: AnyTy;
}

interface Named {
  readonly path: string;
  readonly params: readonly ParamShape[];
  readonly docs?: readonly string[];
}

/** What a type is, for the metadata registry and for JSON. Mirrors scale-info's TypeDef. */
export type Shape =
  | { readonly kind: "primitive"; readonly name: PrimitiveName }
  | ({ readonly kind: "composite"; readonly fields: readonly FieldShape[] } & Named)
  | ({ readonly kind: "variant"; readonly variants: readonly VariantShape[] } & Named)
  | { readonly kind: "sequence"; readonly of: AnyTy }
  | { readonly kind: "array"; readonly of: AnyTy; readonly size: number }
  | { readonly kind: "tuple"; readonly of: readonly AnyTy[] }
  | { readonly kind: "compact"; readonly of: AnyTy }
  | { readonly kind: "lazy"; readonly resolve: () => AnyTy };

/** One value that carries the codec, the type-registry entry and the TypeScript type of a SCALE type. */
export interface Ty<T> {
  readonly shape: Shape;
  /** The fewest bytes that any value takes. */
  readonly minSize: number;
  /** What Rust calls it where it is used as a field; clients choose displays by it ("Balance", "AccountId"). */
  readonly typeName: string;
  encodeTo(value: T, writer: Writer): void;
  decodeFrom(reader: Reader): T;
}

// biome-ignore lint/suspicious/noExplicitAny: the codec of a value whose type is not known here
export type AnyTy = Ty<any>;
export type TypeOf<X> = X extends Ty<infer T> ? T : never;

// Writers are used again, one per level of nesting: some types encode a part on its own while they are being encoded.
const writers: Writer[] = [];
let level = 0;
/** A writer that grew beyond this is let go. */
const WRITER_KEPT_BYTES = 65_536;

export function encode<T>(type: Ty<T>, value: T): Uint8Array {
  const writer = (writers[level] ??= new Writer());
  writer.length = 0;
  level++;
  try {
    type.encodeTo(value, writer);
    return writer.finish();
  } finally {
    level--;
    if (writer.bytes.length > WRITER_KEPT_BYTES) delete writers[level];
  }
}

/** Strict: the bytes must be exactly one value. Throws DecodeError. */
export function decode<T>(type: Ty<T>, bytes: Uint8Array): T {
  const reader = new Reader(bytes);
  const value = type.decodeFrom(reader);
  reader.end();
  return value;
}

/** The same bytes under another name and TypeScript type: `Balance` is a u128 that clients show as a balance. */
export function alias<T, Name extends string>(typeName: Name, type: Ty<T>): Ty<Brand<T, Name>>;
export function alias<T>(typeName: string, type: Ty<T>): Ty<T>;
export function alias(typeName: string, type: AnyTy): AnyTy {
  return { ...type, typeName, encodeTo: type.encodeTo, decodeFrom: type.decodeFrom };
}
