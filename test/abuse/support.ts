// What the tests of the real process share: transactions signed by hand, the process's memory, its blocks.
import { readFileSync } from "node:fs";
import { WebSocket } from "ws";
import { blake2b256 } from "#hash";
import { concatBytes, fromHex, toHex } from "../../runtime/primitives/bytes.ts";
import { encode, u32 } from "../../runtime/primitives/codec/index.ts";
import { IMMORTAL } from "../../runtime/primitives/era.ts";
import type { Era } from "../../runtime/primitives/era.ts";
import { createRuntime } from "../../runtime/construct.ts";
import { encodeExtrinsic, signedMessage } from "../../runtime/frame/extrinsic.ts";
import type { RuntimeCall } from "../../runtime/frame/pallet.ts";
import { DEV_PARAMS } from "../../runtime/params.ts";
import type { AccountId } from "../../runtime/primitives/types.ts";
import type { KeyPair } from "../../node/keys/suri.ts";
import type { DevNode } from "../support/dev-node.ts";

export const MESI = 10n ** 12n;
export const { runtime } = createRuntime(DEV_PARAMS);

/** One WebSocket, requests by id, subscriptions by id. */
export class Wire {
  readonly ws: WebSocket;
  readonly #waiting = new Map<number, { resolve(value: any): void; reject(error: Error): void }>();
  readonly #subscriptions = new Map<string, (result: any) => void>();
  /** Notifications that came before their subscription's id was known. */
  readonly #early = new Map<string, any[]>();
  #nextId = 1;

  private constructor(ws: WebSocket) {
    this.ws = ws;
    ws.on("message", (data) => this.#hear(JSON.parse(String(data))));
    ws.on("error", () => undefined);
    ws.on("close", (code) => {
      for (const { reject } of this.#waiting.values()) reject(new Error(`the socket was closed with ${code}`));
      this.#waiting.clear();
    });
  }

  static open(url: string): Promise<Wire> {
    return new Promise((resolve, reject) => {
      const ws = new WebSocket(url, { perMessageDeflate: false });
      ws.once("open", () => resolve(new Wire(ws)));
      ws.once("error", reject);
    });
  }

  /** Rejects with the RPC error's code and message. */
  call<T = any>(method: string, ...params: readonly unknown[]): Promise<T> {
    const id = this.#nextId++;
    this.ws.send(JSON.stringify({ jsonrpc: "2.0", id, method, params }));
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  async subscribe(method: string, params: readonly unknown[], heard: (result: any) => void): Promise<string> {
    const id = await this.call<string>(method, ...params);
    this.#subscriptions.set(id, heard);
    for (const result of this.#early.get(id) ?? []) heard(result);
    this.#early.delete(id);
    return id;
  }

  close(): void {
    this.ws.terminate();
  }

  #hear(message: { id?: number; result?: unknown; error?: { code: number; message: string; data?: unknown }; params?: { subscription: string; result: unknown } }): void {
    if (message.params !== undefined) {
      const { subscription, result } = message.params;
      const heard = this.#subscriptions.get(subscription);
      if (heard !== undefined) heard(result);
      else this.#early.set(subscription, [...(this.#early.get(subscription) ?? []), result]);
      return;
    }
    const waiting = this.#waiting.get(message.id!);
    this.#waiting.delete(message.id!);
    if (message.error === undefined) waiting?.resolve(message.result);
    else waiting?.reject(Object.assign(new Error(`${message.error.message}: ${JSON.stringify(message.error.data)}`), { code: message.error.code, data: message.error.data }));
  }
}

export interface SignOptions {
  readonly nonce: number;
  readonly tip?: bigint;
  readonly era?: Era;
  /** The hash of the era's first block; needed for mortal eras. */
  readonly birth?: Uint8Array;
}

/** A signed transaction as 0x-hex. `genesis` binds it to the chain. */
export function signed(key: KeyPair, call: RuntimeCall, genesis: Uint8Array, { nonce, tip = 0n, era = IMMORTAL, birth = genesis }: SignOptions): `0x${string}` {
  const extras = [undefined, undefined, undefined, undefined, era, nonce, undefined, tip, { mode: { type: "Disabled" } }];
  const extra = runtime.extensions.map(({ extra: type }, i) => encode(type, extras[i] as never));
  const { spec_version, transaction_version } = runtime.version;
  const implicit = [encode(u32, spec_version), encode(u32, transaction_version), genesis, birth, Uint8Array.of(0)];
  const message = signedMessage(concatBytes(encode(runtime.outer.call, call), ...extra, ...implicit));
  return toHex(encodeExtrinsic(runtime, { type: "Signed", address: { type: "Id", value: key.account }, signature: key.sign(message), extras }, call));
}

export function transfer(to: AccountId, value: bigint, kind: "transfer_keep_alive" | "transfer_allow_death" = "transfer_keep_alive"): RuntimeCall {
  return { type: "Balances", value: { type: kind, value: { dest: { type: "Id", value: to }, value } } };
}

export function hashOf(extrinsic: string): string {
  return toHex(blake2b256(fromHex(extrinsic)));
}

/** Resident memory of a process, MiB. */
export function residentMib(pid: number): number {
  return Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? 0) / 1024;
}

export const HAS_PROC = process.platform === "linux";
/** Start the node with this, and `inspect` finds its inspector. */
export const INSPECTABLE = { NODE_OPTIONS: "--inspect=127.0.0.1:0" };

export interface Memory {
  /** After two collections, MiB. */
  readonly heapMib: number;
  readonly externalMib: number;
  readonly residentMib: number;
}

/** Memory of a node started with INSPECTABLE, after its garbage was collected. */
export async function inspectMemory(node: DevNode): Promise<Memory> {
  const url = /ws:\/\/127\.0\.0\.1:\d+\/[0-9a-f-]+/.exec(node.output())?.[0];
  if (url === undefined) throw new Error(`no inspector in:\n${node.output().slice(0, 500)}`);
  const ws = new WebSocket(url, { perMessageDeflate: false });
  try {
    await new Promise((resolve, reject) => ws.once("open", resolve).once("error", reject));
    await ask(ws, 1, "HeapProfiler.collectGarbage", {});
    await ask(ws, 2, "HeapProfiler.collectGarbage", {});
    const reply = await ask(ws, 3, "Runtime.evaluate", { expression: "JSON.stringify(process.memoryUsage())" });
    const usage = JSON.parse(reply.result.result.value) as NodeJS.MemoryUsage;
    const mib = (bytes: number): number => bytes / 1_048_576;
    return { heapMib: mib(usage.heapUsed), externalMib: mib(usage.external), residentMib: mib(usage.rss) };
  } finally {
    ws.terminate();
  }
}

function ask(ws: WebSocket, id: number, method: string, params: object): Promise<any> {
  return new Promise((resolve, reject) => {
    const hear = (data: unknown): void => {
      const message = JSON.parse(String(data));
      if (message.id !== id) return;
      ws.off("message", hear);
      resolve(message);
    };
    ws.on("message", hear);
    ws.once("close", () => reject(new Error("the inspector is gone")));
    ws.send(JSON.stringify({ id, method, params }));
  });
}

/** Blocks as they come, ms between them. */
export class BlockClock {
  readonly gapsMs: number[] = [];
  height = 0;
  #lastMs = performance.now();
  #waiting: (() => void)[] = [];

  static async on(wire: Wire): Promise<BlockClock> {
    const clock = new BlockClock();
    await wire.subscribe("chain_subscribeNewHeads", [], ({ number }: { number: string }) => clock.#tick(Number(number)));
    return clock;
  }

  #tick(height: number): void {
    const nowMs = performance.now();
    this.height = height;
    this.gapsMs.push(nowMs - this.#lastMs);
    this.#lastMs = nowMs;
    for (const wake of this.#waiting.splice(0)) wake();
  }

  /** The gaps since the last call, and begins anew. */
  take(): number[] {
    return this.gapsMs.splice(0);
  }

  async reach(height: number): Promise<void> {
    while (this.height < height) await new Promise<void>((resolve) => this.#waiting.push(resolve));
  }
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

export function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}

export const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Fails after `ms` with what was being waited for. */
export async function within<T>(ms: number, what: string, work: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited ${ms} ms in vain: ${what}`)), ms);
  });
  return Promise.race([work, late]).finally(() => clearTimeout(timer));
}

