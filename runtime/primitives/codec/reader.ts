import { copyBytes } from "../bytes.ts";
import { DecodeError } from "../errors.ts";

/** How deep self-referring types (a call inside a call) may nest. FRAME's limit for calls. */
export const MAX_DECODE_DEPTH = 256;

/** A cursor over bytes from outside: every read is checked against the end, every compact must be the shortest one. */
export class Reader {
  readonly bytes: Uint8Array;
  readonly view: DataView;
  offset: number;
  #depth = 0;

  constructor(bytes: Uint8Array, offset = 0) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.offset = offset;
  }

  get remaining(): number {
    return this.bytes.length - this.offset;
  }

  /** Moves past `size` bytes and returns their offset. */
  take(size: number): number {
    const offset = this.offset;
    if (size > this.bytes.length - offset) {
      throw new DecodeError("CODEC_UNEXPECTED_END", offset, `expected ${size} more bytes, ${this.remaining} are left`);
    }
    this.offset = offset + size;
    return offset;
  }

  u8(): number {
    return this.bytes[this.take(1)]!;
  }

  u16(): number {
    return this.view.getUint16(this.take(2), true);
  }

  u32(): number {
    return this.view.getUint32(this.take(4), true);
  }

  u64(): bigint {
    return this.view.getBigUint64(this.take(8), true);
  }

  u128(): bigint {
    const offset = this.take(16);
    const low = this.view.getBigUint64(offset, true);
    const high = this.view.getBigUint64(offset + 8, true);
    return high === 0n ? low : (high << 64n) | low;
  }

  /** A copy, so that a decoded value does not keep the whole input alive. */
  raw(size: number): Uint8Array {
    const offset = this.take(size);
    return copyBytes(this.bytes, offset, offset + size);
  }

  /** SCALE compact in 0..2^32-1. */
  compact(): number {
    const start = this.offset;
    const first = this.u8();
    switch (first & 3) {
      case 0:
        return first >> 2;
      case 1:
        return this.#shortest(((this.u8() << 8) | first) >> 2, 1 << 6, start);
      case 2: {
        const offset = this.take(3);
        const high = this.bytes[offset]! | (this.bytes[offset + 1]! << 8) | (this.bytes[offset + 2]! << 16);
        return this.#shortest((high * 256 + first) >>> 2, 1 << 14, start);
      }
      default:
        if (first !== 3) throw new DecodeError("CODEC_OUT_OF_RANGE", start, "compact is above 2^32 - 1");
        return this.#shortest(this.u32(), 2 ** 30, start);
    }
  }

  /** SCALE compact below 2^bits. */
  compactBig(bits: number): bigint {
    const start = this.offset;
    const first = this.bytes[start];
    if (first === undefined || (first & 3) !== 3) return this.#inRange(BigInt(this.compact()), bits, start);
    this.offset++;
    const size = (first >> 2) + 4;
    const offset = this.take(size);
    let value = 0n;
    for (let i = size - 1; i >= 0; i--) value = (value << 8n) | BigInt(this.bytes[offset + i]!);
    const minimum = size === 4 ? 1n << 30n : 1n << BigInt(8 * (size - 1));
    if (value < minimum) throw new DecodeError("CODEC_NON_CANONICAL", start, "compact is not in its shortest form");
    return this.#inRange(value, bits, start);
  }

  /** The length of a sequence whose elements take at least `minSize` bytes each: refused before anything is allocated. */
  length(minSize: number): number {
    const start = this.offset;
    const count = this.compact();
    const most = minSize > 0 ? Math.floor(this.remaining / minSize) : MAX_EMPTY_ELEMENTS;
    if (count > most) throw new DecodeError("CODEC_UNEXPECTED_END", start, `length ${count} needs more bytes than the ${this.remaining} left`);
    return count;
  }

  /** Runs one level of a self-referring type. */
  nested<T>(decode: (reader: Reader) => T): T {
    if (++this.#depth > MAX_DECODE_DEPTH) {
      throw new DecodeError("CODEC_TOO_DEEP", this.offset, `nested deeper than ${MAX_DECODE_DEPTH} levels`);
    }
    const value = decode(this);
    this.#depth--;
    return value;
  }

  /** Call when a value must end where its bytes end. */
  end(): void {
    if (this.remaining > 0) throw new DecodeError("CODEC_TRAILING_BYTES", this.offset, `${this.remaining} bytes after the end of the value`);
  }

  #shortest(value: number, minimum: number, start: number): number {
    if (value < minimum) throw new DecodeError("CODEC_NON_CANONICAL", start, "compact is not in its shortest form");
    return value;
  }

  #inRange(value: bigint, bits: number, start: number): bigint {
    if (value >> BigInt(bits) !== 0n) throw new DecodeError("CODEC_OUT_OF_RANGE", start, `compact is above 2^${bits} - 1`);
    return value;
  }
}

const MAX_EMPTY_ELEMENTS = 65_536;
