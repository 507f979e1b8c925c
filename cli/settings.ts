// From flags, environment, file and defaults to one value per setting, each with where it came from.
import { readFileSync } from "node:fs";
import { nearest } from "../runtime/primitives/spelling.ts";
import { CliError, usage } from "./errors.ts";
import { FLAGS, SETTING_NAMES, envName } from "./node-flags.ts";
import type { Flag, Kind } from "./node-flags.ts";

export type SettingValue = boolean | number | string | readonly string[];

export interface Setting {
  readonly value: SettingValue;
  /** `flag`, `env MESI_RPC_PORT`, `file node.yaml`, `chain dev`, `default`. */
  readonly origin: string;
}

export type Settings = ReadonlyMap<string, Setting>;

export interface Sources {
  /** Only what was given, as text; `true` for a flag. */
  readonly flags: Readonly<Record<string, unknown>>;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly file: { readonly path: string; readonly values: Readonly<Record<string, unknown>> } | undefined;
}

/** What `--dev` stands for, where nothing else says otherwise. */
const DEV_DEFAULTS: Readonly<Record<string, SettingValue>> = { chain: "dev", alice: true, "force-authoring": true, "state-pruning": "archive", "tx-ban-seconds": 0 };
const DEV_CHAIN_DEFAULTS: Readonly<Record<string, SettingValue>> = { "state-pruning": "archive", "tx-ban-seconds": 0 };

/** Flags over environment over file over the chain's defaults. @throws CliError */
export function resolveSettings(sources: Sources): Settings {
  const given = new Map<string, Setting>();
  for (const flag of FLAGS) {
    const setting = fromFlag(flag, sources) ?? fromEnv(flag, sources) ?? fromFile(flag, sources);
    if (setting !== undefined) given.set(flag.name, setting);
  }
  const chainDefaults = chainDefaultsOf(given);
  const out = new Map<string, Setting>();
  for (const flag of FLAGS) {
    const setting = given.get(flag.name) ?? chainDefaults.get(flag.name) ?? (flag.default === undefined ? undefined : { value: flag.default, origin: "default" });
    if (setting !== undefined) out.set(flag.name, setting);
  }
  return out;
}

function chainDefaultsOf(given: Settings): Settings {
  const dev = given.get("dev")?.value === true;
  const devChain = given.get("chain")?.value === "dev";
  const defaults = new Map(Object.entries(dev ? DEV_DEFAULTS : devChain ? DEV_CHAIN_DEFAULTS : {}).map(([name, value]) => [name, { value, origin: dev ? "--dev" : "chain dev" }]));
  // Another account was named: Alice is only who seals when nobody else does.
  if (FLAGS.some(({ name }) => name in { bob: 1, charlie: 1, dave: 1, eve: 1, ferdie: 1 } && given.get(name)?.value === true)) defaults.delete("alice");
  return defaults;
}

function fromFlag(flag: Flag, { flags }: Sources): Setting | undefined {
  const raw = flags[flag.name];
  return raw === undefined ? undefined : { value: parseValue(flag.kind, raw, `--${flag.name}`), origin: "flag" };
}

function fromEnv(flag: Flag, { env }: Sources): Setting | undefined {
  const name = envName(flag.name);
  const raw = env[name];
  return raw === undefined || raw === "" ? undefined : { value: parseValue(flag.kind, raw, name), origin: `env ${name}` };
}

function fromFile(flag: Flag, { file }: Sources): Setting | undefined {
  const raw = file?.values[flag.name];
  return raw === undefined || raw === null ? undefined : { value: parseValue(flag.kind, raw, `${file!.path}: ${flag.name}`), origin: `file ${file!.path}` };
}

/** @param source - how messages name the setting: `--rpc-port`. */
export function parseValue(kind: Kind, raw: unknown, source: string): SettingValue {
  switch (kind.type) {
    case "flag":
      return parseBoolean(raw, source);
    case "int":
      return parseInteger(raw, kind.min, kind.max, source);
    case "text":
      if (typeof raw !== "string" || raw === "") throw bad(source, raw, "a text");
      return raw;
    case "choice":
      return parseChoice(raw, kind.of, source);
    case "list":
      return parseList(raw, source);
    case "blocks":
      if (typeof raw === "string" && !/^\d+$/.test(raw)) return parseChoice(raw, kind.words, source, "a number of blocks, ");
      return parseInteger(raw, 1, 0xffff_ffff, source);
  }
}

function parseBoolean(raw: unknown, source: string): boolean {
  if (raw === true || raw === "true" || raw === "1") return true;
  if (raw === false || raw === "false" || raw === "0") return false;
  throw bad(source, raw, "true or false");
}

function parseInteger(raw: unknown, min: number, max: number, source: string): number {
  const value = typeof raw === "string" && /^\d{1,15}$/.test(raw) ? Number(raw) : raw;
  if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) throw bad(source, raw, `a whole number from ${min} to ${max}`);
  return value;
}

function parseChoice(raw: unknown, of: readonly string[], source: string, also = ""): string {
  if (typeof raw === "string" && of.includes(raw)) return raw;
  const near = typeof raw === "string" ? nearest(raw, of) : undefined;
  throw bad(source, raw, `${also}${of.join(", ")}`, near === undefined ? undefined : `did you mean "${near}"?`);
}

function parseList(raw: unknown, source: string): readonly string[] {
  const items = Array.isArray(raw) ? raw : [raw];
  return items.flatMap((item) => {
    if (typeof item !== "string") throw bad(source, item, "a text or a list of texts");
    return item.split(",").map((part) => part.trim()).filter((part) => part !== "");
  });
}

function bad(source: string, raw: unknown, expected: string, hint?: string): CliError {
  return usage(`${source}: ${JSON.stringify(raw)} is not accepted; expected ${expected}`, hint);
}

/** A configuration file: JSON, or YAML, which JSON is part of. @throws CliError */
export async function readConfigFile(path: string): Promise<NonNullable<Sources["file"]>> {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw new CliError("CONFIG_UNREADABLE", `configuration ${path} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  const values = await parseConfig(text, path);
  for (const key of Object.keys(values)) {
    if (SETTING_NAMES.includes(key)) continue;
    const near = nearest(key, SETTING_NAMES);
    throw new CliError("CONFIG_UNKNOWN_KEY", `configuration ${path}: unknown key "${key}"${near === undefined ? "" : `; did you mean "${near}"?`}`, { hint: "keys are the names of node run's flags, without the dashes before them" });
  }
  return { path, values };
}

async function parseConfig(text: string, path: string): Promise<Record<string, unknown>> {
  let parsed: unknown;
  try {
    parsed = path.endsWith(".json") ? JSON.parse(text) : (await import("yaml")).parse(text);
  } catch (error) {
    throw new CliError("CONFIG_UNREADABLE", `configuration ${path} is neither JSON nor YAML: ${(error as Error).message.split("\n")[0]}`, { cause: error });
  }
  if (parsed === null || parsed === undefined) return {};
  if (typeof parsed !== "object" || Array.isArray(parsed)) throw new CliError("CONFIG_UNREADABLE", `configuration ${path} holds no keys`, { hint: "write lines such as rpc-port: 9944" });
  return parsed as Record<string, unknown>;
}
