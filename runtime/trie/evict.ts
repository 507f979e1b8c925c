import type { Branch } from "./branch.ts";
import { BRANCH_OVERHEAD_BYTES } from "./branch.ts";

/** Age classes: 0 for this update, then doubling. */
const CLASSES = 24;

/**
 * Drops clean branches, those unused for longest first, until about `limitBytes` are left. A branch is used whenever one under
 * it is, so an old branch goes with all that hangs under it.
 *
 * @returns the estimate of what is left. Cost: one or two walks over the loaded branches.
 */
export function evictBranches(root: Branch, limitBytes: number, epoch: number): number {
  const byClass = new Array<number>(CLASSES).fill(0);
  measure(root, epoch, byClass);
  let keep = 0;
  let kept = byClass[0];
  while (keep + 1 < CLASSES && kept + byClass[keep + 1] <= limitBytes) kept += byClass[++keep];
  if (keep + 1 >= CLASSES) return kept;
  return sizeOf(root) + drop(root, epoch, keep);
}

function sizeOf(branch: Branch): number {
  return branch.record.length + BRANCH_OVERHEAD_BYTES;
}

function ageClass(branch: Branch, epoch: number): number {
  return branch.dirty ? 0 : Math.min(CLASSES - 1, 32 - Math.clz32(Math.max(0, epoch - branch.used)));
}

function measure(branch: Branch, epoch: number, byClass: number[]): void {
  byClass[ageClass(branch, epoch)] += sizeOf(branch);
  if (branch.kids === undefined) return;
  for (const kid of branch.kids) if (kid !== undefined) measure(kid, epoch, byClass);
}

function drop(branch: Branch, epoch: number, keep: number): number {
  const { kids } = branch;
  if (kids === undefined) return 0;
  let left = 0;
  for (let nibble = 0; nibble < 16; nibble++) {
    const kid = kids[nibble];
    if (kid === undefined) continue;
    if (ageClass(kid, epoch) > keep) kids[nibble] = undefined;
    else left += sizeOf(kid) + drop(kid, epoch, keep);
  }
  return left;
}
