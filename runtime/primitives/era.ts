import { DecodeError, EncodeError } from "./errors.ts";
import type { Reader } from "./codec/reader.ts";
import type { Ty, VariantShape } from "./codec/ty.ts";
import { u8 } from "./codec/primitive.ts";

/** For how long a transaction is valid. A mortal era holds `period` blocks (a power of two, 4..65536), starting where `block % period == phase`. */
export type Era = { readonly type: "Immortal" } | { readonly type: "Mortal"; readonly period: number; readonly phase: number };

export const IMMORTAL: Era = { type: "Immortal" };

/** The era of `period` blocks that block `current` is in. */
export function mortalEra(period: number, current: number): Era {
  let power = 4;
  while (power < period && power < 65_536) power *= 2;
  const factor = quantizeFactor(power);
  const phase = current % power;
  return { type: "Mortal", period: power, phase: phase - (phase % factor) };
}

/** The first block of the era that contains `current`. */
export function eraBirth(era: Era, current: number): number {
  if (era.type === "Immortal") return 0;
  const { period, phase } = era;
  return Math.floor((Math.max(current, phase) - phase) / period) * period + phase;
}

/** The first block in which a transaction of this era, signed around `current`, is no longer valid. */
export function eraDeath(era: Era, current: number): number {
  return era.type === "Immortal" ? Number.MAX_SAFE_INTEGER : eraBirth(era, current) + era.period;
}

function quantizeFactor(period: number): number {
  return Math.max(period >> 12, 1);
}

function encodeMortal(period: number, phase: number): number {
  const log = 31 - Math.clz32(period);
  const factor = quantizeFactor(period);
  if (period !== 1 << log || log < 2 || log > 16) throw new EncodeError(`era period ${period} is not a power of two in 4..65536`);
  if (phase >= period || phase < 0 || phase % factor !== 0) throw new EncodeError(`era phase ${phase} is not a multiple of ${factor} below ${period}`);
  return (log - 1) | ((phase / factor) << 4);
}

function decodeMortal(reader: Reader, first: number): Era {
  const encoded = first | (reader.u8() << 8);
  const period = 2 << (encoded & 15);
  const phase = (encoded >> 4) * quantizeFactor(period);
  if (period < 4 || phase >= period) throw new DecodeError("CODEC_OUT_OF_RANGE", reader.offset - 2, "not an era: its phase is outside its period");
  return { type: "Mortal", period, phase };
}

const variants: VariantShape[] = Array.from({ length: 256 }, (_, index) =>
  index === 0 ? { name: "Immortal", index, fields: [] } : { name: `Mortal${index}`, index, fields: [{ type: u8 }] },
);

/** One byte 0 for immortal, else two bytes; metadata shows it as an enum of 256 variants. */
export const EraTy: Ty<Era> = {
  shape: { kind: "variant", path: "sp_runtime::generic::era::Era", params: [], variants },
  minSize: 1,
  typeName: "Era",
  encodeTo(era, writer) {
    if (era.type === "Immortal") writer.u8(0);
    else writer.u16(encodeMortal(era.period, era.phase));
  },
  decodeFrom(reader) {
    const first = reader.u8();
    return first === 0 ? IMMORTAL : decodeMortal(reader, first);
  },
};
