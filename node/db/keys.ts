// Every key of the chain database: one byte says the table. Numbers are never reused; retired ones stay listed as retired.
import { allocBytes, concatBytes } from "../../runtime/primitives/bytes.ts";

export const Table = {
  /** Name -> value: see MetaKey. */
  Meta: 0x01,
  /** Block hash -> encoded header. */
  Header: 0x02,
  /** Block hash -> encoded Vec<Vec<u8>>, each extrinsic with its own length prefix inside. */
  Body: 0x03,
  /** Block hash -> encoded Vec<([u8; 4], Vec<u8>)>. */
  Justification: 0x04,
  /** u32 big-endian -> hash of the finalized block. */
  Number: 0x05,
  /** Storage key -> value after the last finalized block. */
  State: 0x10,
  /** Trie path -> branch record. */
  TrieBranch: 0x11,
  /** Trie path -> full key of the leaf that hangs there. */
  TrieLeaf: 0x12,
  /** Escaped storage key, block -> value before that block. */
  History: 0x13,
  /** u32 big-endian -> encoded Vec<Vec<u8>>: the keys that the block changed. */
  Changed: 0x14,
} as const;
export type Table = (typeof Table)[keyof typeof Table];

export const MetaKey = {
  /** u32: layout of this database. */
  Version: "version",
  /** 32 bytes. */
  Genesis: "genesis",
  /** Number (u32) and hash of the last finalized block. */
  Head: "head",
  /** u32: the oldest block whose state can still be read. */
  StateFrom: "state-from",
  /** u32: the oldest block whose body is still here. */
  BodyFrom: "body-from",
} as const;
export const DATABASE_VERSION = 1;

export function tableKey(table: Table, key: Uint8Array): Uint8Array {
  const out = allocBytes(1 + key.length);
  out[0] = table;
  out.set(key, 1);
  return out;
}

export function u32be(value: number): Uint8Array {
  const out = new Uint8Array(4);
  new DataView(out.buffer).setUint32(0, value);
  return out;
}

export function readU32be(bytes: Uint8Array, offset = 0): number {
  return new DataView(bytes.buffer, bytes.byteOffset).getUint32(offset);
}

/**
 * A key that sorts as the original does and that no other key's encoding begins with: 00 becomes 00 ff, the end is 00 00.
 * So all versions of one key lie together, in the order of blocks.
 */
export function escapeKey(key: Uint8Array): Uint8Array {
  let zeros = 0;
  for (let i = 0; i < key.length; i++) if (key[i] === 0) zeros++;
  const out = allocBytes(key.length + zeros + 2);
  let at = 0;
  for (let i = 0; i < key.length; i++) {
    out[at++] = key[i]!;
    if (key[i] === 0) out[at++] = 0xff;
  }
  return out;
}

/** The inverse; also returns how many bytes the escaped key took. */
export function unescapeKey(bytes: Uint8Array): { readonly key: Uint8Array; readonly size: number } {
  const out = new Uint8Array(bytes.length);
  let length = 0;
  let at = 0;
  while (at < bytes.length && !(bytes[at] === 0 && bytes[at + 1] === 0)) {
    out[length++] = bytes[at]!;
    at += bytes[at] === 0 ? 2 : 1;
  }
  return { key: out.slice(0, length), size: at + 2 };
}

export function historyKey(key: Uint8Array, block: number): Uint8Array {
  return concatBytes(Uint8Array.of(Table.History), escapeKey(key), u32be(block));
}
