import { DecodeError, EncodeError } from "../errors.ts";
import { fromUtf8, utf8 } from "../bytes.ts";
import type { PrimitiveName, Ty } from "./ty.ts";
import type { Reader } from "./reader.ts";
import type { Writer } from "./writer.ts";

function primitive<T>(name: PrimitiveName, minSize: number, encodeTo: (value: T, writer: Writer) => void, decodeFrom: (reader: Reader) => T): Ty<T> {
  return { shape: { kind: "primitive", name }, minSize, typeName: name, encodeTo, decodeFrom };
}

function unsigned(value: number, most: number, name: string): number {
  if (!Number.isInteger(value) || value < 0 || value > most) throw new EncodeError(`${value} is not a ${name} (0..${most})`);
  return value;
}

function unsignedBig(value: bigint, bits: bigint, name: string): bigint {
  if (typeof value !== "bigint" || value < 0n || value >> bits !== 0n) throw new EncodeError(`${value} is not a ${name} (0..2^${bits}-1)`);
  return value;
}

export const u8: Ty<number> = primitive("u8", 1, (v, w) => w.u8(unsigned(v, 0xff, "u8")), (r) => r.u8());
export const u16: Ty<number> = primitive("u16", 2, (v, w) => w.u16(unsigned(v, 0xffff, "u16")), (r) => r.u16());
export const u32: Ty<number> = primitive("u32", 4, (v, w) => w.u32(unsigned(v, 0xffff_ffff, "u32")), (r) => r.u32());
export const u64: Ty<bigint> = primitive("u64", 8, (v, w) => w.u64(unsignedBig(v, 64n, "u64")), (r) => r.u64());
export const u128: Ty<bigint> = primitive("u128", 16, (v, w) => w.u128(unsignedBig(v, 128n, "u128")), (r) => r.u128());

export const bool: Ty<boolean> = primitive(
  "bool",
  1,
  (value, writer) => {
    if (typeof value !== "boolean") throw new EncodeError(`${String(value)} is not a bool`);
    writer.u8(value ? 1 : 0);
  },
  (reader) => {
    const byte = reader.u8();
    if (byte > 1) throw new DecodeError("CODEC_NON_CANONICAL", reader.offset - 1, `${byte} is not a bool (0 or 1)`);
    return byte === 1;
  },
);

const LONE_SURROGATE = /\p{Surrogate}/u;

/** UTF-8 text with its length in bytes before it. */
export const str: Ty<string> = primitive(
  "str",
  1,
  (value, writer) => {
    if (typeof value !== "string") throw new EncodeError(`${String(value)} is not a string`);
    if (LONE_SURROGATE.test(value)) throw new EncodeError("a string with half a surrogate pair has no UTF-8");
    const bytes = utf8(value);
    writer.compact(bytes.length);
    writer.raw(bytes);
  },
  (reader) => {
    const start = reader.offset;
    const bytes = reader.raw(reader.length(1));
    try {
      return fromUtf8(bytes);
    } catch {
      throw new DecodeError("CODEC_NON_CANONICAL", start, "text is not UTF-8");
    }
  },
);

/** The compact form of an unsigned integer type: a number up to u32, else a bigint. */
export function compact<T extends number | bigint>(of: Ty<T>): Ty<T> {
  const bits = of.minSize * 8;
  const small = bits <= 32;
  const typeName = of.typeName;
  return {
    shape: { kind: "compact", of },
    minSize: 1,
    typeName,
    encodeTo(value, writer) {
      if (small) writer.compact(unsigned(value as number, 2 ** bits - 1, typeName));
      else writer.compactBig(unsignedBig(value as bigint, BigInt(bits), typeName));
    },
    decodeFrom(reader) {
      if (!small) return reader.compactBig(bits) as T;
      const start = reader.offset;
      const value = reader.compact();
      if (value >= 2 ** bits) throw new DecodeError("CODEC_OUT_OF_RANGE", start, `${value} is not a ${typeName}`);
      return value as T;
    },
  };
}
