import type { NodeLog } from "./log.ts";

export interface StatusSources {
  readonly chain: { readonly best: BlockFacts; readonly finalized: BlockFacts };
  readonly pool: { readonly size: { readonly ready: number; readonly future: number } };
  readonly log: NodeLog;
  /** Absent without a network: no peers. */
  readonly network?: () => NetworkFacts;
}
export interface BlockFacts {
  readonly hash: Uint8Array;
  readonly number: number;
}
export interface NetworkFacts {
  readonly peers: number;
  /** Since the start. */
  readonly bytesIn: number;
  readonly bytesOut: number;
  /** Height of the best block that a peer has; undefined when it is ours, and the node idles. */
  readonly target: number | undefined;
}
/** What the last status said, to tell rates by. */
interface Before {
  readonly at: number;
  readonly best: number;
  readonly network: NetworkFacts;
}

const EVERY_MS = 5_000;
const ALONE: NetworkFacts = { peers: 0, bytesIn: 0, bytesOut: 0, target: undefined };

/** Every five seconds the facts that an operator looks for: one rewritten line on a terminal, a log line elsewhere. Returns how to stop it. */
export function startStatusLine(sources: StatusSources): () => void {
  const { chain, pool, log } = sources;
  const network = sources.network ?? (() => ALONE);
  let before: Before = { at: performance.now(), best: chain.best.number, network: network() };
  const print = (): void => {
    const now: Before = { at: performance.now(), best: chain.best.number, network: network() };
    const text = statusText(sources, before, now);
    before = now;
    if (log.live !== undefined) log.live.show(text);
    else log.info({ event: "status", peers: now.network.peers, best: now.best, finalized: chain.finalized.number, ready: pool.size.ready, target: now.network.target }, text);
  };
  const timer = setInterval(print, EVERY_MS);
  timer.unref();
  return () => {
    clearInterval(timer);
    log.live?.clear();
  };
}

/** Substrate's status line, with progress while syncing. */
export function statusText({ chain, pool }: Pick<StatusSources, "chain" | "pool">, before: Before, now: Before): string {
  const seconds = Math.max(0.001, (now.at - before.at) / 1000);
  const { peers, bytesIn, bytesOut, target } = now.network;
  const rate = (bytes: number): string => `${formatBytes(bytes / seconds)}${bytes > 0 ? "/s" : ""}`;
  const waiting = pool.size.future === 0 ? `${pool.size.ready} ready` : `${pool.size.ready} ready, ${pool.size.future} future`;
  return [
    target === undefined ? `Idle (${count(peers, "peer")})` : syncText(target, peers, now.best, (now.best - before.best) / seconds),
    `best: #${chain.best.number} (${short(chain.best.hash)})`,
    `finalized #${chain.finalized.number} (${short(chain.finalized.hash)})`,
    waiting,
    `⬇ ${rate(bytesIn - before.network.bytesIn)} ⬆ ${rate(bytesOut - before.network.bytesOut)}`,
  ].join(", ");
}

function syncText(target: number, peers: number, best: number, blocksPerSecond: number): string {
  // Rounded down: 100 % is said only when it is so.
  const percent = Math.floor((best / Math.max(1, target)) * 1000) / 10;
  const rest = blocksPerSecond > 0 ? `, ${duration((target - best) / blocksPerSecond)} left` : "";
  return `Syncing ${percent.toFixed(1)} % at ${blocksPerSecond.toFixed(1)} blocks/s${rest}, target=#${target} (${count(peers, "peer")})`;
}

function count(value: number, noun: string): string {
  return `${value} ${noun}${value === 1 ? "" : "s"}`;
}

function duration(seconds: number): string {
  if (seconds < 60) return `${Math.ceil(seconds)} s`;
  if (seconds < 3600) return `${Math.ceil(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

function formatBytes(bytes: number): string {
  if (bytes <= 0) return "0";
  if (bytes < 1024) return `${Math.ceil(bytes)} B`;
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} kiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

function short(hash: Uint8Array): string {
  const hex = Buffer.from(hash).toString("hex");
  return `0x${hex.slice(0, 4)}…${hex.slice(-4)}`;
}
