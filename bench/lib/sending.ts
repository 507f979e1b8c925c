// A client that sends ready transactions in one of the usual ways and then looks in the blocks for each that was accepted.
import { blake2b256 } from "#hash";
import { fromHex, toHex } from "../../runtime/primitives/bytes.ts";
import { HttpClient, WsClient } from "./rpc-client.ts";
import type { Answer } from "./rpc-client.ts";
import type { Server } from "./server.ts";
import type { SignedTransfer } from "./signed-transfers.ts";

export type Mode = "ws submit" | "ws watch" | "http" | "http batch 100";

export interface Outcome {
  readonly included: number;
  /** Replies that were errors; each was tried again. */
  readonly refused: number;
  /** Accepted, in no block, and nobody was told. */
  readonly lost: number;
  /** `performance.now()` when the last one was seen in a block. */
  readonly doneAt: number;
}

/** How a chain takes transactions and shows its blocks. */
export interface Wire {
  readonly submit: string;
  head(client: HttpClient): Promise<number>;
  /** Hashes of a block's transactions; undefined while the block cannot be read yet. */
  block(client: HttpClient, number: number): Promise<string[] | undefined>;
}

async function result(answer: Promise<Answer>): Promise<unknown> {
  const { error, result: value } = (await answer) as { error?: { message: string }; result: unknown };
  if (error !== undefined) throw new Error(error.message);
  return value;
}

export const SUBSTRATE: Wire = {
  submit: "author_submitExtrinsic",
  head: async (client) => {
    const hash = await result(client.call("chain_getFinalizedHead", []));
    return Number(((await result(client.call("chain_getHeader", [hash]))) as { number: string }).number);
  },
  block: async (client, number) => {
    const hash = await result(client.call("chain_getBlockHash", [number]));
    const { block } = (await result(client.call("chain_getBlock", [hash]))) as { block: { extrinsics: string[] } };
    return block.extrinsics.map((hex) => toHex(blake2b256(fromHex(hex))));
  },
};

export const ETHEREUM: Wire = {
  submit: "eth_sendRawTransaction",
  head: async (client) => Number(await result(client.call("eth_blockNumber", []))),
  block: async (client, number) => ((await result(client.call("eth_getBlockByNumber", [`0x${number.toString(16)}`, false]))) as { transactions: string[] } | null)?.transactions,
};

const CONNECTIONS = 4;
const IN_FLIGHT = 50;
const BATCH = 100;
const RETRIES = 10;
const RETRY_MS = 200;
const POLL_MS = 50;
/** What a watcher may hear last. */
const LAST_WORDS = ["finalized", "usurped", "dropped", "invalid", "finalityTimeout"];

class Sending {
  readonly accepted = new Set<string>();
  /** By watchers: why a transaction is not coming. */
  readonly told = new Set<string>();
  refused = 0;
  readonly #wire: Wire;
  readonly #server: Server;

  constructor(wire: Wire, server: Server) {
    this.#wire = wire;
    this.#server = server;
  }

  #note({ hash }: SignedTransfer, { error }: Answer): boolean {
    if (error === undefined) this.accepted.add(hash);
    else this.refused++;
    return error === undefined;
  }

  /** Again and again, as a client does that must not leave a gap in its nonces. */
  async #persist(transfer: SignedTransfer, send: () => Promise<Answer>): Promise<void> {
    for (let tries = 0; tries < RETRIES; tries++) {
      if (this.#note(transfer, await send())) return;
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
    }
  }

  async overWs(transfers: readonly SignedTransfer[], watch: boolean): Promise<void> {
    await Promise.all(shares(transfers, CONNECTIONS).map(async (share) => {
      const client = await WsClient.open(this.#server.ws);
      let last: Promise<unknown> = Promise.resolve();
      const open = new Set<Promise<void>>();
      for (const transfer of share) {
        const one: Promise<void> = this.#persist(transfer, () => (watch ? this.#watch(client, transfer) : client.call(this.#wire.submit, [transfer.hex]))).finally(() => open.delete(one));
        open.add(one);
        last = one;
        if (open.size >= IN_FLIGHT) await Promise.race(open);
      }
      await Promise.all([last, ...open]);
      if (!watch) client.close();
      else void this.#closeWhenTold(client, share);
    }));
  }

  #watch(client: WsClient, { hex, hash }: SignedTransfer): Promise<Answer> {
    return client.subscribe("author_submitAndWatchExtrinsic", [hex], (status) => {
      const word = typeof status === "string" ? status : Object.keys(status as object)[0]!;
      if (LAST_WORDS.includes(word)) this.told.add(hash);
    });
  }

  async #closeWhenTold(client: WsClient, share: readonly SignedTransfer[]): Promise<void> {
    for (let tries = 0; tries < 200 && !share.every(({ hash }) => this.told.has(hash)); tries++) await new Promise((resolve) => setTimeout(resolve, 100));
    client.close();
  }

  async overHttp(transfers: readonly SignedTransfer[]): Promise<void> {
    const bySender = shares(transfers, IN_FLIGHT);
    const client = new HttpClient(this.#server.http, IN_FLIGHT);
    await Promise.all(bySender.map(async (share) => {
      for (const transfer of share) await this.#persist(transfer, () => client.call(this.#wire.submit, [transfer.hex]));
    }));
    client.close();
  }

  async inBatches(transfers: readonly SignedTransfer[]): Promise<void> {
    const client = new HttpClient(this.#server.http, CONNECTIONS);
    await Promise.all(shares(transfers, CONNECTIONS).map(async (share) => {
      for (let at = 0; at < share.length; at += BATCH) {
        const batch = share.slice(at, at + BATCH);
        const answers = await client.batch(batch.map(({ hex }) => [this.#wire.submit, [hex]]));
        for (const [i, transfer] of batch.entries()) {
          if (!this.#note(transfer, answers[i]!)) await this.#persist(transfer, () => client.call(this.#wire.submit, [transfer.hex]));
        }
      }
    }));
    client.close();
  }
}

/** A sender's transactions stay together and in order. */
function shares(transfers: readonly SignedTransfer[], count: number): SignedTransfer[][] {
  const out: SignedTransfer[][] = Array.from({ length: count }, () => []);
  for (const transfer of transfers) out[transfer.sender % count]!.push(transfer);
  return out.filter((share) => share.length > 0);
}

export async function sendAll(server: Server, wire: Wire, mode: Mode, transfers: readonly SignedTransfer[], settleMs: number): Promise<Outcome> {
  const client = new HttpClient(server.http, 1);
  const from = await wire.head(client);
  const sending = new Sending(wire, server);
  if (mode === "http") await sending.overHttp(transfers);
  else if (mode === "http batch 100") await sending.inBatches(transfers);
  else await sending.overWs(transfers, mode === "ws watch");
  const missing = new Set(sending.accepted);
  let doneAt = performance.now();
  for (let next = from + 1; missing.size > 0 && performance.now() - doneAt < settleMs; ) {
    const hashes = next <= (await wire.head(client)) ? await wire.block(client, next) : undefined;
    if (hashes === undefined) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      continue;
    }
    next++;
    const before = missing.size;
    for (const hash of hashes) missing.delete(hash);
    if (missing.size < before) doneAt = performance.now();
  }
  client.close();
  const lost = [...missing].filter((hash) => !sending.told.has(hash)).length;
  return { included: sending.accepted.size - missing.size, refused: sending.refused, lost, doneAt };
}
