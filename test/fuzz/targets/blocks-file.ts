import { rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { concatBytes } from "../../../runtime/primitives/bytes.ts";
import { Writer } from "../../../runtime/primitives/codec/index.ts";
import { BlocksFileError, encodeSignedBlock, readBlocks } from "../../../node/db/blocks-file.ts";
import type { SignedBlock } from "../../../node/db/blocks-file.ts";
import { extrinsics, header } from "../material.ts";
import { refusable, same } from "../rules.ts";

const file = join(tmpdir(), `mesi-fuzz-blocks-${process.pid}`);

function written(blocks: readonly SignedBlock[]): Uint8Array {
  const count = new Writer();
  count.u64(BigInt(blocks.length));
  return concatBytes(count.finish(), ...blocks.map(encodeSignedBlock));
}

/** A file of blocks is refused with the place where it stops making sense, or is what exporting its blocks writes. */
export function fuzz(bytes: Uint8Array): void {
  writeFileSync(file, bytes);
  const blocks = readAndRemove();
  if (blocks !== undefined) same(written(blocks), bytes, "the blocks are exported as other bytes");
}

function readAndRemove(): SignedBlock[] | undefined {
  try {
    return refusable(() => [...readBlocks(file)].map(({ block }) => block), BlocksFileError);
  } finally {
    rmSync(file, { force: true });
  }
}

export function seeds(): Uint8Array[] {
  const block: SignedBlock = { header, extrinsics: extrinsics().slice(0, 2), justifications: undefined };
  const justified: SignedBlock = { header: { ...header, digest: { logs: [] } }, extrinsics: [], justifications: [[Uint8Array.of(1, 2, 3, 4), new Uint8Array(9)]] };
  return [written([]), written([justified]), written([block, justified, block])];
}
