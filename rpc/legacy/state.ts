import { blake2b256 } from "#hash";
import type { Backend, ChainBackend, StateView } from "../backend.ts";
import type { OnBackgroundError } from "../background.ts";
import { hex, hexJson, metadataJson, runtimeVersionJson } from "../encode.ts";
import type { Method, MethodTable, ParamReader } from "../method.ts";
import { API_NAME_CHARS_MAX, callInput, optionalBlock, storageKey } from "../shapes.ts";
import { listOf } from "../transport/params.ts";
import { keyMethods } from "./state-keys.ts";
import { queryMethods } from "./state-query.ts";
import { runtimeVersionSubscription, storageSubscription } from "./state-subscriptions.ts";

const PROOF_KEYS_MAX = 1000;

/** `state_traceBlock` and `state_trieMigrationStatus` are not here: nothing in this node could answer them. */
export function stateMethods({ chain }: Backend, onError: OnBackgroundError): MethodTable {
  return {
    methods: [
      call(chain),
      getMetadata(chain),
      getRuntimeVersion(chain),
      ...valueMethods(chain),
      getReadProof(chain),
      ...keyMethods(chain),
      ...queryMethods(chain),
    ],
    subscriptions: [storageSubscription(chain, onError), runtimeVersionSubscription(chain, onError)],
  };
}

/** The state that the next parameter, a block hash, asks for; the best block's without one. */
export function stateOf(chain: ChainBackend, params: ParamReader): Promise<StateView> {
  return chain.state(optionalBlock(params) ?? chain.best().hash);
}

function call(chain: ChainBackend): Method {
  return {
    name: "state_call",
    aliases: ["state_callAt"],
    safety: "safe",
    params: ["name", "bytes", "at"],
    handler: async (params) => {
      const name = params.string("name", API_NAME_CHARS_MAX);
      const input = params.get("bytes", callInput);
      return hexJson(await (await stateOf(chain, params)).call(name, input));
    },
  };
}

function getMetadata(chain: ChainBackend): Method {
  const handler: Method["handler"] = async (params) => metadataJson((await stateOf(chain, params)).runtime);
  return { name: "state_getMetadata", safety: "safe", params: ["at"], handler };
}

function getRuntimeVersion(chain: ChainBackend): Method {
  return {
    name: "state_getRuntimeVersion",
    aliases: ["chain_getRuntimeVersion"],
    safety: "safe",
    params: ["at"],
    handler: async (params) => runtimeVersionJson((await stateOf(chain, params)).runtime.version),
  };
}

function valueMethods(chain: ChainBackend): Method[] {
  const read = (name: string, show: (value: Uint8Array) => unknown): Method => ({
    name: `state_${name}`,
    aliases: [`state_${name}At`],
    safety: "safe",
    params: ["key", "at"],
    handler: async (params) => {
      const { bytes } = params.get("key", storageKey);
      const value = await (await stateOf(chain, params)).get(bytes);
      return value === undefined ? null : show(value);
    },
  });
  return [read("getStorage", hexJson), read("getStorageHash", (value) => hexJson(blake2b256(value)))];
}

function getReadProof(chain: ChainBackend): Method {
  return {
    name: "state_getReadProof",
    safety: "safe",
    params: ["keys", "at"],
    handler: async (params) => {
      const keys = params.get("keys", listOf(storageKey, PROOF_KEYS_MAX));
      const state = await stateOf(chain, params);
      const proof = await state.proof(keys.map(({ bytes }) => bytes));
      return { at: hex(state.block.hash), proof: proof.map(hex) };
    },
  };
}
