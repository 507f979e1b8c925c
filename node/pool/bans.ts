/** Transactions that need not be looked at again for a while, and why. Bounded: the oldest ban goes first. */
export class BanTable {
  readonly #entries = new Map<string, { readonly until: number; readonly reason: string }>();
  readonly #now: () => number;
  readonly #banMs: number;
  readonly #countMax: number;

  /** @param now - milliseconds. */
  constructor(now: () => number, banSeconds: number, countMax: number) {
    this.#now = now;
    this.#banMs = banSeconds * 1000;
    this.#countMax = countMax;
  }

  get size(): number {
    return this.#entries.size;
  }

  ban(id: string, reason: string): void {
    if (this.#banMs === 0) return;
    this.#sweep();
    // All bans last equally long: arrival is the order of expiry too.
    this.#entries.delete(id);
    this.#entries.set(id, { until: this.#now() + this.#banMs, reason });
    if (this.#entries.size > this.#countMax) this.#entries.delete(this.#entries.keys().next().value!);
  }

  find(id: string): { readonly reason: string; readonly seconds: number } | undefined {
    const entry = this.#entries.get(id);
    const leftMs = entry === undefined ? 0 : entry.until - this.#now();
    return leftMs > 0 ? { reason: entry!.reason, seconds: Math.ceil(leftMs / 1000) } : undefined;
  }

  #sweep(): void {
    const now = this.#now();
    for (const [id, { until }] of this.#entries) {
      if (until > now) return;
      this.#entries.delete(id);
    }
  }
}
