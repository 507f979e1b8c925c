// What chainHead_v1_storage and archive_v1_storage ask of a state, and how it is read in order and in bounded steps.
import { blake2b256 } from "#hash";
import type { Hash } from "../../runtime/primitives/types.ts";
import type { StateView } from "../backend.ts";
import { hex } from "../encode.ts";
import type { Hex } from "../encode.ts";
import type { Shape } from "../method.ts";
import { storageKey } from "../shapes.ts";
import type { KeyParam } from "../shapes.ts";
import { closestDescendantMerkleValue } from "./merkle-value.ts";

const TYPES = ["value", "hash", "closestDescendantMerkleValue", "descendantsValues", "descendantsHashes"] as const;
type QueryType = (typeof TYPES)[number];

export interface StorageQuery {
  readonly key: KeyParam;
  readonly type: QueryType;
  /** Of the two descendants types: keys after this one. */
  readonly start: Uint8Array | undefined;
}

export interface StorageResult {
  readonly key: Hex;
  readonly value?: Hex;
  readonly hash?: Hex;
  readonly closestDescendantMerkleValue?: Hex;
}

/** Keys asked of the state at once. */
const STEP_KEYS = 128;

export const storageQuery: Shape<StorageQuery> = {
  expected: `an object { "key": "0x...", "type": one of ${TYPES.join(", ")} }, with "paginationStartKey" only for descendants`,
  parse: (value) => {
    if (typeof value !== "object" || value === null) return undefined;
    const { key, type, paginationStartKey } = value as Record<string, unknown>;
    const parsed = storageKey.parse(key);
    const known = TYPES.find((name) => name === type);
    if (parsed === undefined || known === undefined) return undefined;
    if (paginationStartKey === undefined || paginationStartKey === null) return { key: parsed, type: known, start: undefined };
    const start = storageKey.parse(paginationStartKey);
    return start !== undefined && isDescendants(known) ? { key: parsed, type: known, start: start.bytes } : undefined;
  },
};

export function isDescendants(type: QueryType): boolean {
  return type === "descendantsValues" || type === "descendantsHashes";
}

/** The root in the header of the state's block; only a query for a Merkle value needs it. */
export type StateRootOf = () => Promise<Hash>;

type Results = AsyncGenerator<StorageResult, void>;

/** The found items, query by query. Reads on only as they are taken. */
export async function* readStorage(state: StateView, stateRoot: StateRootOf, queries: readonly StorageQuery[]): Results {
  for (const query of queries) {
    if (isDescendants(query.type)) yield* descendants(state, query);
    else {
      const found = await single(state, stateRoot, query);
      if (found !== undefined) yield found;
    }
  }
}

async function single(state: StateView, stateRoot: StateRootOf, { key, type }: StorageQuery): Promise<StorageResult | undefined> {
  if (type === "closestDescendantMerkleValue") {
    const merkleValue = await closestDescendantMerkleValue(state, await stateRoot(), key.bytes);
    return merkleValue === undefined ? undefined : { key: key.hex, closestDescendantMerkleValue: hex(merkleValue) };
  }
  const value = await state.get(key.bytes);
  if (value === undefined) return undefined;
  return type === "value" ? { key: key.hex, value: hex(value) } : { key: key.hex, hash: hex(blake2b256(value)) };
}

async function* descendants(state: StateView, { key, type, start }: StorageQuery): Results {
  let after = start;
  for (;;) {
    const keys = await state.keys(key.bytes, after, STEP_KEYS);
    for (const found of keys) {
      const value = await state.get(found);
      if (value === undefined) continue;
      yield type === "descendantsValues" ? { key: hex(found), value: hex(value) } : { key: hex(found), hash: hex(blake2b256(value)) };
    }
    if (keys.length < STEP_KEYS) return;
    after = keys.at(-1)!;
  }
}

/** Size of the item as JSON, roughly: for the bound of a page. */
export function resultChars({ key, value }: StorageResult): number {
  return key.length + (value?.length ?? 66) + 64;
}
