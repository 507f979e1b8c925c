// A chain for the pool's tests: blocks are lists of transactions, the state is each account's nonce.
import { blake2b256 } from "#hash";
import type { BlockRef, TransactionStatus } from "../../rpc/backend.ts";
import type { Extrinsic } from "../../runtime/frame/extrinsic.ts";
import type { InvalidTransaction, TransactionValidityError, ValidTransaction, Validity } from "../../runtime/frame/types.ts";
import { nonceTag } from "../../runtime/pallets/system/extensions/check-nonce.ts";
import { fromUtf8, toHex, utf8 } from "../../runtime/primitives/bytes.ts";
import { err, ok } from "../../runtime/primitives/result.ts";
import type { Result } from "../../runtime/primitives/result.ts";
import { AccountId, BlockHash, Hash } from "../../runtime/primitives/types.ts";
import type { Sender } from "./entry.ts";
import type { PoolChain, PoolOptions } from "./options.ts";
import { TransactionPool } from "./pool.ts";
import type { BlockContent } from "./pool.ts";

export interface FakeTx {
  readonly from: number;
  readonly nonce: number;
  /** Decimal; JSON has no bigint. */
  readonly priority?: number;
  readonly longevity?: number;
  readonly propagate?: boolean;
  /** Bytes of ballast. */
  readonly size?: number;
  /** Makes another transaction of the same nonce and priority. */
  readonly salt?: number;
  /** More tags, for transactions without a nonce. */
  readonly provides?: readonly string[];
  readonly requires?: readonly string[];
}

export const account = (n: number): AccountId => AccountId(new Uint8Array(32).fill(n));
export const tx = (fields: FakeTx): Uint8Array => utf8(JSON.stringify({ ...fields, ballast: "x".repeat(fields.size ?? 0) }));
export const hashOf = (encoded: Uint8Array): Hash => Hash(blake2b256(encoded));
export const fieldsOf = (encoded: Uint8Array): FakeTx => JSON.parse(fromUtf8(encoded)) as FakeTx;
export const invalidity = (type: Exclude<InvalidTransaction["type"], "Custom">): TransactionValidityError => {
  return { type: "Invalid", value: { type } as InvalidTransaction };
};

interface FakeBlock extends BlockContent {
  readonly parent: FakeBlock | undefined;
  readonly nonces: ReadonlyMap<number, number>;
}

export class FakeChain implements PoolChain {
  readonly genesis: FakeBlock = {
    hash: BlockHash(blake2b256(utf8("genesis"))),
    number: 0,
    extrinsics: [],
    parent: undefined,
    nonces: new Map(),
  };
  head: FakeBlock = this.genesis;
  /** By hex of the transaction's hash. */
  readonly refusals = new Map<string, TransactionValidityError>();
  /** What a verification waits for, when a test holds it back. */
  gate: ((encoded: Uint8Array) => Promise<void>) | undefined;
  describeInvalid?: PoolChain["describeInvalid"];
  validations = 0;
  #blocks = 0;

  decode(encoded: Uint8Array): Result<Extrinsic, string> {
    if (encoded.length === 0) return err("unexpected end (at byte 0)");
    return ok({ encoded, hash: hashOf(encoded), preamble: { type: "Bare", version: 4 }, length: encoded.length } as unknown as Extrinsic);
  }

  async validate(extrinsic: Extrinsic): Promise<Validity<ValidTransaction>> {
    this.validations++;
    await this.gate?.(extrinsic.encoded);
    return this.revalidate(extrinsic);
  }

  revalidate({ encoded, hash }: Extrinsic): Validity<ValidTransaction> {
    const refusal = this.refusals.get(toHex(hash));
    if (refusal !== undefined) return err(refusal);
    const { from, nonce, priority = 0, longevity, propagate = true, provides, requires = [] } = fieldsOf(encoded);
    const expected = this.head.nonces.get(from) ?? 0;
    if (provides === undefined && nonce < expected) return err(invalidity("Stale"));
    return ok({
      priority: BigInt(priority),
      provides: provides?.map(utf8) ?? [nonceTag(account(from), nonce)],
      requires: provides === undefined ? (nonce > expected ? [nonceTag(account(from), nonce - 1)] : []) : requires.map(utf8),
      longevity: longevity === undefined ? (1n << 64n) - 1n : BigInt(longevity),
      propagate,
    });
  }

  sender({ encoded }: Extrinsic): Sender | undefined {
    const { from, nonce, provides } = fieldsOf(encoded);
    return provides === undefined ? { account: account(from), nonce } : undefined;
  }

  best(): BlockRef {
    return this.head;
  }

  nonce(who: AccountId): number {
    return this.head.nonces.get(who[0]!) ?? 0;
  }

  build(parent: FakeBlock, extrinsics: readonly Uint8Array[]): FakeBlock {
    const nonces = new Map(parent.nonces);
    for (const encoded of extrinsics) {
      const { from, nonce, provides } = fieldsOf(encoded);
      if (provides === undefined) nonces.set(from, nonce + 1);
    }
    return { hash: BlockHash(blake2b256(utf8(`block ${this.#blocks++}`))), number: parent.number + 1, extrinsics, parent, nonces };
  }

  /** Makes `block` the best one and tells the pool. */
  setBest(pool: TransactionPool, block: FakeBlock): void {
    const retracted: FakeBlock[] = [];
    const enacted: FakeBlock[] = [];
    let old = this.head;
    let fresh = block;
    while (old !== fresh) {
      if (old.number >= fresh.number) {
        retracted.push(old);
        old = old.parent!;
      } else {
        enacted.unshift(fresh);
        fresh = fresh.parent!;
      }
    }
    this.head = block;
    pool.onBest({ block, retracted, enacted });
  }

  extend(pool: TransactionPool, extrinsics: readonly Uint8Array[]): FakeBlock {
    const block = this.build(this.head, extrinsics);
    this.setBest(pool, block);
    return block;
  }
}

/** A pool on a fake chain, with a clock that the test moves. */
export function fakePool(options: Partial<PoolOptions> = {}): { chain: FakeChain; pool: TransactionPool; clock: { now: number } } {
  const chain = new FakeChain();
  const clock = { now: 0 };
  return { chain, clock, pool: new TransactionPool(chain, { now: () => clock.now, ...options }) };
}

export interface Heard {
  readonly heard: string[];
  readonly statuses: TransactionStatus[];
  unwatch(): void;
}

/** Submits and collects what the watcher hears, as short words. */
export async function watched(pool: TransactionPool, encoded: Uint8Array): Promise<Heard> {
  const heard: string[] = [];
  const statuses: TransactionStatus[] = [];
  const watch = await pool.submitAndWatch(encoded, (status) => {
    heard.push(status.type);
    statuses.push(status);
  });
  return { heard, statuses, unwatch: watch.unwatch };
}

/** Lets reports and validations that are due go out. */
export async function settled(turns = 3): Promise<void> {
  for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
}

/** Each transaction after its account's lower nonces in the pool, and no better one was possible at its place. */
export function assertBlockOrder(pending: readonly Uint8Array[], fail: (message: string) => never): void {
  const queues = new Map<number, FakeTx[]>();
  for (const fields of pending.map(fieldsOf)) queues.set(fields.from, [...(queues.get(fields.from) ?? []), fields]);
  for (const [from, queue] of queues) {
    queue.forEach(({ nonce }, i) => {
      if (i > 0 && nonce !== queue[i - 1]!.nonce + 1) fail(`account ${from}: nonce ${nonce} after ${queue[i - 1]!.nonce}`);
    });
  }
  for (const fields of pending.map(fieldsOf)) {
    const heads = [...queues.values()].filter(({ length }) => length > 0).map(([head]) => head!);
    const best = Math.max(...heads.map(({ priority }) => priority ?? 0));
    if ((fields.priority ?? 0) !== best) fail(`priority ${fields.priority} went before ${best}`);
    queues.get(fields.from)!.shift();
  }
}

