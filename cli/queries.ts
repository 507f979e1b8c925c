// The questions of `mesi query`.
import { blake2b256 } from "#hash";
import { DEV_ACCOUNTS } from "../genesis/presets.ts";
import type { RuntimeApis } from "../runtime/frame/apis.ts";
import { decodeExtrinsic } from "../runtime/frame/extrinsic.ts";
import type { StorageItem } from "../runtime/frame/storage.ts";
import { concatBytes, fromHex, toHex, tryFromHex } from "../runtime/primitives/bytes.ts";
import { bytes, decode, encode, option, u32 } from "../runtime/primitives/codec/index.ts";
import type { AnyTy } from "../runtime/primitives/codec/index.ts";
import { fromJson, toJson } from "../runtime/primitives/codec/json.ts";
import type { Json } from "../runtime/primitives/codec/json.ts";
import { DecodeError } from "../runtime/primitives/errors.ts";
import { decodeSs58, encodeSs58 } from "../runtime/primitives/ss58.ts";
import { AccountId } from "../runtime/primitives/types.ts";
import { Account } from "../runtime/pallets/system/storage.ts";
import { EMPTY_ACCOUNT } from "../runtime/pallets/system/types.ts";
import type { AccountInfo } from "../runtime/pallets/system/types.ts";
import { amountJson, formatAmount } from "./amount.ts";
import { callJson, findName, findPallet, splitPath } from "./call.ts";
import type { CommandContext } from "./command.ts";
import { CliError, usage } from "./errors.ts";
import { facts, table } from "./output.ts";
import { dispatchOutcome, eventJson } from "./remote-chain.ts";
import type { RemoteChain } from "./remote-chain.ts";

/** An address, 32 bytes of hex, or a development account by name. @throws CliError */
export function readAccount(text: string): AccountId {
  const dev = DEV_ACCOUNTS.find(({ name, suri }) => suri === text || name.toLowerCase() === text.toLowerCase());
  if (dev !== undefined) return dev.account;
  const hex = tryFromHex(text);
  if (hex?.length === 32) return AccountId(hex);
  const address = decodeSs58(text);
  if (!address.ok) throw usage(`"${text}" is not an account: ${address.error.message}`, "write an SS58 address, 0x and 64 hex digits, or a development account such as //Alice");
  return address.value.account;
}

export async function queryAccount(ctx: CommandContext, chain: RemoteChain, text: string, at: string): Promise<void> {
  const account = readAccount(text);
  const block = await chain.resolve(at);
  const { runtime } = await chain.runtime(block.hash);
  const raw = await chain.storage(Account.keyBytes(account), block.hash);
  const info = raw === undefined ? EMPTY_ACCOUNT : (decode(Account.item.valueType, raw) as AccountInfo);
  const { free, reserved, frozen } = info.data;
  const address = encodeSs58(account, runtime.params.ss58_prefix);
  const data = { address, publicKey: toHex(account), exists: raw !== undefined, nonce: info.nonce, free: amountJson(free), reserved: amountJson(reserved), frozen: amountJson(frozen), block };
  ctx.out.result(data, facts([["address", address], ["public key", data.publicKey], ["free", formatAmount(free)], ["reserved", formatAmount(reserved)], ["frozen", formatAmount(frozen)], ["nonce", info.nonce], ["at block", block.number], ...(raw === undefined ? [["note", "this account does not exist"] as const] : [])]));
}

interface ShownExtrinsic {
  readonly index: number;
  readonly hash: string;
  readonly signer: string | null;
  readonly pallet: string | null;
  readonly call: string | null;
  readonly args: Json;
  readonly extras?: Json;
}

/** One extrinsic for people and programs; bytes that this runtime cannot decode are shown as they are. */
export function showExtrinsic(apis: RuntimeApis, encoded: Uint8Array, index: number): ShownExtrinsic {
  const ss58Prefix = apis.runtime.params.ss58_prefix;
  try {
    const { preamble, call, hash } = decodeExtrinsic(apis.runtime, encoded);
    const shown = callJson(apis, call) as { pallet: string; call: string; args: Json };
    const signer = preamble.type === "Signed" && preamble.address.type === "Id" ? encodeSs58(preamble.address.value, ss58Prefix) : null;
    const extras = preamble.type === "Bare" ? {} : Object.fromEntries(apis.runtime.extensions.map(({ identifier, extra }, i) => [identifier, toJson(extra as AnyTy, preamble.extras[i], { ss58Prefix })]).filter(([, value]) => value !== null));
    return { index, hash: toHex(hash), signer, ...shown, extras };
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return { index, hash: toHex(blake2b256(encoded)), signer: null, pallet: null, call: null, args: toHex(encoded) };
  }
}

export async function queryBlock(ctx: CommandContext, chain: RemoteChain, which: string): Promise<void> {
  const at = await chain.resolve(which);
  const { header, extrinsics } = await chain.block(at.hash);
  // Extrinsics are of the runtime that the parent's state names.
  const apis = await chain.runtime(at.number === 0 ? at.hash : header.parentHash);
  const shown = extrinsics.map((hex, i) => showExtrinsic(apis, fromHex(hex), i));
  const rows = shown.map((extrinsic) => ({ ...extrinsic, name: extrinsic.pallet === null ? "(unknown)" : `${extrinsic.pallet}.${extrinsic.call}`, signer: extrinsic.signer ?? "-" }));
  const columns = [{ key: "index", title: "#", right: true }, { key: "name", title: "CALL" }, { key: "signer", title: "SIGNER" }, { key: "hash", title: "HASH" }];
  const head = facts([["block", at.number], ["hash", at.hash], ["parent", header.parentHash], ["state root", header.stateRoot], ["extrinsics root", header.extrinsicsRoot]]);
  ctx.out.result({ ...at, header, extrinsics: shown }, `${head}\n\n${table(rows, columns)}`);
}

interface Found {
  readonly block: { readonly hash: string; readonly number: number };
  readonly index: number;
  readonly encoded: Uint8Array;
  readonly parentHash: string;
}

export async function findExtrinsic(chain: RemoteChain, id: string, depth: number): Promise<Found | undefined> {
  const place = /^(\d{1,10})-(\d{1,6})$/.exec(id);
  if (place !== null) return atPlace(chain, place[1]!, Number(place[2]));
  if (!/^0x[0-9a-fA-F]{64}$/.test(id)) throw usage(`"${id}" is neither an extrinsic's hash nor BLOCK-INDEX`);
  let block = await chain.resolve("best");
  for (let looked = 0; looked < depth; looked++) {
    const { header, extrinsics } = await chain.block(block.hash);
    const index = extrinsics.findIndex((hex) => toHex(blake2b256(fromHex(hex))) === id.toLowerCase());
    if (index >= 0) return { block, index, encoded: fromHex(extrinsics[index]!), parentHash: header.parentHash };
    if (block.number === 0) return undefined;
    block = { hash: header.parentHash, number: block.number - 1 };
  }
  return undefined;
}

async function atPlace(chain: RemoteChain, number: string, index: number): Promise<Found | undefined> {
  const block = await chain.resolve(number);
  const { header, extrinsics } = await chain.block(block.hash);
  const hex = extrinsics[index];
  return hex === undefined ? undefined : { block, index, encoded: fromHex(hex), parentHash: header.parentHash };
}

export async function queryExtrinsic(ctx: CommandContext, chain: RemoteChain, id: string, depthText: string): Promise<void> {
  const depth = positive(depthText, "--depth");
  const found = await findExtrinsic(chain, id, depth);
  if (found === undefined) {
    const byHash = id.startsWith("0x");
    throw new CliError("NOT_FOUND", `there is no extrinsic ${id}${byHash ? ` in the last ${depth} blocks` : ""}`, byHash ? { hint: "--depth looks further back" } : {});
  }
  const apis = await chain.runtime(found.parentHash);
  const events = await chain.events(found.block.hash);
  const outcome = dispatchOutcome(apis, events, found.index);
  const own = events.filter(({ phase }) => phase.type === "ApplyExtrinsic" && phase.value === found.index).map((record) => eventJson(apis, record));
  const shown = showExtrinsic(apis, found.encoded, found.index);
  const result = outcome.ok ? "success" : `failed: ${outcome.name}${outcome.docs === "" ? "" : ` (${outcome.docs})`}`;
  const lines = facts([["block", `${found.block.number} ${found.block.hash}`], ["index", found.index], ["hash", shown.hash], ["signer", shown.signer ?? "-"], ["call", `${shown.pallet}.${shown.call} ${JSON.stringify(shown.args)}`], ["result", result]]);
  ctx.out.result({ block: found.block, ...shown, outcome, events: own }, `${lines}\n${own.map(eventLine).join("\n")}`);
}

function eventLine(event: Json): string {
  const { pallet, event: name, data, extrinsic } = event as { pallet: string; event: string; data: Json; extrinsic: number | null };
  return `${extrinsic === null ? " -" : String(extrinsic).padStart(2)}  ${pallet}.${name}${data === null ? "" : ` ${JSON.stringify(data)}`}`;
}

export async function queryEvents(ctx: CommandContext, chain: RemoteChain, which: string): Promise<void> {
  const block = await chain.resolve(which);
  const apis = await chain.runtime(block.hash);
  const events = (await chain.events(block.hash)).map((record) => eventJson(apis, record));
  ctx.out.result({ block, events }, `block ${block.number} ${block.hash}\n${events.map(eventLine).join("\n") || "(none)"}`);
}

/** A key argument: JSON where it is JSON, else the text itself (an address needs no quotes). */
function keyArgument(type: AnyTy, text: string, path: string): unknown {
  const dev = DEV_ACCOUNTS.find(({ suri }) => suri === text);
  if (dev !== undefined) return fromJson(type, toHex(dev.account), path);
  let json: unknown = text;
  try {
    json = JSON.parse(text);
  } catch {
    // Not JSON: the text itself.
  }
  return fromJson(type, json, path);
}

/** The bytes with which all keys begin whose first arguments are these. */
function keyPrefix(item: StorageItem, args: readonly unknown[]): Uint8Array {
  const parts = args.flatMap((arg, i) => {
    const encoded = encode(item.keyTypes[i]!, arg);
    const hasher = item.hashers[i]!;
    return hasher.concat ? [hasher.hash(encoded), encoded] : [hasher.hash(encoded)];
  });
  return concatBytes(item.prefix, ...parts);
}

export async function queryStorage(ctx: CommandContext, chain: RemoteChain, path: string, keys: readonly string[], options: { at: string; limit: string }): Promise<void> {
  const block = await chain.resolve(options.at);
  const { runtime } = await chain.runtime(block.hash);
  const [palletName, itemName] = splitPath(path, "storage item");
  const pallet = findPallet(runtime, palletName);
  const items = (pallet.storage ?? []).map(({ item }) => item);
  const name = findName(`storage item of ${pallet.name}`, itemName, items.map((item) => item.name));
  const item = items.find((candidate) => candidate.name === name)!;
  if (keys.length > item.keyTypes.length) throw usage(`${pallet.name}.${name} takes ${item.keyTypes.length} keys, ${keys.length} were given`);
  const args = keys.map((text, i) => keyArgument(item.keyTypes[i]!, text, `key ${i + 1}`));
  const json = (value: unknown): Json => toJson(item.valueType, value, { ss58Prefix: runtime.params.ss58_prefix });
  if (args.length === item.keyTypes.length) {
    const raw = await chain.storage(keyPrefix(item, args), block.hash);
    const value = raw !== undefined ? item.decodeValue(raw) : item.modifier === "Default" ? item.decodeValue(item.fallback) : undefined;
    const shown = value === undefined ? null : json(value);
    return ctx.out.result({ block, key: toHex(keyPrefix(item, args)), stored: raw !== undefined, value: shown }, JSON.stringify(shown, undefined, 2));
  }
  const limit = positive(options.limit, "--limit");
  const stored = await chain.keys(keyPrefix(item, args), limit, block.hash);
  const entries = await Promise.all(stored.map(async (key) => ({ key: keyJson(item, key, runtime.params.ss58_prefix), value: json(item.decodeValue((await chain.storage(key, block.hash))!)) })));
  if (stored.length === limit) ctx.out.note(`only the first ${limit} entries; --limit shows more`);
  ctx.out.result({ block, entries }, entries.map(({ key, value }) => `${JSON.stringify(key)}  ${JSON.stringify(value)}`).join("\n") || "(none)");
}

function keyJson(item: StorageItem, key: Uint8Array, ss58Prefix: number): Json {
  const args = item.keyOf(key);
  return args === undefined ? toHex(key) : args.map((arg, i) => toJson(item.keyTypes[i]!, arg, { ss58Prefix }));
}

export async function queryConstant(ctx: CommandContext, chain: RemoteChain, path: string): Promise<void> {
  const { runtime } = await chain.runtime();
  const pallet = findPallet(runtime, path.split(".")[0]!);
  const constants = pallet.constants ?? {};
  const json = (name: string): Json => toJson(constants[name]!.type, constants[name]!.value(runtime.params), { ss58Prefix: runtime.params.ss58_prefix });
  if (!path.includes(".")) {
    const all = Object.fromEntries(Object.keys(constants).map((name) => [name, json(name)]));
    return ctx.out.result(all, Object.entries(all).map(([name, value]) => `${name}  ${JSON.stringify(value)}`).join("\n") || "(none)");
  }
  const name = findName(`constant of ${pallet.name}`, splitPath(path, "constant")[1], Object.keys(constants));
  ctx.out.result({ pallet: pallet.name, constant: name, value: json(name), docs: constants[name]!.docs.join(" ") }, JSON.stringify(json(name)));
}

export async function queryMetadata(ctx: CommandContext, chain: RemoteChain, options: { metadataVersion?: string; pallet?: string }): Promise<void> {
  if (options.metadataVersion !== undefined) {
    const version = positive(options.metadataVersion, "--metadata-version");
    const input = encode(u32, version);
    const answer = fromHex(await chain.client.call<string>("state_call", ["Metadata_metadata_at_version", toHex(input)]));
    const metadata = decode(option(bytes), answer);
    if (metadata === undefined) throw new CliError("NOT_FOUND", `the runtime has no metadata of version ${version}`, { hint: "use 14, 15 or 16" });
    return ctx.out.result({ version, metadata: toHex(metadata) }, toHex(metadata));
  }
  const { runtime } = await chain.runtime();
  if (options.pallet !== undefined) return ctx.out.result(...describePallet(findPallet(runtime, options.pallet)));
  const rows = runtime.pallets.map(({ index, name, calls, storage, constants }) => ({ index, name, calls: Object.keys(calls ?? {}).length, storage: (storage ?? []).length, constants: Object.keys(constants ?? {}).length }));
  ctx.out.list(rows, [{ key: "index", title: "INDEX", right: true }, { key: "name", title: "PALLET" }, { key: "calls", title: "CALLS", right: true }, { key: "storage", title: "STORAGE", right: true }, { key: "constants", title: "CONSTANTS", right: true }]);
}

function describePallet(pallet: ReturnType<typeof findPallet>): [unknown, string] {
  const calls = Object.entries(pallet.calls ?? {}).map(([name, { fields, docs }]) => ({ name, args: Object.fromEntries(Object.entries(fields).map(([field, type]) => [field, (type as AnyTy).typeName])), docs: docs.join(" ") }));
  const data = {
    index: pallet.index,
    name: pallet.name,
    docs: pallet.docs ?? "",
    calls,
    storage: (pallet.storage ?? []).map(({ item }) => ({ name: item.name, docs: item.docs.join(" ") })),
    constants: Object.entries(pallet.constants ?? {}).map(([name, { docs }]) => ({ name, docs: docs.join(" ") })),
    errors: Object.entries(pallet.errors?.names ?? {}).map(([name, { docs }]) => ({ name, docs: docs.join(" ") })),
  };
  const list = (title: string, items: readonly { name: string; docs: string }[]): string => (items.length === 0 ? "" : `\n${title}\n${items.map(({ name, docs }) => `  ${name}${docs === "" ? "" : `  ${docs}`}`).join("\n")}\n`);
  const callLines = calls.map(({ name, args, docs }) => ({ name: `${name}(${Object.entries(args).map(([field, type]) => `${field}: ${type}`).join(", ")})`, docs }));
  return [data, `${pallet.name} (${pallet.index})\n${list("calls", callLines)}${list("storage", data.storage)}${list("constants", data.constants)}${list("errors", data.errors)}`];
}

export async function queryRuntime(ctx: CommandContext, chain: RemoteChain): Promise<void> {
  const version = await chain.client.call<{ specName: string; specVersion: number; implName: string; transactionVersion: number }>("state_getRuntimeVersion");
  const genesis = await chain.client.call<string>("chain_getBlockHash", [0]);
  const name = await chain.client.call<string>("system_chain");
  ctx.out.result({ chain: name, genesisHash: genesis, ...version }, facts([["chain", name], ["genesis", genesis], ["runtime", `${version.specName} ${version.specVersion}`], ["transactions", version.transactionVersion]]));
}

export function positive(text: string, flag: string): number {
  if (!/^[1-9]\d{0,8}$/.test(text)) throw usage(`${flag} "${text}" is not a positive whole number`);
  return Number(text);
}
