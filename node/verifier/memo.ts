/** A bounded memory of outcomes in two generations: what was not asked for since the last-but-one turn is forgotten. */
export class Memo {
  readonly #generationSize: number;
  #young = new Map<string, boolean>();
  #old = new Map<string, boolean>();

  /** Holds at least the last `generationSize` entries and at most twice as many. */
  constructor(generationSize: number) {
    this.#generationSize = generationSize;
  }

  get size(): number {
    return this.#young.size + this.#old.size;
  }

  get(key: string): boolean | undefined {
    const young = this.#young.get(key);
    if (young !== undefined) return young;
    const old = this.#old.get(key);
    if (old === undefined) return undefined;
    this.#old.delete(key);
    this.set(key, old);
    return old;
  }

  set(key: string, valid: boolean): void {
    if (this.#young.size >= this.#generationSize) {
      this.#old = this.#young;
      this.#young = new Map();
    }
    this.#young.set(key, valid);
  }
}
