import { allocBytes, copyBytes } from "../bytes.ts";
import { EncodeError } from "../errors.ts";

/** A growing byte buffer. Integers are little-endian; ranges are the caller's to check, compacts are checked here. */
export class Writer {
  bytes: Uint8Array;
  view: DataView;
  length = 0;

  constructor(capacity = 256) {
    this.bytes = allocBytes(capacity);
    this.view = viewOf(this.bytes);
  }

  /** A copy of what was written so far. */
  finish(): Uint8Array {
    return copyBytes(this.bytes, 0, this.length);
  }

  /** Makes room for `size` bytes and returns their offset. */
  reserve(size: number): number {
    const offset = this.length;
    const needed = offset + size;
    if (needed > this.bytes.length) this.#grow(needed);
    this.length = needed;
    return offset;
  }

  #grow(needed: number): void {
    const grown = allocBytes(Math.max(needed, this.bytes.length * 2));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
    this.view = viewOf(grown);
  }

  u8(value: number): void {
    const offset = this.reserve(1);
    this.bytes[offset] = value;
  }

  u16(value: number): void {
    const offset = this.reserve(2);
    this.view.setUint16(offset, value, true);
  }

  u32(value: number): void {
    const offset = this.reserve(4);
    this.view.setUint32(offset, value, true);
  }

  u64(value: bigint): void {
    const offset = this.reserve(8);
    this.view.setBigUint64(offset, value, true);
  }

  u128(value: bigint): void {
    const offset = this.reserve(16);
    this.view.setBigUint64(offset, value & U64_MASK, true);
    this.view.setBigUint64(offset + 8, value >> 64n, true);
  }

  raw(bytes: Uint8Array): void {
    const offset = this.reserve(bytes.length);
    this.bytes.set(bytes, offset);
  }

  /** SCALE compact of an integer in 0..2^32-1: lengths and indices. */
  compact(value: number): void {
    if (value < 1 << 6) this.u8(value << 2);
    else if (value < 1 << 14) this.u16((value << 2) | 1);
    else if (value < 1 << 30) this.u32(((value << 2) | 2) >>> 0);
    else if (value <= 0xffff_ffff) {
      this.u8(3);
      this.u32(value);
    } else throw new EncodeError(`length ${value} is above 2^32 - 1`);
  }

  /** SCALE compact of an integer in 0..2^536-1. */
  compactBig(value: bigint): void {
    if (value < 0n) throw new EncodeError(`compact value ${value} is negative`);
    if (value < 1n << 30n) return this.compact(Number(value));
    let size = 4;
    while (value >> BigInt(8 * size) !== 0n) size++;
    if (size > 67) throw new EncodeError("compact value is above 2^536 - 1");
    this.u8(((size - 4) << 2) | 3);
    for (let rest = value, i = 0; i < size; i++, rest >>= 8n) this.u8(Number(rest & 0xffn));
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

const U64_MASK = 0xffff_ffff_ffff_ffffn;
