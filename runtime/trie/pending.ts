import { fromLatin1 } from "../primitives/bytes.ts";

/**
 * What one version of the trie has beyond its parent and the store lacks, apart from the branches, which hang in its tree.
 * Versions form a chain down to the last flushed one; a chain is as long as the blocks that are not flushed.
 */
export class Pending {
  parent: Pending | undefined;
  flushed: boolean;
  /** Leaf records by path (latin1): the full key, or undefined where the slot has no leaf any more. */
  readonly leaves = new Map<string, Uint8Array | undefined>();
  /** Paths (latin1) that had a branch. */
  readonly droppedBranches = new Set<string>();

  constructor(parent: Pending | undefined) {
    this.parent = parent;
    this.flushed = parent === undefined;
  }

  /** The key of the leaf at `path`, from the newest version of the chain that wrote it. */
  leafKey(path: string): Uint8Array | undefined {
    for (let at: Pending | undefined = this; at !== undefined; at = at.parent) {
      const key = at.leaves.get(path);
      if (key !== undefined) return key;
    }
    return undefined;
  }

  /** The flushed version at the end of the chain. */
  base(): Pending {
    let at: Pending = this;
    while (at.parent !== undefined) at = at.parent;
    return at;
  }

  /** The versions that are not flushed, oldest first, this one last. */
  chain(): Pending[] {
    const out: Pending[] = [];
    for (let at: Pending | undefined = this; at !== undefined && !at.flushed; at = at.parent) out.push(at);
    return out.reverse();
  }

  /** Forgets what is in the store now, and the versions before. */
  settle(): void {
    this.flushed = true;
    this.parent = undefined;
    this.leaves.clear();
    this.droppedBranches.clear();
  }
}

export interface TrieSink {
  put(kind: "branch" | "leaf", path: Uint8Array, record: Uint8Array): void;
  del(kind: "branch" | "leaf", path: Uint8Array): void;
}

/** Writes the leaf records of a chain and removes what it dropped. @returns the entries written. */
export function flushPending(chain: readonly Pending[], sink: TrieSink): number {
  const leaves = new Map<string, Uint8Array | undefined>();
  const dropped = new Set<string>();
  for (const version of chain) {
    for (const [path, key] of version.leaves) leaves.set(path, key);
    for (const path of version.droppedBranches) dropped.add(path);
  }
  for (const path of dropped) sink.del("branch", fromLatin1(path));
  for (const [path, key] of leaves) if (key === undefined) sink.del("leaf", fromLatin1(path));
  for (const [path, key] of leaves) if (key !== undefined) sink.put("leaf", fromLatin1(path), key);
  return dropped.size + leaves.size;
}
