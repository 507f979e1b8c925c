import { utf8 } from "../../../runtime/primitives/bytes.ts";
import { createMethods } from "../../../rpc/methods.ts";
import type { CallContext, Cleanup, Connection } from "../../../rpc/method.ts";
import { Dispatcher } from "../../../rpc/transport/dispatcher.ts";
import type { Caller, SubscriptionBook } from "../../../rpc/transport/dispatcher.ts";
import { DEFAULT_LIMITS } from "../../../rpc/transport/limits.ts";
import { buildRegistry } from "../../../rpc/transport/registry.ts";
import { Sink } from "../../../rpc/transport/subscription.ts";
import type { SinkOwner } from "../../../rpc/transport/subscription.ts";
import { decodeUtf8 } from "../../../rpc/transport/utf8.ts";
import { FakeChain, FakePool, KEYS, SYSTEM } from "../../../rpc/testing.ts";

const broken: unknown[] = [];
const chain = new FakeChain({ alpha: "1", beta: "2", gamma: "x".repeat(50) });
chain.finalize(chain.grow(chain.genesis, { changes: { beta: "3" }, extrinsics: [Uint8Array.of(4, 1)] }));
const pool = new FakePool();
const backend = { chain, pool, system: SYSTEM, keys: KEYS, dev: true };
const registry = buildRegistry(createMethods(backend, { onBackgroundError: (error) => broken.push(error) }));
const dispatcher = new Dispatcher({
  registry,
  limits: { ...DEFAULT_LIMITS, maxBatchRequestLen: 20 },
  log: { warn: () => undefined, error: (fields) => broken.push((fields as { err?: unknown }).err) },
  metrics: undefined,
  onInvariantBroken: (error) => broken.push(error),
});

/** A client whose connection ends with its one message. */
class OneMessage implements Caller, Connection, SubscriptionBook, SinkOwner {
  readonly id = 1;
  closed = false;
  readonly #sinks = new Map<string, Sink>();
  readonly #listeners = new Set<Cleanup>();
  readonly #aborter = new AbortController();
  readonly ctx: CallContext & { readonly connection: Connection } = { connection: this, unsafeAllowed: true, signal: this.#aborter.signal };
  readonly subscriptions = this;
  takeCall = (): boolean => true;

  open(subscription: ConstructorParameters<typeof Sink>[0]): Sink {
    const sink = new Sink(subscription, this, { bytesMax: 1_048_576, countMax: 1_000 });
    this.#sinks.set(sink.id, sink);
    return sink;
  }
  close(id: string, subscription: Sink["subscription"]): boolean {
    const sink = this.#sinks.get(id);
    if (sink?.subscription !== subscription) return false;
    sink.end();
    return true;
  }
  forget(sink: Sink): void {
    this.#sinks.delete(sink.id);
  }
  notify(text: string): void {
    JSON.parse(text);
  }
  slowConsumer(): void {
    this.end();
  }
  cleanupFailed(error: unknown): void {
    broken.push(error);
  }
  onClose(fn: Cleanup): () => void {
    this.#listeners.add(fn);
    return () => void this.#listeners.delete(fn);
  }
  end(): void {
    this.closed = true;
    this.#aborter.abort();
    for (const sink of this.#sinks.values()) sink.end();
    for (const fn of this.#listeners) fn();
  }
}

/** Any message is answered with JSON, never with an internal error, and leaves nothing behind. */
export async function fuzz(bytes: Uint8Array): Promise<void> {
  broken.length = 0;
  const caller = new OneMessage();
  const listening = chain.listeners.size;
  const { text, sinks } = await dispatcher.dispatch(decodeUtf8(Buffer.from(bytes)), caller);
  for (const sink of sinks) sink.activate();
  caller.end();
  pool.submitted.length = 0;
  pool.reports.length = 0;
  if (broken.length > 0) throw broken[0];
  if (text !== undefined) JSON.parse(text);
  if (text?.includes("-32603") === true && text.includes("Internal error")) throw new Error(`internal error: ${text.slice(0, 300)}`);
  if (chain.listeners.size !== listening) throw new Error(`${chain.listeners.size - listening} listeners are left behind`);
}

const HASH = `0x${"ab".repeat(32)}`;
const VALUES: readonly unknown[] = [null, 0, 1, -1, 4294967295, "", "0x", "0x00", HASH, "alpha", "0x616c706861", true, [], [HASH], ["0x616c706861"], {}, [{ key: "0x616c706861", type: "value" }], [null, null]];

export function seeds(): Uint8Array[] {
  const requests = [...registry.keys()].flatMap((method) => [
    { jsonrpc: "2.0", id: 1, method, params: [] },
    ...VALUES.filter((_, i) => i % 3 === method.length % 3).map((value) => ({ jsonrpc: "2.0", id: "a", method, params: [value, HASH, value] })),
  ]);
  const odd = ["", "[]", "[1]", "{}", "null", '{"jsonrpc":"2.0","method":"rpc_methods"}', '[{"jsonrpc":"2.0","method":"system_name","id":null},{"jsonrpc":"2.0","id":1e3,"method":"x"}]'];
  return [...odd.map(utf8), ...requests.map((request) => utf8(JSON.stringify(request)))];
}

export const words = ['"jsonrpc":"2.0"', '"id":1', '"params":[', '"params":{', '"method":"', `"${HASH}"`, '"0x"', "null", "4294967296", '"latest"', '"__proto__"', "\\u0000", '"type":"descendantsHashes"', '"type":"closestDescendantMerkleValue"', '"0x616c706861"'];
