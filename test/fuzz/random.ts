/** A generator of 32-bit numbers from a seed (mulberry32): a run repeats exactly from the seed that it printed. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  u32(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** 0 to `below` - 1. */
  below(below: number): number {
    return below <= 1 ? 0 : this.u32() % below;
  }

  chance(oneIn: number): boolean {
    return this.below(oneIn) === 0;
  }

  pick<T>(items: readonly T[]): T {
    return items[this.below(items.length)]!;
  }

  bytes(length: number): Uint8Array {
    return Uint8Array.from({ length }, () => this.u32() & 255);
  }

  /** Of `bits` bits at most, small and extreme ones more often than their share. */
  bigint(bits: number): bigint {
    const most = (1n << BigInt(bits)) - 1n;
    switch (this.below(4)) {
      case 0:
        return BigInt(this.below(70));
      case 1:
        return most - BigInt(this.below(3));
      default: {
        let value = 0n;
        for (let i = 0; i < bits; i += 32) value = (value << 32n) | BigInt(this.u32());
        return value & (most >> BigInt(this.below(bits)));
      }
    }
  }
}

/** The seed to use: from the environment to repeat a run, else a new one. */
export function chosenSeed(): number {
  const given = process.env["SEED"];
  return given === undefined ? (Date.now() ^ (process.pid << 16)) >>> 0 : Number(given) >>> 0;
}
