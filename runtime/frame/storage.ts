import { blake2b128, blake2b256, twox128, twox64 } from "#hash";
import { concatBytes, fromLatin1, startsWith, toLatin1, utf8 } from "../primitives/bytes.ts";
import { Reader, Writer, decode, encode, u8 } from "../primitives/codec/index.ts";
import type { AnyTy, Ty, TypeOf } from "../primitives/codec/index.ts";
import type { State } from "./state.ts";

export type HasherName = "Blake2_128" | "Blake2_256" | "Blake2_128Concat" | "Twox128" | "Twox64Concat" | "Identity";

/** How a key argument becomes bytes of the storage key. A `concat` hasher keeps the argument readable behind its hash. */
export interface Hasher {
  readonly name: HasherName;
  readonly hashSize: number;
  readonly concat: boolean;
  hash(bytes: Uint8Array): Uint8Array;
}

export const blake2_128Concat: Hasher = { name: "Blake2_128Concat", hashSize: 16, concat: true, hash: blake2b128 };
/** Only for keys that a user cannot choose: twox is not collision resistant. */
export const twox64Concat: Hasher = { name: "Twox64Concat", hashSize: 8, concat: true, hash: twox64 };
export const identity: Hasher = { name: "Identity", hashSize: 0, concat: true, hash: () => new Uint8Array(0) };
export const blake2_256: Hasher = { name: "Blake2_256", hashSize: 32, concat: false, hash: blake2b256 };

/** A storage item as metadata, genesis, raw access and the overlay see it. */
export interface StorageItem {
  readonly pallet: string;
  readonly name: string;
  readonly docs: readonly string[];
  readonly modifier: "Optional" | "Default";
  readonly hashers: readonly Hasher[];
  readonly keyTypes: readonly AnyTy[];
  readonly valueType: AnyTy;
  /** The encoded default, or the single byte 0 for an optional item. */
  readonly fallback: Uint8Array;
  /** twox128(pallet) ++ twox128(item). */
  readonly prefix: Uint8Array;
  /** Where the overlay keeps this item's entries. */
  readonly slot: number;
  keyBytes(key: unknown): Uint8Array;
  /** The overlay's id of the key arguments: one string per storage key. */
  idOf(key: unknown): string;
  /** The overlay's id of a full storage key; undefined when the key is not one of this item. */
  idOfKey(fullKey: Uint8Array): string | undefined;
  /** The key arguments of a full storage key; undefined when they cannot be read back. */
  keyOf(fullKey: Uint8Array): readonly unknown[] | undefined;
  decodeValue(bytes: Uint8Array): unknown;
  encodeValue(value: unknown, writer: Writer): void;
}

export interface StorageOptions<V> {
  /** Makes the item a `Default` one: reading an absent key gives this. Never stored by reading. */
  readonly default?: V;
  readonly docs?: string;
}

// Slots only index the overlay's tables; nothing that reaches bytes depends on them.
let nextSlot = 1;

function storageItem<V>(pallet: string, name: string, hashers: readonly Hasher[], keyTypes: readonly AnyTy[], valueType: Ty<V>, options: StorageOptions<V>): StorageItem {
  const prefix = concatBytes(twox128(utf8(pallet)), twox128(utf8(name)));
  const concat = hashers.every((hasher) => hasher.concat);
  const hasDefault = options.default !== undefined;
  const ownEncoding = keyTypes.length === 1 && isFixedBytes(keyTypes[0]!);
  const item: StorageItem = {
    pallet,
    name,
    docs: options.docs?.split("\n") ?? [],
    modifier: hasDefault ? "Default" : "Optional",
    hashers,
    keyTypes,
    valueType,
    fallback: hasDefault ? encode(valueType, options.default as V) : Uint8Array.of(0),
    prefix,
    slot: nextSlot++,
    keyBytes(key) {
      const args = keyTypes.length === 1 ? [key] : (key as readonly unknown[]);
      const parts = [prefix];
      keyTypes.forEach((type, i) => {
        const bytes = encode(type, args[i]);
        const hasher = hashers[i]!;
        parts.push(hasher.hash(bytes));
        if (hasher.concat) parts.push(bytes);
      });
      return concatBytes(...parts);
    },
    keyOf(fullKey) {
      if (!concat || !startsWith(fullKey, prefix)) return undefined;
      return readKey(fullKey, hashers, keyTypes);
    },
    // An account id or a hash is its own encoding: the hot case costs one call. A hash alone cannot be read back: the whole key names it.
    idOf: !concat ? (key) => toLatin1(item.keyBytes(key)) : ownEncoding ? (key) => toLatin1(key as Uint8Array) : (key) => encodedId(keyTypes, key),
    idOfKey(fullKey) {
      if (!concat) return startsWith(fullKey, prefix) && fullKey.length > prefix.length ? toLatin1(fullKey) : undefined;
      const args = item.keyOf(fullKey);
      return args === undefined ? undefined : item.idOf(keyTypes.length === 1 ? args[0] : args);
    },
    decodeValue: (bytes) => decode(valueType, bytes),
    encodeValue: (value, writer) => valueType.encodeTo(value as V, writer),
  };
  return item;
}

/** Reads key arguments back, checking that each hash belongs to its argument. */
function readKey(fullKey: Uint8Array, hashers: readonly Hasher[], keyTypes: readonly AnyTy[]): readonly unknown[] | undefined {
  const reader = new Reader(fullKey, 32);
  try {
    const args = keyTypes.map((type, i) => {
      const hasher = hashers[i]!;
      const hash = reader.raw(hasher.hashSize);
      const start = reader.offset;
      const value = type.decodeFrom(reader);
      return toLatin1(hasher.hash(fullKey.slice(start, reader.offset))) === toLatin1(hash) ? value : undefined;
    });
    return reader.remaining === 0 && !args.includes(undefined) ? args : undefined;
  } catch {
    return undefined;
  }
}

/** `[u8; n]`, also under another name. */
function isFixedBytes({ shape }: AnyTy): boolean {
  if (shape.kind === "array") return shape.of === u8;
  return shape.kind === "composite" && shape.fields.length === 1 && shape.fields[0]!.name === undefined && isFixedBytes(shape.fields[0]!.type);
}

const scratch = new Writer(256);

function encodedId(keyTypes: readonly AnyTy[], key: unknown): string {
  if (keyTypes.length === 0) return "";
  scratch.length = 0;
  if (keyTypes.length === 1) keyTypes[0]!.encodeTo(key, scratch);
  else keyTypes.forEach((type, i) => type.encodeTo((key as readonly unknown[])[i], scratch));
  return toLatin1(scratch.bytes.subarray(0, scratch.length));
}

/** A single value. `R` is what reading gives: `V`, or `V | undefined` where there is no default. */
export class StorageValue<V, R extends V | undefined = V | undefined> {
  readonly item: StorageItem;
  readonly #default: V | undefined;

  constructor(pallet: string, name: string, type: Ty<V>, options: StorageOptions<V> = {}) {
    this.item = storageItem(pallet, name, [], [], type, options);
    this.#default = options.default;
  }

  get(state: State): R {
    return (state.read(this.item, "", undefined) ?? this.#default) as R;
  }

  exists(state: State): boolean {
    return state.read(this.item, "", undefined) !== undefined;
  }

  set(state: State, value: V): void {
    state.write(this.item, "", undefined, value);
  }

  remove(state: State): void {
    state.write(this.item, "", undefined, undefined);
  }
}

/** A map. With several keys `K` is their tuple. */
export class StorageMap<K, V, R extends V | undefined = V | undefined> {
  readonly item: StorageItem;
  readonly #default: V | undefined;

  constructor(pallet: string, name: string, keys: readonly (readonly [Hasher, AnyTy])[], type: Ty<V>, options: StorageOptions<V> = {}) {
    this.item = storageItem(pallet, name, keys.map(([hasher]) => hasher), keys.map(([, keyType]) => keyType), type, options);
    this.#default = options.default;
  }

  get(state: State, key: K): R {
    return (state.read(this.item, this.item.idOf(key), key) ?? this.#default) as R;
  }

  exists(state: State, key: K): boolean {
    return state.read(this.item, this.item.idOf(key), key) !== undefined;
  }

  set(state: State, key: K, value: V): void {
    state.write(this.item, this.item.idOf(key), key, value);
  }

  remove(state: State, key: K): void {
    state.write(this.item, this.item.idOf(key), key, undefined);
  }

  /** The storage key of one entry. */
  keyBytes(key: K): Uint8Array {
    return this.item.keyBytes(key);
  }

  /** Entries in byte order of their storage keys, at most `limit`. For invariants, migrations and bounded maps. */
  entries(state: State, limit: number): [K, V][] {
    const { item } = this;
    return state.keysUnder(item.prefix, limit).flatMap((fullKey): [K, V][] => {
      const args = item.keyOf(fullKey);
      if (args === undefined) return []; // Root can write any bytes under any key: what is no key of this map is not in it.
      const key = (item.keyTypes.length === 1 ? args[0] : args) as K;
      return [[key, state.read(item, item.idOf(key), key) as V]];
    });
  }
}

/** A value without a default: reading an absent one gives undefined. */
export function storageValue<V>(pallet: string, name: string, type: Ty<V>, options?: { docs?: string }): StorageValue<V>;
export function storageValue<V>(pallet: string, name: string, type: Ty<V>, options: { default: V; docs?: string }): StorageValue<V, V>;
export function storageValue<V>(pallet: string, name: string, type: Ty<V>, options?: StorageOptions<V>): StorageValue<V, V | undefined> {
  return new StorageValue(pallet, name, type, options);
}

export function storageMap<K, V>(pallet: string, name: string, hasher: Hasher, key: Ty<K>, type: Ty<V>, options?: { docs?: string }): StorageMap<K, V>;
export function storageMap<K, V>(pallet: string, name: string, hasher: Hasher, key: Ty<K>, type: Ty<V>, options: { default: V; docs?: string }): StorageMap<K, V, V>;
export function storageMap<K, V>(pallet: string, name: string, hasher: Hasher, key: Ty<K>, type: Ty<V>, options?: StorageOptions<V>): StorageMap<K, V, V | undefined> {
  return new StorageMap(pallet, name, [[hasher, key]], type, options);
}

type KeyTuple<Keys extends readonly (readonly [Hasher, AnyTy])[]> = { readonly [I in keyof Keys]: TypeOf<Keys[I][1]> };

/** A map with several keys: `storageNMap("Multisig", "Multisigs", [[twox64Concat, AccountIdTy], [blake2_128Concat, HashTy]], ...)`. */
export function storageNMap<const Keys extends readonly (readonly [Hasher, AnyTy])[], V>(pallet: string, name: string, keys: Keys, type: Ty<V>, options?: { docs?: string }): StorageMap<KeyTuple<Keys>, V>;
export function storageNMap<const Keys extends readonly (readonly [Hasher, AnyTy])[], V>(pallet: string, name: string, keys: Keys, type: Ty<V>, options: { default: V; docs?: string }): StorageMap<KeyTuple<Keys>, V, V>;
export function storageNMap<const Keys extends readonly (readonly [Hasher, AnyTy])[], V>(pallet: string, name: string, keys: Keys, type: Ty<V>, options?: StorageOptions<V>): StorageMap<KeyTuple<Keys>, V, V | undefined> {
  return new StorageMap(pallet, name, keys, type, options);
}

/** Well-known keys, outside every pallet. */
export const CODE_KEY = fromLatin1(":code");
