// From a chain spec to the first state, its root and the genesis hash.
import { CODE_KEY } from "../runtime/frame/storage.ts";
import { EMPTY_STATE, State } from "../runtime/frame/state.ts";
import { createRuntime, SPEC_VERSION } from "../runtime/construct.ts";
import { compareBytes, concatBytes, equalBytes, fromLatin1 } from "../runtime/primitives/bytes.ts";
import { encode, u32 } from "../runtime/primitives/codec/index.ts";
import { DecodeError } from "../runtime/primitives/errors.ts";
import { Hash } from "../runtime/primitives/types.ts";
import type { BlockHash } from "../runtime/primitives/types.ts";
import { genesisBalances } from "../runtime/pallets/balances/genesis.ts";
import { Key as SudoKey } from "../runtime/pallets/sudo/pallet.ts";
import { BlockHash as BlockHashes, LastRuntimeUpgrade, ParentHash, UpgradedToTripleRefCount, UpgradedToU32RefCount } from "../runtime/pallets/system/storage.ts";
import { genesisTransactionPayment } from "../runtime/pallets/transaction-payment/storage.ts";
import { decodeCode, encodeCode } from "../runtime/params.ts";
import type { Code, RuntimeParams } from "../runtime/params.ts";
import { trieRoot } from "../runtime/trie/build.ts";
import type { ChainSpec, ChildTrie, Entry } from "./chain-spec.ts";
import { ChainSpecError, invalid } from "./errors.ts";
import { readConfig } from "./genesis-config.ts";
import type { GenesisConfig } from "./genesis-config.ts";
import { genesisHeader, headerHash } from "./header.ts";

const EXTRINSIC_INDEX_KEY = fromLatin1(":extrinsic_index");
const CHILD_PREFIX = fromLatin1(":child_storage:default:");
/** FRAME's `Hash::hash69`: what stands for the parent of the genesis block. */
const HASH_69 = Hash(new Uint8Array(32).fill(69));

/** All keys and values after every pallet's genesis, ascending by key. Throws what the pallets throw. */
export function buildState(config: GenesisConfig): Entry[] {
  const { runtime } = createRuntime(config.params);
  const state = new State(EMPTY_STATE, runtime.storageItems);
  state.setRaw(CODE_KEY, encodeCode(SPEC_VERSION, config.params));
  state.setRaw(EXTRINSIC_INDEX_KEY, encode(u32, 0));
  BlockHashes.set(state, 0, HASH_69);
  ParentHash.set(state, HASH_69);
  LastRuntimeUpgrade.set(state, { spec_version: runtime.version.spec_version, spec_name: runtime.version.spec_name });
  UpgradedToU32RefCount.set(state, true);
  UpgradedToTripleRefCount.set(state, true);
  genesisBalances(state, config.balances, config.params.existential_deposit);
  genesisTransactionPayment(state);
  if (config.sudo !== undefined) SudoKey.set(state, config.sudo);
  return state.changes().map(({ key, value }): Entry => [key, value!]);
}

/** The first state of a chain that this program can run. Keys ascend; state version 1. */
export interface NodeGenesis {
  readonly entries: readonly Entry[];
  readonly stateVersion: 1;
  readonly params: RuntimeParams;
}

/** Throws ChainSpecError where the spec is not of one of our chains, or makes one that must not run. */
export function genesisForNode(spec: ChainSpec): NodeGenesis {
  const { entries, children } = stateOf(spec);
  if (children.length > 0) throw new ChainSpecError({ code: "SPEC_CHILD_TRIES", path: "genesis.raw.childrenDefault" }, "chain spec: genesis.raw.childrenDefault: this chain has no child tries");
  const { params } = nativeCode(entries);
  checkProperties(spec, params);
  if (spec.chainType === "Live") refuseSudo(entries, params);
  return { entries, stateVersion: 1, params };
}

/** The same chain with its genesis written out key by key. */
export function toRaw(spec: ChainSpec): ChainSpec {
  const { entries, children } = stateOf(spec);
  return { ...spec, genesis: { type: "raw", top: entries, children } };
}

/** The state root and genesis hash of any Substrate chain spec with a raw genesis, or of one of ours in any form. */
export function genesisOf(spec: ChainSpec, stateVersion: 0 | 1): { readonly stateRoot: Uint8Array; readonly genesisHash: BlockHash } {
  const stateRoot = spec.genesis.type === "stateRootHash" ? spec.genesis.hash : rootOf(stateOf(spec), stateVersion);
  return { stateRoot, genesisHash: headerHash(genesisHeader(stateRoot)) };
}

interface RawState {
  readonly entries: readonly Entry[];
  readonly children: readonly ChildTrie[];
}

function stateOf({ genesis, chainType }: ChainSpec): RawState {
  switch (genesis.type) {
    case "raw":
      return { entries: genesis.top, children: genesis.children };
    case "runtime":
      return { entries: buildState(readConfig(genesis.form, genesis.config, chainType)), children: [] };
    case "stateRootHash":
      throw new ChainSpecError({ code: "SPEC_STATE_MISSING", path: "genesis.stateRootHash" }, "chain spec: genesis.stateRootHash: only a root is given, not the state");
  }
}

/** Child tries hang in the main trie by their roots; an empty one leaves no trace. */
function rootOf({ entries, children }: RawState, stateVersion: 0 | 1): Uint8Array {
  const roots = children.filter((child) => child.entries.length > 0).map((child): Entry => [concatBytes(CHILD_PREFIX, child.key), trieRoot(child.entries, stateVersion)]);
  const all = [...entries, ...roots].sort((a, b) => compareBytes(a[0], b[0]));
  for (let i = 1; i < all.length; i++) {
    if (equalBytes(all[i - 1]![0], all[i]![0])) throw invalid("genesis.raw.top", "holds the root of a child trie that childrenDefault gives too");
  }
  return trieRoot(all, stateVersion);
}

function nativeCode(entries: readonly Entry[]): Code {
  const code = entries.find(([key]) => equalBytes(key, CODE_KEY))?.[1];
  if (code === undefined) throw invalid("genesis.raw.top", "has no :code (0x3a636f6465)");
  try {
    return decodeCode(code);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new ChainSpecError({ code: "SPEC_FOREIGN_RUNTIME", path: "genesis" }, "chain spec: the runtime in :code is not one of this program's: it runs no Wasm", { cause: error });
  }
}

/** Clients take the address format from either place, so both must say the same. */
function checkProperties({ properties }: ChainSpec, params: RuntimeParams): void {
  const format = properties["ss58Format"];
  if (format !== undefined && format !== params.ss58_prefix) throw invalid("properties.ss58Format", `is ${JSON.stringify(format)}, but the runtime's addresses have the prefix ${params.ss58_prefix}`);
}

function refuseSudo(entries: readonly Entry[], params: RuntimeParams): void {
  const keyBytes = SudoKey.item.keyBytes(undefined);
  const what = entries.some(([key]) => equalBytes(key, keyBytes)) ? "it has a sudo key" : params.sudo_allowed ? "its parameters allow sudo" : undefined;
  if (what !== undefined) {
    throw new ChainSpecError({ code: "SPEC_LIVE_SUDO", path: "genesis" }, `chain spec: a Live chain must not have sudo, and ${what}: remove the key and set params.sudo_allowed to false`);
  }
}
