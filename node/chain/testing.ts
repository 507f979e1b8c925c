// For tests: a node's chain in a folder of its own, whose blocks the test writes one by one, forks included.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { genesisForNode } from "../../genesis/genesis-state.ts";
import { DEV_ACCOUNTS, presetSpec } from "../../genesis/presets.ts";
import { decodeExtrinsic, encodeExtrinsic } from "../../runtime/frame/extrinsic.ts";
import type { Extrinsic } from "../../runtime/frame/extrinsic.ts";
import { contextAfter } from "../../runtime/frame/executive.ts";
import type { RuntimeCall } from "../../runtime/frame/pallet.ts";
import type { TransactionValidityError } from "../../runtime/frame/types.ts";
import { accountOf } from "../../runtime/pallets/system/account.ts";
import { toHex, toLatin1 } from "../../runtime/primitives/bytes.ts";
import { IMMORTAL } from "../../runtime/primitives/era.ts";
import type { AccountId } from "../../runtime/primitives/types.ts";
import { buildBlock } from "../author.ts";
import type { TransactionSupply } from "../author.ts";
import { NodeChainBackend } from "../backend/chain-backend.ts";
import { Database } from "../db/database.ts";
import type { NodeHost } from "../host.ts";
import type { Road } from "../import-block.ts";
import type { BlockNode } from "./block-node.ts";
import { Chain } from "./chain.ts";
import type { ChainOptions, Genesis } from "./chain.ts";
import type { ExecutedBlock } from "./road.ts";

/** Refuses signatures that begin with 0. */
export const HOST = { verifySignature: ({ value }: { value: Uint8Array }) => value[0] !== 0, prefetch: async () => {}, generateSessionKeys: () => new Uint8Array(48) } as unknown as NodeHost;

export const AUTHORS: readonly AccountId[] = DEV_ACCOUNTS.map(({ account }) => account);
export const GENESIS: Genesis = genesisForNode(presetSpec("dev"));
const START_MS = 1_700_000_000_000;

export interface BuildOptions {
  /** Siblings with the same transactions differ by it. */
  readonly author?: AccountId;
  readonly budgetMs?: number;
  reportInvalid?(extrinsic: string, error: TransactionValidityError): void;
}

export class TestNode {
  readonly folder: string;
  readonly database: Database;
  readonly chain: Chain;
  readonly backend: NodeChainBackend;
  readonly road: Road;
  nowMs = START_MS;

  private constructor(folder: string, database: Database, chain: Chain) {
    this.folder = folder;
    this.database = database;
    this.chain = chain;
    this.backend = new NodeChainBackend(chain, HOST);
    this.road = { chain, host: HOST, now: () => this.nowMs };
  }

  static async open(options: Partial<ChainOptions> & { readonly folder?: string; readonly genesis?: Genesis } = {}): Promise<TestNode> {
    const folder = options.folder ?? mkdtempSync(join(tmpdir(), "mesi-chain-"));
    const database = await Database.open(join(folder, "db"));
    try {
      const chain = await Chain.open(database, options.genesis ?? GENESIS, { statePruning: options.statePruning ?? "archive", blocksPruning: options.blocksPruning ?? "archive", sync: false });
      return new TestNode(folder, database, chain);
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  /** A transaction that is valid on top of `parent`, unless `nonce` or `bad` say otherwise. */
  sign(parent: BlockNode, from: AccountId, call: RuntimeCall, { nonce, bad = false, skip = 0 }: { readonly nonce?: number; readonly bad?: boolean; readonly skip?: number } = {}): Extrinsic {
    const { runtime } = parent.runtime;
    const { state } = contextAfter(runtime, this.chain.stateAfter(parent), HOST, parent);
    const values: Readonly<Record<string, unknown>> = { CheckMortality: IMMORTAL, CheckNonce: nonce ?? accountOf(state, from).nonce + skip, ChargeTransactionPayment: 0n, CheckMetadataHash: { mode: { type: "Disabled" } } };
    const signature = { type: "Sr25519", value: new Uint8Array(64).fill(bad ? 0 : 1) } as const;
    const extras = runtime.extensions.map(({ identifier }) => values[identifier]);
    return decodeExtrinsic(runtime, encodeExtrinsic(runtime, { type: "Signed", address: { type: "Id", value: from }, signature, extras }, call));
  }

  /** The next block on `parent`, not yet in the tree. Time passes by a second. */
  build(parent: BlockNode, transactions: readonly Extrinsic[] = [], { author = AUTHORS[0]!, budgetMs = 60_000, reportInvalid }: BuildOptions = {}): ExecutedBlock {
    this.nowMs = Math.max(this.nowMs, START_MS + 1_000 * (parent.number + 1));
    const waiting = [...transactions];
    const supply: TransactionSupply = {
      ready: () => ({
        next() {
          const extrinsic = waiting.shift();
          return extrinsic === undefined ? undefined : { extrinsic };
        },
        skipDependants() {},
      }),
      reportInvalid: (hash, error) => {
        if (reportInvalid === undefined) throw new Error(`transaction ${toHex(hash)} was refused: ${error.value.type}`);
        reportInvalid(toHex(hash), error);
      },
    };
    return buildBlock(this.road, supply, parent, { author, budgetMs });
  }

  /** Builds and inserts. */
  add(parent: BlockNode, transactions: readonly Extrinsic[] = [], options: BuildOptions = {}): BlockNode {
    return this.chain.insert(this.build(parent, transactions, options));
  }

  /** Builds on the best block, and makes the new one best and final. */
  async grow(blocks: number, transactions: (parent: BlockNode) => readonly Extrinsic[] = () => []): Promise<BlockNode> {
    for (let i = 0; i < blocks; i++) {
      const node = this.add(this.chain.best, transactions(this.chain.best));
      this.chain.setBest(node);
      await this.chain.finalize(node);
    }
    return this.chain.best;
  }

  /** The whole state after a live block, by latin1 of the key. */
  stateOf(node: BlockNode): Map<string, Uint8Array> {
    const state = this.chain.stateAfter(node);
    return new Map(state.keysUnder(new Uint8Array(0), undefined, 1_000_000).map((key) => [toLatin1(key), state.get(key)!]));
  }

  /** Closes the database and opens the folder again, as a restart does. */
  async restart(options: Partial<ChainOptions> = {}): Promise<TestNode> {
    await this.close();
    const node = await TestNode.open({ ...this.chain.options, ...options, folder: this.folder });
    node.nowMs = this.nowMs;
    return node;
  }

  async close(): Promise<void> {
    await this.chain.settled();
    await this.database.close();
  }

  async remove(): Promise<void> {
    await this.close();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
