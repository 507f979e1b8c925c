import type { Extrinsic } from "../../runtime/frame/extrinsic.ts";
import { signerOf } from "../../runtime/frame/extrinsic.ts";
import type { Runtime } from "../../runtime/frame/runtime.ts";
import type { ValidTransaction } from "../../runtime/frame/types.ts";
import { nonceTag } from "../../runtime/pallets/system/extensions/check-nonce.ts";
import { toLatin1 } from "../../runtime/primitives/bytes.ts";
import type { AccountId, Nonce } from "../../runtime/primitives/types.ts";

/** Who sends a transaction, and as which of theirs. */
export interface Sender {
  readonly account: AccountId;
  readonly nonce: Nonce;
}

/** Where an entry stands: `ready` could be in the next block, `future` waits for a tag that nobody provides yet. */
export type Place = "ready" | "future" | "out";

/** A transaction in the pool. Tags are latin1 strings. */
export interface PoolEntry {
  /** Latin1 of the hash. */
  readonly id: string;
  readonly extrinsic: Extrinsic;
  /** Latin1 of the account; undefined for what no account sends. */
  readonly sender: string | undefined;
  /** Higher is better. */
  readonly priority: bigint;
  readonly provides: readonly string[];
  readonly propagate: boolean;
  /** Arrival: the earlier goes first among equal priorities. */
  readonly order: number;
  /** What must come before it and is not in the best chain yet. */
  requires: readonly string[];
  /** The last block number at which it is valid. */
  validTill: number;
  place: Place;
  /** The best block's number when it last went to the future queue. */
  waitsSince: number;
  announced: boolean;
}

/** For those who build blocks and gossip. */
export type PooledTransaction = Readonly<Pick<PoolEntry, "extrinsic" | "priority" | "propagate">>;

const FOREVER = Number.MAX_SAFE_INTEGER;

/** @param at - number of the block on which it was validated. */
export function lastValidBlock(at: number, longevity: bigint): number {
  return longevity >= 1n << 32n ? FOREVER : at + Number(longevity);
}

/** Tags as strings, each once. */
export function tagsOf(tags: readonly Uint8Array[]): readonly string[] {
  if (tags.length === 0) return [];
  return tags.length === 1 ? [toLatin1(tags[0]!)] : [...new Set(tags.map(toLatin1))];
}

/** @param at - number of the block on which it was validated. */
export function poolEntry(known: Pick<PoolEntry, "id" | "extrinsic" | "sender" | "order">, valid: ValidTransaction, at: number): PoolEntry {
  const { id, extrinsic, sender, order } = known;
  return {
    id,
    extrinsic,
    sender,
    priority: valid.priority,
    provides: tagsOf(valid.provides),
    propagate: valid.propagate,
    order,
    requires: tagsOf(valid.requires),
    validTill: lastValidBlock(at, valid.longevity),
    place: "out",
    waitsSince: at,
    announced: false,
  };
}

export function bytesOf(entry: PoolEntry): number {
  return entry.extrinsic.encoded.length;
}

/** The tag that an account's transaction provides. */
export function senderTag(account: AccountId, nonce: Nonce): string {
  return toLatin1(nonceTag(account, nonce));
}

/** The extension that holds the nonce, by Substrate's name. */
const NONCE_EXTENSION = "CheckNonce";

/** Reads who sends a transaction; undefined when it is not signed, or the runtime counts no nonces. */
export function senderOf(runtime: Pick<Runtime, "extensions">, extrinsic: Extrinsic): Sender | undefined {
  const { preamble } = extrinsic;
  const account = signerOf(preamble);
  if (account === undefined || preamble.type === "Bare") return undefined;
  const nonce = preamble.extras[runtime.extensions.findIndex(({ identifier }) => identifier === NONCE_EXTENSION)];
  return typeof nonce === "number" ? { account, nonce } : undefined;
}
