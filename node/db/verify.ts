// Checks that the database says one thing: state and root, numbers and headers, bodies and their roots, the records of old values.
import { blake2b256 } from "#hash";
import { equalBytes, toHex, toLatin1 } from "../../runtime/primitives/bytes.ts";
import { bytes, decode, vec } from "../../runtime/primitives/codec/index.ts";
import { DecodeError, InvariantError } from "../../runtime/primitives/errors.ts";
import { HeaderTy } from "../../runtime/primitives/types.ts";
import type { Header } from "../../runtime/primitives/types.ts";
import { orderedTrieRoot, trieRoot } from "../../runtime/trie/build.ts";
import { StateTrie } from "../../runtime/trie/trie.ts";
import type { Database, Snapshot } from "./database.ts";
import { MetaKey, Table, readU32be, u32be, unescapeKey } from "./keys.ts";
import { DatabaseTrieStore } from "./trie-store.ts";

export interface VerifyCheck {
  readonly name: string;
  readonly ok: boolean;
  /** What was counted, or the first thing that is wrong. */
  readonly detail: string;
}

export interface VerifyReport {
  readonly head: { readonly number: number; readonly hash: string } | undefined;
  readonly checks: readonly VerifyCheck[];
}

export type VerifyProgress = (check: string, done: number, total: number) => void;

/** What a check found wrong. */
class Wrong extends Error {}

interface View {
  readonly database: Database;
  readonly snapshot: Snapshot;
  readonly head: number;
  readonly header: Header;
  readonly stateFrom: number;
  readonly bodyFrom: number;
  readonly progress: VerifyProgress;
}

const BodyTy = vec(bytes);
const KeysTy = vec(bytes);
const PROGRESS_EVERY = 1_000;
const NOTHING = new Uint8Array(0);

/** Reads everything once; the state and the history of one state are held in memory. The chain must not be open elsewhere. */
export async function verifyDatabase(database: Database, progress: VerifyProgress = () => {}): Promise<VerifyReport> {
  const headMeta = database.meta(MetaKey.Head);
  if (headMeta === undefined) return { head: undefined, checks: [{ name: "head", ok: false, detail: "the database holds no chain" }] };
  const snapshot = database.snapshot();
  try {
    const number = readU32be(headMeta);
    const hash = headMeta.slice(4);
    const opened = await run("head", async () => openHead(database, hash, number));
    if (opened.header === undefined) return { head: { number, hash: toHex(hash) }, checks: [opened.check] };
    const meta = (name: string): number => (database.meta(name) === undefined ? 0 : readU32be(database.meta(name)!));
    const view: View = { database, snapshot, head: number, header: opened.header, stateFrom: meta(MetaKey.StateFrom), bodyFrom: meta(MetaKey.BodyFrom), progress };
    const checks = [opened.check];
    for (const [name, body] of CHECKS) checks.push((await run(name, () => body(view))).check);
    return { head: { number, hash: toHex(hash) }, checks };
  } finally {
    await snapshot.close();
  }
}

const CHECKS: readonly (readonly [name: string, body: (view: View) => Promise<{ readonly detail: string }>])[] = [
  ["state", checkState],
  ["trie", checkTrie],
  ["blocks", checkBlocks],
  ["bodies", checkBodies],
  ["history", checkHistory],
];

async function run<T extends { readonly detail: string }>(name: string, body: () => Promise<T>): Promise<Partial<T> & { readonly check: VerifyCheck }> {
  try {
    const result = await body();
    return { ...result, check: { name, ok: true, detail: result.detail } };
  } catch (error) {
    if (!(error instanceof Wrong || error instanceof DecodeError || error instanceof InvariantError)) throw error;
    return { check: { name, ok: false, detail: error.message } } as Partial<T> & { readonly check: VerifyCheck };
  }
}

async function openHead(database: Database, hash: Uint8Array, number: number): Promise<{ readonly header: Header; readonly detail: string }> {
  const header = readHeader((key) => database.get(Table.Header, key), hash, number);
  return { header, detail: `block ${number}, ${toHex(hash)}` };
}

function readHeader(get: (hash: Uint8Array) => Uint8Array | undefined, hash: Uint8Array, number: number): Header {
  const stored = get(hash);
  if (stored === undefined) throw new Wrong(`block ${number}: its header is missing`);
  if (!equalBytes(blake2b256(stored), hash)) throw new Wrong(`block ${number}: the header does not hash to ${toHex(hash)}`);
  const header = decode(HeaderTy, stored);
  if (header.number !== number) throw new Wrong(`block ${number}: the header says ${header.number}`);
  return header;
}

async function checkState({ snapshot, header, head }: View): Promise<{ readonly detail: string }> {
  const entries: (readonly [Uint8Array, Uint8Array])[] = [];
  for await (const entry of snapshot.entries(Table.State, { gte: NOTHING })) entries.push(entry);
  compareRoots(trieRoot(entries, 1), header, `the state of block ${head}`);
  return { detail: `${entries.length} keys have the root that the header says` };
}

function compareRoots(root: Uint8Array, header: Header, what: string): void {
  if (!equalBytes(root, header.state_root)) throw new Wrong(`${what} has the root ${toHex(root)}, the header says ${toHex(header.state_root)}`);
}

/** Walks all nodes: a key of the state that the trie does not lead to, or one too many, shows. */
async function checkTrie({ database, snapshot, header }: View): Promise<{ readonly detail: string }> {
  const trie = new StateTrie({ store: new DatabaseTrieStore(database), stateVersion: 1 });
  const root = trie.load(header.state_root);
  let after: Uint8Array | undefined;
  let count = 0;
  for (;;) {
    const page = trie.keysUnder(root, NOTHING, after, PROGRESS_EVERY);
    for (const key of page) if (snapshot.get(Table.State, key) === undefined) throw new Wrong(`the trie leads to ${toHex(key)}, which the state does not have`);
    count += page.length;
    if (page.length < PROGRESS_EVERY) break;
    after = page[page.length - 1];
  }
  let stored = 0;
  for await (const _ of snapshot.entries(Table.State, { gte: NOTHING })) stored++;
  if (stored !== count) throw new Wrong(`the trie leads to ${count} keys, the state has ${stored}`);
  return { detail: `leads to all ${count} keys` };
}

async function checkBlocks({ snapshot, head, progress }: View): Promise<{ readonly detail: string }> {
  let parent: Uint8Array | undefined;
  for (let number = 0; number <= head; number++) {
    const hash = hashOf(snapshot, number);
    const header = readHeader((key) => snapshot.get(Table.Header, key), hash, number);
    if (parent !== undefined && !equalBytes(header.parent_hash, parent)) throw new Wrong(`block ${number}: its parent is ${toHex(header.parent_hash)}, block ${number - 1} is ${toHex(parent)}`);
    parent = hash;
    if (number % PROGRESS_EVERY === 0) progress("blocks", number, head);
  }
  return { detail: `${head + 1} headers form one chain` };
}

function hashOf(snapshot: Snapshot, number: number): Uint8Array {
  const hash = snapshot.get(Table.Number, u32be(number));
  if (hash === undefined) throw new Wrong(`block ${number}: there is no hash for the number`);
  return hash;
}

async function checkBodies({ snapshot, head, bodyFrom, progress }: View): Promise<{ readonly detail: string }> {
  for (let number = Math.max(bodyFrom, 0); number <= head; number++) {
    const hash = hashOf(snapshot, number);
    const stored = snapshot.get(Table.Body, hash);
    if (stored === undefined) throw new Wrong(`block ${number}: its body is missing`);
    const root = orderedTrieRoot(decode(BodyTy, stored), 0);
    const header = readHeader((key) => snapshot.get(Table.Header, key), hash, number);
    if (!equalBytes(root, header.extrinsics_root)) throw new Wrong(`block ${number}: the body has the root ${toHex(root)}, the header says ${toHex(header.extrinsics_root)}`);
    if (number % PROGRESS_EVERY === 0) progress("bodies", number, head);
  }
  return { detail: `${head + 1 - bodyFrom} bodies, from block ${bodyFrom}, have the roots that their headers say` };
}

/** The list of changed keys and the old values must match; and taking all changes back must give the oldest readable state. */
async function checkHistory({ snapshot, head, stateFrom, progress }: View): Promise<{ readonly detail: string }> {
  const listed = await changedKeys(snapshot, stateFrom, head);
  const oldest = new Map<string, Uint8Array | undefined>();
  let records = 0;
  for await (const [record, value] of snapshot.entries(Table.History, { gte: NOTHING })) {
    const { key, size } = unescapeKey(record);
    const block = readU32be(record, size);
    if (block <= stateFrom || block > head) throw new Wrong(`an old value of ${toHex(key)} is of block ${block}, outside ${stateFrom + 1} to ${head}`);
    records++;
    // Records of one key ascend by block: the first is the value in the oldest state.
    const id = toLatin1(key);
    if (!oldest.has(id)) oldest.set(id, value[0] === 0 ? undefined : value.slice(1));
    if (records % PROGRESS_EVERY === 0) progress("history", records, listed);
  }
  if (records !== listed) throw new Wrong(`blocks changed ${listed} keys, but there are ${records} old values`);
  await checkOldest(snapshot, stateFrom, oldest);
  return { detail: `${records} old values lead back to the state of block ${stateFrom}` };
}

async function changedKeys(snapshot: Snapshot, stateFrom: number, head: number): Promise<number> {
  let count = 0;
  let expected = stateFrom + 1;
  for await (const [number, keys] of snapshot.entries(Table.Changed, { gte: NOTHING })) {
    const block = readU32be(number);
    if (block !== expected) throw new Wrong(`the next list of changes should be of block ${expected}, it is of block ${block}`);
    expected++;
    count += decode(KeysTy, keys).length;
  }
  if (expected !== head + 1) throw new Wrong(`lists of changes end at block ${expected - 1}, the chain at ${head}`);
  return count;
}

async function checkOldest(snapshot: Snapshot, stateFrom: number, oldest: ReadonlyMap<string, Uint8Array | undefined>): Promise<void> {
  const merged = new Map<string, readonly [Uint8Array, Uint8Array]>();
  for await (const [key, value] of snapshot.entries(Table.State, { gte: NOTHING })) merged.set(toLatin1(key), [key, value]);
  for (const [id, value] of oldest) {
    if (value === undefined) merged.delete(id);
    else merged.set(id, [Uint8Array.from(id, (character) => character.charCodeAt(0)), value]);
  }
  const ids = [...merged.keys()].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const header = readHeader((key) => snapshot.get(Table.Header, key), hashOf(snapshot, stateFrom), stateFrom);
  compareRoots(trieRoot(ids.map((id) => merged.get(id)!), 1), header, `the state of block ${stateFrom}`);
}
