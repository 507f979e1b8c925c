import { toLatin1 } from "../../runtime/primitives/bytes.ts";
import type { RuntimeApis } from "../../runtime/frame/apis.ts";
import type { StateChange, StateReader } from "../../runtime/frame/state.ts";
import type { RuntimeVersion } from "../../runtime/frame/types.ts";
import type { BlockHash, Header } from "../../runtime/primitives/types.ts";
import type { StateTrie, TrieRoot } from "../../runtime/trie/trie.ts";
import type { ImportedBlock } from "../../rpc/backend.ts";
import type { FinalizedState } from "../db/finalized-state.ts";

/** One executed block in the tree above (and just below) the last finalized one: its overlay of state and its version of the trie. */
export class BlockNode implements ImportedBlock {
  readonly hash: BlockHash;
  readonly number: number;
  readonly parent: BlockHash;
  readonly header: Header;
  readonly extrinsics: readonly Uint8Array[];
  readonly changeList: readonly StateChange[];
  readonly changes: ReadonlyMap<string, Uint8Array | undefined>;
  /** The runtime that executes this block's children. */
  readonly runtime: RuntimeApis;
  readonly newRuntime: RuntimeVersion | undefined;
  readonly trie: TrieRoot;
  /** Undefined when the parent is long committed. */
  parentNode: BlockNode | undefined;
  readonly children: BlockNode[] = [];
  /** Its changes are part of the database. */
  committed = false;
  /** A finalized block excludes it. */
  dropped = false;
  pins = 0;

  constructor(fields: {
    readonly hash: BlockHash;
    readonly header: Header;
    readonly extrinsics: readonly Uint8Array[];
    readonly changes: readonly StateChange[];
    readonly runtime: RuntimeApis;
    readonly newRuntime: RuntimeVersion | undefined;
    readonly trie: TrieRoot;
    readonly parentNode: BlockNode | undefined;
  }) {
    this.hash = fields.hash;
    this.number = fields.header.number;
    this.parent = fields.header.parent_hash as BlockHash;
    this.header = fields.header;
    this.extrinsics = fields.extrinsics;
    this.changeList = fields.changes;
    this.changes = new Map(fields.changes.map(({ key, value }) => [toLatin1(key), value]));
    this.runtime = fields.runtime;
    this.newRuntime = fields.newRuntime;
    this.trie = fields.trie;
    this.parentNode = fields.parentNode;
  }

  /** The nearest ancestor, this block included, whose changes are in the database. */
  get committedAncestor(): BlockNode {
    let node: BlockNode = this;
    while (!node.committed) node = node.parentNode!;
    return node;
  }
}

/** The value that the overlays from `node` down to the first committed block give a key; `found` is false when none has it. */
export function overlayValue(node: BlockNode, key: Uint8Array): { readonly found: boolean; readonly value: Uint8Array | undefined } {
  const id = toLatin1(key);
  for (let at = node; !at.committed; at = at.parentNode!) {
    const value = at.changes.get(id);
    if (value !== undefined || at.changes.has(id)) return { found: true, value };
  }
  return { found: false, value: undefined };
}

/** The state after a block whose committed ancestor is the database's head: synchronous. */
export class OverlayState implements StateReader {
  readonly #node: BlockNode;
  readonly #base: FinalizedState;
  readonly #trie: StateTrie;

  constructor(node: BlockNode, base: FinalizedState, trie: StateTrie) {
    this.#node = node;
    this.#base = base;
    this.#trie = trie;
  }

  get(key: Uint8Array): Uint8Array | undefined {
    const { found, value } = overlayValue(this.#node, key);
    return found ? value : this.#base.get(key);
  }

  keysUnder(prefix: Uint8Array, start: Uint8Array | undefined, limit: number): Uint8Array[] {
    return this.#trie.keysUnder(this.#node.trie, prefix, start, limit);
  }
}
