// The loop: mutate, run, keep what reaches new code, report what breaks the rules.
import { getHeapStatistics } from "node:v8";
import { blake2b256 } from "#hash";
import { toHex, utf8 } from "../../runtime/primitives/bytes.ts";
import { mutate } from "./mutate.ts";
import { Random } from "./random.ts";

/** A decoder under test. */
export interface Target {
  /** Throws (or rejects) only when a rule is broken: what a refusal is, the target knows. */
  fuzz(bytes: Uint8Array): void | Promise<void>;
  /** Real inputs, made from the code as it is today. */
  seeds(): Uint8Array[];
  readonly words?: readonly (string | Uint8Array)[];
  /** Longest input, bytes; default 4096. */
  readonly lengthMax?: number;
}

export type Kind = "throws" | "slow" | "memory" | "hangs";
export interface Finding {
  readonly kind: Kind;
  readonly input: Uint8Array;
  readonly detail: string;
}

export interface Outcome {
  readonly runs: number;
  readonly findings: readonly Finding[];
  /** Counters of the instrumentation that were ever hit; 0 without instrumentation. */
  readonly covered: number;
  /** Inputs that reached something new, in the order in which they were found. */
  readonly kept: readonly Uint8Array[];
}

export interface Campaign {
  readonly target: Target;
  readonly corpus: readonly Uint8Array[];
  readonly seed: number;
  readonly ms: number;
  /** Counters that the instrumented code increments; undefined: without guidance. */
  readonly hits: Uint8Array | undefined;
  /** Hears of each input before it runs: whoever watches can name the one that never ended. */
  before(input: Uint8Array): void;
}

const CPU_MS_MAX = 50;
const MEMORY_MAX = 64 * 1_048_576;
/** A pause of the collector or of the machine does not repeat; a slow input does. */
const REPEATS = 5;
const FINDINGS_MAX = 12;
const POOL_MAX = 4_000;
const SHRINK_RUNS = 400;
const LENGTH_MAX = 4_096;

export async function runCampaign(campaign: Campaign): Promise<Outcome> {
  const { target, seed, ms } = campaign;
  const random = new Random(seed);
  const runner = new Runner(campaign);
  const lengthMax = target.lengthMax ?? LENGTH_MAX;
  const words = (target.words ?? []).map((word) => (typeof word === "string" ? utf8(word) : word));
  const pool = [...target.seeds(), ...campaign.corpus];
  const kept: Uint8Array[] = [];
  for (const input of pool) await runner.run(input);
  if (pool.length === 0) pool.push(new Uint8Array(0));
  for (const endMs = performance.now() + ms; performance.now() < endMs && runner.findings.length < FINDINGS_MAX; ) {
    // The newest are the least explored.
    const parent = random.chance(3) ? pool[pool.length - 1 - random.below(Math.min(pool.length, 30))]! : random.pick(pool);
    const input = mutate(parent, random, { corpus: pool, words, lengthMax });
    const isNew = await runner.run(input);
    if (!isNew) continue;
    kept.push(input);
    if (pool.length < POOL_MAX) pool.push(input);
    else pool[random.below(POOL_MAX)] = input;
  }
  return { runs: runner.runs, findings: runner.findings, covered: runner.covered, kept };
}

class Runner {
  runs = 0;
  covered = 0;
  readonly findings: Finding[] = [];
  readonly #campaign: Campaign;
  readonly #known = new Set<string>();
  /** Per counter the buckets of counts that were seen, one bit each. */
  readonly #seen: Uint8Array;

  constructor(campaign: Campaign) {
    this.#campaign = campaign;
    this.#seen = new Uint8Array(campaign.hits?.length ?? 0);
  }

  /** Whether the input reached something new. */
  async run(input: Uint8Array): Promise<boolean> {
    const { hits } = this.#campaign;
    this.runs++;
    hits?.fill(0);
    const fault = await this.#fault(input);
    if (fault === undefined) return hits !== undefined && this.#isNew(hits);
    const key = `${fault.kind} ${fault.key}`;
    if (this.#known.has(key)) return false;
    this.#known.add(key);
    const small = await this.#shrink(input, key);
    this.findings.push({ kind: fault.kind, input: small, detail: fault.detail });
    return false;
  }

  async #fault(input: Uint8Array): Promise<{ kind: Kind; key: string; detail: string } | undefined> {
    const { target, before } = this.#campaign;
    before(input);
    const memory = memoryUsed();
    const startedMs = performance.now();
    try {
      // A copy: an input that the target changes must not spoil the corpus.
      const waiting = target.fuzz(input.slice());
      if (waiting !== undefined) await waiting;
    } catch (error) {
      return { kind: "throws", key: errorKey(error), detail: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
    if (performance.now() - startedMs > CPU_MS_MAX) {
      const cpuMs = await this.#least(input, cpuUsed);
      if (cpuMs > CPU_MS_MAX) return { kind: "slow", key: "", detail: `${Math.round(cpuMs)} ms of CPU` };
    }
    if (memoryUsed() - memory > MEMORY_MAX) {
      const used = await this.#least(input, memoryUsed);
      if (used > MEMORY_MAX) return { kind: "memory", key: "", detail: `${Math.round(used / 1_048_576)} MiB` };
    }
    return undefined;
  }

  /** The least that the input takes of something, over several runs. */
  async #least(input: Uint8Array, measure: () => number): Promise<number> {
    let least = Infinity;
    for (let i = 0; i < REPEATS; i++) {
      const before = measure();
      await this.#campaign.target.fuzz(input.slice());
      least = Math.min(least, measure() - before);
    }
    return least;
  }

  #isNew(hits: Uint8Array): boolean {
    let isNew = false;
    const seen = this.#seen;
    for (let i = 0; i < hits.length; i++) {
      if (hits[i] === 0) continue;
      const bucket = BUCKETS[hits[i]!]!;
      if ((seen[i]! & bucket) !== 0) continue;
      if (seen[i] === 0) this.covered++;
      seen[i]! |= bucket;
      isNew = true;
    }
    return isNew;
  }

  /** A shorter input with the same fault: parts are cut out while it stays. */
  async #shrink(input: Uint8Array, key: string): Promise<Uint8Array> {
    let best = input;
    let left = SHRINK_RUNS;
    for (let size = best.length >> 1; size >= 1; size >>= 1) {
      for (let at = 0; at + size <= best.length && left > 0; left--) {
        const shorter = new Uint8Array(best.length - size);
        shorter.set(best.subarray(0, at));
        shorter.set(best.subarray(at + size), at);
        const fault = await this.#fault(shorter);
        if (fault !== undefined && `${fault.kind} ${fault.key}` === key) best = shorter;
        else at += size;
      }
    }
    return best;
  }
}

/** Counts as the bits 1, 2, 3, 4-7, 8-15, 16-31, 32-127, 128-255. */
const BUCKETS = Uint8Array.from({ length: 256 }, (_, count) => 1 << (count < 4 ? Math.max(0, count - 1) : count < 8 ? 3 : count < 16 ? 4 : count < 32 ? 5 : count < 128 ? 6 : 7));

function memoryUsed(): number {
  const { used_heap_size, external_memory } = getHeapStatistics();
  return used_heap_size + external_memory;
}

function cpuUsed(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Faults with the same kind of error from the same place are one fault. */
function errorKey(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const place = error.stack?.split("\n").find((line) => /^\s+at /.test(line))?.replaceAll(/^\s+at |\(.*[/\\]|:\d+\)?$/g, "");
  return `${error.name} ${error.message.replaceAll(/\d+|0x[0-9a-f]+/gi, "#").slice(0, 60)} ${place ?? ""}`;
}

export function nameOf({ kind, input }: Finding): string {
  return `${kind}-${toHex(blake2b256(input)).slice(2, 14)}`;
}
