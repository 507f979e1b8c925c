// chainHead_v1_*: https://paritytech.github.io/json-rpc-interface-spec/api/chainHead.html
import { BlockHash } from "../../runtime/primitives/types.ts";
import { RuntimeApiError } from "../../runtime/frame/apis.ts";
import { BackendError } from "../backend.ts";
import type { Backend, ChainBackend, ChainEvent, StateView } from "../backend.ts";
import { afterReply, isLostBlock } from "../background.ts";
import type { OnBackgroundError } from "../background.ts";
import { encodedHeader, hex } from "../encode.ts";
import type { Hex } from "../encode.ts";
import { ErrorCode } from "../error-codes.ts";
import { RpcError } from "../method.ts";
import type { CallContext, Connection, Method, MethodTable, ParamReader, SubscriptionContext, SubscriptionSink } from "../method.ts";
import { API_NAME_CHARS_MAX, callInput, oneOrMany, storageKey } from "../shapes.ts";
import { hash32, listOf } from "../transport/params.ts";
import { Follow } from "./follow.ts";
import type { Operation } from "./operations.ts";
import { Pins } from "./pins.ts";
import { readStorage, resultChars, storageQuery } from "./storage-query.ts";
import type { StorageQuery, StorageResult } from "./storage-query.ts";

export interface ChainHeadLimits {
  /** Subscriptions of one connection; the next one is refused with -32800. The specification asks for 2. */
  readonly followsPerConnection: number;
  /** Running operations of one subscription, each storage item being one. The specification asks for 16. */
  readonly operationsPerFollow: number;
  /** Finalized or pruned blocks that all clients together may hold; beyond it the one holding most is stopped. */
  readonly settledPins: number;
  /** A page of descendants, after which the client must ask for more. */
  readonly pageItems: number;
  readonly pageChars: number;
  /** Silence after which the best block is told again. */
  readonly heartbeatMs: number;
}

export const DEFAULT_CHAIN_HEAD_LIMITS: ChainHeadLimits = {
  followsPerConnection: 2,
  operationsPerFollow: 32,
  settledPins: 512,
  pageItems: 1000,
  pageChars: 1024 * 1024,
  heartbeatMs: 25_000,
};

const ID_CHARS_MAX = 64;
const STORAGE_ITEMS_MAX = 1024;
const UNPIN_MAX = 4096;

type StateOf = () => Promise<StateView>;

const LIMIT_REACHED = { result: "limitReached" } as const;

export function chainHeadMethods(backend: Backend, limits: ChainHeadLimits, onError: OnBackgroundError): MethodTable {
  const service = new ChainHead(backend.chain, limits, onError);
  const method = (name: string, params: readonly string[], handler: Method["handler"]): Method => {
    return { name: `chainHead_v1_${name}`, safety: "safe", params, handler };
  };
  return {
    methods: [
      method("header", ["followSubscription", "hash"], (params, ctx) => service.header(params, ctx)),
      method("body", ["followSubscription", "hash"], (params, ctx) => service.body(params, ctx)),
      method("call", ["followSubscription", "hash", "function", "callParameters"], (params, ctx) => service.call(params, ctx)),
      method("storage", ["followSubscription", "hash", "items", "childTrie"], (params, ctx) => service.storage(params, ctx)),
      method("continue", ["followSubscription", "operationId"], (params, ctx) => service.continue(params, ctx)),
      method("stopOperation", ["followSubscription", "operationId"], (params, ctx) => service.stopOperation(params, ctx)),
      method("unpin", ["followSubscription", "hashOrHashes"], (params, ctx) => service.unpin(params, ctx)),
    ],
    subscriptions: [
      {
        name: "chainHead_v1_follow",
        unsubscribe: "chainHead_v1_unfollow",
        unsubscribeReply: "null",
        notification: "chainHead_v1_followEvent",
        safety: "safe",
        params: ["withRuntime"],
        handler: (params, sink, ctx) => service.follow(params.boolean("withRuntime"), sink, ctx),
      },
    ],
  };
}

class ChainHead {
  readonly #chain: ChainBackend;
  readonly #limits: ChainHeadLimits;
  readonly #onError: OnBackgroundError;
  readonly #pins: Pins;
  readonly #follows = new Set<Follow>();
  /** A subscription can be used only on its own connection. */
  readonly #byConnection = new WeakMap<Connection, Map<string, Follow>>();
  /** Runs while anybody follows. */
  #leave: (() => void) | undefined;

  constructor(chain: ChainBackend, limits: ChainHeadLimits, onError: OnBackgroundError) {
    this.#chain = chain;
    this.#limits = limits;
    this.#onError = onError;
    this.#pins = new Pins(chain);
  }

  // Following

  follow(withRuntime: boolean, sink: SubscriptionSink, { connection }: SubscriptionContext): () => void {
    const own = this.#byConnection.get(connection) ?? new Map<string, Follow>();
    if (own.size >= this.#limits.followsPerConnection) {
      throw new RpcError(ErrorCode.FOLLOW_LIMIT, "Maximum number of chainHead_follow has been reached");
    }
    this.#attend();
    const { operationsPerFollow: operationSlots } = this.#limits;
    const follow = new Follow({ chain: this.#chain, pins: this.#pins, sink, withRuntime, operationSlots, nowMs: () => performance.now() });
    this.#byConnection.set(connection, own.set(follow.id, follow));
    this.#follows.add(follow);
    void follow.begin().then(
      () => this.#enforcePinLimit(),
      (error: unknown) => {
        follow.stop();
        if (!isLostBlock(error)) this.#onError(error, "chainHead_v1_follow");
      },
    );
    return () => {
      follow.end();
      own.delete(follow.id);
      this.#follows.delete(follow);
      if (this.#follows.size === 0) this.#leave?.();
    };
  }

  /** Listens to the chain once for all. */
  #attend(): void {
    if (this.#leave !== undefined) return;
    const unsubscribe = this.#chain.subscribe((event) => this.#onChainEvent(event));
    const timer = setInterval(() => this.#heartbeat(), this.#limits.heartbeatMs / 5);
    timer.unref();
    this.#leave = () => {
      this.#leave = undefined;
      clearInterval(timer);
      unsubscribe();
    };
  }

  #onChainEvent(event: ChainEvent): void {
    if (event.type === "finalized") this.#pins.settle(event);
    for (const follow of [...this.#follows]) follow.onChainEvent(event);
    if (event.type === "finalized") this.#enforcePinLimit();
  }

  #heartbeat(): void {
    const before = performance.now() - this.#limits.heartbeatMs;
    for (const follow of this.#follows) if (follow.sentAtMs <= before) follow.repeatBest();
  }

  /** Those that hold most are behind most: stopping them leaves the others undisturbed. */
  #enforcePinLimit(): void {
    if (this.#pins.settledCount <= this.#limits.settledPins) return;
    const byWeight = [...this.#follows].map((follow) => ({ follow, weight: follow.settledPins() })).sort((a, b) => b.weight - a.weight);
    for (const { follow } of byWeight) {
      if (this.#pins.settledCount <= this.#limits.settledPins) return;
      follow.stop();
    }
  }

  // Calls. A subscription that is unknown or has ended is no error: the client may not have read of its end yet.

  #find(params: ParamReader, { connection }: CallContext): Follow | undefined {
    const id = params.string("followSubscription", ID_CHARS_MAX);
    const follow = connection === undefined ? undefined : this.#byConnection.get(connection)?.get(id);
    return follow === undefined || follow.dead ? undefined : follow;
  }

  #pinned(follow: Follow, hash: BlockHash): BlockHash {
    if (!follow.isPinned(hex(hash))) throw notPinned();
    return hash;
  }

  async header(params: ParamReader, ctx: CallContext): Promise<unknown> {
    const follow = this.#find(params, ctx);
    const hash = BlockHash(params.hash("hash"));
    if (follow === undefined) return null;
    const header = await this.#chain.header(this.#pinned(follow, hash));
    return header === undefined ? null : encodedHeader(header);
  }

  body(params: ParamReader, ctx: CallContext): unknown {
    const follow = this.#find(params, ctx);
    const hash = BlockHash(params.hash("hash"));
    if (follow === undefined) return LIMIT_REACHED;
    this.#pinned(follow, hash);
    return this.#start(follow, hash, 1, async (operation) => {
      const body = await this.#chain.body(hash);
      if (body === undefined) throw new BackendError({ code: "BODY_DISCARDED", hash: hex(hash) }, "the block's body was pruned");
      follow.sendOperation(operation, { event: "operationBodyDone", value: body.map(hex) });
    });
  }

  call(params: ParamReader, ctx: CallContext): unknown {
    const follow = this.#find(params, ctx);
    const hash = BlockHash(params.hash("hash"));
    const name = params.string("function", API_NAME_CHARS_MAX);
    const input = params.get("callParameters", callInput);
    if (follow === undefined) return LIMIT_REACHED;
    this.#pinned(follow, hash);
    if (!follow.withRuntime) {
      throw new RpcError(ErrorCode.FOLLOW_WITHOUT_RUNTIME, "The chainHead_follow subscription was started with withRuntime set to false");
    }
    return this.#start(follow, hash, 1, async (operation, state) => {
      const output = await (await state()).call(name, input);
      follow.sendOperation(operation, { event: "operationCallDone", output: hex(output) });
    });
  }

  storage(params: ParamReader, ctx: CallContext): unknown {
    const follow = this.#find(params, ctx);
    const hash = BlockHash(params.hash("hash"));
    const asked = params.get("items", listOf(storageQuery, STORAGE_ITEMS_MAX));
    const childTrie = params.optional("childTrie", storageKey);
    if (follow === undefined) return LIMIT_REACHED;
    this.#pinned(follow, hash);
    const queries = asked.slice(0, Math.max(0, follow.operations.freeSlots));
    if (queries.length === 0 && asked.length > 0) return LIMIT_REACHED;
    const started = this.#start(follow, hash, queries.length, (operation, state) =>
      // There are no child tries: whatever is asked of one is absent.
      this.#readPages(follow, operation, hash, state, childTrie === undefined ? queries : []),
    );
    return { ...started, discardedItems: asked.length - queries.length };
  }

  async #readPages(follow: Follow, operation: Operation, hash: BlockHash, state: StateOf, queries: readonly StorageQuery[]): Promise<void> {
    const stateRoot = async () => (await this.#chain.header(hash))!.state_root;
    let items: StorageResult[] = [];
    let chars = 0;
    const flush = (): void => {
      if (items.length > 0) follow.sendOperation(operation, { event: "operationStorageItems", items });
      items = [];
      chars = 0;
    };
    for await (const item of readStorage(await state(), stateRoot, queries)) {
      if (operation.stopped) return;
      if (items.length >= this.#limits.pageItems || chars >= this.#limits.pageChars) {
        flush();
        // What is known to exist, and is not sent, waits until the client has room for it.
        follow.sendOperation(operation, { event: "operationWaitingForContinue" });
        await operation.waitForContinue();
        if (operation.stopped) return;
      }
      items.push(item);
      chars += resultChars(item);
    }
    flush();
    follow.sendOperation(operation, { event: "operationStorageDone" });
  }

  #start(follow: Follow, hash: BlockHash, slots: number, work: (operation: Operation, state: StateOf) => Promise<void>) {
    if (follow.operations.freeSlots < slots) return LIMIT_REACHED;
    const operation = follow.operations.begin(slots);
    // The block is held from now on: the client may let go of it before the work begins.
    const running = follow.withBlock(hash, async (state) => {
      await new Promise<void>((resolve) => afterReply(resolve));
      if (!operation.stopped) await work(operation, state);
    });
    const failed = (error: unknown): void => this.#operationFailed(follow, operation, error);
    void running.catch(failed).finally(() => follow.operations.ended(operation));
    return { result: "started", operationId: operation.id } as const;
  }

  #operationFailed(follow: Follow, operation: Operation, error: unknown): void {
    if (isLostBlock(error)) return follow.sendOperation(operation, { event: "operationInaccessible" });
    const expected = error instanceof RuntimeApiError;
    follow.sendOperation(operation, { event: "operationError", error: expected ? error.message : "Internal error" });
    if (!expected) this.#onError(error, "chainHead_v1 operation");
  }

  continue(params: ParamReader, ctx: CallContext): null {
    const operation = this.#find(params, ctx)?.operations.get(params.string("operationId", ID_CHARS_MAX));
    if (operation !== undefined && !operation.continue()) {
      throw new RpcError(ErrorCode.NOT_WAITING_FOR_CONTINUE, "Wait for continue event was not generated for the subscription");
    }
    return null;
  }

  stopOperation(params: ParamReader, ctx: CallContext): null {
    const follow = this.#find(params, ctx);
    const id = params.string("operationId", ID_CHARS_MAX);
    follow?.operations.stop(id);
    return null;
  }

  unpin(params: ParamReader, ctx: CallContext): null {
    const follow = this.#find(params, ctx);
    const given = params.get("hashOrHashes", oneOrMany(hash32, UNPIN_MAX));
    if (follow === undefined) return null;
    const ids: Hex[] = (given instanceof Uint8Array ? [given] : given).map(hex);
    if (new Set(ids).size !== ids.length) {
      throw new RpcError(ErrorCode.DUPLICATE_HASHES, "Received duplicate hashes for the chainHead_unpin method");
    }
    // All or none.
    if (!ids.every((id) => follow.isPinned(id))) throw notPinned();
    follow.unpin(ids);
    return null;
  }
}

function notPinned(): RpcError {
  return new RpcError(ErrorCode.BLOCK_NOT_PINNED, "Invalid block hash");
}
