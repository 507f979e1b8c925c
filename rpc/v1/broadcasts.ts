import { PoolError } from "../backend.ts";
import type { Backend, PoolBackend, TransactionStatus } from "../backend.ts";
import type { OnBackgroundError } from "../background.ts";
import { RpcError } from "../method.ts";
import type { Connection, MethodTable } from "../method.ts";
import { RpcCode } from "../method.ts";
import { extrinsic } from "../shapes.ts";

export interface BroadcastLimits {
  /** The specification asks for 4, Substrate gives 16; PAPI never hears of a transaction again that was refused here. */
  readonly perConnection: number;
  readonly total: number;
  /** Bytes of all transactions that wait to be tried again. */
  readonly totalBytes: number;
  /** Best blocks at which a refused transaction is tried again. */
  readonly attempts: number;
  /** Refused transactions that are tried at one best block, the longest waiting first. */
  readonly retriesPerBlock: number;
}

export const DEFAULT_BROADCAST_LIMITS: BroadcastLimits = {
  // As many as a connection may watch with author_submitAndWatchExtrinsic.
  perConnection: 1024,
  total: 4096,
  totalBytes: 32 * 1024 * 1024,
  attempts: 600,
  retriesPerBlock: 256,
};

export function broadcastMethods(backend: Backend, limits: BroadcastLimits, onError: OnBackgroundError): MethodTable {
  const broadcasts = new Broadcasts(backend, limits, onError);
  return {
    methods: [
      {
        name: "transaction_v1_broadcast",
        safety: "safe",
        params: ["transaction"],
        handler: (params, ctx) => {
          const encoded = params.get("transaction", extrinsic);
          if (ctx.connection === undefined) throw needsWebSocket();
          return broadcasts.begin(ctx.connection, encoded);
        },
      },
      {
        name: "transaction_v1_stop",
        safety: "safe",
        params: ["operationId"],
        handler: (params, ctx) => {
          const stopped = ctx.connection !== undefined && broadcasts.stop(ctx.connection, params.string("operationId", 64));
          if (!stopped) throw new RpcError(RpcCode.INVALID_PARAMS, "Invalid operation id");
          return null;
        },
      },
    ],
    subscriptions: [],
  };
}

function needsWebSocket(): RpcError {
  const hint = "a broadcast lasts as long as its connection: open a WebSocket, or use author_submitExtrinsic";
  return new RpcError(RpcCode.METHOD_NOT_FOUND, "transaction_v1_broadcast is not available over HTTP", hint);
}

/** The transactions that clients broadcast until they stop them or leave. */
class Broadcasts {
  readonly #backend: Backend;
  readonly #limits: BroadcastLimits;
  readonly #onError: OnBackgroundError;
  readonly #byConnection = new WeakMap<Connection, Map<string, Broadcast>>();
  /** Those to try again at the next best block. */
  readonly #refused = new Set<Broadcast>();
  #total = 0;
  #totalBytes = 0;
  #nextId = 0;
  #unsubscribe: (() => void) | undefined;

  constructor(backend: Backend, limits: BroadcastLimits, onError: OnBackgroundError) {
    this.#backend = backend;
    this.#limits = limits;
    this.#onError = onError;
  }

  /** The operation's id, or null at a limit. */
  begin(connection: Connection, encoded: Uint8Array): string | null {
    const own = this.#ofConnection(connection);
    const { perConnection, total, totalBytes } = this.#limits;
    if (own.size >= perConnection || this.#total >= total || this.#totalBytes + encoded.length > totalBytes) return null;
    this.#total++;
    this.#totalBytes += encoded.length;
    // An invalid one keeps its place, too: the client learns nothing of it, and stops it as any other.
    const id = `broadcast-${this.#nextId++}`;
    const broadcast = new Broadcast(this.#backend.pool, encoded, this.#limits.attempts, {
      refused: () => this.#refused.add(broadcast),
      failed: (error) => this.#onError(error, "transaction_v1_broadcast"),
    });
    own.set(id, broadcast);
    void broadcast.submit();
    this.#attend();
    return id;
  }

  #ofConnection(connection: Connection): Map<string, Broadcast> {
    let own = this.#byConnection.get(connection);
    if (own === undefined) {
      own = new Map();
      this.#byConnection.set(connection, own);
      connection.onClose(() => {
        for (const id of this.#byConnection.get(connection)!.keys()) this.stop(connection, id);
      });
    }
    return own;
  }

  stop(connection: Connection, id: string): boolean {
    const own = this.#byConnection.get(connection);
    const broadcast = own?.get(id);
    if (own === undefined || broadcast === undefined) return false;
    own.delete(id);
    this.#refused.delete(broadcast);
    this.#total--;
    this.#totalBytes -= broadcast.size;
    broadcast.stop();
    if (this.#total === 0) this.#unsubscribe?.();
    return true;
  }

  #attend(): void {
    if (this.#unsubscribe !== undefined) return;
    const unsubscribe = this.#backend.chain.subscribe((event) => {
      if (event.type !== "best") return;
      for (const broadcast of [...this.#refused].slice(0, this.#limits.retriesPerBlock)) {
        this.#refused.delete(broadcast);
        void broadcast.submit();
      }
    });
    this.#unsubscribe = () => {
      this.#unsubscribe = undefined;
      unsubscribe();
    };
  }
}

/** Refusals that a later block may lift; the transaction itself is well-formed and was not found invalid. */
const TEMPORARY: ReadonlySet<PoolError["code"]> = new Set([
  "POOL_UNKNOWN_VALIDITY",
  "POOL_TEMPORARILY_BANNED",
  // Somebody else's copy is in the pool: this one steps in should that be dropped.
  "POOL_ALREADY_IMPORTED",
  "POOL_TOO_LOW_PRIORITY",
  "POOL_IMMEDIATELY_DROPPED",
  "POOL_UNACTIONABLE",
  "POOL_INVALID_BLOCK_ID",
  "POOL_FUTURE_NOT_ACCEPTED",
]);

interface BroadcastEvents {
  /** It is out of the pool and should be tried again. */
  refused(): void;
  failed(error: unknown): void;
}

class Broadcast {
  readonly size: number;
  readonly #pool: PoolBackend;
  readonly #encoded: Uint8Array;
  readonly #events: BroadcastEvents;
  #attemptsLeft: number;
  #stopped = false;
  #unwatch: (() => void) | undefined;

  constructor(pool: PoolBackend, encoded: Uint8Array, attempts: number, events: BroadcastEvents) {
    this.size = encoded.length;
    this.#pool = pool;
    this.#encoded = encoded;
    this.#events = events;
    this.#attemptsLeft = attempts;
  }

  async submit(): Promise<void> {
    if (this.#stopped || this.#attemptsLeft-- <= 0) return;
    try {
      const watch = await this.#pool.submitAndWatch(this.#encoded, (status) => this.#onStatus(status));
      this.#unwatch = () => watch.unwatch();
      if (this.#stopped) watch.unwatch();
    } catch (error) {
      if (!(error instanceof PoolError)) this.#events.failed(error);
      else if (TEMPORARY.has(error.code)) this.#tryAgain();
    }
  }

  #onStatus({ type }: TransactionStatus): void {
    // Finalized, usurped or given up by the pool as too old to be finalized: done. These two may still find their block.
    if (type === "dropped" || type === "invalid") this.#tryAgain();
  }

  #tryAgain(): void {
    if (!this.#stopped) this.#events.refused();
  }

  /** The transaction stays in the pool, where others may have put it as well. */
  stop(): void {
    this.#stopped = true;
    this.#unwatch?.();
  }
}
