// Real chains: genesis states and blocks that nobody on this project made.
import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { blake2b256 } from "#hash";
import fc from "fast-check";
import { compareBytes, concatBytes, fromHex, toHex, toLatin1 } from "../primitives/bytes.ts";
import type { TrieEntry } from "./build.ts";
import { orderedTrieRoot, trieRoot } from "./build.ts";
import { MemoryTrieStore } from "./testing.ts";
import { EMPTY_ROOT, StateTrie } from "./trie.ts";

const folder = process.env.CREATOR_FIXTURES ?? fileURLToPath(new URL("../../../shared/fixtures", import.meta.url));
const fixture = (name: string) => join(folder, "genesis-raw", name);
/** For the options of a test: the reason to skip it, or false. */
const without = (name: string, count: string) => (existsSync(fixture(name)) ? false : `${count} skipped: no fixture ${name}, see CREATOR_FIXTURES`);

const GENESIS = {
  westend: "0xe143f23803ac50e8f6f8e62695d1ce9e4e1d68aa36c1cd2cfd15340213f3423e",
  paseo: "0x77afd6190f1554ad45fd0d31aee62aacc33c6db0ea801129acb813f913e0764f",
};

function genesisEntries(name: string): TrieEntry[] {
  const { top } = JSON.parse(readFileSync(fixture(name), "utf8")).genesis.raw as { top: Record<string, string> };
  const entries = Object.entries(top).map(([key, value]): TrieEntry => [fromHex(key), fromHex(value)]);
  return entries.sort((a, b) => compareBytes(a[0], b[0]));
}

/** Parent zero, number 0, no digest. */
function genesisHash(stateRoot: Uint8Array): string {
  return toHex(blake2b256(concatBytes(new Uint8Array(32), Uint8Array.of(0), stateRoot, EMPTY_ROOT, Uint8Array.of(0))));
}

for (const [chain, hash] of Object.entries(GENESIS)) {
  const file = `${chain}-raw.json`;
  test(`the genesis state of ${chain} gives its genesis hash, built at once`, { skip: without(file, "1 genesis") }, () => {
    assert.equal(genesisHash(trieRoot(genesisEntries(file), 0)), hash);
  });

  test(`the genesis state of ${chain} gives its genesis hash, built in chunks with reloads`, { skip: without(file, "1 genesis") }, () => {
    const entries = genesisEntries(file);
    const values = new Map(entries.map(([key, value]) => [toLatin1(key), value]));
    const order = fc.shuffledSubarray(entries, { minLength: entries.length });
    fc.assert(
      fc.property(order, fc.integer({ min: 1, max: 60 }), (shuffled, size) => {
        const store = new MemoryTrieStore();
        let trie = new StateTrie({ store, stateVersion: 0 });
        let root = trie.empty();
        for (let at = 0; at < shuffled.length; at += size) {
          const changes = shuffled.slice(at, at + size).map(([key, value]) => ({ key, value, had: false }));
          root = trie.update(root, changes.sort((a, b) => compareBytes(a.key, b.key)), (key) => values.get(toLatin1(key)));
          if ((at / size) % 3 !== 0) continue;
          trie.flush(root, store);
          trie = new StateTrie({ store, stateVersion: 0 });
          root = trie.load(root.hash);
        }
        assert.equal(genesisHash(root.hash), hash);
      }),
      { numRuns: 8 },
    );
  });
}

/** The length-delimited fields of a protobuf message, by field number; others are skipped. */
function protobufFields(bytes: Uint8Array): Map<number, Uint8Array[]> {
  const fields = new Map<number, Uint8Array[]>();
  let at = 0;
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const next = bytes[at++];
      value += (next & 127) * scale;
      if (next < 128) return value;
    }
  };
  while (at < bytes.length) {
    const tag = varint();
    const length = varint();
    if ((tag & 7) === 0) continue; // a varint: `length` was its value
    assert.equal(tag & 7, 2, "only varints and length-delimited fields are in a BlockResponse");
    const list = fields.get(tag >> 3) ?? [];
    list.push(bytes.subarray(at, at + length));
    fields.set(tag >> 3, list);
    at += length;
  }
  return fields;
}

interface Block {
  readonly hash: string;
  readonly header: Uint8Array;
  readonly body: Uint8Array[];
}

/** Per message, in the order the peer sent them. */
function blockResponses(): Block[][] {
  const messages = readFileSync(fixture("westend_blocks.yaml"), "utf8").match(/0x[0-9a-f]+/g) ?? [];
  return messages.map((message) =>
    (protobufFields(fromHex(message)).get(1) ?? []).map((data) => {
      const fields = protobufFields(data);
      return { hash: toHex(fields.get(1)![0]), header: fields.get(2)![0], body: fields.get(3) ?? [] };
    }),
  );
}

/** parentHash ++ compact(number) ++ stateRoot ++ extrinsicsRoot ++ digest. */
function headerParts(header: Uint8Array): { parentHash: string; number: number; extrinsicsRoot: string } {
  const size = [1, 2, 4, 5][header[32] & 3];
  const number = size === 1 ? header[32] >> 2 : size === 2 ? (header[32] | (header[33] << 8)) >> 2 : -1;
  const roots = header.subarray(32 + size);
  return { parentHash: toHex(header.subarray(0, 32)), number, extrinsicsRoot: toHex(roots.subarray(32, 64)) };
}

test("the header of every Westend block hashes to its hash, and its body gives its extrinsics root", { skip: without("westend_blocks.yaml", "266 blocks") }, (t) => {
  const known = new Set<string>([GENESIS.westend]);
  let matched = 0;
  const ascending = blockResponses().flat().sort((a, b) => headerParts(a.header).number - headerParts(b.header).number);
  for (const { hash, header, body } of ascending) {
    const { parentHash, number, extrinsicsRoot } = headerParts(header);
    assert.equal(toHex(blake2b256(header)), hash, `header ${number}`);
    assert.ok(known.has(parentHash), `parent of ${number}`);
    assert.equal(toHex(orderedTrieRoot(body, 0)), extrinsicsRoot, `extrinsics of ${number}`);
    known.add(hash);
    matched++;
  }
  t.diagnostic(`${matched} of 266`);
  assert.equal(matched, 266);
});
