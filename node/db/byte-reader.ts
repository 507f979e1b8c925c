/** Reads LevelDB's integers: seven bits a byte, the low ones first. Every method throws RangeError at the end of the bytes. */
export class ByteReader {
  readonly #bytes: Uint8Array;
  #at: number;
  readonly #end: number;

  constructor(bytes: Uint8Array, at = 0, end = bytes.length) {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
  }

  get at(): number {
    return this.#at;
  }

  atEnd(): boolean {
    return this.#at >= this.#end;
  }

  /** Up to 2^53 - 1: numbers of files, sizes and offsets. */
  varint(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 49; scale *= 128) {
      if (this.#at >= this.#end) break;
      const byte = this.#bytes[this.#at++]!;
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) return value;
    }
    throw new RangeError("a number is cut off or too large");
  }

  skip(count: number): void {
    if (this.#at + count > this.#end) throw new RangeError("the bytes end early");
    this.#at += count;
  }
}
