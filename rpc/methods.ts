// All JSON-RPC methods of the node. `rpc_methods` is the transport's own.
import type { Backend } from "./backend.ts";
import type { OnBackgroundError } from "./background.ts";
import { toRpcError } from "./error-codes.ts";
import { authorMethods } from "./legacy/author.ts";
import { chainMethods } from "./legacy/chain.ts";
import { childStateMethods } from "./legacy/childstate.ts";
import { paymentMethods } from "./legacy/payment.ts";
import { stateMethods } from "./legacy/state.ts";
import { systemMethods } from "./legacy/system.ts";
import { joinTables } from "./method.ts";
import type { Cleanup, Method, MethodTable, Subscription } from "./method.ts";
import { DEFAULT_ARCHIVE_LIMITS, archiveMethods } from "./v1/archive.ts";
import type { ArchiveLimits } from "./v1/archive.ts";
import { DEFAULT_BROADCAST_LIMITS, broadcastMethods } from "./v1/broadcasts.ts";
import type { BroadcastLimits } from "./v1/broadcasts.ts";
import { DEFAULT_CHAIN_HEAD_LIMITS, chainHeadMethods } from "./v1/chain-head.ts";
import type { ChainHeadLimits } from "./v1/chain-head.ts";
import { chainSpecMethods } from "./v1/chain-spec.ts";
import { transactionWatchMethods } from "./v1/transaction-watch.ts";

export interface MethodsOptions {
  /** Hears of errors after the reply. */
  readonly onBackgroundError: OnBackgroundError;
  readonly chainHead?: Partial<ChainHeadLimits>;
  readonly broadcast?: Partial<BroadcastLimits>;
  readonly archive?: Partial<ArchiveLimits>;
  /** Methods of the chain itself (`mesi_*`), which come from elsewhere. Errors of the backend that they throw are translated, too. */
  readonly more?: readonly MethodTable[];
}

/** The table that the server serves. Whatever the backend throws reaches callers with Substrate's codes. */
export function createMethods(backend: Backend, options: MethodsOptions): MethodTable {
  const onError = options.onBackgroundError;
  const table = joinTables(
    chainMethods(backend, onError),
    stateMethods(backend, onError),
    childStateMethods(),
    authorMethods(backend),
    systemMethods(backend),
    paymentMethods(backend),
    chainSpecMethods(backend),
    chainHeadMethods(backend, { ...DEFAULT_CHAIN_HEAD_LIMITS, ...options.chainHead }, onError),
    broadcastMethods(backend, { ...DEFAULT_BROADCAST_LIMITS, ...options.broadcast }, onError),
    transactionWatchMethods(backend),
    archiveMethods(backend, { ...DEFAULT_ARCHIVE_LIMITS, ...options.archive }, onError),
    ...(options.more ?? []),
  );
  return { methods: table.methods.map(translating), subscriptions: table.subscriptions.map(translatingSubscription) };
}

/** The one place where errors of the backend become errors of the wire. */
function translating(method: Method): Method {
  return { ...method, handler: (params, ctx) => translate(() => method.handler(params, ctx)) };
}

function translatingSubscription(subscription: Subscription): Subscription {
  type Outcome = void | Cleanup | Promise<void | Cleanup>;
  return { ...subscription, handler: (params, sink, ctx) => translate(() => subscription.handler(params, sink, ctx)) as Outcome };
}

function translate(run: () => unknown): unknown {
  try {
    const outcome = run();
    return outcome instanceof Promise ? outcome.catch(rethrow) : outcome;
  } catch (error) {
    return rethrow(error);
  }
}

function rethrow(error: unknown): never {
  throw toRpcError(error);
}
