import type { Socket } from "node:net";
import type { WebSocket } from "ws";
import type { CallContext, Cleanup, Connection, Subscription } from "../method.ts";
import type { Caller, Dispatcher, Reply, SubscriptionBook } from "./dispatcher.ts";
import { overLimit } from "./errors.ts";
import type { LimitName, RpcLimits } from "./limits.ts";
import type { TakeCall } from "./rate-limit.ts";
import { Sink } from "./subscription.ts";
import type { SinkOwner } from "./subscription.ts";
import { decodeUtf8 } from "./utf8.ts";

/** Messages that one read of the socket can hold beyond the pause: 64 KiB of the smallest frames, doubled. */
const BACKLOG_MAX = 20_000;
/** Notifications that may wait for the reply with their id. */
const EARLY_NOTIFICATIONS_MAX = 16_384;
/** Time for the peer to read the close frame and answer it. */
const CLOSE_GRACE_MS = 2_000;
/** Below it a message or what is unsent is too little to look at all connections for. */
const RELIEVE_FROM_BYTES = 256 * 1024;

export const CloseCode = { GOING_AWAY: 1001, POLICY: 1008 } as const;

export interface WsConnectionOptions {
  readonly id: number;
  readonly ws: WebSocket;
  /** The TCP socket under `ws`: the writes of one turn are joined there, and its fill level is read. */
  readonly socket: Socket;
  readonly limits: RpcLimits;
  readonly dispatcher: Dispatcher;
  readonly unsafeAllowed: boolean;
  readonly takeCall: TakeCall;
  readonly rejected: (limit: LimitName) => void;
  /** Called before more is written to a socket that is behind: makes room over all connections. */
  readonly relieve: () => void;
  readonly cleanupFailed: (error: unknown) => void;
  readonly onEnd: (connection: WsConnection) => void;
}

/**
 * One WebSocket client. Requests are begun in order of arrival; while too many are unfinished, too much is unsent or the turn is
 * used up, the socket is not read, so that a fast client waits instead of filling memory.
 */
export class WsConnection implements Connection, Caller, SubscriptionBook, SinkOwner {
  readonly id: number;
  readonly ctx: CallContext & { readonly connection: Connection };
  readonly takeCall: TakeCall;
  private readonly ws: WebSocket;
  private readonly socket: Socket;
  private readonly limits: RpcLimits;
  private readonly dispatcher: Dispatcher;
  private readonly rejected: (limit: LimitName) => void;
  readonly cleanupFailed: (error: unknown) => void;
  private readonly relieve: () => void;
  private readonly onEnd: (connection: WsConnection) => void;
  private readonly aborter = new AbortController();

  private readonly sinks = new Map<string, Sink>();
  private readonly closeListeners = new Set<Cleanup>();
  private closing = false;
  private ended = false;

  private backlog: string[] = [];
  private backlogHead = 0;
  private inFlight = 0;
  private paused = false;
  private corked = false;
  private turnScheduled = false;
  /** End of the present turn, or 0 before its first request. */
  private turnEndMs = 0;

  /** When the socket last had nothing unsent as something was written to it: old for a reader that does not keep up. */
  unsentSinceMs = 0;
  private unsentNotifications = 0;
  private unsentNotificationBytes = 0;
  private progressAtMs = 0;
  private heard = true;
  private silentPings = 0;
  private flushedBytes = 0;

  constructor(options: WsConnectionOptions) {
    this.id = options.id;
    this.ws = options.ws;
    this.socket = options.socket;
    this.limits = options.limits;
    this.dispatcher = options.dispatcher;
    this.takeCall = options.takeCall;
    this.rejected = options.rejected;
    this.cleanupFailed = options.cleanupFailed;
    this.relieve = options.relieve;
    this.onEnd = options.onEnd;
    this.ctx = { connection: this, unsafeAllowed: options.unsafeAllowed, signal: this.aborter.signal };
    this.listen();
  }

  get closed(): boolean {
    return this.closing || this.ended;
  }

  get unsentBytes(): number {
    return this.ended ? 0 : this.socket.writableLength;
  }

  get subscriptions(): SubscriptionBook {
    return this;
  }

  onClose(fn: Cleanup): () => void {
    if (this.closed) {
      this.runCleanup(fn);
      return () => {};
    }
    // A wrapper of its own, so that one function given twice runs twice and is taken back once.
    const listener = (): void => fn();
    this.closeListeners.add(listener);
    return () => void this.closeListeners.delete(listener);
  }

  // Subscriptions

  open(subscription: Subscription): Sink | undefined {
    if (this.sinks.size >= this.limits.maxSubscriptionsPerConnection) return undefined;
    const sink = new Sink(subscription, this, { bytesMax: this.limits.maxBufferedBytes, countMax: EARLY_NOTIFICATIONS_MAX });
    this.sinks.set(sink.id, sink);
    // An async handler may come back from its wait to find the client gone.
    if (this.closed) sink.end();
    return sink;
  }

  close(id: string, subscription: Subscription): boolean {
    const sink = this.sinks.get(id);
    if (sink === undefined || sink.subscription !== subscription) return false;
    sink.end();
    return true;
  }

  forget(sink: Sink): void {
    this.sinks.delete(sink.id);
  }

  notify(text: string): void {
    if (this.closed) return;
    if (this.isReaderTooSlow()) return this.slowConsumer();
    if (this.unsentNotifications++ === 0) this.progressAtMs = Date.now();
    this.unsentNotificationBytes += text.length;
    this.write(text, () => this.notificationSent(text.length));
  }

  slowConsumer(): void {
    if (this.closed) return;
    this.rejected("slow_consumer");
    this.shutdown(CloseCode.POLICY, "slow consumer");
  }

  private isReaderTooSlow(): boolean {
    const max = this.limits.maxBufferedBytes;
    // One large reply on its way does not make its reader slow: only notifications count, as far as they are still in the socket.
    if (this.unsentNotificationBytes > max && this.socket.writableLength > max) {
      // What was joined in this turn had no chance to leave yet.
      this.uncork();
      if (this.socket.writableLength > max) return true;
    }
    if (this.unsentNotifications < this.limits.messageBufferCapacity) return false;
    return Date.now() - this.progressAtMs > this.limits.stalledReaderMs;
  }

  private notificationSent(length: number): void {
    this.unsentNotifications--;
    this.unsentNotificationBytes -= length;
    this.progressAtMs = Date.now();
  }

  // Requests

  private listen(): void {
    this.ws.on("message", (data, isBinary) => this.receive(data as Buffer, isBinary));
    this.ws.on("pong", () => this.hear());
    this.ws.on("ping", () => this.hear());
    this.ws.on("error", () => this.fail());
    this.ws.on("close", () => this.end());
    this.socket.on("drain", this.pump);
  }

  private receive(data: Buffer, isBinary: boolean): void {
    this.hear();
    if (this.closed) return;
    if (data.length > this.limits.maxRequestSize) {
      return this.write(this.dispatcher.refuse(overLimit("OVERSIZED_REQUEST", this.limits.maxRequestSize), "request_size"));
    }
    // Text frames are checked by ws. Bytes that are no text become text that is no JSON, and so a parse error.
    const text = isBinary ? decodeUtf8(data) : data.toString("utf8");
    if (this.backlog.length > 0 || this.mustWait()) this.putOff(text);
    else this.start(text);
  }

  private putOff(text: string): void {
    this.backlog.push(text);
    if (this.backlog.length - this.backlogHead > BACKLOG_MAX) return this.shutdown(CloseCode.POLICY, "too many requests at once");
    if (this.paused) return;
    this.paused = true;
    this.ws.pause();
  }

  private mustWait(): boolean {
    if (this.inFlight >= this.limits.maxInFlightCalls || this.socket.writableLength > this.limits.responseHighWaterBytes) return true;
    const nowMs = performance.now();
    if (this.turnEndMs === 0) this.startTurn(nowMs);
    if (nowMs < this.turnEndMs) return false;
    if (!this.turnScheduled) setImmediate(this.pump);
    this.turnScheduled = true;
    return true;
  }

  private startTurn(nowMs: number): void {
    this.turnEndMs = nowMs + this.limits.sliceMs;
    process.nextTick(this.endTurn);
  }

  private readonly endTurn = (): void => {
    if (!this.turnScheduled) this.turnEndMs = 0;
  };

  /** Begins what was put off, as far as the bounds allow, then reads the socket again. */
  private readonly pump = (): void => {
    if (this.turnScheduled) {
      this.turnScheduled = false;
      this.turnEndMs = 0;
    }
    while (this.backlogHead < this.backlog.length && !this.closed && !this.mustWait()) this.start(this.backlog[this.backlogHead++]!);
    if (this.backlogHead < this.backlog.length && !this.closed) return;
    this.backlog = [];
    this.backlogHead = 0;
    if (!this.paused) return;
    this.paused = false;
    this.ws.resume();
  };

  private start(text: string): void {
    const reply = this.dispatcher.dispatch(text, this);
    if (!(reply instanceof Promise)) return this.deliver(reply);
    this.inFlight++;
    void reply.then((late) => {
      this.inFlight--;
      // Calls begun together may bring large replies one after the other, while nobody reads.
      if (this.socket.writableLength > this.limits.maxBufferedBytes) this.slowConsumer();
      this.deliver(late);
      this.pump();
    });
  }

  private deliver(reply: Reply): void {
    if (reply.text !== undefined) this.write(reply.text);
    for (const sink of reply.sinks) sink.activate();
  }

  /** The frames written in one turn leave in one system call. */
  private write(text: string, sent?: () => void): void {
    if (this.closed) return;
    const unsent = this.socket.writableLength;
    if (unsent === 0) this.unsentSinceMs = performance.now();
    if (text.length > RELIEVE_FROM_BYTES || unsent > RELIEVE_FROM_BYTES) this.relieve();
    // It may have been this one that had to go.
    if (this.closed) return;
    if (!this.corked) {
      this.corked = true;
      this.socket.cork();
      process.nextTick(this.uncork);
    }
    this.ws.send(text, sent);
  }

  private readonly uncork = (): void => {
    if (!this.corked) return;
    this.corked = false;
    this.socket.uncork();
  };

  // Life and end

  /**
   * Called once per ping interval. A peer is alive when it sent anything, or took any of what we sent; one that we do not read
   * at present gets no blame for being silent.
   */
  checkAlive(): void {
    if (this.closed) return;
    const flushed = this.socket.bytesWritten - this.socket.writableLength;
    const unread = this.paused && this.socket.writableLength <= this.limits.responseHighWaterBytes;
    const took = this.socket.writableLength > 0 && flushed !== this.flushedBytes;
    this.flushedBytes = flushed;
    if (this.heard || unread || took) this.silentPings = 0;
    else if (++this.silentPings >= this.limits.pingMissesMax) {
      this.rejected("dead_peer");
      return this.terminate();
    }
    this.heard = false;
    this.ws.ping();
  }

  private hear(): void {
    this.heard = true;
  }

  /** Stops serving and closes with `code`; a peer that does not answer the close is cut off after a grace. */
  shutdown(code: number, reason: string): void {
    if (this.closed) return;
    this.closing = true;
    this.release();
    this.uncork();
    this.ws.close(code, reason);
    if (this.paused) this.ws.resume();
    this.socket.resume();
    setTimeout(() => this.terminate(), CLOSE_GRACE_MS).unref();
  }

  /** A broken frame or a message too large: ws itself sends the close with the code that says so. */
  private fail(): void {
    if (this.closed) return;
    this.release();
    setTimeout(() => this.terminate(), CLOSE_GRACE_MS).unref();
  }

  terminate(): void {
    this.ws.terminate();
    this.end();
  }

  private end(): void {
    if (this.ended) return;
    this.ended = true;
    this.release();
    this.socket.off("drain", this.pump);
    this.onEnd(this);
  }

  /** Everything that hung on the connection is told, once. */
  private release(): void {
    this.backlog = [];
    this.backlogHead = 0;
    this.closing = true;
    this.aborter.abort();
    for (const sink of this.sinks.values()) sink.end();
    const listeners = [...this.closeListeners];
    this.closeListeners.clear();
    for (const fn of listeners) this.runCleanup(fn);
  }

  private runCleanup(fn: Cleanup): void {
    try {
      fn();
    } catch (error) {
      this.cleanupFailed(error);
    }
  }
}
