import { toLatin1 } from "../../runtime/primitives/bytes.ts";
import type { BlockRef, ChainBackend, ChainEvent, ImportedBlock } from "../backend.ts";
import { isLostBlock } from "../background.ts";
import type { OnBackgroundError } from "../background.ts";
import { hex, runtimeVersionJson } from "../encode.ts";
import { tooMany } from "../error-codes.ts";
import { RawJson } from "../method.ts";
import type { Connection, Subscription, SubscriptionSink } from "../method.ts";
import { storageKey } from "../shapes.ts";
import type { KeyParam } from "../shapes.ts";
import { listOf } from "../transport/params.ts";
import { changeSetJson } from "./state-query.ts";

const KEYS_MAX = 4096;
/** Over all storage subscriptions of one connection. */
const CONNECTION_KEYS_MAX = 65_536;

type BestEvent = Extract<ChainEvent, { type: "best" }>;

/** The first notification holds all keys with their values, null where absent; later ones those that best blocks wrote. */
export function storageSubscription(chain: ChainBackend, onError: OnBackgroundError): Subscription {
  const keysHeld = new WeakMap<Connection, number>();
  return {
    name: "state_subscribeStorage",
    unsubscribe: "state_unsubscribeStorage",
    notification: "state_storage",
    safety: "safe",
    params: ["keys"],
    handler: async (params, sink, { connection }) => {
      const keys = params.get("keys", listOf(storageKey, KEYS_MAX));
      const held = (keysHeld.get(connection) ?? 0) + keys.length;
      if (held > CONNECTION_KEYS_MAX) throw tooMany(held, CONNECTION_KEYS_MAX);
      keysHeld.set(connection, held);
      sink.onClose(() => keysHeld.set(connection, (keysHeld.get(connection) ?? 0) - keys.length));
      const stream = new StorageStream(chain, sink, keys, onError);
      sink.onClose(stream.end);
      await stream.begin();
    },
  };
}

/**
 * A block's own record of changes serves the usual case without reading the state. After a change of fork, and while an earlier
 * read is under way, keys are noted and read at the then best block: a slow read merges notifications, and never reorders them.
 */
class StorageStream {
  readonly #chain: ChainBackend;
  readonly #sink: SubscriptionSink;
  readonly #onError: OnBackgroundError;
  /** By the latin1 of the key, in the order asked. */
  readonly #keys: ReadonlyMap<string, KeyParam>;
  readonly end: () => void;
  #touched = new Set<string>();
  #reading = false;

  constructor(chain: ChainBackend, sink: SubscriptionSink, keys: readonly KeyParam[], onError: OnBackgroundError) {
    this.#chain = chain;
    this.#onError = onError;
    this.#sink = sink;
    this.#keys = new Map(keys.map((key) => [toLatin1(key.bytes), key]));
    this.end = chain.subscribe((event) => {
      if (event.type === "best") this.#onBest(event);
    });
  }

  /** @throws BackendError when the first values cannot be read. */
  async begin(): Promise<void> {
    this.#touched = new Set(this.#keys.keys());
    if (this.#touched.size === 0) this.#sink.send(new RawJson(changeSetJson(hex(this.#chain.best().hash), [])));
    await this.#read();
  }

  #onBest({ block, retracted, enacted }: BestEvent): void {
    if (!this.#reading && this.#touched.size === 0 && retracted.length === 0) return this.#sendChanges(block, enacted);
    for (const { changes } of [...retracted, ...enacted]) this.#note(changes);
    if (!this.#reading) void this.#read().catch((error: unknown) => this.#failed(error));
  }

  #sendChanges(block: ImportedBlock, enacted: readonly ImportedBlock[]): void {
    const changes: [KeyParam["hex"], Uint8Array | undefined][] = [];
    for (const [id, key] of this.#keys) {
      const writer = enacted.findLast((candidate) => candidate.changes.has(id));
      if (writer !== undefined) changes.push([key.hex, writer.changes.get(id)]);
    }
    if (changes.length > 0) this.#sink.send(new RawJson(changeSetJson(hex(block.hash), changes)));
  }

  #note(changes: ImportedBlock["changes"]): void {
    for (const id of this.#keys.keys()) if (changes.has(id)) this.#touched.add(id);
  }

  async #read(): Promise<void> {
    this.#reading = true;
    try {
      while (this.#touched.size > 0 && !this.#sink.closed) await this.#readTouched(this.#chain.best());
    } finally {
      this.#reading = false;
    }
  }

  /** What is still noted is read at the next best block. */
  #failed(error: unknown): void {
    if (isLostBlock(error)) return;
    this.#sink.close();
    this.#onError(error, "state_subscribeStorage");
  }

  async #readTouched(best: BlockRef): Promise<void> {
    const taken = this.#touched;
    this.#touched = new Set();
    try {
      const state = await this.#chain.state(best.hash);
      const changes: [KeyParam["hex"], Uint8Array | undefined][] = [];
      for (const [id, key] of this.#keys) if (taken.has(id)) changes.push([key.hex, await state.get(key.bytes)]);
      this.#sink.send(new RawJson(changeSetJson(hex(best.hash), changes)));
    } catch (error) {
      for (const id of taken) this.#touched.add(id);
      throw error;
    }
  }
}

/** The best block's runtime version at once, then whenever another one holds. */
export function runtimeVersionSubscription(chain: ChainBackend, onError: OnBackgroundError): Subscription {
  return {
    name: "state_subscribeRuntimeVersion",
    aliases: ["chain_subscribeRuntimeVersion"],
    unsubscribe: "state_unsubscribeRuntimeVersion",
    unsubscribeAliases: ["chain_unsubscribeRuntimeVersion"],
    notification: "state_runtimeVersion",
    safety: "safe",
    handler: async (_params, sink) => {
      const stream = new VersionStream(chain, sink, onError);
      sink.onClose(stream.end);
      await stream.update();
    },
  };
}

class VersionStream {
  readonly #chain: ChainBackend;
  readonly #sink: SubscriptionSink;
  readonly #onError: OnBackgroundError;
  readonly end: () => void;
  #sent: string | undefined;
  #reading = false;
  /** A best block came, or was lost, while its version was being read. */
  #stale = false;

  constructor(chain: ChainBackend, sink: SubscriptionSink, onError: OnBackgroundError) {
    this.#chain = chain;
    this.#sink = sink;
    this.#onError = onError;
    this.end = chain.subscribe((event) => {
      if (event.type === "best") this.#onBest(event);
    });
  }

  #onBest({ retracted, enacted }: BestEvent): void {
    this.#stale ||= this.#reading || [...retracted, ...enacted].some(({ newRuntime }) => newRuntime !== undefined);
    if (this.#stale && !this.#reading) void this.update().catch((error: unknown) => this.#failed(error));
  }

  #failed(error: unknown): void {
    if (isLostBlock(error)) return;
    this.#sink.close();
    this.#onError(error, "state_subscribeRuntimeVersion");
  }

  /** @throws BackendError when the best block was lost meanwhile: the next one is asked again. */
  async update(): Promise<void> {
    this.#reading = true;
    this.#stale = true;
    try {
      while (this.#stale && !this.#sink.closed) await this.#readOnce();
    } finally {
      this.#reading = false;
    }
  }

  async #readOnce(): Promise<void> {
    this.#stale = false;
    try {
      const { runtime } = await this.#chain.state(this.#chain.best().hash);
      const version = runtimeVersionJson(runtime.version);
      if (version.json !== this.#sent) this.#sink.send(version);
      this.#sent = version.json;
    } catch (error) {
      this.#stale = true;
      throw error;
    }
  }
}
