import { BlockList, isIP } from "node:net";
import { CodedError } from "../../runtime/primitives/errors.ts";
import type { RpcLimits } from "./limits.ts";

const MINUTE_MS = 60_000;

/** Addresses remembered for HTTP; beyond it the one that called longest ago is forgotten, and starts with a full minute again. */
const ADDRESSES_MAX = 10_000;

/** Calls of one client: a full minute's worth at once, refilled evenly. */
export class TokenBucket {
  private readonly perMinute: number;
  private tokens: number;
  private filledAtMs: number;

  constructor(perMinute: number, nowMs: number) {
    this.perMinute = perMinute;
    this.tokens = perMinute;
    this.filledAtMs = nowMs;
  }

  take(nowMs: number): boolean {
    const refill = (Math.max(0, nowMs - this.filledAtMs) * this.perMinute) / MINUTE_MS;
    this.tokens = Math.min(this.perMinute, this.tokens + refill);
    this.filledAtMs = nowMs;
    if (this.tokens < 1) return false;
    this.tokens--;
    return true;
  }
}

export type TakeCall = () => boolean;
const UNLIMITED: TakeCall = () => true;

/** Hands each caller its allowance: WebSocket connections one each, HTTP requests one per client address. */
export class RateLimiter {
  private readonly perMinute: number;
  private readonly whitelist: BlockList;
  private readonly byAddress = new Map<string, TokenBucket>();
  private readonly nowMs: () => number;

  /** @throws CodedError RPC_BAD_WHITELIST for an entry that is neither an address nor a CIDR range. */
  constructor(limits: RpcLimits, nowMs: () => number = () => performance.now()) {
    this.perMinute = limits.rateLimit;
    this.whitelist = parseWhitelist(limits.rateLimitWhitelistedIps);
    this.nowMs = nowMs;
  }

  forConnection(address: string): TakeCall {
    if (this.isUnlimited(address)) return UNLIMITED;
    const bucket = new TokenBucket(this.perMinute, this.nowMs());
    return () => bucket.take(this.nowMs());
  }

  forRequest(address: string): TakeCall {
    if (this.isUnlimited(address)) return UNLIMITED;
    const bucket = this.byAddress.get(address) ?? new TokenBucket(this.perMinute, this.nowMs());
    this.byAddress.delete(address);
    this.byAddress.set(address, bucket);
    if (this.byAddress.size > ADDRESSES_MAX) this.byAddress.delete(this.byAddress.keys().next().value!);
    return () => bucket.take(this.nowMs());
  }

  private isUnlimited(address: string): boolean {
    if (this.perMinute === 0) return true;
    const family = isIP(address);
    return family !== 0 && this.whitelist.check(address, family === 4 ? "ipv4" : "ipv6");
  }
}

type Headers = Readonly<Record<string, string | string[] | undefined>>;

/**
 * The client's address. With `trustProxy` it is what the nearest proxy wrote, the last entry of X-Forwarded-For, else X-Real-IP, else the
 * last Forwarded: earlier entries come from the client itself, who can write anything. Without usable header: the peer.
 */
export function clientAddress(peer: string | undefined, headers: Headers, trustProxy: boolean): string {
  const claimed = trustProxy ? proxyAddress(headers) : undefined;
  return plainAddress(claimed ?? peer ?? "");
}

/** Whether a proxy passed this request on: the peer is then not the caller, and a loopback peer says nothing. */
export function isForwarded(headers: Headers): boolean {
  return PROXY_HEADERS.some((name) => headers[name] !== undefined);
}

const PROXY_HEADERS = ["x-forwarded-for", "x-real-ip", "forwarded", "via"];

function proxyAddress(headers: Headers): string | undefined {
  const forwardedFor = lastEntry(headers["x-forwarded-for"]);
  const forwarded = /(?:^|;)\s*for="?([^";]+)"?/i.exec(lastEntry(headers["forwarded"]) ?? "")?.[1];
  const candidates = [forwardedFor, lastEntry(headers["x-real-ip"]), forwarded];
  return candidates.map((text) => bareAddress(text ?? "")).find((text) => isIP(text) !== 0);
}

function lastEntry(header: string | string[] | undefined): string | undefined {
  const text = Array.isArray(header) ? header.at(-1) : header;
  return text?.slice(text.lastIndexOf(",") + 1).trim();
}

/** Without brackets and port: "[2001:db8::1]:443" and "192.0.2.1:443" are ways to write an address in these headers. */
function bareAddress(text: string): string {
  const bracketed = /^\[([^\]]+)\](?::\d+)?$/.exec(text);
  if (bracketed !== null) return bracketed[1]!;
  return /^[\d.]+:\d+$/.test(text) ? text.slice(0, text.indexOf(":")) : text;
}

/** An IPv4 client on a dual-stack socket is the IPv4 client. */
function plainAddress(address: string): string {
  return /^::ffff:[\d.]+$/i.test(address) ? address.slice(7) : address;
}

function parseWhitelist(entries: readonly string[]): BlockList {
  const list = new BlockList();
  for (const entry of entries) {
    const slash = entry.indexOf("/");
    const address = slash < 0 ? entry : entry.slice(0, slash);
    const prefix = slash < 0 ? undefined : entry.slice(slash + 1);
    const family = isIP(address);
    const bits = prefix === undefined ? undefined : Number(prefix);
    const bitsMax = family === 4 ? 32 : 128;
    if (family === 0 || (prefix !== undefined && (!/^\d{1,3}$/.test(prefix) || bits! > bitsMax))) throw badWhitelist(entry);
    const type = family === 4 ? "ipv4" : "ipv6";
    if (bits === undefined) list.addAddress(address, type);
    else list.addSubnet(address, bits, type);
  }
  return list;
}

function badWhitelist(entry: string): CodedError<{ code: "RPC_BAD_WHITELIST"; entry: string }> {
  const message = `--rpc-rate-limit-whitelisted-ips: "${entry}" is not an IP address or range such as 10.0.0.0/8 or 2001:db8::/32`;
  return new CodedError({ code: "RPC_BAD_WHITELIST", entry }, message);
}
