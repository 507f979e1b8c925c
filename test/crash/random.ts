// Seeded randomness for crash tests: the same SEED gives the same choices. (What the machine does at a chosen instant it does not.)

export interface Random {
  readonly seed: number;
  /** 0 <= n < limit. */
  below(limit: number): number;
  between(from: number, to: number): number;
}

/** SEED from the environment, else a fresh one; printed, so that a failure can be repeated. */
export function seededRandom(what: string): Random {
  const seed = Number(process.env["SEED"] ?? Date.now() % 1_000_000_007);
  console.log(`${what}: SEED=${seed}`);
  return randomOf(seed);
}

/** mulberry32 */
export function randomOf(seed: number): Random {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t = (t + Math.imul(t ^ (t >>> 7), t | 61)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  const below = (limit: number): number => Math.floor(next() * limit);
  return { seed, below, between: (from, to) => from + below(to - from + 1) };
}

/** The long forms run by `npm run soak` say LONG=1; each may be given another count by its own variable. */
export const LONG = process.env["LONG"] === "1";

export function count(name: string, long: number, short: number): number {
  const given = process.env[name];
  return given !== undefined ? Number(given) : LONG ? long : short;
}

/** A line every tenth of the way, in long forms only. */
export function progress(what: string, total: number): (done: number, text?: string) => void {
  const step = Math.max(1, Math.floor(total / 10));
  return (done, text = "") => {
    if (LONG && (done % step === 0 || done === total)) console.log(`${what}: ${done} of ${total} ${text}`);
  };
}
