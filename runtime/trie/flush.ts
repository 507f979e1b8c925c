import type { Branch } from "./branch.ts";
import { partialNibble } from "./branch.ts";
import { MAX_KEY_BYTES, packNibbles } from "./nibbles.ts";
import type { TrieSink } from "./pending.ts";

/** Writes the dirty branches from the root down. A clean branch has clean branches only under it. @returns how many. */
export function flushBranches(root: Branch, sink: TrieSink): number {
  if (!root.dirty) return 0;
  const nibbles = new Uint8Array(2 * MAX_KEY_BYTES + 2);
  let written = 0;
  const visit = (branch: Branch, depth: number): void => {
    branch.dirty = false;
    written++;
    sink.put("branch", packedPath(nibbles, depth), branch.record);
    if (branch.kids === undefined) return;
    const at = depth + branch.shape.partialLength;
    for (let i = depth; i < at; i++) nibbles[i] = partialNibble(branch, i - depth);
    for (let nibble = 0; nibble < 16; nibble++) {
      const kid = branch.kids[nibble];
      if (kid === undefined || !kid.dirty) continue;
      nibbles[at] = nibble;
      visit(kid, at + 1);
    }
  };
  visit(root, 0);
  return written;
}

function packedPath(nibbles: Uint8Array, count: number): Uint8Array {
  const packed = packNibbles(nibbles, count);
  const path = new Uint8Array(2 + packed.length);
  path[0] = count >> 8;
  path[1] = count & 255;
  path.set(packed, 2);
  return path;
}
