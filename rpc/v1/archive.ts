// archive_v1_*: https://paritytech.github.io/json-rpc-interface-spec/api/archive.html. Any block, pinned or not; null for an unknown one.
import { RuntimeApiError } from "../../runtime/frame/apis.ts";
import { BlockHash } from "../../runtime/primitives/types.ts";
import { BackendError } from "../backend.ts";
import type { Backend, ChainBackend, StateView } from "../backend.ts";
import { afterReply, isLostBlock } from "../background.ts";
import type { OnBackgroundError } from "../background.ts";
import { encodedHeader, hex } from "../encode.ts";
import { RpcCode, RpcError } from "../method.ts";
import type { Connection, Method, MethodTable, Subscription, SubscriptionSink } from "../method.ts";
import { API_NAME_CHARS_MAX, callInput, storageKey } from "../shapes.ts";
import { listOf } from "../transport/params.ts";
import { readStorage, resultChars, storageQuery } from "./storage-query.ts";
import type { StateRootOf, StorageQuery } from "./storage-query.ts";

export interface ArchiveLimits {
  /** Running storage queries of one connection. */
  readonly queriesPerConnection: number;
  /** Events are sent at most at the rate of this many characters per pause: there is no sign of how fast a client reads. */
  readonly burstChars: number;
  readonly pauseMs: number;
}

export const DEFAULT_ARCHIVE_LIMITS: ArchiveLimits = { queriesPerConnection: 8, burstChars: 512 * 1024, pauseMs: 50 };

const STORAGE_ITEMS_MAX = 1024;

export function archiveMethods({ chain }: Backend, limits: ArchiveLimits, onError: OnBackgroundError): MethodTable {
  const method = (name: string, params: readonly string[], handler: Method["handler"]): Method => {
    return { name: `archive_v1_${name}`, safety: "safe", params, handler };
  };
  return {
    methods: [
      method("genesisHash", [], () => hex(chain.genesisHash)),
      method("finalizedHeight", [], () => chain.finalized().number),
      method("hashByHeight", ["height"], async (params) => (await chain.blockHashes(params.u32("height"))).map(hex)),
      method("header", ["hash"], async (params) => {
        const header = await chain.header(BlockHash(params.hash("hash")));
        return header === undefined ? null : encodedHeader(header);
      }),
      method("body", ["hash"], async (params) => (await chain.body(BlockHash(params.hash("hash"))))?.map(hex) ?? null),
      call(chain),
    ],
    subscriptions: [storage(chain, limits, onError)],
  };
}

function call(chain: ChainBackend): Method {
  return {
    name: "archive_v1_call",
    safety: "safe",
    params: ["hash", "function", "callParameters"],
    handler: async (params) => {
      const hash = BlockHash(params.hash("hash"));
      const name = params.string("function", API_NAME_CHARS_MAX);
      const input = params.get("callParameters", callInput);
      try {
        return { success: true, value: hex(await (await chain.state(hash)).call(name, input)) };
      } catch (error) {
        if (error instanceof BackendError && error.code === "UNKNOWN_BLOCK") return null;
        if (error instanceof RuntimeApiError || isLostBlock(error)) return { success: false, error: (error as Error).message };
        throw error;
      }
    },
  };
}

function storage(chain: ChainBackend, limits: ArchiveLimits, onError: OnBackgroundError): Subscription {
  const running = new WeakMap<Connection, number>();
  return {
    name: "archive_v1_storage",
    unsubscribe: "archive_v1_stopStorage",
    unsubscribeReply: "null",
    notification: "archive_v1_storageEvent",
    safety: "safe",
    params: ["hash", "items", "childTrie"],
    handler: (params, sink, { connection }) => {
      const hash = BlockHash(params.hash("hash"));
      const queries = params.get("items", listOf(storageQuery, STORAGE_ITEMS_MAX));
      const childTrie = params.optional("childTrie", storageKey);
      const count = running.get(connection) ?? 0;
      if (count >= limits.queriesPerConnection) throw tooManyQueries(limits.queriesPerConnection);
      running.set(connection, count + 1);
      sink.onClose(() => running.set(connection, (running.get(connection) ?? 1) - 1));
      // There are no child tries: whatever is asked of one is absent.
      afterReply(() => void sendStorage(chain, hash, childTrie === undefined ? queries : [], sink, limits, onError));
    },
  };
}

function tooManyQueries(max: number): RpcError {
  const message = "Too many running archive_v1_storage queries on the connection";
  return new RpcError(RpcCode.TOO_MANY_SUBSCRIPTIONS, message, `Exceeded max limit of ${max}`);
}

async function sendStorage(
  chain: ChainBackend,
  hash: BlockHash,
  queries: readonly StorageQuery[],
  sink: SubscriptionSink,
  limits: ArchiveLimits,
  onError: OnBackgroundError,
): Promise<void> {
  try {
    const state = await chain.state(hash);
    // Held until the last item is out, however long that takes.
    sink.onClose(chain.pin(hash));
    await sendItems(state, async () => (await chain.header(hash))!.state_root, queries, sink, limits);
    sink.send({ event: "storageDone" });
  } catch (error) {
    const lost = isLostBlock(error);
    sink.send({ event: "storageError", error: lost ? (error as Error).message : "Internal error" });
    if (!lost) onError(error, "archive_v1_storage");
  }
  sink.close();
}

async function sendItems(
  state: StateView,
  stateRoot: StateRootOf,
  queries: readonly StorageQuery[],
  sink: SubscriptionSink,
  limits: ArchiveLimits,
): Promise<void> {
  let chars = 0;
  for await (const item of readStorage(state, stateRoot, queries)) {
    if (sink.closed) return;
    sink.send({ event: "storage", ...item });
    chars += resultChars(item) + 128;
    if (chars < limits.burstChars) continue;
    chars = 0;
    await new Promise((resolve) => setTimeout(resolve, limits.pauseMs));
  }
}
