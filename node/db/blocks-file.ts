// Blocks in a file, in Substrate's binary export format: the number of blocks as u64, then each as a SCALE `SignedBlock`.
import { closeSync, openSync, readSync, writeSync } from "node:fs";
import { Reader, Writer, bytes, decode, encode, option, vec } from "../../runtime/primitives/codec/index.ts";
import { CodedError, DecodeError } from "../../runtime/primitives/errors.ts";
import { HeaderTy } from "../../runtime/primitives/types.ts";
import type { Header } from "../../runtime/primitives/types.ts";
import { BodyTy, JustificationsTy } from "../chain/chain.ts";
import type { Justifications } from "../chain/chain.ts";
import { importBlock } from "../import-block.ts";
import type { Road } from "../import-block.ts";
import type { Database } from "./database.ts";
import { MetaKey, Table, readU32be, u32be } from "./keys.ts";

export interface SignedBlock {
  readonly header: Header;
  /** With their length prefixes. */
  readonly extrinsics: readonly Uint8Array[];
  readonly justifications: Justifications | undefined;
}

export class BlocksFileError extends CodedError<
  /** The file is cut off, or not one that export-blocks wrote. */
  | { readonly code: "BLOCKS_FILE_INVALID"; readonly offset: number }
  /** A block does not follow from the chain. */
  | { readonly code: "BLOCK_REFUSED"; readonly number: number; readonly reason: string }
  /** The range holds a block that is unknown or whose body was pruned. */
  | { readonly code: "NOT_FOUND"; readonly number: number }
> {}

export type BlocksProgress = (done: number, total: number) => void;

const OpaqueTy = vec(bytes);
const JustificationsOptionTy = option(JustificationsTy);
/** A block with all its justifications; far above what the chain's limits allow. */
const BLOCK_BYTES_MAX = 32 * 1024 * 1024;
const CHUNK = 1024 * 1024;
const COUNT_BYTES = 8;

export function encodeSignedBlock({ header, extrinsics, justifications }: SignedBlock): Uint8Array {
  const writer = new Writer(1024);
  HeaderTy.encodeTo(header, writer);
  writer.compact(extrinsics.length);
  for (const extrinsic of extrinsics) writer.raw(extrinsic);
  JustificationsOptionTy.encodeTo(justifications, writer);
  return writer.finish();
}

function readSignedBlock(reader: Reader): SignedBlock {
  const header = HeaderTy.decodeFrom(reader);
  const extrinsics = OpaqueTy.decodeFrom(reader).map((body) => encode(bytes, body));
  return { header, extrinsics, justifications: JustificationsOptionTy.decodeFrom(reader) };
}

/** Writes blocks `from..to` to an open file descriptor. @throws BlocksFileError */
export function exportBlocks(database: Database, fd: number, range: { readonly from: number; readonly to: number }, progress: BlocksProgress = () => {}): number {
  const total = range.to - range.from + 1;
  const count = new Writer(COUNT_BYTES);
  count.u64(BigInt(total));
  writeAll(fd, count.finish());
  for (let number = range.from; number <= range.to; number++) {
    writeAll(fd, encodeSignedBlock(storedBlock(database, number)));
    progress(number - range.from + 1, total);
  }
  return total;
}

/** The number of the last block that the database holds. */
export function storedHead(database: Database): number {
  return readU32be(database.meta(MetaKey.Head)!);
}

function storedBlock(database: Database, number: number): SignedBlock {
  const hash = database.get(Table.Number, u32be(number));
  const header = hash && database.get(Table.Header, hash);
  const body = hash && database.get(Table.Body, hash);
  if (hash === undefined || header === undefined || body === undefined) {
    throw new BlocksFileError({ code: "NOT_FOUND", number }, `block ${number} is ${header === undefined ? "not in the database" : "there without its body: it was pruned"}`);
  }
  const justifications = database.get(Table.Justification, hash);
  return { header: decode(HeaderTy, header), extrinsics: decode(BodyTy, body), justifications: justifications && (decode(JustificationsTy, justifications) as Justifications) };
}

function writeAll(fd: number, data: Uint8Array): void {
  for (let at = 0; at < data.length; ) at += writeSync(fd, data, at);
}

/** Blocks of a file, one after the other; memory holds one. @throws BlocksFileError */
export function* readBlocks(path: string): Generator<{ readonly block: SignedBlock; readonly index: number; readonly total: number }> {
  const fd = openSync(path, "r");
  try {
    const file = new ChunkedFile(fd);
    const total = Number(file.take((reader) => reader.u64()));
    for (let index = 0; index < total; index++) yield { block: file.take(readSignedBlock), index, total };
    if (!file.atEnd()) throw new BlocksFileError({ code: "BLOCKS_FILE_INVALID", offset: file.offset }, `the file goes on after its ${total} blocks`);
  } finally {
    closeSync(fd);
  }
}

/** Decodes values from a file of any size, reading ahead until each is complete. */
class ChunkedFile {
  readonly #fd: number;
  #buffer = new Uint8Array(0);
  /** Where in the buffer the next value begins. */
  #at = 0;
  #ended = false;
  offset = 0;

  constructor(fd: number) {
    this.#fd = fd;
  }

  take<T>(read: (reader: Reader) => T): T {
    for (;;) {
      const reader = new Reader(this.#buffer, this.#at);
      try {
        const value = read(reader);
        this.offset += reader.offset - this.#at;
        this.#at = reader.offset;
        return value;
      } catch (error) {
        if (!(error instanceof DecodeError)) throw error;
        const incomplete = !this.#ended && this.#buffer.length - this.#at < BLOCK_BYTES_MAX;
        if (!incomplete) throw new BlocksFileError({ code: "BLOCKS_FILE_INVALID", offset: this.offset }, `not a file of blocks, or cut off: what begins at byte ${this.offset} is no block`, { cause: error });
        this.#readMore();
      }
    }
  }

  atEnd(): boolean {
    if (this.#at === this.#buffer.length && !this.#ended) this.#readMore();
    return this.#at === this.#buffer.length;
  }

  #readMore(): void {
    const rest = this.#buffer.subarray(this.#at);
    const next = new Uint8Array(rest.length + Math.max(CHUNK, rest.length));
    next.set(rest);
    const size = readSync(this.#fd, next, { offset: rest.length });
    if (size === 0) this.#ended = true;
    this.#buffer = next.subarray(0, rest.length + size);
    this.#at = 0;
  }
}

/** Takes a file's blocks down the one road, finalizing each; blocks that the chain has already are passed over. @throws BlocksFileError */
export async function importBlocks(road: Road, path: string, progress: BlocksProgress = () => {}): Promise<{ readonly imported: number; readonly known: number }> {
  const { chain } = road;
  let imported = 0;
  let known = 0;
  for (const { block, index, total } of readBlocks(path)) {
    if (block.header.number <= chain.finalized.number) {
      known++;
    } else {
      const result = await importBlock(road, block.header, block.extrinsics);
      if (!result.ok) throw new BlocksFileError({ code: "BLOCK_REFUSED", number: block.header.number, reason: result.error.code }, `block ${block.header.number} is refused: ${result.error.message}`);
      chain.setBest(result.value);
      await chain.finalize(result.value, block.justifications);
      imported++;
    }
    progress(index + 1, total);
  }
  return { imported, known };
}
