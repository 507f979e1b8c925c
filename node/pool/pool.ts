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
import type { Incoming } from "./intake.ts";
import { poolOptions } from "./options.ts";
import type { PoolChain, PoolOptions } from "./options.ts";
import type { ReadyIterator } from "./ready-iterator.ts";
import { Rotation } from "./rotation.ts";
import * as refusal from "./validity-text.ts";
import { Outbox, Watchers } from "./watchers.ts";
import type { Report } from "./watchers.ts";

type Listener = (transaction: PooledTransaction) => void;

/** What the pool reads of a block. */
export type BlockContent = Pick<ImportedBlock, "hash" | "number" | "extrinsics">;

/** A transaction that a client sends, or one that came back from a retracted block. */
interface Submission extends Incoming {
  readonly extrinsic: Extrinsic;
  readonly sender: Sender | undefined;
  readonly report: Report | undefined;
  readonly returning: boolean;
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
  readonly #readyListeners = new Set<Listener>();
  readonly #importListeners = new Set<Listener>();
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
    const submission = this.#receive(encoded, undefined);
    await this.#bringIn(submission);
    return submission.extrinsic.hash;
  }

  async submitAndWatch(encoded: Uint8Array, report: Report): Promise<Watch> {
    const submission = this.#receive(encoded, report);
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

  /** Gossip hears of each transaction that may be sent on to peers, once, when it is first ready. */
  onImported(listener: Listener): () => void {
    this.#importListeners.add(listener);
    return () => void this.#importListeners.delete(listener);
  }

  /** Sealing on demand hears of each transaction whenever it becomes ready. */
  onReady(listener: Listener): () => void {
    this.#readyListeners.add(listener);
    return () => void this.#readyListeners.delete(listener);
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
    const outside = returning.reverse().filter(({ id }) => this.#inclusions.find(id) === undefined);
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
  #receive(encoded: Uint8Array, report: Report | undefined): Submission {
    if (this.#closed) throw refusal.immediatelyDropped(STOPPING);
    const decoded = this.#chain.decode(encoded);
    if (!decoded.ok) throw refusal.badFormat(decoded.error);
    const submission = this.#submission(decoded.value, { report, returning: false });
    const { id, extrinsic } = submission;
    if (this.#graph.get(id) !== undefined || this.#intake.has(id)) throw refusal.alreadyImported(extrinsic.hash);
    const block = this.#inclusions.find(id);
    if (block !== undefined) throw refusal.alreadyIncluded(extrinsic.hash, block);
    const ban = this.#bans.find(id);
    if (ban !== undefined) throw refusal.banned(ban.reason, ban.seconds);
    if (!this.#intake.hasRoomFor(submission.bytes)) throw refusal.immediatelyDropped(BUSY);
    return submission;
  }

  #submission(extrinsic: Extrinsic, { report, returning }: Pick<Submission, "report" | "returning">): Submission {
    const sender = this.#chain.sender(extrinsic);
    const account = sender && toLatin1(sender.account);
    return { id: toLatin1(extrinsic.hash), account, bytes: extrinsic.encoded.length, extrinsic, sender, report, returning };
  }

  /** Validates and takes in. Throws PoolError. @returns how to stop the reports, if someone watches. */
  async #bringIn(submission: Submission): Promise<(() => void) | undefined> {
    const turn = this.#intake.begin(submission);
    const validatedAt = this.#chain.best().hash;
    try {
      const validity = await this.#chain.validate(submission.extrinsic, "External");
      if (turn.earlier !== undefined) await turn.earlier;
      return this.#takeIn(submission, validity, validatedAt);
    } catch (error) {
      if (turn.earlier !== undefined) await turn.earlier;
      if (error instanceof InvariantError || error instanceof PoolError) throw error;
      throw refusal.verificationFailed(error);
    } finally {
      this.#intake.end(turn);
    }
  }

  #takeIn(submission: Submission, validated: Validity<ValidTransaction>, validatedAt: Hash): (() => void) | undefined {
    const { id, extrinsic } = submission;
    if (this.#closed) throw refusal.immediatelyDropped(STOPPING);
    const block = this.#inclusions.find(id);
    if (block !== undefined) throw refusal.alreadyIncluded(extrinsic.hash, block);
    // After a new best block came meanwhile, what is required and what is stale has changed.
    const changed = !equalBytes(validatedAt, this.#chain.best().hash);
    const validity = changed ? (this.#chain.revalidate(extrinsic) ?? validated) : validated;
    if (!validity.ok) throw this.#refused(submission, validity.error);
    return this.#import(submission, validity.value);
  }

  #refused({ id, extrinsic, returning }: Submission, error: TransactionValidityError): PoolError {
    // A retracted block's inherents are refused here too, and are nobody's fault.
    if (!returning && refusal.isPermanent(error)) this.#bans.ban(id, refusal.validityText(error));
    return refusal.invalid(error, this.#chain.describeInvalid?.(extrinsic, error));
  }

  #import({ id, account, extrinsic, report }: Submission, valid: ValidTransaction): (() => void) | undefined {
    if (valid.provides.length === 0) throw refusal.noTags();
    const entry = poolEntry({ id, extrinsic, sender: account, order: this.#arrivals++ }, valid, this.#chain.best().number);
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
    if (status.type !== "ready") return;
    for (const listener of this.#readyListeners) this.#outbox.push(() => listener(entry));
    if (!entry.propagate || entry.announced) return;
    entry.announced = true;
    for (const listener of this.#importListeners) this.#outbox.push(() => listener(entry));
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
      return;
    }
    const { type, value } = validity.error;
    const mayPass = type === "Unknown" || value.type === "ExhaustsResources" || value.type === "Future";
    if (!mayPass) this.#invalidate(entry, validity.error);
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
      const reason = `it waited ${blocks} blocks for a transaction that must come before it (a lower nonce)`;
      this.#remove(entry, { type: "dropped", reason });
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
      const submission = this.#submission(decoded.value, { report: undefined, returning: true });
      this.#inclusions.retract(submission.id, block);
      out.push(submission);
    }
    return out.reverse();
  }

  /** Transactions of retracted blocks come in again, as many as the pool could hold. */
  async #giveBack(returning: readonly Submission[]): Promise<void> {
    const surplus = refusal.immediatelyDropped("its block was retracted together with more transactions than the pool holds");
    for (const { id } of returning.slice(this.#options.limitCount)) this.#notReturned(id, surplus);
    for (let i = 0; i < Math.min(returning.length, this.#options.limitCount); i += RETURNING_AT_ONCE) {
      await Promise.all(returning.slice(i, i + RETURNING_AT_ONCE).map((submission) => this.#bringBack(submission)));
    }
  }

  async #bringBack(submission: Submission): Promise<void> {
    const { id } = submission;
    // Sent again by a client meanwhile, or still on its way in from an earlier retraction.
    if (this.#graph.get(id) !== undefined || this.#intake.has(id)) return;
    try {
      await this.#bringIn(submission);
    } catch (error) {
      if (!(error instanceof PoolError)) throw error;
      this.#notReturned(id, error);
    }
  }

  #notReturned(id: string, error: PoolError): void {
    // In a block again: its watcher has heard that, or will when the block does.
    if (this.#inclusions.find(id) === undefined) this.#watchers.tell(id, refusal.statusOf(error));
  }
}

const STOPPING = "the node is stopping";
const BUSY = "the node is busy: too many transactions are being checked; try again later";
