import type { BlockRef } from "../../rpc/backend.ts";
import type { Extrinsic } from "../../runtime/frame/extrinsic.ts";
import type { TransactionSource, TransactionValidityError, ValidTransaction, Validity } from "../../runtime/frame/types.ts";
import type { Result } from "../../runtime/primitives/result.ts";
import type { AccountId, Nonce } from "../../runtime/primitives/types.ts";
import type { Sender } from "./entry.ts";

/** What the pool asks of the chain. "Best" is the best block when it is called. */
export interface PoolChain {
  /** Strict; the error is for people. */
  decode(encoded: Uint8Array): Result<Extrinsic, string>;
  /** Verifies the signature off the main thread, then validates against the best block. May throw when the verifier fails. */
  validate(extrinsic: Extrinsic, source: TransactionSource): Promise<Validity<ValidTransaction>>;
  /** Validates again at the best block; signatures are memoised. Undefined when its state is gone. */
  revalidate(extrinsic: Extrinsic): Validity<ValidTransaction> | undefined;
  /** `senderOf` with the runtime's extensions. */
  sender(extrinsic: Extrinsic): Sender | undefined;
  best(): BlockRef;
  /** In the best block's state. */
  nonce(account: AccountId): Nonce;
  /** On a development chain: which signed part differs from what the node expects. */
  describeInvalid?(extrinsic: Extrinsic, error: TransactionValidityError): string | undefined;
}

export interface PoolOptions {
  /** Ready transactions; the future queue has a tenth of both limits unless `futureCount`, `futureBytes` say otherwise. */
  readonly limitCount: number;
  readonly limitBytes: number;
  readonly futureCount: number;
  readonly futureBytes: number;
  /** Blocks after which a transaction that still waits for another is dropped. */
  readonly futureBlocks: number;
  /** 0 bans nothing. */
  readonly banSeconds: number;
  readonly banMax: number;
  /** Blocks after which a watcher no longer waits for finality. */
  readonly finalityTimeoutBlocks: number;
  /** Submissions whose signature or validity is being checked. */
  readonly validationsMax: number;
  readonly watchersMax: number;
  /** How many pooled transactions are validated again at each best block, in turn. */
  readonly revalidationsPerBlock: number;
  /** Milliseconds. */
  now(): number;
  /** Runs `flush` soon, after the promises that are due now. */
  defer(flush: () => void): void;
}

const KIB = 1024;

/** Substrate's defaults, where it has them. */
export const DEFAULT_POOL_OPTIONS: Omit<PoolOptions, "now" | "futureCount" | "futureBytes"> = {
  limitCount: 8192,
  limitBytes: 20_480 * KIB,
  futureBlocks: 256,
  banSeconds: 1800,
  banMax: 4096,
  finalityTimeoutBlocks: 512,
  validationsMax: 8192,
  watchersMax: 65_536,
  revalidationsPerBlock: 128,
  defer: (flush) => void setImmediate(flush),
};

/** On a development chain one corrects a mistake and tries again at once. */
export const DEV_BAN_SECONDS = 0;

export function poolOptions(given: Partial<PoolOptions> & Pick<PoolOptions, "now">): PoolOptions {
  // An option that the command line leaves out comes as undefined.
  const named = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
  const options = { ...DEFAULT_POOL_OPTIONS, ...(named as typeof given) };
  return {
    ...options,
    futureCount: given.futureCount ?? Math.ceil(options.limitCount / 10),
    futureBytes: given.futureBytes ?? Math.ceil(options.limitBytes / 10),
  };
}
