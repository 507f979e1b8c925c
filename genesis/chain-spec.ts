// Substrate's chain-spec JSON: strict reading, writing, and what a spec may say.
import { compareBytes, equalBytes, toHex, tryFromHex } from "../runtime/primitives/bytes.ts";
import type { Json } from "../runtime/primitives/codec/json.ts";
import { ChainSpecError, invalid } from "./errors.ts";
import type { ConfigJson } from "./genesis-config.ts";
import { unknownName } from "../runtime/primitives/spelling.ts";

export type ChainType = "Development" | "Local" | "Live" | { readonly Custom: string };
export type Entry = readonly [key: Uint8Array, value: Uint8Array];
export interface ChildTrie {
  /** Without the prefix `:child_storage:default:`. */
  readonly key: Uint8Array;
  readonly entries: readonly Entry[];
}

export type SpecGenesis =
  /** Keys ascend. */
  | { readonly type: "raw"; readonly top: readonly Entry[]; readonly children: readonly ChildTrie[] }
  /** `patch` changes the runtime's defaults, `config` gives everything. */
  | { readonly type: "runtime"; readonly form: "patch" | "config"; readonly config: ConfigJson }
  | { readonly type: "stateRootHash"; readonly hash: Uint8Array };

export interface ChainSpec {
  readonly name: string;
  readonly id: string;
  readonly chainType: ChainType;
  /** Multiaddresses that end in /p2p/PEER. */
  readonly bootNodes: readonly string[];
  readonly telemetryEndpoints: readonly (readonly [url: string, verbosity: number])[];
  readonly protocolId: string | null;
  readonly properties: { readonly [key: string]: Json };
  readonly forkBlocks: readonly (readonly [number: number, hash: Uint8Array])[];
  readonly badBlocks: readonly Uint8Array[];
  /** Code by the block from which it replaces `:code`. Our chains refuse it: there is no Wasm to replace. */
  readonly codeSubstitutes: { readonly [block: string]: string };
  readonly genesis: SpecGenesis;
}

const FIELDS = ["name", "id", "chainType", "bootNodes", "telemetryEndpoints", "protocolId", "forkId", "properties", "forkBlocks", "badBlocks", "codeSubstitutes", "genesis", "lightSyncState", "consensusEngine"];

/** @param foreign - takes fields that other chains add (`relay_chain`, `para_id`). @throws ChainSpecError */
export function parseChainSpec(json: unknown, options: { readonly foreign?: boolean } = {}): ChainSpec {
  const spec = object(json, "the file");
  if (!options.foreign) for (const key of Object.keys(spec)) if (!FIELDS.includes(key)) throw invalid(key, unknownName("field", key, FIELDS));
  return {
    name: text(spec["name"], "name"),
    id: text(spec["id"], "id"),
    chainType: chainType(spec["chainType"] ?? "Live"),
    bootNodes: list(spec["bootNodes"] ?? [], "bootNodes").map((item, i) => text(item, `bootNodes[${i}]`)),
    telemetryEndpoints: list(spec["telemetryEndpoints"] ?? [], "telemetryEndpoints").map(telemetry),
    protocolId: spec["protocolId"] === undefined || spec["protocolId"] === null ? null : text(spec["protocolId"], "protocolId"),
    properties: object(spec["properties"] ?? {}, "properties") as ChainSpec["properties"],
    forkBlocks: list(spec["forkBlocks"] ?? [], "forkBlocks").map(forkBlock),
    badBlocks: list(spec["badBlocks"] ?? [], "badBlocks").map((item, i) => hash(item, `badBlocks[${i}]`)),
    codeSubstitutes: object(spec["codeSubstitutes"] ?? {}, "codeSubstitutes") as ChainSpec["codeSubstitutes"],
    genesis: genesis(spec["genesis"]),
  };
}

/** As Substrate writes it, and `parseChainSpec` reads it back. */
export function chainSpecJson(spec: ChainSpec): { readonly [key: string]: Json } {
  return {
    name: spec.name,
    id: spec.id,
    chainType: spec.chainType as Json,
    bootNodes: spec.bootNodes,
    telemetryEndpoints: spec.telemetryEndpoints.length === 0 ? null : spec.telemetryEndpoints,
    protocolId: spec.protocolId,
    properties: spec.properties,
    forkBlocks: spec.forkBlocks.length === 0 ? null : spec.forkBlocks.map(([number, blockHash]) => [number, toHex(blockHash)]),
    badBlocks: spec.badBlocks.length === 0 ? null : spec.badBlocks.map(toHex),
    codeSubstitutes: spec.codeSubstitutes,
    genesis: genesisJson(spec.genesis),
  };
}

function genesisJson(value: SpecGenesis): Json {
  switch (value.type) {
    case "raw":
      return { raw: { top: entriesJson(value.top), childrenDefault: Object.fromEntries(value.children.map(({ key, entries }) => [toHex(key), entriesJson(entries)])) } };
    case "runtime":
      return { runtimeGenesis: { [value.form]: value.config } };
    case "stateRootHash":
      return { stateRootHash: toHex(value.hash) };
  }
}

function entriesJson(entries: readonly Entry[]): Json {
  return Object.fromEntries(entries.map(([key, value]) => [toHex(key), toHex(value)]));
}

function chainType(json: unknown): ChainType {
  if (json === "Development" || json === "Local" || json === "Live") return json;
  if (typeof json === "object" && json !== null && typeof (json as { Custom?: unknown }).Custom === "string") return { Custom: (json as { Custom: string }).Custom };
  throw invalid("chainType", `expected "Development", "Local", "Live" or {"Custom": NAME}, got ${show(json)}`);
}

function telemetry(json: unknown, i: number): readonly [string, number] {
  const path = `telemetryEndpoints[${i}]`;
  const [url, verbosity] = list(json, path);
  if (!Number.isInteger(verbosity)) throw invalid(path, `expected [URL, VERBOSITY], got ${show(json)}`);
  return [text(url, `${path}[0]`), verbosity as number];
}

function forkBlock(json: unknown, i: number): readonly [number, Uint8Array] {
  const path = `forkBlocks[${i}]`;
  const [number, blockHash] = list(json, path);
  if (!Number.isInteger(number)) throw invalid(path, `expected [NUMBER, HASH], got ${show(json)}`);
  return [number as number, hash(blockHash, `${path}[1]`)];
}

const FORMS = ["runtimeGenesis", "raw", "stateRootHash"] as const;

function genesis(json: unknown): SpecGenesis {
  const [form, value] = only(object(json, "genesis"), FORMS, "genesis");
  if (form === "stateRootHash") return { type: "stateRootHash", hash: hash(value, "genesis.stateRootHash") };
  if (form === "raw") return rawGenesis(value);
  const { code, ...rest } = object(value, "genesis.runtimeGenesis");
  if (code !== undefined) throw new ChainSpecError({ code: "SPEC_NOT_RAW", path: "genesis.runtimeGenesis.code" }, "chain spec: its genesis is computed by the Wasm in runtimeGenesis.code, which this program does not run: convert it to raw with the tool that made it");
  const [kind, config] = only(rest, ["patch", "config"] as const, "genesis.runtimeGenesis");
  return { type: "runtime", form: kind, config: object(config, `genesis.runtimeGenesis.${kind}`) as ConfigJson };
}

function rawGenesis(json: unknown): SpecGenesis {
  const { top, childrenDefault, ...others } = object(json, "genesis.raw");
  for (const key of Object.keys(others)) throw invalid(`genesis.raw.${key}`, unknownName("field", key, ["top", "childrenDefault"]));
  const children = Object.entries(object(childrenDefault ?? {}, "genesis.raw.childrenDefault")).map(([key, entries]) => ({
    key: hex(key, "genesis.raw.childrenDefault"),
    entries: readEntries(entries, `genesis.raw.childrenDefault.${key}`),
  }));
  return { type: "raw", top: readEntries(top, "genesis.raw.top"), children };
}

function readEntries(json: unknown, path: string): Entry[] {
  const entries = Object.entries(object(json, path)).map(([key, value]): Entry => [hex(key, path), hex(value, `${path}.${key}`)]);
  entries.sort((a, b) => compareBytes(a[0], b[0]));
  for (let i = 1; i < entries.length; i++) if (equalBytes(entries[i - 1]![0], entries[i]![0])) throw invalid(path, `the key ${toHex(entries[i]![0])} stands twice`);
  return entries;
}

function only<K extends string>(json: Record<string, unknown>, known: readonly K[], path: string): readonly [K, unknown] {
  const keys = Object.keys(json);
  for (const key of keys) if (!known.includes(key as K)) throw invalid(`${path}.${key}`, unknownName("field", key, known));
  if (keys.length !== 1) throw invalid(path, `expected exactly one of ${known.join(", ")}, got ${keys.join(", ") || "none"}`);
  return [keys[0] as K, json[keys[0]!]];
}

function object(json: unknown, path: string): Record<string, unknown> {
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw invalid(path, `expected an object, got ${show(json)}`);
  return json as Record<string, unknown>;
}

function list(json: unknown, path: string): readonly unknown[] {
  if (!Array.isArray(json)) throw invalid(path, `expected an array, got ${show(json)}`);
  return json;
}

function text(json: unknown, path: string): string {
  if (typeof json !== "string" || json === "") throw invalid(path, `expected a string, got ${show(json)}`);
  return json;
}

function hash(json: unknown, path: string): Uint8Array {
  const bytes = hex(json, path);
  if (bytes.length !== 32) throw invalid(path, `expected 32 bytes, got ${bytes.length}`);
  return bytes;
}

function hex(json: unknown, path: string): Uint8Array {
  const bytes = typeof json === "string" ? tryFromHex(json) : undefined;
  if (bytes === undefined) throw invalid(path, `expected 0x-prefixed hex, got ${show(json)}`);
  return bytes;
}

function show(json: unknown): string {
  if (json === undefined) return "nothing";
  const shown = JSON.stringify(json);
  return shown.length > 80 ? `${shown.slice(0, 80)}...` : shown;
}
