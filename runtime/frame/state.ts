import { compareBytes, fromLatin1, startsWith, toLatin1 } from "../primitives/bytes.ts";
import { Writer } from "../primitives/codec/index.ts";
import type { StorageItem } from "./storage.ts";

/** The state that a block starts from: synchronous, immutable while it is read. */
export interface StateReader {
  get(key: Uint8Array): Uint8Array | undefined;
  /** Keys with `prefix` in byte order, after `start` (exclusive) when given, at most `limit`. */
  keysUnder(prefix: Uint8Array, start: Uint8Array | undefined, limit: number): Uint8Array[];
}

/** One key that a block changed. `value` undefined: removed. */
export interface StateChange {
  readonly key: Uint8Array;
  readonly value: Uint8Array | undefined;
  /** What the parent's state has. */
  readonly before: Uint8Array | undefined;
  /** `before` is not undefined. */
  readonly had: boolean;
}

/** A key that was read or written in this block. Values are immutable: a write replaces `value`. */
interface Entry {
  readonly key: Uint8Array;
  readonly item: StorageItem | undefined;
  /** Decoded; undefined is absent. */
  value: unknown;
  /** Bytes in the parent's state. */
  readonly before: Uint8Array | undefined;
  dirty: boolean;
}

interface Undo {
  readonly entry: Entry;
  readonly value: unknown;
  readonly dirty: boolean;
}

/** A point to which `rollback` can return. */
export type Mark = number;

/**
 * The overlay of one block over its parent's state: decoded entries by storage item, a journal with a mark per dispatch.
 * A key is decoded once and encoded once per block, however often it is read and written.
 */
export class State {
  readonly #parent: StateReader;
  readonly #items: ReadonlyMap<string, StorageItem>;
  /** By the item's slot; slot 0 holds keys of no known item, under the whole key. */
  readonly #entries: (Map<string, Entry> | undefined)[] = [];
  readonly #journal: Undo[] = [];

  /** @param items - every storage item of the runtime, by the latin1 of its 32-byte prefix. */
  constructor(parent: StateReader, items: ReadonlyMap<string, StorageItem>) {
    this.#parent = parent;
    this.#items = items;
  }

  /** `id` names the key within the item: the latin1 of its encoded key arguments. */
  read(item: StorageItem, id: string, key: unknown): unknown {
    const known = this.#slot(item.slot).get(id);
    return known !== undefined ? known.value : this.#load(item, id, key).value;
  }

  /** @param value - decoded and from now on immutable; undefined removes the key. */
  write(item: StorageItem, id: string, key: unknown, value: unknown): void {
    const entry = this.#slot(item.slot).get(id) ?? this.#load(item, id, key);
    this.#assign(entry, value);
  }

  mark(): Mark {
    return this.#journal.length;
  }

  rollback(mark: Mark): void {
    for (let i = this.#journal.length - 1; i >= mark; i--) {
      const { entry, value, dirty } = this.#journal[i]!;
      entry.value = value;
      entry.dirty = dirty;
    }
    this.#journal.length = mark;
  }

  /** Bytes of any key as this block sees it. */
  getRaw(key: Uint8Array): Uint8Array | undefined {
    const entry = this.#entryOf(key);
    return entry.dirty ? encodeEntry(entry, new Writer()) : entry.before;
  }

  /** Writes bytes under any key. Bytes that the item's type does not accept are refused with a DecodeError. */
  setRaw(key: Uint8Array, value: Uint8Array | undefined): void {
    const entry = this.#entryOf(key);
    this.#assign(entry, value === undefined || entry.item === undefined ? value : entry.item.decodeValue(value));
  }

  /** Live keys with `prefix` in byte order, at most `limit`. */
  keysUnder(prefix: Uint8Array, limit: number): Uint8Array[] {
    const changed = this.#dirtyEntries().filter((entry) => startsWith(entry.key, prefix));
    const removed = new Set(changed.filter((entry) => entry.value === undefined).map((entry) => toLatin1(entry.key)));
    const added = changed.filter((entry) => entry.value !== undefined).map((entry) => entry.key);
    const kept = this.#parent.keysUnder(prefix, undefined, limit + removed.size).filter((key) => !removed.has(toLatin1(key)));
    const all = new Map([...kept, ...added].map((key) => [toLatin1(key), key]));
    return [...all.values()].sort(compareBytes).slice(0, limit);
  }

  /** What the block changed, sorted by key; keys whose bytes are as before are left out. */
  changes(): StateChange[] {
    const writer = new Writer(4096);
    const out: StateChange[] = [];
    for (const entry of this.#dirtyEntries()) {
      const value = encodeEntry(entry, writer);
      if (!sameBytes(value, entry.before)) out.push({ key: entry.key, value, before: entry.before, had: entry.before !== undefined });
    }
    return out.sort((a, b) => compareBytes(a.key, b.key));
  }

  #slot(slot: number): Map<string, Entry> {
    return (this.#entries[slot] ??= new Map());
  }

  #load(item: StorageItem, id: string, key: unknown): Entry {
    const fullKey = item.keyBytes(key);
    const before = this.#parent.get(fullKey);
    const entry: Entry = { key: fullKey, item, value: before === undefined ? undefined : item.decodeValue(before), before, dirty: false };
    this.#slot(item.slot).set(id, entry);
    return entry;
  }

  #entryOf(key: Uint8Array): Entry {
    const item = this.#items.get(toLatin1(key.subarray(0, 32)));
    const id = item?.idOfKey(key);
    if (item !== undefined && id !== undefined) return this.#slot(item.slot).get(id) ?? this.#loadKnown(item, id, key);
    const whole = toLatin1(key);
    const known = this.#slot(0).get(whole);
    if (known !== undefined) return known;
    const before = this.#parent.get(key);
    const entry: Entry = { key: key.slice(), item: undefined, value: before, before, dirty: false };
    this.#slot(0).set(whole, entry);
    return entry;
  }

  #loadKnown(item: StorageItem, id: string, key: Uint8Array): Entry {
    const before = this.#parent.get(key);
    const entry: Entry = { key: key.slice(), item, value: before === undefined ? undefined : item.decodeValue(before), before, dirty: false };
    this.#slot(item.slot).set(id, entry);
    return entry;
  }

  #assign(entry: Entry, value: unknown): void {
    this.#journal.push({ entry, value: entry.value, dirty: entry.dirty });
    entry.value = value;
    entry.dirty = true;
  }

  #dirtyEntries(): Entry[] {
    const out: Entry[] = [];
    for (const slot of this.#entries) {
      if (slot === undefined) continue;
      for (const entry of slot.values()) if (entry.dirty) out.push(entry);
    }
    return out;
  }
}

function encodeEntry(entry: Entry, writer: Writer): Uint8Array | undefined {
  if (entry.value === undefined) return undefined;
  if (entry.item === undefined) return entry.value as Uint8Array;
  writer.length = 0;
  entry.item.encodeValue(entry.value, writer);
  return writer.finish();
}

function sameBytes(a: Uint8Array | undefined, b: Uint8Array | undefined): boolean {
  return a === undefined || b === undefined ? a === b : a.length === b.length && compareBytes(a, b) === 0;
}

/** A state held in a Map, for genesis and tests. */
export class MemoryState implements StateReader {
  readonly entries = new Map<string, Uint8Array>();

  get(key: Uint8Array): Uint8Array | undefined {
    return this.entries.get(toLatin1(key));
  }

  keysUnder(prefix: Uint8Array, start: Uint8Array | undefined, limit: number): Uint8Array[] {
    const keys = [...this.entries.keys()].map(fromLatin1).filter((key) => startsWith(key, prefix));
    return keys
      .filter((key) => start === undefined || compareBytes(key, start) > 0)
      .sort(compareBytes)
      .slice(0, limit);
  }

  apply(changes: readonly StateChange[]): void {
    for (const { key, value } of changes) {
      if (value === undefined) this.entries.delete(toLatin1(key));
      else this.entries.set(toLatin1(key), value);
    }
  }
}

/** No state at all: what genesis starts from. */
export const EMPTY_STATE: StateReader = { get: () => undefined, keysUnder: () => [] };

