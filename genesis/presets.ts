// The chains that need no file. Their keys are public: every Substrate tool derives the same ones.
import { fromHex } from "../runtime/primitives/bytes.ts";
import { encodeSs58 } from "../runtime/primitives/ss58.ts";
import { AccountId } from "../runtime/primitives/types.ts";
import { DEV_PARAMS, LOCAL_PARAMS } from "../runtime/params.ts";
import type { RuntimeParams } from "../runtime/params.ts";
import type { ChainSpec } from "./chain-spec.ts";
import { patchOf } from "./genesis-config.ts";

export interface DevAccount {
  readonly name: string;
  /** Behind the development phrase. */
  readonly suri: string;
  readonly account: AccountId;
}

/** Substrate's: everyone knows it, so nothing that it guards is safe. */
export const DEV_PHRASE = "bottom drive obey lake curtain smoke basket hold race lonely fit walk";

const PUBLIC_KEYS: readonly (readonly [name: string, key: string, stash: string])[] = [
  ["Alice", "0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d", "0xbe5ddb1579b72e84524fc29e78609e3caf42e85aa118ebfe0b0ad404b5bdd25f"],
  ["Bob", "0x8eaf04151687736326c9fea17e25fc5287613693c912909cb226aa4794f26a48", "0xfe65717dad0447d715f660a0a58411de509b42e6efb8375f562f58a554d5860e"],
  ["Charlie", "0x90b5ab205c6974c9ea841be688864633dc9ca8a357843eeacf2314649965fe22", "0x1e07379407fecc4b89eb7dbd287c2c781cfb1907a96947a3eb18e4f8e7198625"],
  ["Dave", "0x306721211d5404bd9da88e0204360a1a9ab8b87c66c1bc2fcdd37f3c2222cc20", "0xe860f1b1c7227f7c22602f53f15af80747814dffd839719731ee3bba6edc126c"],
  ["Eve", "0xe659a7a1628cdd93febc04a4e0646ea20e9f5f0ce097d9a05290d4a9e054df4e", "0x8ac59e11963af19174d0b94d5d78041c233f55d2e19324665bafdfb62925af2d"],
  ["Ferdie", "0x1cbd2d43530a44705ad088af313e18f80b53ef16b36177cd4b77b846f2a5f07c", "0x101191192fc877c24d725b337120fa3edc63d227bbc92705db1e2cb65f56981a"],
];

/** Alice to Ferdie, then their stashes. The keys are sr25519. */
export const DEV_ACCOUNTS: readonly DevAccount[] = [
  ...PUBLIC_KEYS.map(([name, key]) => ({ name, suri: `//${name}`, account: AccountId(fromHex(key)) })),
  ...PUBLIC_KEYS.map(([name, , stash]) => ({ name: `${name}//stash`, suri: `//${name}//stash`, account: AccountId(fromHex(stash)) })),
];

const MESI = 1_000_000_000_000n;
/** What each of them has at genesis, smallest unit. */
export const DEV_BALANCE = 10_000_000n * MESI;

export const PRESETS = ["dev", "local"] as const;
export type Preset = (typeof PRESETS)[number];

export function presetSpec(preset: Preset): ChainSpec {
  const isDev = preset === "dev";
  const params = isDev ? DEV_PARAMS : LOCAL_PARAMS;
  return {
    name: isDev ? "Creator Chain Development" : "Creator Chain Local",
    id: isDev ? "creator_dev" : "creator_local",
    chainType: isDev ? "Development" : "Local",
    bootNodes: [],
    telemetryEndpoints: [],
    protocolId: null,
    properties: { ss58Format: params.ss58_prefix, tokenDecimals: 12, tokenSymbol: "MESI" },
    forkBlocks: [],
    badBlocks: [],
    codeSubstitutes: {},
    genesis: { type: "runtime", form: "config", config: patchOf(presetGenesis(params)) },
  };
}

function presetGenesis(params: RuntimeParams) {
  return {
    params,
    balances: DEV_ACCOUNTS.map(({ account }) => ({ account, amount: DEV_BALANCE })),
    sudo: DEV_ACCOUNTS[0]!.account,
  };
}

/** A balance list as people read it. */
export function devAccountList(ss58Prefix: number): readonly { readonly name: string; readonly suri: string; readonly address: string; readonly balance: bigint }[] {
  return DEV_ACCOUNTS.map(({ name, suri, account }) => ({ name, suri, address: encodeSs58(account, ss58Prefix), balance: DEV_BALANCE }));
}
