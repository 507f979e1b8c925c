// Checks a LevelDB table (.ldb) against the checksums in it. LevelDB itself does not compare them when it reads.
// Source: leveldb 1.20, doc/table_format.md and table/format.cc.
import { ByteReader } from "./byte-reader.ts";
import { maskedCrc32c, readU32le } from "./crc32c.ts";

const FOOTER = 48;
const TRAILER = 5;
const MAGIC = [0x8b80fb57, 0xdb477524] as const;

interface Block {
  readonly offset: number;
  readonly size: number;
}

/** What is wrong with it, or undefined. */
export function tableFault(file: Uint8Array): string | undefined {
  if (file.length < FOOTER) return `it has only ${file.length} bytes`;
  if (readU32le(file, file.length - 8) !== MAGIC[0] || readU32le(file, file.length - 4) !== MAGIC[1]) return "it does not end as a table does";
  try {
    const footer = new ByteReader(file, file.length - FOOTER, file.length - 8);
    const metaindex = readHandle(footer);
    const index = readHandle(footer);
    const top = blockFault(file, index) ?? blockFault(file, metaindex);
    if (top !== undefined) return top;
    for (const block of [...blocksOf(file, index), ...blocksOf(file, metaindex)]) {
      const fault = blockFault(file, block);
      if (fault !== undefined) return fault;
    }
    return undefined;
  } catch (error) {
    if (error instanceof RangeError) return error.message;
    throw error;
  }
}

function readHandle(reader: ByteReader): Block {
  return { offset: reader.varint(), size: reader.varint() };
}

function blockFault(file: Uint8Array, { offset, size }: Block): string | undefined {
  const end = offset + size;
  if (end + TRAILER > file.length - FOOTER) return `a block at ${offset} is said to have ${size} bytes`;
  return readU32le(file, end + 1) === maskedCrc32c(file, offset, end + 1) ? undefined : `the checksum of the block at ${offset} is wrong`;
}

/** The blocks that an index block names: its entries' values. Call it for undamaged blocks. */
function blocksOf(file: Uint8Array, { offset, size }: Block): Block[] {
  const restarts = readU32le(file, offset + size - 4);
  const end = offset + size - 4 * (restarts + 1);
  if (end < offset) throw new RangeError("an index block is too small for its restarts");
  const blocks: Block[] = [];
  const reader = new ByteReader(file, offset, end);
  while (!reader.atEnd()) {
    reader.varint();
    const unshared = reader.varint();
    const valueSize = reader.varint();
    reader.skip(unshared);
    const value = new ByteReader(file, reader.at, reader.at + valueSize);
    blocks.push(readHandle(value));
    reader.skip(valueSize);
  }
  return blocks;
}
