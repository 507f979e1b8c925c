import type { ChainBackend, StateView } from "../backend.ts";
import { hex } from "../encode.ts";
import { responseTooBig, tooMany } from "../error-codes.ts";
import type { Method } from "../method.ts";
import { storageKey } from "../shapes.ts";
import { stateOf } from "./state.ts";

/** Substrate's: clients page by it. */
const PAGE_KEYS_MAX = 1000;
/** Of the methods that know no pages. */
const UNPAGED_KEYS_MAX = 10_000;
const UNPAGED_BYTES_MAX = 4 * 1024 * 1024;
const PAGES_INSTEAD = "read in pages with state_getKeysPaged and state_queryStorageAt";
const NOTHING = new Uint8Array(0);

export function keyMethods(chain: ChainBackend): Method[] {
  return [getKeysPaged(chain), getKeys(chain), getPairs(chain), getStorageSize(chain)];
}

function getKeysPaged(chain: ChainBackend): Method {
  return {
    name: "state_getKeysPaged",
    aliases: ["state_getKeysPagedAt"],
    safety: "safe",
    params: ["prefix", "count", "start_key", "at"],
    handler: async (params) => {
      const prefix = params.optional("prefix", storageKey)?.bytes ?? NOTHING;
      const count = params.u32("count");
      const start = params.optional("start key", storageKey)?.bytes;
      if (count > PAGE_KEYS_MAX) throw tooMany(count, PAGE_KEYS_MAX);
      const state = await stateOf(chain, params);
      return count === 0 ? [] : (await state.keys(prefix, start, count)).map(hex);
    },
  };
}

function getKeys(chain: ChainBackend): Method {
  return {
    name: "state_getKeys",
    safety: "safe",
    params: ["prefix", "at"],
    handler: async (params) => {
      const { bytes } = params.get("prefix", storageKey);
      return (await allKeys(await stateOf(chain, params), bytes)).map(hex);
    },
  };
}

function getPairs(chain: ChainBackend): Method {
  return {
    name: "state_getPairs",
    safety: "unsafe",
    params: ["prefix", "at"],
    handler: async (params, { signal }) => {
      const { bytes } = params.get("prefix", storageKey);
      const state = await stateOf(chain, params);
      const pairs: [string, string][] = [];
      let size = 0;
      for (const key of await allKeys(state, bytes)) {
        const value = (await state.get(key)) ?? NOTHING;
        size += key.length + value.length;
        if (size > UNPAGED_BYTES_MAX) throw responseTooBig(UNPAGED_BYTES_MAX, PAGES_INSTEAD);
        if (signal.aborted) break;
        pairs.push([hex(key), hex(value)]);
      }
      return pairs;
    },
  };
}

/** Bytes of the value under the key or, where there is none, of all values below it, as Substrate does. */
function getStorageSize(chain: ChainBackend): Method {
  return {
    name: "state_getStorageSize",
    aliases: ["state_getStorageSizeAt"],
    safety: "safe",
    params: ["key", "at"],
    handler: async (params, { signal }) => {
      const { bytes } = params.get("key", storageKey);
      const state = await stateOf(chain, params);
      const value = await state.get(bytes);
      if (value !== undefined) return value.length;
      let size = 0;
      for (const key of await allKeys(state, bytes)) {
        if (signal.aborted) break;
        size += (await state.get(key))?.length ?? 0;
      }
      return size === 0 ? null : size;
    },
  };
}

async function allKeys(state: StateView, prefix: Uint8Array): Promise<Uint8Array[]> {
  const keys = await state.keys(prefix, undefined, UNPAGED_KEYS_MAX + 1);
  if (keys.length > UNPAGED_KEYS_MAX) throw responseTooBig(UNPAGED_KEYS_MAX, PAGES_INSTEAD);
  return keys;
}
