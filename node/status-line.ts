import type { Chain } from "./chain/chain.ts";
import type { NodeLog } from "./log.ts";

const EVERY_MS = 5_000;

export interface StatusSources {
  readonly chain: Chain;
  readonly pool: { readonly size: { readonly ready: number; readonly future: number } };
  readonly log: NodeLog;
  /** Where a person looks; elsewhere the status is a log line. */
  readonly terminal?: NodeJS.WriteStream | undefined;
}

function short(hash: Uint8Array): string {
  const hex = Buffer.from(hash).toString("hex");
  return `0x${hex.slice(0, 4)}…${hex.slice(-4)}`;
}

export function statusText({ chain, pool }: Pick<StatusSources, "chain" | "pool">): string {
  const { best, finalized } = chain;
  const waiting = pool.size.future === 0 ? `${pool.size.ready} ready` : `${pool.size.ready} ready, ${pool.size.future} future`;
  return `best: #${best.number} (${short(best.hash)}), finalized #${finalized.number} (${short(finalized.hash)}), ${waiting}`;
}

/** Every five seconds the facts that an operator looks for: one rewritten line on a terminal, a log line elsewhere. Returns how to stop it. */
export function startStatusLine(sources: StatusSources): () => void {
  const { terminal, log, chain } = sources;
  const print = (): void => {
    if (terminal?.isTTY === true) terminal.write(`\r\u001B[2K${statusText(sources)}`);
    else log.info({ event: "status", best: chain.best.number, finalized: chain.finalized.number, ready: sources.pool.size.ready }, statusText(sources));
  };
  const timer = setInterval(print, EVERY_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    if (terminal?.isTTY === true) terminal.write("\n");
  };
}
