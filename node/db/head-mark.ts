// A small file beside LevelDB's own: which block was last acknowledged as final. LevelDB ends at the last whole record of its log;
// that a whole record is missing behind it, nothing in it can say.
import { closeSync, constants, openSync, readFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { blake2b256 } from "#hash";
import { concatBytes, equalBytes } from "../../runtime/primitives/bytes.ts";
import { readU32be, u32be } from "./keys.ts";

/** No name that LevelDB could take for one of its files. */
export const HEAD_MARK_FILE = "acknowledged-head";
const HASH_BYTES = 32;
const CHECK_BYTES = 8;
const SIZE = 4 + HASH_BYTES + CHECK_BYTES;

export interface HeadMark {
  readonly number: number;
  readonly hash: Uint8Array;
}

/** Undefined when there is none, or none that is whole: then nothing is known. */
export function readHeadMark(path: string): HeadMark | undefined {
  let bytes: Uint8Array;
  try {
    bytes = new Uint8Array(readFileSync(join(path, HEAD_MARK_FILE)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
  if (bytes.length !== SIZE || !equalBytes(checkOf(bytes), bytes.subarray(4 + HASH_BYTES))) return undefined;
  return { number: readU32be(bytes), hash: bytes.slice(4, 4 + HASH_BYTES) };
}

function checkOf(bytes: Uint8Array): Uint8Array {
  return blake2b256(bytes.subarray(0, 4 + HASH_BYTES)).subarray(0, CHECK_BYTES);
}

/**
 * Overwrites the mark in place, after the batch it speaks of is durable. It is not synced itself: it outlives the process at once
 * and a power cut a little later, and never says more than the disk holds.
 */
export class HeadMarkWriter {
  readonly #fd: number;

  constructor(path: string) {
    this.#fd = openSync(join(path, HEAD_MARK_FILE), constants.O_WRONLY | constants.O_CREAT, 0o600);
  }

  write({ number, hash }: HeadMark): void {
    const content = concatBytes(u32be(number), hash);
    writeSync(this.#fd, concatBytes(content, checkOf(content)), 0, SIZE, 0);
  }

  close(): void {
    closeSync(this.#fd);
  }
}
