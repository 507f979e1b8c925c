// Finding the last block of a database that is opened, and refusing one that cannot be what this node left behind.
import { blake2b256 } from "#hash";
import { equalBytes, toHex } from "../../runtime/primitives/bytes.ts";
import { bytes, decode, vec } from "../../runtime/primitives/codec/index.ts";
import { BlockHash, HeaderTy } from "../../runtime/primitives/types.ts";
import type { Header } from "../../runtime/primitives/types.ts";
import { orderedTrieRoot } from "../../runtime/trie/build.ts";
import { DatabaseError } from "./database.ts";
import type { Database } from "./database.ts";
import { HEAD_MARK_FILE } from "./head-mark.ts";
import { MetaKey, Table, readU32be, u32be } from "./keys.ts";

/** Blocks whose links and bodies are looked at on opening. */
const RECENT_BLOCKS = 32;
/** Blocks that LevelDB's log can hold at most: none of them may be missing. */
const LOG_BLOCKS = 65_536;
const BodyTy = vec(bytes);

export interface Head {
  readonly hash: BlockHash;
  readonly header: Header;
}

export function corrupt(database: Database, what: string, cause?: unknown): DatabaseError {
  return new DatabaseError({ code: "DB_CORRUPT", path: database.path }, `the database in ${database.path} is damaged: ${what}`, { cause });
}

/** The last finalized block. Call it for a database that has one. @throws DatabaseError */
export async function openHead(database: Database): Promise<Head> {
  const stored = database.meta(MetaKey.Head)!;
  if (stored.length !== 36) throw corrupt(database, "the entry that names the last block has the wrong size");
  const number = readU32be(stored);
  checkAcknowledged(database, number);
  await checkNumbers(database, number);
  const bodyFrom = database.meta(MetaKey.BodyFrom);
  return checkRecent(database, { number, hash: stored.slice(4) }, bodyFrom === undefined ? 0 : readU32be(bodyFrom));
}

/** A block that somebody was told is final must be there. */
function checkAcknowledged(database: Database, head: number): void {
  const mark = database.acknowledged();
  if (mark === undefined) return;
  const { path } = database;
  const hash = database.get(Table.Number, u32be(mark.number));
  if (hash !== undefined && equalBytes(hash, mark.hash)) return;
  throw new DatabaseError(
    { code: "DB_BLOCKS_LOST", path, head, acknowledged: mark.number },
    `the database in ${path} ends at block ${head}, but block ${mark.number} (${toHex(mark.hash)}) was final: the disk lost what it had confirmed. ` +
      `Restore a backup, or, to go on from block ${head} without the lost blocks, delete the file ${HEAD_MARK_FILE} there`,
  );
}

/** Every number has a block: a batch that is missing in the middle would show here. */
async function checkNumbers(database: Database, head: number): Promise<void> {
  let expected = Math.max(0, head - LOG_BLOCKS);
  const snapshot = database.snapshot();
  try {
    for await (const [key] of snapshot.entries(Table.Number, { gte: u32be(expected) })) {
      if (readU32be(key) !== expected) break;
      expected++;
    }
  } finally {
    await snapshot.close();
  }
  if (expected !== head + 1) throw corrupt(database, expected > head ? `it goes on after its last block ${head}` : `block ${expected} is missing, though it goes on to block ${head}`);
}

/** The last blocks are linked, and have the bodies that their headers say. */
function checkRecent(database: Database, head: { readonly number: number; readonly hash: Uint8Array }, bodyFrom: number): Head {
  const headers: Header[] = [];
  let { hash } = head;
  for (let number = head.number; number >= 0 && number > head.number - RECENT_BLOCKS; number--) {
    const named = database.get(Table.Number, u32be(number));
    if (named === undefined || !equalBytes(named, hash)) throw corrupt(database, `block ${number} is not the one that block ${number + 1} follows`);
    const header = headerOf(database, hash, number);
    if (number >= bodyFrom) checkBody(database, hash, header);
    headers.push(header);
    hash = header.parent_hash;
  }
  return { hash: BlockHash(head.hash), header: headers[0]! };
}

function headerOf(database: Database, hash: Uint8Array, number: number): Header {
  const stored = database.get(Table.Header, hash);
  if (stored === undefined) throw corrupt(database, `the header of block ${number} is missing`);
  if (!equalBytes(blake2b256(stored), hash)) throw corrupt(database, `the header of block ${number} does not have its hash`);
  const header = decode(HeaderTy, stored);
  if (header.number !== number) throw corrupt(database, `the header of block ${number} says ${header.number}`);
  return header;
}

function checkBody(database: Database, hash: Uint8Array, { number, extrinsics_root }: Header): void {
  const stored = database.get(Table.Body, hash);
  if (stored === undefined) throw corrupt(database, `the body of block ${number} is missing`);
  try {
    if (equalBytes(orderedTrieRoot(decode(BodyTy, stored), 0), extrinsics_root)) return;
  } catch (error) {
    throw corrupt(database, `the body of block ${number} is none`, error);
  }
  throw corrupt(database, `the body of block ${number} does not have the root that its header says`);
}
