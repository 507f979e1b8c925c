// The transaction pool: what waits to be in a block, and what its senders are told.
import { blake2b256 } from "#hash";
import type { ChainEvent, ImportedBlock, BlockRef, PoolBackend, TransactionStatus, Watch } from "../../rpc/backend.ts";
import { PoolError } from "../../rpc/backend.ts";
import type { Extrinsic } from "../../runtime/frame/extrinsic.ts";
import type { TransactionValidityError, ValidTransaction, Validity } from "../../runtime/frame/types.ts";
import { equalBytes, toLatin1 } from "../../runtime/primitives/bytes.ts";
import { InvariantError } from "../../runtime/primitives/errors.ts";
import { Hash } from "../../runtime/primitives/types.ts";
import type { AccountId } from "../../runtime/primitives/types.ts";
import { BanTable } from "./bans.ts";
import { lastValidBlock, poolEntry, senderTag, tagsOf } from "./entry.ts";
import type { PoolEntry, PooledTransaction, Sender } from "./entry.ts";
import { Expiry } from "./expiry.ts";
import { TransactionGraph } from "./graph.ts";
import type { ImportRefusal } from "./graph.ts";
import { Inclusions } from "./inclusions.ts";
import { Intake } from "./intake.ts";
import { poolOptions } from "./options.ts";
import type { PoolChain, PoolOptions } from "./options.ts";
import type { ReadyIterator } from "./ready-iterator.ts";
import { Rotation } from "./rotation.ts";
import * as refusal from "./validity-text.ts";
import { Outbox, Watchers } from "./watchers.ts";
import type { Report } from "./watchers.ts";

/** What the pool reads of a block. */
export type BlockContent = Pick<ImportedBlock, "hash" | "number" | "extrinsics">;

/** A transaction that came back from a retracted block, or one that a client sends. */
interface Submission {
  readonly extrinsic: Extrinsic;
  readonly sender: Sender | undefined;
  readonly report?: Report | undefined;
  readonly returning?: boolean;
}

/** How many transactions of retracted blocks are validated at once. */
const RETURNING_AT_ONCE = 64;

/**
 * Every accepted transaction is included, or its sender is told why not. Calls that change the pool run to completion;
 * reports and announcements leave after them. `onBest` and `onFinalized` follow the chain; until `onBest` the pool is as of
 * the block before.
 */
export class TransactionPool implements PoolBackend {
  readonly #chain: PoolChain;
  readonly #options: PoolOptions;
  readonly #outbox: Outbox;
  readonly #watchers: Watchers;
  readonly #graph: TransactionGraph;
  readonly #bans: BanTable;
  readonly #inclusions: Inclusions;
  readonly #intake: Intake;
  readonly #expiry = new Expiry();
  readonly #rotation = new Rotation();
  readonly #listeners = new Set<(transaction: PooledTransaction) => void>();
  #arrivals = 0;
  #closed = false;

  constructor(chain: PoolChain, given: Partial<PoolOptions> & Pick<PoolOptions, "now">) {
    const options = poolOptions(given);
    this.#chain = chain;
    this.#options = options;
    this.#outbox = new Outbox(options.defer);
    this.#watchers = new Watchers(this.#outbox, options.finalityTimeoutBlocks);
    const ready = { count: options.limitCount, bytes: options.limitBytes };
    const future = { count: options.futureCount, bytes: options.futureBytes };
    this.#graph = new TransactionGraph(ready, future, (entry, status) => this.#tell(entry, status));
    this.#bans = new BanTable(options.now, options.banSeconds, options.banMax);
    this.#inclusions = new Inclusions(2 * options.limitCount);
    this.#intake = new Intake(options.validationsMax, options.limitBytes);
  }

  get size(): PoolBackend["size"] {
    const { ready, future } = this.#graph;
    return { ready: ready.entries.size, future: future.entries.size, bytes: ready.bytes + future.bytes };
  }

  async submit(encoded: Uint8Array): Promise<Hash> {
    const submission = this.#receive(encoded);
    await this.#bringIn(submission);
    return submission.extrinsic.hash;
  }

  async submitAndWatch(encoded: Uint8Array, report: Report): Promise<Watch> {
    const submission = { ...this.#receive(encoded), report };
    if (this.#watchers.size >= this.#options.watchersMax) {
      throw refusal.immediatelyDropped(`the node watches ${this.#watchers.size} transactions already; submit it without watching`);
    }
    const unwatch = await this.#bringIn(submission);
    return { hash: submission.extrinsic.hash, unwatch: unwatch! };
  }

  pending(): readonly Uint8Array[] {
    return Array.from(this.#graph.iterate(), ({ extrinsic }) => extrinsic.encoded);
  }

  /** For block building: lazily, best first. Take a new one for each block. */
  ready(): Omit<ReadyIterator, "next"> & { next(): PooledTransaction | undefined } {
    return this.#graph.iterate();
  }

  async nextNonce(account: AccountId): Promise<number> {
    const base = this.#chain.nonce(account);
    const isReady = (nonce: number): boolean => this.#graph.provider(senderTag(account, nonce))?.place === "ready";
    // Ready transactions of one account have no gaps, so their number says where to look; checked, since the pool may lag.
    const guess = base + this.#graph.readyOf(toLatin1(account));
    if (!isReady(guess) && (guess === base || isReady(guess - 1))) return guess;
    let next = base;
    while (isReady(next)) next++;
    return next;
  }

  remove(hashes: readonly Hash[]): readonly Hash[] {
    const reason = "removed by the node's operator";
    return hashes.filter((hash) => {
      const entry = this.#graph.get(toLatin1(hash));
      if (entry === undefined) return false;
      this.#bans.ban(entry.id, reason);
      this.#remove(entry, { type: "dropped", reason });
      return true;
    });
  }

  /**
   * A ready transaction was refused when a block was built. What depends on the block that was built (a nonce, room) is asked
   * of the best block again; with any other refusal it leaves, and what requires it waits.
   */
  reportInvalid(hash: Hash, error: TransactionValidityError): void {
    const entry = this.#graph.get(toLatin1(hash));
    if (entry === undefined || error.value.type === "ExhaustsResources") return;
    if (error.value.type === "Stale" || error.value.type === "Future") this.#revalidate(entry);
    else this.#invalidate(entry, error);
  }

  noteBroadcast(hash: Hash, peers: readonly string[]): void {
    const id = toLatin1(hash);
    if (this.#graph.get(id) !== undefined) this.#watchers.tell(id, { type: "broadcast", peers });
  }

  /** Hears of each transaction that may be sent on to peers, once, when it is first ready. */
  onImported(listener: (transaction: PooledTransaction) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  follow(event: ChainEvent): void {
    if (event.type === "best") this.onBest(event);
    else if (event.type === "finalized") this.onFinalized(event.finalized);
  }

  /** @param enacted - the fork's child first. */
  onBest({ block, retracted, enacted }: { block: BlockRef; retracted: readonly BlockContent[]; enacted: readonly BlockContent[] }): void {
    const returning = retracted.flatMap((old) => this.#retract(old));
    for (const fresh of enacted) this.#include(fresh);
    for (const { sender } of returning) if (sender !== undefined) this.#revalidateSuccessor(sender);
    for (const entry of this.#expiry.expired(block.number)) this.#expire(entry, block.number);
    this.#dropIdle(block.number);
    for (const entry of this.#rotation.take(this.#options.revalidationsPerBlock, this.#graph)) this.#revalidate(entry);
    this.#watchers.timeOut(block.number);
    // Retracted blocks come with the highest first; a sender's transactions must return in the order of their nonces.
    const outside = returning.reverse().filter(({ extrinsic }) => this.#inclusions.find(toLatin1(extrinsic.hash)) === undefined);
    if (outside.length > 0) void this.#giveBack(outside);
  }

  onFinalized(blocks: readonly BlockRef[]): void {
    for (const { hash } of blocks) this.#watchers.finalized(hash);
  }

  /** The node stops: watchers are told that it no longer knows. */
  close(): void {
    this.#closed = true;
    for (const id of [...this.#watchers.ids()]) this.#watchers.tell(id, { type: "dropped", reason: STOPPING });
  }

  /** Decodes, and refuses what needs no validation to be refused. */
  #receive(encoded: Uint8Array): Submission {
    if (this.#closed) throw refusal.immediatelyDropped(STOPPING);
    const decoded = this.#chain.decode(encoded);
    if (!decoded.ok) throw refusal.badFormat(decoded.error);
    const extrinsic = decoded.value;
    const id = toLatin1(extrinsic.hash);
    if (this.#graph.get(id) !== undefined || this.#intake.has(id)) throw refusal.alreadyImported(extrinsic.hash);
    const block = this.#inclusions.find(id);
    if (block !== undefined) throw refusal.alreadyIncluded(extrinsic.hash, block);
    const ban = this.#bans.find(id);
    if (ban !== undefined) throw refusal.banned(ban.reason, ban.seconds);
    if (!this.#intake.hasRoomFor(extrinsic)) throw refusal.immediatelyDropped("the node is busy: too many transactions are being checked; try again later");
    return { extrinsic, sender: this.#chain.sender(extrinsic) };
  }

  /** Validates and takes in. Throws PoolError. @returns how to stop the reports, if someone watches. */
  #bringIn(submission: Submission): Promise<(() => void) | undefined> {
    const { extrinsic, sender } = submission;
    return this.#intake.run(extrinsic, sender, async (earlier) => {
      const validated = await this.#validate(extrinsic);
      await earlier;
      if (this.#closed) throw refusal.immediatelyDropped(STOPPING);
      const block = this.#inclusions.find(toLatin1(extrinsic.hash));
      if (block !== undefined) throw refusal.alreadyIncluded(extrinsic.hash, block);
      const current = equalBytes(validated.at, this.#chain.best().hash);
      // A new best block came meanwhile: what is required and what is stale has changed.
      const validity = current ? validated.validity : (this.#chain.revalidate(extrinsic) ?? validated.validity);
      if (!validity.ok) throw this.#refused(submission, validity.error);
      return this.#import(submission, validity.value);
    });
  }

  async #validate(extrinsic: Extrinsic): Promise<{ readonly at: Hash; readonly validity: Validity<ValidTransaction> }> {
    const at = this.#chain.best().hash;
    try {
      return { at, validity: await this.#chain.validate(extrinsic, "External") };
    } catch (error) {
      if (error instanceof InvariantError || error instanceof PoolError) throw error;
      throw refusal.verificationFailed(error);
    }
  }

  #refused({ extrinsic, returning }: Submission, error: TransactionValidityError): PoolError {
    // A retracted block's inherents are refused here too, and are nobody's fault.
    if (!returning && refusal.isPermanent(error)) this.#bans.ban(toLatin1(extrinsic.hash), refusal.validityText(error));
    return refusal.invalid(error, this.#chain.describeInvalid?.(extrinsic, error));
  }

  #import({ extrinsic, sender, report }: Submission, valid: ValidTransaction): (() => void) | undefined {
    if (valid.provides.length === 0) throw refusal.noTags();
    const entry = poolEntry(extrinsic, sender, valid, this.#chain.best().number, this.#arrivals++);
    // The watcher is there before the entry, so that it hears its first step.
    const unwatch = report && this.#watchers.add(entry.id, report);
    const refused = this.#graph.import(entry);
    if (refused !== undefined) {
      unwatch?.();
      throw this.#importError(refused);
    }
    this.#expiry.add(entry, this.#graph.size);
    return unwatch;
  }

  #importError(refused: ImportRefusal): PoolError {
    switch (refused.type) {
      case "TooLowPriority":
        return refusal.tooLowPriority(refused.old, refused.new);
      case "RivalIsReady":
        return refusal.futureNotAccepted();
      case "Cycle":
        return refusal.cycle();
      case "Full":
        return refusal.immediatelyDropped("The transaction couldn't enter the pool because of the limit");
    }
  }

  #tell(entry: PoolEntry, status: TransactionStatus): void {
    this.#watchers.tell(entry.id, status);
    if (status.type === "future") entry.waitsSince = this.#chain.best().number;
    if (status.type !== "ready" || !entry.propagate || entry.announced) return;
    entry.announced = true;
    for (const listener of this.#listeners) this.#outbox.push(() => listener(entry));
  }

  #remove(entry: PoolEntry, status: TransactionStatus): void {
    this.#graph.remove(entry);
    this.#watchers.tell(entry.id, status);
  }

  #invalidate(entry: PoolEntry, error: TransactionValidityError): void {
    const reason = refusal.validityText(error);
    if (refusal.isPermanent(error)) this.#bans.ban(entry.id, reason);
    this.#remove(entry, { type: "invalid", reason });
  }

  /** Asks the best block what it says of a pooled transaction now. */
  #revalidate(entry: PoolEntry): void {
    const validity = this.#chain.revalidate(entry.extrinsic);
    if (validity === undefined) return;
    if (validity.ok) {
      this.#setValidTill(entry, lastValidBlock(this.#chain.best().number, validity.value.longevity));
      this.#graph.setRequires(entry, tagsOf(validity.value.requires));
    } else if (validity.error.type === "Invalid" && validity.error.value.type !== "ExhaustsResources" && validity.error.value.type !== "Future") {
      this.#invalidate(entry, validity.error);
    }
  }

  #setValidTill(entry: PoolEntry, validTill: number): void {
    if (entry.validTill === validTill) return;
    entry.validTill = validTill;
    this.#expiry.add(entry, this.#graph.size);
  }

  /** What was next after a nonce that is free again requires it again. */
  #revalidateSuccessor({ account, nonce }: Sender): void {
    const entry = this.#graph.provider(senderTag(account, nonce + 1));
    if (entry !== undefined) this.#revalidate(entry);
  }

  #expire(entry: PoolEntry, best: number): void {
    const reason = `its mortality ended: it was valid until block #${entry.validTill}, the best block is #${best}`;
    this.#bans.ban(entry.id, reason);
    this.#remove(entry, { type: "invalid", reason });
  }

  /** Else transactions that wait for nothing that ever comes would fill the future queue for free, and for good. */
  #dropIdle(best: number): void {
    const blocks = this.#options.futureBlocks;
    // The queue's order is the order in which they began to wait.
    for (const entry of this.#graph.future.entries.values()) {
      if (entry.waitsSince + blocks >= best) return;
      this.#remove(entry, { type: "dropped", reason: `it waited ${blocks} blocks for a transaction that must come before it (a lower nonce)` });
    }
  }

  #include(block: BlockContent): void {
    block.extrinsics.forEach((encoded, index) => {
      const hash = Hash(blake2b256(encoded));
      const id = toLatin1(hash);
      this.#inclusions.add(id, block);
      const tags = this.#graph.get(id)?.provides ?? this.#tagsOfForeign(encoded);
      if (tags.length > 0) this.#graph.include(tags, { id, hash });
      this.#watchers.inBlock(id, block, index);
    });
  }

  /** The tags of what is in a block and not in the pool; only a nonce is known of it. */
  #tagsOfForeign(encoded: Uint8Array): readonly string[] {
    if (this.#graph.size === 0) return [];
    const decoded = this.#chain.decode(encoded);
    const sender = decoded.ok ? this.#chain.sender(decoded.value) : undefined;
    return sender === undefined ? [] : [senderTag(sender.account, sender.nonce)];
  }

  /** @returns the signed transactions of a retracted block, the last first. */
  #retract(block: BlockContent): Submission[] {
    this.#watchers.retracted(block.hash);
    const out: Submission[] = [];
    for (const encoded of block.extrinsics) {
      const decoded = this.#chain.decode(encoded);
      if (!decoded.ok) continue;
      this.#inclusions.retract(toLatin1(decoded.value.hash), block);
      out.push({ extrinsic: decoded.value, sender: this.#chain.sender(decoded.value), returning: true });
    }
    return out.reverse();
  }

  /** Transactions of retracted blocks come in again, as many as the pool could hold. */
  async #giveBack(returning: readonly Submission[]): Promise<void> {
    const surplus = refusal.immediatelyDropped("its block was retracted together with more transactions than the pool holds");
    for (const { extrinsic } of returning.slice(this.#options.limitCount)) this.#notReturned(extrinsic, surplus);
    for (let i = 0; i < Math.min(returning.length, this.#options.limitCount); i += RETURNING_AT_ONCE) {
      await Promise.all(returning.slice(i, i + RETURNING_AT_ONCE).map((submission) => this.#bringBack(submission)));
    }
  }

  async #bringBack(submission: Submission): Promise<void> {
    const { extrinsic } = submission;
    const id = toLatin1(extrinsic.hash);
    // Sent again by a client meanwhile, or still on its way in from an earlier retraction.
    if (this.#graph.get(id) !== undefined || this.#intake.has(id)) return;
    try {
      await this.#bringIn(submission);
    } catch (error) {
      if (!(error instanceof PoolError)) throw error;
      this.#notReturned(extrinsic, error);
    }
  }

  #notReturned({ hash }: Extrinsic, error: PoolError): void {
    const id = toLatin1(hash);
    // In a block again: its watcher has heard that, or will when the block does.
    if (this.#inclusions.find(id) === undefined) this.#watchers.tell(id, refusal.statusOf(error));
  }
}

const STOPPING = "the node is stopping";
