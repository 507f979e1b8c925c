import { FINAL_STATUSES, PoolError } from "../backend.ts";
import type { Backend, TransactionStatus } from "../backend.ts";
import { hex } from "../encode.ts";
import type { MethodTable } from "../method.ts";
import { extrinsic } from "../shapes.ts";

/** `transactionWatch_v1_*`: a refused transaction is no error of the call but its last event. */
export function transactionWatchMethods({ pool }: Backend): MethodTable {
  return {
    methods: [],
    subscriptions: [
      {
        name: "transactionWatch_v1_submitAndWatch",
        aliases: ["transactionWatch_unstable_submitAndWatch"],
        unsubscribe: "transactionWatch_v1_unwatch",
        unsubscribeAliases: ["transactionWatch_unstable_unwatch"],
        unsubscribeReply: "null",
        notification: "transactionWatch_v1_watchEvent",
        safety: "safe",
        params: ["transaction"],
        handler: async (params, sink) => {
          const report = (status: TransactionStatus): void => {
            const event = eventOf(status);
            if (event !== undefined) sink.send(event);
            if (FINAL_STATUSES.has(status.type)) sink.close();
          };
          try {
            const watch = await pool.submitAndWatch(params.get("transaction", extrinsic), report);
            return () => watch.unwatch();
          } catch (error) {
            if (!(error instanceof PoolError)) throw error;
            sink.send(refusedEvent(error));
            sink.close();
            return undefined;
          }
        },
      },
    ],
  };
}

function refusedEvent(error: PoolError): object {
  const reason = typeof error.detail.data === "string" ? `${error.message}: ${error.detail.data}` : error.message;
  return { event: error.code === "POOL_IMMEDIATELY_DROPPED" ? "dropped" : "invalid", error: reason };
}

/** Undefined for a step that this family does not report. */
function eventOf(status: TransactionStatus): object | undefined {
  switch (status.type) {
    case "future":
    case "ready":
      return { event: "validated" };
    case "broadcast":
      return undefined;
    case "inBlock":
      return { event: "bestChainBlockIncluded", block: { hash: hex(status.block), index: status.index } };
    case "retracted":
      return { event: "bestChainBlockIncluded", block: null };
    case "finalized":
      return { event: "finalized", block: { hash: hex(status.block), index: status.index } };
    case "finalityTimeout":
      return { event: "dropped", error: `block ${hex(status.block)} with the transaction was not finalized in time` };
    case "usurped":
      return { event: "invalid", error: `replaced by transaction ${hex(status.by)}` };
    case "dropped":
    case "invalid":
      return { event: status.type, error: status.reason };
  }
}
