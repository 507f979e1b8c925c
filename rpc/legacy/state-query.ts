import { equalBytes } from "../../runtime/primitives/bytes.ts";
import { BlockHash } from "../../runtime/primitives/types.ts";
import { BackendError } from "../backend.ts";
import type { ChainBackend, StateView } from "../backend.ts";
import { hex } from "../encode.ts";
import type { Hex } from "../encode.ts";
import { ErrorCode, responseTooBig, tooMany } from "../error-codes.ts";
import { RawJson, RpcError } from "../method.ts";
import type { Method, ParamReader } from "../method.ts";
import { optionalBlock, storageKey } from "../shapes.ts";
import type { KeyParam } from "../shapes.ts";
import { listOf } from "../transport/params.ts";
import { stateOf } from "./state.ts";

const KEYS_MAX = 10_000;
const RANGE_KEYS_MAX = 1000;
const RANGE_BLOCKS_MAX = 1000;
/** Values of one answer; as hex they fill a response of 15 MiB. */
const VALUE_BYTES_MAX = 7 * 1024 * 1024;

export function queryMethods(chain: ChainBackend): Method[] {
  return [queryStorageAt(chain), queryStorage(chain)];
}

/** `{ block, changes: [[key, value or null]] }`: keys as asked, lower-case. Nothing in it needs escaping. */
export function changeSetJson(block: Hex, changes: readonly (readonly [Hex, Uint8Array | undefined])[]): string {
  const pairs = changes.map(([key, value]) => (value === undefined ? `["${key}",null]` : `["${key}","${hex(value)}"]`));
  return `{"block":"${block}","changes":[${pairs.join(",")}]}`;
}

function queryStorageAt(chain: ChainBackend): Method {
  return {
    name: "state_queryStorageAt",
    safety: "safe",
    params: ["keys", "at"],
    handler: async (params) => {
      const keys = params.get("keys", listOf(storageKey, KEYS_MAX));
      const state = await stateOf(chain, params);
      return new RawJson(`[${changeSetJson(hex(state.block.hash), await readAll(state, keys))}]`);
    },
  };
}

async function readAll(state: StateView, keys: readonly KeyParam[]): Promise<[Hex, Uint8Array | undefined][]> {
  const budget = new ByteBudget();
  const values: [Hex, Uint8Array | undefined][] = [];
  for (const { hex: key, bytes } of keys) {
    const value = await state.get(bytes);
    budget.take(value);
    values.push([key, value]);
  }
  return values;
}

class ByteBudget {
  #left = VALUE_BYTES_MAX;
  take(value: Uint8Array | undefined): void {
    this.#left -= value?.length ?? 0;
    if (this.#left < 0) throw responseTooBig(VALUE_BYTES_MAX, "ask for fewer keys at once");
  }
}

/** The values at `from`, then what changed in each block up to `to`. */
function queryStorage(chain: ChainBackend): Method {
  return {
    name: "state_queryStorage",
    safety: "unsafe",
    params: ["keys", "block", "hash"],
    handler: async (params, { signal }) => {
      const keys = params.get("keys", listOf(storageKey, RANGE_KEYS_MAX));
      const hashes = await blockRange(chain, params);
      const budget = new ByteBudget();
      const last = new Map<Hex, string>();
      const sets: string[] = [];
      for (const hash of hashes) {
        if (signal.aborted) break;
        const changes = (await readAll(await chain.state(hash), keys)).filter(([key, value]) => {
          const text = value === undefined ? "null" : hex(value);
          const changed = last.get(key) !== text;
          last.set(key, text);
          return changed;
        });
        for (const [, value] of changes) budget.take(value);
        if (changes.length > 0 || sets.length === 0) sets.push(changeSetJson(hex(hash), changes));
      }
      return new RawJson(`[${sets.join(",")}]`);
    },
  };
}

/** From the first parameter's block to the second's (default: the best one), which must descend from it. */
async function blockRange(chain: ChainBackend, params: ParamReader): Promise<BlockHash[]> {
  const from = BlockHash(params.hash("block"));
  const to = optionalBlock(params, "hash") ?? chain.best().hash;
  const first = await knownHeader(chain, from);
  const last = await knownHeader(chain, to);
  const refuse = (details: string): RpcError =>
    new RpcError(ErrorCode.STATE_INVALID_RANGE, `Cannot resolve a block range ['${hex(from)}' ... '${hex(to)}]. ${details}`);
  if (first.number > last.number) throw refuse("from number > to number");
  const count = last.number - first.number + 1;
  if (count > RANGE_BLOCKS_MAX) throw tooMany(count, RANGE_BLOCKS_MAX);
  const hashes = [to];
  for (let parent = last.parent_hash; hashes.length < count; ) {
    hashes.push(BlockHash(parent));
    if (hashes.length < count) parent = (await knownHeader(chain, BlockHash(parent))).parent_hash;
  }
  if (!equalBytes(hashes.at(-1)!, from)) throw refuse("from and to are on different forks");
  return hashes.reverse();
}

async function knownHeader(chain: ChainBackend, hash: BlockHash) {
  const header = await chain.header(hash);
  if (header === undefined) throw new BackendError({ code: "UNKNOWN_BLOCK", hash: hex(hash) }, `block ${hex(hash)} is unknown`);
  return header;
}
