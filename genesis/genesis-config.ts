// What a chain spec says about our runtime's first state: as JSON, and decoded.
import { fromJson, toJson } from "../runtime/primitives/codec/json.ts";
import type { Json } from "../runtime/primitives/codec/json.ts";
import { option, struct, tuple, vec } from "../runtime/primitives/codec/index.ts";
import type { Ty } from "../runtime/primitives/codec/index.ts";
import { AccountIdTy, BalanceTy } from "../runtime/primitives/types.ts";
import type { AccountId, Balance } from "../runtime/primitives/types.ts";
import { LOCAL_PARAMS, RuntimeParamsTy } from "../runtime/params.ts";
import type { RuntimeParams } from "../runtime/params.ts";
import type { GenesisBalance } from "../runtime/pallets/balances/genesis.ts";
import type { ChainType } from "./chain-spec.ts";
import { invalid } from "./errors.ts";

export interface GenesisConfig {
  readonly params: RuntimeParams;
  readonly balances: readonly GenesisBalance[];
  readonly sudo: AccountId | undefined;
}

/** One key per pallet, as Substrate's runtimes have it; `params` is ours: what the chain's `:code` carries. */
const ConfigTy = struct("creator_runtime::RuntimeGenesisConfig", {
  params: RuntimeParamsTy,
  balances: struct("pallet_balances::GenesisConfig", { balances: vec(tuple(AccountIdTy, BalanceTy as Ty<Balance>)) }),
  sudo: struct("pallet_sudo::GenesisConfig", { key: option(AccountIdTy) }),
});

export type ConfigJson = { readonly [key: string]: Json };

/** The complete configuration as JSON; amounts are decimal strings. */
export function patchOf({ params, balances, sudo }: GenesisConfig): ConfigJson {
  const value = { params, balances: { balances: balances.map(({ account, amount }) => [account, amount] as const) }, sudo: { key: sudo } };
  return toJson(ConfigTy, value as never, { ss58Prefix: params.ss58_prefix }) as ConfigJson;
}

/** What a patch changes: nobody has anything, and sudo exists only where a chain is not live. */
function defaults(chainType: ChainType): ConfigJson {
  return patchOf({ params: { ...LOCAL_PARAMS, sudo_allowed: chainType !== "Live" }, balances: [], sudo: undefined });
}

/** @throws JsonError, ChainSpecError: with the path of what is wrong. */
export function readConfig(form: "patch" | "config", json: ConfigJson, chainType: ChainType): GenesisConfig {
  const root = `genesis.runtimeGenesis.${form}`;
  refuseRoundedNumbers(json, root);
  const complete = form === "patch" ? merge(defaults(chainType), json) : json;
  const { params, balances, sudo } = fromJson(ConfigTy, complete, root);
  return { params, balances: balances.balances.map(([account, amount]) => ({ account: account as AccountId, amount: amount as Balance })), sudo: sudo.key as AccountId | undefined };
}

/** Objects merge, everything else replaces: the shape is fixed, so nothing can be removed. */
function merge(base: Json, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const out: Record<string, Json> = isObject(base) ? { ...base } : {};
  for (const [key, value] of Object.entries(patch)) out[key] = merge(out[key] ?? null, value);
  return out;
}

function isObject(json: Json): json is { readonly [key: string]: Json } {
  return typeof json === "object" && json !== null && !Array.isArray(json);
}

/** A number that JavaScript's parser has already rounded would give someone another balance than the file says. */
function refuseRoundedNumbers(json: Json, path: string): void {
  if (typeof json === "number" && !Number.isSafeInteger(json)) {
    throw invalid(path, `the number ${json} is not a whole number below 2^53: write it as a string`);
  }
  if (Array.isArray(json)) for (const [i, item] of json.entries()) refuseRoundedNumbers(item, `${path}[${i}]`);
  else if (isObject(json)) for (const [key, item] of Object.entries(json)) refuseRoundedNumbers(item, `${path}.${key}`);
}
