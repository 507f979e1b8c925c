// Transfers over WebSocket from several accounts, and a record of all that the node said is final.
import assert from "node:assert/strict";
import { blake2b256 } from "#hash";
import { connect } from "../../cli/client.ts";
import type { RpcClient } from "../../cli/client.ts";
import { nativeRuntime } from "../../cli/remote-chain.ts";
import { messageToSign, signedExtrinsic } from "../../cli/sign.ts";
import { genesisForNode } from "../../genesis/genesis-state.ts";
import { genesisHeader, headerHash } from "../../genesis/header.ts";
import { presetSpec } from "../../genesis/presets.ts";
import { keyPairFromSuri } from "../../node/keys/suri.ts";
import type { KeyPair } from "../../node/keys/suri.ts";
import { CODE_KEY } from "../../runtime/frame/storage.ts";
import { equalBytes, fromHex, toHex } from "../../runtime/primitives/bytes.ts";
import { encode } from "../../runtime/primitives/codec/index.ts";
import { IMMORTAL } from "../../runtime/primitives/era.ts";
import { encodeSs58 } from "../../runtime/primitives/ss58.ts";
import { HeaderTy, Hash } from "../../runtime/primitives/types.ts";
import { trieRoot } from "../../runtime/trie/build.ts";

const GENESIS = genesisForNode(presetSpec("dev"));
const GENESIS_HASH = Hash(headerHash(genesisHeader(trieRoot(GENESIS.entries, GENESIS.stateVersion))));
const APIS = nativeRuntime(toHex(GENESIS.entries.find(([key]) => equalBytes(key, CODE_KEY))![1]), "the preset");
const MESI = 1_000_000_000_000n;
const CALL_MS = 10_000;

interface Sender {
  readonly keys: KeyPair;
  readonly address: string;
}

const senderOf = (keys: KeyPair): Sender => ({ keys, address: encodeSs58(keys.account, APIS.runtime.params.ss58_prefix) });
const RICH = ["//Alice", "//Bob", "//Charlie"].map((suri) => senderOf(keyPairFromSuri(suri, "sr25519")));
/** Has nothing at genesis. */
const ED25519 = senderOf(keyPairFromSuri("//Crash", "ed25519"));

const signed = new Map<string, string>();

/** Immortal, so one that was lost with a process can be sent again, byte by byte. */
function transfer(from: Sender, nonce: number, to: Sender, value: bigint): string {
  const id = `${from.address} ${nonce} ${to.address} ${value}`;
  const known = signed.get(id);
  if (known !== undefined) return known;
  const call = { type: "Balances", value: { type: "transfer_keep_alive", value: { dest: { type: "Id", value: to.keys.account }, value } } };
  const terms = { genesisHash: GENESIS_HASH, era: IMMORTAL, blockNumber: 0, birthHash: GENESIS_HASH, nonce, tip: 0n };
  const { message } = messageToSign(APIS, call, terms);
  const encoded = toHex(signedExtrinsic(APIS, call, terms, from.keys.account, from.keys.sign(message)));
  signed.set(id, encoded);
  return encoded;
}

interface HeaderJson {
  readonly parentHash: string;
  readonly number: string;
  readonly stateRoot: string;
  readonly extrinsicsRoot: string;
  readonly digest: { readonly logs: readonly string[] };
}

/** The hash follows from what the client was told, without asking the node again. */
function hashOf({ parentHash, number, stateRoot, extrinsicsRoot, digest }: HeaderJson): string {
  const bare = encode(HeaderTy, { parent_hash: fromHex(parentHash), number: Number(number), state_root: fromHex(stateRoot), extrinsics_root: fromHex(extrinsicsRoot), digest: { logs: [] } } as never);
  const logs = digest.logs.map(fromHex);
  const bytes = [...bare.subarray(0, -1), logs.length << 2, ...logs.flatMap((log) => [...log])];
  return toHex(blake2b256(Uint8Array.from(bytes)));
}

/** What a node has acknowledged over all its lives. */
export class Ledger {
  readonly finalized = new Map<number, string>();
  readonly #finalNonce = new Map<string, number>();
  /** Block in which a transaction was said to be final. */
  readonly transactions: { readonly block: string; readonly encoded: string }[] = [];
  readonly refusals: string[] = [];

  head(number: number, hash: string): void {
    const known = this.finalized.get(number);
    if (known !== undefined) assert.equal(hash, known, `block ${number} was announced as final with two hashes`);
    this.finalized.set(number, hash);
  }

  transaction(address: string, nonce: number, block: string, encoded: string): void {
    this.#finalNonce.set(address, Math.max(nonce + 1, this.nextNonce(address)));
    this.transactions.push({ block, encoded });
  }

  nextNonce(address: string): number {
    return this.#finalNonce.get(address) ?? 0;
  }

  get highest(): number {
    return Math.max(-1, ...this.finalized.keys());
  }
}

export interface LoadOptions {
  /** Transactions of one account that are on their way at most. */
  readonly window?: number;
}

/** Transfers until `stop`, or until the node hangs up. */
export class Load {
  readonly #client: RpcClient;
  readonly #ledger: Ledger;
  readonly #window: number;
  #stopped = false;
  sent = 0;

  private constructor(client: RpcClient, ledger: Ledger, window: number) {
    this.#client = client;
    this.#ledger = ledger;
    this.#window = window;
  }

  static async start(url: string, ledger: Ledger, { window = 12 }: LoadOptions = {}): Promise<Load> {
    const load = new Load(await connect(url, CALL_MS), ledger, window);
    await load.#begin();
    return load;
  }

  async #begin(): Promise<void> {
    await this.#client.subscribe("chain_subscribeFinalizedHeads", [], "chain_unsubscribeFinalizedHeads", (item) => this.#onHead(item as HeaderJson), () => this.stop());
    for (const [i, sender] of RICH.entries()) this.#spend(sender, i === 0 ? ED25519 : RICH[(i + 1) % RICH.length]!, i === 0 ? 5n * MESI : MESI);
    this.#spend(ED25519, RICH[0]!, MESI / 100n);
  }

  #onHead(header: HeaderJson): void {
    const number = Number(header.number);
    this.#ledger.head(number, hashOf(header));
    if (number > 0) this.#ledger.head(number - 1, header.parentHash);
  }

  /** Sends one account's transfers, a window of them at a time. */
  #spend(from: Sender, to: Sender, value: bigint): void {
    void this.#nonceOf(from)
      .then(async (first) => {
        if (from === ED25519) await this.#funded();
        for (let nonce = first, flying = 0; !this.#stopped; nonce++) {
          const landed = this.#send(from, nonce, transfer(from, nonce, to, value));
          flying++;
          void landed.finally(() => flying--);
          while (flying >= this.#window && !this.#stopped) await new Promise((resolve) => setTimeout(resolve, 5));
          // Lets notifications in.
          if (nonce % 4 === 0) await new Promise((resolve) => setImmediate(resolve));
        }
      })
      .catch((error: Error) => this.#failed(error));
  }

  async #nonceOf({ address }: Sender): Promise<number> {
    const nonce = await this.#client.call<number>("system_accountNextIndex", [address]);
    const least = this.#ledger.nextNonce(address);
    if (nonce < least) this.#ledger.refusals.push(`the nonce of ${address} is ${nonce}, though ${least - 1} was in a final block`);
    return nonce;
  }

  async #funded(): Promise<void> {
    while (!this.#stopped && this.#ledger.nextNonce(RICH[0]!.address) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
  }

  /** Resolves when nothing more is to be heard of it. */
  #send(from: Sender, nonce: number, encoded: string): Promise<void> {
    this.sent++;
    return new Promise((resolve) => {
      const onStatus = (status: unknown): void => {
        if (typeof status === "string") {
          if (["invalid", "dropped"].includes(status)) resolve();
          return;
        }
        const { finalized } = status as { finalized?: string };
        if (finalized !== undefined) this.#ledger.transaction(from.address, nonce, finalized, encoded);
        if (finalized !== undefined || "usurped" in (status as object)) resolve();
      };
      this.#client.subscribe("author_submitAndWatchExtrinsic", [encoded], "author_unwatchExtrinsic", onStatus, () => resolve()).catch((error: Error) => {
        this.#failed(error);
        resolve();
      });
    });
  }

  #failed(error: Error): void {
    const { code } = error as { code?: string };
    // What a dying node does.
    if (this.#stopped || code === "CONNECTION_LOST" || code === "TIMED_OUT") return;
    if (this.#ledger.refusals.length < 10) this.#ledger.refusals.push(error.message);
  }

  /** Hangs up. */
  stop(): void {
    this.#stopped = true;
    this.#client.close();
  }
}

/** Everything that was acknowledged must be here; older blocks than `recent` are sampled. */
export async function assertKept(url: string, ledger: Ledger, recent = 200): Promise<void> {
  assert.deepEqual(ledger.refusals, [], "the node refused");
  const client = await connect(url, CALL_MS);
  try {
    const numbers = [...ledger.finalized.keys()].sort((a, b) => a - b);
    const chosen = numbers.filter((_, i) => i >= numbers.length - recent || i % 17 === 0);
    const hashes = await client.call<(string | null)[]>("chain_getBlockHash", [chosen]);
    for (const [i, number] of chosen.entries()) assert.equal(hashes[i], ledger.finalized.get(number), `block ${number} was final and is another one now`);
    for (const { block, encoded } of ledger.transactions.slice(-5)) {
      const found = await client.call<{ block: { extrinsics: string[] } } | null>("chain_getBlock", [block]);
      assert.ok(found?.block.extrinsics.includes(encoded), `a transaction that was final in ${block} is not there`);
    }
    for (const { address } of [...RICH, ED25519]) {
      const nonce = await client.call<number>("system_accountNextIndex", [address]);
      assert.ok(nonce >= ledger.nextNonce(address), `the nonce of ${address} went back from ${ledger.nextNonce(address)} to ${nonce}`);
    }
  } finally {
    client.close();
  }
}
