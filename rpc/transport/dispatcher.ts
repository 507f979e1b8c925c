import { InvariantError } from "../../runtime/primitives/errors.ts";
import { ParamReader, RawJson } from "../method.ts";
import type { CallContext, Subscription, SubscriptionContext } from "../method.ts";
import {
  BATCHES_NOT_SUPPORTED,
  INTERNAL_ERROR,
  NEEDS_WEBSOCKET,
  RATE_LIMITED,
  RpcError,
  UNSAFE_DENIED,
  invalidRequest,
  methodNotFound,
  overLimit,
  parseError,
} from "./errors.ts";
import { parseJson } from "./json.ts";
import type { LimitName, RpcLimits, RpcLog, RpcMetrics } from "./limits.ts";
import type { Entry, Registry } from "./registry.ts";
import { encodeError, encodeResult, positional, readRequest } from "./request.ts";
import type { Request } from "./request.ts";
import type { Sink } from "./subscription.ts";

/** The side of a caller that calls run against: a WebSocket connection or one HTTP request. */
export interface Caller {
  readonly ctx: CallContext;
  /** Undefined over HTTP. */
  readonly subscriptions: SubscriptionBook | undefined;
  /** Takes one call from the caller's rate; false when it is used up. */
  takeCall(): boolean;
}

/** The live subscriptions of a connection. */
export interface SubscriptionBook {
  /** A new sink, or undefined when the connection has its maximum. */
  open(subscription: Subscription): Sink | undefined;
  /** Whether there was such a live subscription of this kind. */
  close(id: string, subscription: Subscription): boolean;
}

/** What goes back for one message: the text, if any, then (`sinks`) the subscriptions that may speak once it is written. */
export interface Reply {
  readonly text: string | undefined;
  readonly sinks: readonly Sink[];
}

export interface DispatcherOptions {
  readonly registry: Registry;
  readonly limits: RpcLimits;
  readonly log: RpcLog;
  readonly metrics: RpcMetrics | undefined;
  /** A handler broke an invariant: `node` stops. */
  readonly onInvariantBroken: ((error: InvariantError) => void) | undefined;
}

/** Answer to one request as JSON text; undefined for a notification. */
type Answer = string | undefined;

/** Runs messages against the method table. Knows nothing of sockets. */
export class Dispatcher {
  private readonly registry: Registry;
  private readonly limits: RpcLimits;
  private readonly log: RpcLog;
  private readonly metrics: RpcMetrics | undefined;
  private readonly onInvariantBroken: DispatcherOptions["onInvariantBroken"];

  constructor(options: DispatcherOptions) {
    this.registry = options.registry;
    this.limits = options.limits;
    this.log = options.log;
    this.metrics = options.metrics;
    this.onInvariantBroken = options.onInvariantBroken;
  }

  /**
   * Runs one message, a request or a batch. Never throws and never rejects.
   * The answer is no promise when every handler answered at once: most calls cost no turn of the event loop.
   */
  dispatch(text: string, caller: Caller): Reply | Promise<Reply> {
    let message: unknown;
    try {
      message = parseJson(text, this.limits.maxJsonDepth);
    } catch (error) {
      return justText(encodeError(null, error instanceof RpcError ? error : parseError("not JSON")));
    }
    return Array.isArray(message) ? this.dispatchBatch(message, caller) : this.dispatchOne(message, caller);
  }

  refuse(error: RpcError, limit: LimitName): string {
    this.metrics?.rejected(limit);
    return encodeError(null, error);
  }

  private dispatchOne(message: unknown, caller: Caller): Reply | Promise<Reply> {
    const sinks: Sink[] = [];
    const answer = this.answer(message, caller, sinks);
    return typeof answer === "object" ? answer.then((text) => ({ text, sinks })) : { text: answer, sinks };
  }

  private dispatchBatch(batch: readonly unknown[], caller: Caller): Reply | Promise<Reply> {
    const refusal = this.batchRefusal(batch.length);
    if (refusal !== undefined) return justText(refusal);
    return new BatchRun(batch, (message, sinks) => this.answer(message, caller, sinks), this.limits, this.metrics).run();
  }

  private batchRefusal(length: number): string | undefined {
    if (this.limits.disableBatchRequests) return this.refuse(BATCHES_NOT_SUPPORTED, "batch");
    if (length === 0) return encodeError(null, invalidRequest("a batch holds at least one request"));
    const max = this.limits.maxBatchRequestLen;
    return length > max ? this.refuse(overLimit("TOO_BIG_BATCH_REQUEST", max), "batch") : undefined;
  }

  /** One request of a message; a subscription that it opens is added to `sinks`. */
  private answer(message: unknown, caller: Caller, sinks: Sink[]): Answer | Promise<Answer> {
    const request = readRequest(message);
    if ("error" in request) return encodeError(request.id, request.error);
    const refusal = this.refusal(request, caller);
    if (refusal instanceof RpcError) return fail(request, refusal);
    if (this.metrics === undefined) return this.settle(request, refusal, () => this.invoke(refusal, request, caller, sinks));
    return this.measured(request, refusal, caller, sinks, this.metrics);
  }

  /** The entry to run, or why not. */
  private refusal(request: Request, caller: Caller): Entry | RpcError {
    const entry = this.registry.get(request.method);
    if (!caller.takeCall()) {
      this.metrics?.rejected("rate");
      return RATE_LIMITED;
    }
    if (entry === undefined) return methodNotFound(request.method);
    const { safety } = entry.kind === "call" ? entry.method : entry.subscription;
    if (safety === "unsafe" && !caller.ctx.unsafeAllowed) {
      this.metrics?.rejected("unsafe");
      return UNSAFE_DENIED;
    }
    return entry;
  }

  private measured(request: Request, entry: Entry, caller: Caller, sinks: Sink[], metrics: RpcMetrics): Answer | Promise<Answer> {
    const startedMs = performance.now();
    metrics.callStarted(entry.name);
    return this.settle(
      request,
      entry,
      () => this.invoke(entry, request, caller, sinks),
      (ok) => metrics.callFinished(entry.name, ok, Math.round((performance.now() - startedMs) * 1000)),
    );
  }

  /** Turns what a handler returns, resolves to or throws into an answer. */
  private settle(request: Request, entry: Entry, run: () => unknown, done?: (ok: boolean) => void): Answer | Promise<Answer> {
    const succeed = (result: unknown): Answer => {
      const answer = this.encode(request, result);
      done?.(true);
      return answer;
    };
    const refuse = (error: unknown): Answer => {
      done?.(false);
      return fail(request, this.toRpcError(error, entry));
    };
    try {
      const result = run();
      return isPromise(result) ? Promise.resolve(result).then(succeed).catch(refuse) : succeed(result);
    } catch (error) {
      return refuse(error);
    }
  }

  private invoke(entry: Entry, request: Request, caller: Caller, sinks: Sink[]): unknown {
    if (entry.kind === "call") {
      return entry.method.handler(new ParamReader(positional(request.params, entry.method.params)), caller.ctx);
    }
    if (caller.subscriptions === undefined) throw NEEDS_WEBSOCKET;
    if (entry.kind === "unsubscribe") return unsubscribe(entry.subscription, request, caller.subscriptions);
    // Without a reply the client would never learn the id that it needs to read and to end the subscription.
    if (request.id === undefined) return undefined;
    return this.subscribe(entry.subscription, request, caller.ctx as SubscriptionContext, caller.subscriptions, sinks);
  }

  private subscribe(
    subscription: Subscription,
    request: Request,
    ctx: SubscriptionContext,
    book: SubscriptionBook,
    sinks: Sink[],
  ): unknown {
    const params = new ParamReader(positional(request.params, subscription.params));
    const sink = book.open(subscription);
    if (sink === undefined) {
      this.metrics?.rejected("subscriptions");
      throw overLimit("TOO_MANY_SUBSCRIPTIONS", this.limits.maxSubscriptionsPerConnection);
    }
    const accept = (cleanup: unknown): string => {
      if (typeof cleanup === "function") sink.onClose(cleanup as () => void);
      sinks.push(sink);
      return sink.id;
    };
    const refuse = (error: unknown): never => {
      sink.end();
      throw error;
    };
    try {
      const outcome = subscription.handler(params, sink, ctx);
      return isPromise(outcome) ? outcome.then(accept, refuse) : accept(outcome);
    } catch (error) {
      return refuse(error);
    }
  }

  private encode(request: Request, result: unknown): Answer {
    if (request.id === undefined) return undefined;
    const json = result instanceof RawJson ? result.json : (JSON.stringify(result) ?? "null");
    const max = this.limits.maxResponseSize;
    if (!isLonger(json, max)) return encodeResult(request.id, json);
    this.metrics?.rejected("response_size");
    return encodeError(request.id, overLimit("OVERSIZED_RESPONSE", max));
  }

  /** A refusal passes; everything else is ours to know and not the caller's. */
  private toRpcError(error: unknown, entry: Entry): RpcError {
    if (error instanceof RpcError) return error;
    this.log.error({ event: "rpc_internal_error", method: entry.name, err: error }, `RPC method ${entry.name} failed`);
    if (error instanceof InvariantError) this.onInvariantBroken?.(error);
    return INTERNAL_ERROR;
  }
}

/**
 * One batch: its requests one after the other, answers in that order, so that a batch is as good as a script. Other work gets a
 * turn after each slice of `sliceMs`.
 */
class BatchRun {
  private readonly batch: readonly unknown[];
  private readonly answer: (message: unknown, sinks: Sink[]) => Answer | Promise<Answer>;
  private readonly limits: RpcLimits;
  private readonly metrics: RpcMetrics | undefined;
  private readonly answers: string[] = [];
  private readonly sinks: Sink[] = [];
  private bytes = 2;
  private next = 0;

  constructor(
    batch: readonly unknown[],
    answer: (message: unknown, sinks: Sink[]) => Answer | Promise<Answer>,
    limits: RpcLimits,
    metrics: RpcMetrics | undefined,
  ) {
    this.batch = batch;
    this.answer = answer;
    this.limits = limits;
    this.metrics = metrics;
  }

  run(): Reply | Promise<Reply> {
    const sliceEndMs = performance.now() + this.limits.sliceMs;
    while (this.next < this.batch.length) {
      const answer = this.answer(this.batch[this.next++], this.sinks);
      if (typeof answer === "object") return answer.then((text) => (this.keep(text) ? this.run() : this.tooBig()));
      if (!this.keep(answer)) return this.tooBig();
      if (performance.now() >= sliceEndMs) return nextTurn().then(() => this.run());
    }
    return { text: this.answers.length === 0 ? undefined : `[${this.answers.join(",")}]`, sinks: this.sinks };
  }

  /** False when the answers together outgrow one response. */
  private keep(answer: Answer): boolean {
    if (answer === undefined) return true;
    this.bytes += Buffer.byteLength(answer) + 1;
    this.answers.push(answer);
    return this.bytes <= this.limits.maxResponseSize;
  }

  /** One error for the whole batch; the caller does not learn its subscriptions' ids, so these end. */
  private tooBig(): Reply {
    for (const sink of this.sinks) sink.end();
    this.metrics?.rejected("response_size");
    return justText(encodeError(null, overLimit("TOO_BIG_BATCH_RESPONSE", this.limits.maxResponseSize)));
  }
}

function unsubscribe(subscription: Subscription, request: Request, book: SubscriptionBook): boolean | null {
  const id = new ParamReader(positional(request.params, ["subscription"])).string("subscription", 64);
  const wasLive = book.close(id, subscription);
  return subscription.unsubscribeReply === "null" ? null : wasLive;
}

function fail(request: Request, error: RpcError): Answer {
  return request.id === undefined ? undefined : encodeError(request.id, error);
}

const NO_SINKS: readonly Sink[] = [];

function justText(text: string): Reply {
  return { text, sinks: NO_SINKS };
}

/** Longer than `max` bytes in UTF-8. A string of n units has n to 3n bytes, so most need no counting. */
function isLonger(text: string, max: number): boolean {
  return text.length > max || (text.length * 3 > max && Buffer.byteLength(text) > max);
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === "object" && value !== null && typeof (value as { then?: unknown }).then === "function";
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
