// A node in memory for the tests of the methods: a block tree that tests grow by hand, and a pool that does as told.
import type { TestContext } from "node:test";
import { blake2b256 } from "#hash";
import { RuntimeApiError } from "../runtime/frame/apis.ts";
import type { RuntimeApis } from "../runtime/frame/apis.ts";
import type { RuntimeVersion } from "../runtime/frame/types.ts";
import { compareBytes, concatBytes, fromHex, fromLatin1, startsWith, toLatin1, utf8 } from "../runtime/primitives/bytes.ts";
import { encode, u128 } from "../runtime/primitives/codec/index.ts";
import { BlockHash, Hash, HeaderTy, ZERO_HASH } from "../runtime/primitives/types.ts";
import type { Header } from "../runtime/primitives/types.ts";
import { proveFromEntries, trieRoot } from "../runtime/trie/build.ts";
import { BackendError, PoolError } from "./backend.ts";
import type { Backend, BlockRef, ChainBackend, ChainEvent, ImportedBlock } from "./backend.ts";
import type { KeyBackend, PoolBackend, StateView, SystemBackend, TransactionStatus } from "./backend.ts";
import { hex } from "./encode.ts";
import { createMethods } from "./methods.ts";
import type { MethodsOptions } from "./methods.ts";
import type { RpcServerOptions } from "./server.ts";
import { Client, serve } from "./transport/testing.ts";

export const VERSION: RuntimeVersion = {
  spec_name: "test",
  impl_name: "test-ts",
  authoring_version: 1,
  spec_version: 7,
  impl_version: 0,
  apis: [[fromHex("0x37e397fc7c91f5e4"), 2]],
  transaction_version: 3,
  system_version: 1,
};

/** Storage by readable keys, absent ones undefined. */
export type Values = Readonly<Record<string, string | undefined>>;

export interface TestBlock extends ImportedBlock {
  readonly state: ReadonlyMap<string, Uint8Array>;
  readonly runtime: RuntimeApis;
}

export interface BlockPlan {
  readonly changes?: Values;
  readonly extrinsics?: readonly Uint8Array[];
  readonly newRuntime?: RuntimeVersion;
}

function runtimeOf(version: RuntimeVersion): RuntimeApis {
  return { version, metadata: () => Uint8Array.of(0x6d, 0x65, 0x74, 0x61, 14) } as unknown as RuntimeApis;
}

export function keyOf(name: string): string {
  return hex(utf8(name));
}

export class FakeChain implements ChainBackend {
  readonly genesis: TestBlock;
  readonly genesisHash: BlockHash;
  readonly blocks = new Map<string, TestBlock>();
  /** Hex of blocks whose state is gone. */
  readonly discarded = new Set<string>();
  readonly pins = new Map<string, number>();
  readonly listeners = new Set<(event: ChainEvent) => void>();
  #best: TestBlock;
  #finalized: TestBlock;
  #open: TestBlock[] = [];
  #salt = 0;

  constructor(values: Values) {
    this.genesis = this.#make(undefined, { changes: values });
    this.genesisHash = this.genesis.hash;
    this.#best = this.genesis;
    this.#finalized = this.genesis;
  }

  /** A child of `parent` that nobody has been told of. */
  make(parent: TestBlock, plan: BlockPlan = {}): TestBlock {
    return this.#make(parent, plan);
  }

  #make(parent: TestBlock | undefined, { changes = {}, extrinsics = [], newRuntime }: BlockPlan): TestBlock {
    const changed = new Map<string, Uint8Array | undefined>();
    const state = new Map(parent?.state);
    for (const [name, value] of Object.entries(changes)) {
      const key = toLatin1(utf8(name));
      changed.set(key, value === undefined ? undefined : utf8(value));
      if (value === undefined) state.delete(key);
      else state.set(key, utf8(value));
    }
    const header: Header = {
      parent_hash: parent?.hash ?? ZERO_HASH,
      number: parent === undefined ? 0 : parent.number + 1,
      state_root: Hash(trieRoot(sorted(state), 1)),
      extrinsics_root: Hash(blake2b256(Uint8Array.of(this.#salt++))),
      digest: { logs: [{ type: "PreRuntime", value: [utf8("pow_"), new Uint8Array(32)] }] },
    };
    const hash = BlockHash(blake2b256(encode(HeaderTy, header)));
    const runtime = newRuntime === undefined ? (parent?.runtime ?? runtimeOf(VERSION)) : runtimeOf(newRuntime);
    const { number } = header;
    const parentHash = BlockHash(header.parent_hash);
    const block: TestBlock = { hash, number, parent: parentHash, header, extrinsics, changes: changed, newRuntime, state, runtime };
    this.blocks.set(hex(hash), block);
    return block;
  }

  #tell(event: ChainEvent): void {
    for (const listener of [...this.listeners]) listener(event);
  }

  announce(block: TestBlock): void {
    this.#open.push(block);
    this.#tell({ type: "newBlock", block });
  }

  setBest(block: TestBlock): void {
    const [retracted, enacted] = this.#route(this.#best, block);
    this.#best = block;
    this.#tell({ type: "best", block, retracted, enacted });
  }

  /** A child of `parent`, announced and made best. */
  grow(parent: TestBlock, plan: BlockPlan = {}): TestBlock {
    const block = this.make(parent, plan);
    this.announce(block);
    this.setBest(block);
    return block;
  }

  finalize(block: TestBlock): void {
    const [, finalized] = this.#route(this.#finalized, block);
    const line = new Set(finalized);
    const kept = this.#open.filter((open) => open.number > block.number && this.#line(open).includes(block));
    const pruned = this.#open.filter((open) => !line.has(open) && !kept.includes(open));
    this.#open = kept;
    this.#finalized = block;
    this.#tell({ type: "finalized", finalized, pruned });
  }

  /** The block and its ancestors. */
  #line(block: TestBlock): TestBlock[] {
    const line: TestBlock[] = [];
    for (let at: TestBlock | undefined = block; at !== undefined; at = this.blocks.get(hex(at.parent))) line.push(at);
    return line;
  }

  #route(from: TestBlock, to: TestBlock): [TestBlock[], TestBlock[]] {
    const down = this.#line(from);
    const up = this.#line(to);
    return [down.filter((block) => !up.includes(block)), up.filter((block) => !down.includes(block)).reverse()];
  }

  best(): BlockRef {
    return this.#best;
  }
  finalized(): BlockRef {
    return this.#finalized;
  }
  async blockHash(number: number): Promise<BlockHash | undefined> {
    return this.#line(this.#best).find((block) => block.number === number)?.hash;
  }
  async blockHashes(number: number): Promise<BlockHash[]> {
    return [...this.blocks.values()].filter((block) => block.number === number).map(({ hash }) => hash);
  }
  async header(hash: BlockHash): Promise<Header | undefined> {
    return this.blocks.get(hex(hash))?.header;
  }
  async body(hash: BlockHash): Promise<readonly Uint8Array[] | undefined> {
    return this.blocks.get(hex(hash))?.extrinsics;
  }
  async justifications(hash: BlockHash): Promise<readonly (readonly [Uint8Array, Uint8Array])[] | undefined> {
    return this.blocks.get(hex(hash)) === this.#finalized ? [[utf8("MESI"), Uint8Array.of(1, 2, 3)]] : undefined;
  }
  unfinalized(): readonly ImportedBlock[] {
    return this.#open;
  }
  async state(hash: BlockHash): Promise<StateView> {
    const block = this.blocks.get(hex(hash));
    if (block === undefined) throw new BackendError({ code: "UNKNOWN_BLOCK", hash: hex(hash) }, "unknown block");
    if (this.discarded.has(hex(hash))) throw new BackendError({ code: "STATE_DISCARDED", hash: hex(hash) }, "state was pruned");
    return new FakeState(block);
  }
  pin(hash: BlockHash): () => void {
    const id = hex(hash);
    this.pins.set(id, (this.pins.get(id) ?? 0) + 1);
    return () => {
      const left = this.pins.get(id)! - 1;
      if (left === 0) this.pins.delete(id);
      else this.pins.set(id, left);
    };
  }
  subscribe(listener: (event: ChainEvent) => void): () => void {
    this.listeners.add(listener);
    return () => void this.listeners.delete(listener);
  }
}

type Entry = [Uint8Array, Uint8Array];

function sorted(state: ReadonlyMap<string, Uint8Array>): Entry[] {
  return [...state].map(([key, value]): Entry => [fromLatin1(key), value]).sort((a, b) => compareBytes(a[0], b[0]));
}

/** Runtime calls: `Test_echo` gives its input back, `Test_slow` never comes back, anything else is unknown. */
class FakeState implements StateView {
  readonly block: TestBlock;
  readonly runtime: RuntimeApis;
  constructor(block: TestBlock) {
    this.block = block;
    this.runtime = block.runtime;
  }
  async get(key: Uint8Array): Promise<Uint8Array | undefined> {
    return this.block.state.get(toLatin1(key));
  }
  async keys(prefix: Uint8Array, start: Uint8Array | undefined, limit: number): Promise<Uint8Array[]> {
    const keys = sorted(this.block.state).map(([key]) => key);
    return keys.filter((key) => startsWith(key, prefix) && (start === undefined || compareBytes(key, start) > 0)).slice(0, limit);
  }
  async call(method: string, input: Uint8Array): Promise<Uint8Array> {
    if (method === "Test_slow") return new Promise(() => undefined);
    if (method === "Test_echo" || method === "BlockBuilder_apply_extrinsic") return input;
    // A weight of 1000 and 0, class operational, a fee of 5; and fees of 1, 2 and 3 with no tip.
    if (method === "TransactionPaymentApi_query_info") return fromHex("0xa10f000105000000000000000000000000000000");
    if (method === "TransactionPaymentApi_query_fee_details") {
      return concatBytes(Uint8Array.of(1), ...[1n, 2n, 3n, 0n].map((fee) => encode(u128, fee)));
    }
    throw new RuntimeApiError({ code: "API_UNKNOWN_METHOD", method }, `this runtime has no method "${method}"`);
  }
  async proof(keys: readonly Uint8Array[]): Promise<Uint8Array[]> {
    return proveFromEntries(sorted(this.block.state), keys, 1).nodes;
  }
}

export class FakePool implements PoolBackend {
  /** Thrown by the next submissions while set. */
  refusal: PoolError | undefined;
  readonly submitted: string[] = [];
  readonly reports: ((status: TransactionStatus) => void)[] = [];
  unwatched = 0;
  readonly size = { ready: 0, future: 0, bytes: 0 };

  async submit(encoded: Uint8Array): Promise<Hash> {
    this.submitted.push(hex(encoded));
    if (this.refusal !== undefined) throw this.refusal;
    return Hash(blake2b256(encoded));
  }
  async submitAndWatch(encoded: Uint8Array, report: (status: TransactionStatus) => void) {
    const hash = await this.submit(encoded);
    this.reports.push(report);
    return { hash, unwatch: () => void this.unwatched++ };
  }
  pending(): readonly Uint8Array[] {
    return [Uint8Array.of(4, 1)];
  }
  async nextNonce(account: Uint8Array): Promise<number> {
    return account[0]!;
  }
  remove(hashes: readonly Hash[]): readonly Hash[] {
    return hashes.slice(0, 1);
  }
}

export const SYSTEM: SystemBackend = {
  nodeName: "test node",
  implementationName: "Test Node",
  version: "1.2.3",
  chainName: "Testing",
  chainType: { Custom: "scripted" },
  properties: { ss58Format: 42, tokenDecimals: 12, tokenSymbol: "MESI" },
  roles: ["Authority"],
  health: () => ({ peers: 1, isSyncing: false, shouldHavePeers: true }),
  syncState: () => ({ startingBlock: 0, currentBlock: 5, highestBlock: 9 }),
  peers: () => [{ peerId: "12D3KooW", roles: "FULL", bestHash: BlockHash(new Uint8Array(32)), bestNumber: 4 }],
  localPeerId: () => "12D3KooWlocal",
  listenAddresses: () => ["/ip4/127.0.0.1/tcp/30333"],
  addLogFilter: () => undefined,
  resetLogFilter: () => undefined,
};

export const KEYS: KeyBackend = {
  rotateKeys: async () => new Uint8Array(48).fill(7),
  insertKey: async (_keyType, suri) => {
    if (suri === "bad") throw new BackendError({ code: "UNKNOWN_BLOCK", hash: "0x" }, "no such suri");
  },
  hasKey: async (publicKey) => publicKey[0] === 7,
  hasSessionKeys: async (keys) => keys.length === 48,
};

export interface TestNode {
  readonly chain: FakeChain;
  readonly pool: FakePool;
  readonly client: Client;
  readonly url: string;
  readonly port: number;
  /** Errors after the reply. */
  readonly failures: unknown[];
  open(): Promise<Client>;
}

/** The real server with all methods over a fake node, and one client. */
export async function startNode(
  t: TestContext, values: Values = {}, options: Partial<MethodsOptions> = {}, server: Partial<RpcServerOptions> = {},
): Promise<TestNode> {
  const chain = new FakeChain(values);
  const pool = new FakePool();
  const failures: unknown[] = [];
  const backend: Backend = { chain, pool, system: SYSTEM, keys: KEYS, dev: true };
  const onBackgroundError = (error: unknown): void => void failures.push(error);
  const { url, port } = await serve(t, createMethods(backend, { onBackgroundError, ...options }), server);
  const open = (): Promise<Client> => Client.open(t, url);
  return { chain, pool, client: await open(), url, port, failures, open };
}

/** Notifications of one subscription, in order. */
export function notifications(client: Client, id: string): any[] {
  return client.heard.filter((message) => message.params?.subscription === id).map((message) => message.params.result);
}

/** Waits for the `count`th notification of a subscription; gives all so far. */
export async function heard(client: Client, id: string, count: number): Promise<any[]> {
  let seen = 0;
  const counted = new Set<unknown>();
  await client.find((message) => {
    if (message.params?.subscription === id && !counted.has(message)) {
      counted.add(message);
      seen++;
    }
    return seen >= count;
  });
  return notifications(client, id);
}

export function poolError(code: PoolError["code"], message: string, data?: string): PoolError {
  return new PoolError({ code, data }, message);
}
