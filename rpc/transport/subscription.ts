import { randomBytes } from "node:crypto";
import { RawJson } from "../method.ts";
import type { Cleanup, Subscription, SubscriptionSink } from "../method.ts";

/** What a sink needs of its connection. */
export interface SinkOwner {
  /** Hands one serialised notification to the socket, or finds that the reader is too slow and closes the connection. */
  notify(text: string): void;
  /** The reader cannot keep up: closes the connection, and with it every sink. */
  slowConsumer(): void;
  /** The sink has ended. */
  forget(sink: Sink): void;
  cleanupFailed(error: unknown): void;
}

/** Bounds for what is kept while the reply is not out yet (a handler that announces its state, a long batch). */
export interface EarlyBounds {
  readonly bytesMax: number;
  readonly countMax: number;
}

type State = "waiting" | "live" | "closed";

/** One subscription of one connection. Notifications wait until `activate`, which the connection calls after it wrote the reply. */
export class Sink implements SubscriptionSink {
  readonly id: string;
  readonly subscription: Subscription;
  private readonly owner: SinkOwner;
  private readonly bounds: EarlyBounds;
  private readonly prefix: string;
  private state: State = "waiting";
  private early: string[] = [];
  private earlyBytes = 0;
  private cleanups: Cleanup[] = [];
  /** Closed by the handler before the reply was out: what it sent until then is still owed. */
  private endAfterEarly = false;

  constructor(subscription: Subscription, owner: SinkOwner, bounds: EarlyBounds) {
    this.id = newSubscriptionId();
    this.subscription = subscription;
    this.owner = owner;
    this.bounds = bounds;
    const method = JSON.stringify(subscription.notification);
    this.prefix = `{"jsonrpc":"2.0","method":${method},"params":{"subscription":"${this.id}","result":`;
  }

  get closed(): boolean {
    return this.state === "closed" || this.endAfterEarly;
  }

  send(result: unknown): void {
    if (this.closed) return;
    const json = result instanceof RawJson ? result.json : (JSON.stringify(result) ?? "null");
    const notification = `${this.prefix}${json}}}`;
    if (this.state === "live") this.owner.notify(notification);
    else this.keepEarly(notification);
  }

  onClose(fn: Cleanup): void {
    if (this.closed) this.runCleanup(fn);
    else this.cleanups.push(fn);
  }

  close(): void {
    if (this.state === "waiting") {
      this.endAfterEarly = true;
      this.runCleanups();
    } else {
      this.end();
    }
  }

  /** The reply is out: sends what waited, in order, and everything from now on at once. */
  activate(): void {
    if (this.state !== "waiting") return;
    this.state = "live";
    const early = this.early;
    this.early = [];
    for (const notification of early) {
      if (this.state !== "live") return;
      this.owner.notify(notification);
    }
    if (this.endAfterEarly) this.end();
  }

  /** Ends at once and drops what waits. */
  end(): void {
    if (this.state === "closed") return;
    this.state = "closed";
    this.early = [];
    this.owner.forget(this);
    this.runCleanups();
  }

  private keepEarly(notification: string): void {
    this.earlyBytes += notification.length;
    this.early.push(notification);
    if (this.earlyBytes > this.bounds.bytesMax || this.early.length > this.bounds.countMax) this.owner.slowConsumer();
  }

  private runCleanups(): void {
    const cleanups = this.cleanups;
    this.cleanups = [];
    for (const fn of cleanups) this.runCleanup(fn);
  }

  private runCleanup(fn: Cleanup): void {
    try {
      fn();
    } catch (error) {
      this.owner.cleanupFailed(error);
    }
  }
}

/** 16 URL-safe characters, 96 random bits: no caller can guess another's id, and ids never look like numbers. */
function newSubscriptionId(): string {
  return `s${randomBytes(12).toString("base64url").slice(1)}`;
}
