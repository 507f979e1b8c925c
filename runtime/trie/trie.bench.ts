// CPU per transfer of the state trie alone: each transfer changes the 80-byte System.Account entries of two random accounts.
// Run: node --import tsx runtime/trie/trie.bench.ts [accounts] [blocks]
import { blake2b128 } from "#hash";
import { compareBytes, concatBytes, toLatin1 } from "../primitives/bytes.ts";
import { MemoryTrieStore } from "./testing.ts";
import type { Change, TrieRoot } from "./trie.ts";
import { StateTrie } from "./trie.ts";

const accounts = Number(process.argv[2] ?? 100_000);
const blocks = Number(process.argv[3] ?? 60);

let state = 12345;
/** xorshift: the same run each time. */
function random(below: number): number {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % below;
}

const prefix = blake2b128(Uint8Array.of(1));
const keys = Array.from({ length: accounts }, (_, i) => {
  const id = new Uint8Array(32).map((_, j) => (i >>> ((j & 3) * 8)) ^ (j * 37));
  return concatBytes(prefix, prefix, blake2b128(id), id);
}).sort(compareBytes);

function accountInfo(free: number): Uint8Array {
  const info = new Uint8Array(80);
  new DataView(info.buffer).setUint32(16, free, true);
  return info;
}

class Bench {
  readonly store = new MemoryTrieStore();
  readonly trie = new StateTrie({ store: this.store, stateVersion: 1 });
  readonly values = new Map<string, Uint8Array>();
  root: TrieRoot;
  constructor() {
    const changes = keys.map((key): Change => ({ key, value: accountInfo(1), had: false }));
    for (const { key, value } of changes) this.values.set(toLatin1(key), value!);
    this.root = this.trie.update(this.trie.empty(), changes, () => undefined);
    this.trie.flush(this.root, this.store);
  }
  block(transfers: number): Change[] {
    const touched = new Set<number>();
    while (touched.size < 2 * transfers) touched.add(random(accounts));
    return [...touched].sort((a, b) => a - b).map((i) => ({ key: keys[i], value: accountInfo(random(1e9)), had: true }));
  }
}

/** Mean microseconds of CPU of all threads. */
function measure(runs: number, work: (run: number) => void): number {
  const start = process.cpuUsage();
  for (let run = 0; run < runs; run++) work(run);
  const used = process.cpuUsage(start);
  return (used.user + used.system) / runs;
}

function row(name: string, transfers: number, evictTo: number): void {
  const bench = new Bench();
  const count = Math.max(4, Math.floor((blocks * 1000) / transfers));
  const work = Array.from({ length: Math.min(count, 200) + 10 }, () => bench.block(transfers));
  const step = (changes: Change[]): void => {
    bench.root = bench.trie.update(bench.root, changes, (key) => bench.values.get(toLatin1(key)));
  };
  for (const changes of work.slice(0, 10)) step(changes);
  const measured = work.slice(10);
  let flushUs = 0;
  let entries = 0;
  const us = measure(measured.length, (run) => {
    step(measured[run]);
    if (run % 16 !== 15 && run !== measured.length - 1) return;
    flushUs += measure(1, () => {
      entries += bench.trie.flush(bench.root, bench.store);
      bench.trie.evict(bench.root, evictTo);
    });
  });
  const perTransfer = (us - flushUs / measured.length) / transfers;
  const flushPer = flushUs / measured.length / transfers;
  console.log(
    [name.padEnd(34), ...[perTransfer, perTransfer / 2, flushPer, entries / measured.length / transfers].map((n) => n.toFixed(1).padStart(8))].join(" "),
  );
}

console.log(`${accounts} accounts, store in memory, flush and evict every 16 blocks\n`);
console.log(`${"us CPU".padEnd(34)} ${"transfer".padStart(8)} ${"leaf".padStart(8)} ${"+ flush".padStart(8)} ${"written".padStart(8)}`);
row("blocks of 1,000, all in memory", 1000, 2 ** 40);
row("blocks of 100, all in memory", 100, 2 ** 40);
row("blocks of 5,000, all in memory", 5000, 2 ** 40);
row("blocks of 1,000, evicted to 8 MiB", 1000, 8 * 2 ** 20);
