// A chain behind an endpoint, as the commands see it: its runtime's own types over the node's RPC.
import { decodeCode } from "../runtime/params.ts";
import { runtimeForCode } from "../runtime/construct.ts";
import type { RuntimeApis } from "../runtime/frame/apis.ts";
import type { RuntimeEvent } from "../runtime/frame/pallet.ts";
import { CODE_KEY } from "../runtime/frame/storage.ts";
import type { StorageItem } from "../runtime/frame/storage.ts";
import type { DispatchError, Phase } from "../runtime/frame/types.ts";
import { toHex, toLatin1, tryFromHex } from "../runtime/primitives/bytes.ts";
import { decode } from "../runtime/primitives/codec/index.ts";
import { toJson } from "../runtime/primitives/codec/json.ts";
import type { Json } from "../runtime/primitives/codec/json.ts";
import { DecodeError } from "../runtime/primitives/errors.ts";
import { Events } from "../runtime/pallets/system/storage.ts";
import { connect } from "./client.ts";
import type { RpcClient } from "./client.ts";
import { CliError } from "./errors.ts";

export interface HeaderJson {
  readonly parentHash: string;
  /** 0x-hex. */
  readonly number: string;
  readonly stateRoot: string;
  readonly extrinsicsRoot: string;
  readonly digest: { readonly logs: readonly string[] };
}
export interface BlockJson {
  readonly header: HeaderJson;
  readonly extrinsics: readonly string[];
}
export interface EventRecord {
  readonly phase: Phase;
  readonly event: RuntimeEvent;
}
export interface BlockAt {
  readonly hash: string;
  readonly number: number;
}

const HASH = /^0x[0-9a-fA-F]{64}$/;

export class RemoteChain {
  readonly client: RpcClient;
  readonly #runtimes = new Map<string, RuntimeApis>();

  constructor(client: RpcClient) {
    this.client = client;
  }

  static async connect(url: string, timeoutMs: number): Promise<RemoteChain> {
    return new RemoteChain(await connect(url, timeoutMs));
  }

  /** The runtime after a block; without a hash, after the best one. */
  async runtime(at?: string): Promise<RuntimeApis> {
    const hex = await this.client.call<string | null>("state_getStorage", [toHex(CODE_KEY), ...(at === undefined ? [] : [at])]);
    const known = this.#runtimes.get(hex ?? "");
    if (known !== undefined) return known;
    const apis = nativeRuntime(hex, this.client.url);
    this.#runtimes.set(hex!, apis);
    return apis;
  }

  /** What users write for a block: a hash, a number, `best`, `finalized`, or nothing for best. */
  async resolve(block: string | undefined): Promise<BlockAt> {
    const { client } = this;
    if (block === undefined || block === "best") return this.#at(await client.call<string>("chain_getBlockHash"), "best");
    if (block === "finalized") return this.#at(await client.call<string>("chain_getFinalizedHead"), block);
    if (HASH.test(block)) return this.#at(block.toLowerCase(), block);
    if (!/^\d{1,10}$/.test(block)) throw new CliError("USAGE", `block "${block}" is not a hash, a number, best or finalized`);
    const hash = await client.call<string | null>("chain_getBlockHash", [Number(block)]);
    if (hash === null) throw new CliError("NOT_FOUND", `there is no block ${block} on the best chain`);
    return { hash, number: Number(block) };
  }

  async #at(hash: string, asked: string): Promise<BlockAt> {
    const header = await this.client.call<HeaderJson | null>("chain_getHeader", [hash]);
    if (header === null) throw new CliError("NOT_FOUND", `there is no block ${asked}`);
    return { hash, number: Number(header.number) };
  }

  async block(hash: string): Promise<BlockJson> {
    const found = await this.client.call<{ readonly block: BlockJson } | null>("chain_getBlock", [hash]);
    if (found === null) throw new CliError("NOT_FOUND", `there is no block ${hash}`);
    return found.block;
  }

  async storage(key: Uint8Array, at: string): Promise<Uint8Array | undefined> {
    const hex = await this.client.call<string | null>("state_getStorage", [toHex(key), at]);
    return hex === null ? undefined : tryFromHex(hex);
  }

  /** Stored keys of an item in byte order, at most `limit`. */
  async keys(prefix: Uint8Array, limit: number, at: string): Promise<Uint8Array[]> {
    const out: Uint8Array[] = [];
    let start = toHex(prefix) as string;
    while (out.length < limit) {
      const size = Math.min(1000, limit - out.length);
      const page = await this.client.call<readonly string[]>("state_getKeysPaged", [toHex(prefix), size, start, at]);
      out.push(...page.map((hex) => tryFromHex(hex)!));
      if (page.length < size) break;
      start = page[page.length - 1]!;
    }
    return out;
  }

  async events(at: string): Promise<readonly EventRecord[]> {
    const { runtime } = await this.runtime(at);
    const raw = await this.storage(Events.item.prefix, at);
    // The runtime's own entry of the item knows the real type; the pallet stores plain bytes.
    const item = runtime.storageItems.get(toLatin1(Events.item.prefix)) as StorageItem;
    return raw === undefined ? [] : (decode(item.valueType, raw) as readonly EventRecord[]);
  }

  close(): void {
    this.client.close();
  }
}

/** The runtime that bytes under `:code` name. @throws CliError OTHER_RUNTIME */
export function nativeRuntime(codeHex: string | null, where: string): RuntimeApis {
  const code = codeHex === null ? undefined : tryFromHex(codeHex);
  const other = (reason: string, cause?: unknown): CliError => new CliError("OTHER_RUNTIME", `${where} runs another runtime: ${reason}`, { cause });
  if (code === undefined) throw other("its state has no :code");
  try {
    const apis = runtimeForCode(code);
    if (apis === undefined) throw other(`version ${decodeCode(code).spec_version} is newer than this program`);
    return apis;
  } catch (error) {
    if (error instanceof DecodeError) throw other("its :code is not one of this program's", error);
    throw error;
  }
}

export function eventJson(apis: RuntimeApis, { phase, event }: EventRecord): Json {
  const ss58Prefix = apis.runtime.params.ss58_prefix;
  const json = toJson(apis.runtime.outer.event, event, { ss58Prefix }) as { type: string; value: { type: string; value?: Json } };
  return { extrinsic: phase.type === "ApplyExtrinsic" ? phase.value : null, phase: phase.type, pallet: json.type, event: json.value.type, data: json.value.value ?? null };
}

/** How the call of one extrinsic ended, from its block's events. */
export function dispatchOutcome(apis: RuntimeApis, events: readonly EventRecord[], index: number): { readonly ok: true } | { readonly ok: false; readonly name: string; readonly docs: string } {
  for (const { phase, event } of events) {
    if (phase.type !== "ApplyExtrinsic" || phase.value !== index || event.type !== "System") continue;
    if (event.value.type === "ExtrinsicSuccess") return { ok: true };
    if (event.value.type === "ExtrinsicFailed") {
      return { ok: false, ...apis.runtime.describeError((event.value.value as { dispatch_error: DispatchError }).dispatch_error) };
    }
  }
  return { ok: true };
}
