import type { BlockHash } from "../../runtime/primitives/types.ts";
import type { Backend, ChainBackend, ChainEvent, ImportedBlock } from "../backend.ts";
import type { OnBackgroundError } from "../background.ts";
import { hex, headerJson, signedBlockJson } from "../encode.ts";
import type { Hex } from "../encode.ts";
import type { Method, MethodTable, RawJson, Subscription, SubscriptionSink } from "../method.ts";
import { oneOrMany, optionalBlock } from "../shapes.ts";
import { u32OrHex } from "../transport/params.ts";

/** Numbers in one `chain_getBlockHash`. */
const BLOCK_NUMBERS_MAX = 1024;

export function chainMethods({ chain }: Backend, onError: OnBackgroundError): MethodTable {
  return {
    methods: [getBlock(chain), getBlockHash(chain), getHeader(chain), getFinalizedHead(chain)],
    subscriptions: headSubscriptions(chain, onError),
  };
}

function getBlock(chain: ChainBackend): Method {
  return {
    name: "chain_getBlock",
    safety: "safe",
    params: ["hash"],
    handler: (params) => signedBlock(chain, optionalBlock(params, "hash") ?? chain.best().hash),
  };
}

async function signedBlock(chain: ChainBackend, hash: BlockHash): Promise<RawJson | null> {
  const [header, body, justifications] = await Promise.all([chain.header(hash), chain.body(hash), chain.justifications(hash)]);
  return header === undefined || body === undefined ? null : signedBlockJson(header, body, justifications);
}

function getBlockHash(chain: ChainBackend): Method {
  const hashOf = async (number: number): Promise<Hex | null> => {
    const hash = await chain.blockHash(number);
    return hash === undefined ? null : hex(hash);
  };
  return {
    name: "chain_getBlockHash",
    // Substrate's server has the alias here, although the name suggests a header.
    aliases: ["chain_getHead"],
    safety: "safe",
    params: ["hash"],
    handler: (params) => {
      const asked = params.optional("block number", oneOrMany(u32OrHex, BLOCK_NUMBERS_MAX));
      if (asked === undefined) return hex(chain.best().hash);
      return typeof asked === "number" ? hashOf(asked) : Promise.all(asked.map(hashOf));
    },
  };
}

function getHeader(chain: ChainBackend): Method {
  return {
    name: "chain_getHeader",
    safety: "safe",
    params: ["hash"],
    handler: async (params) => {
      const header = await chain.header(optionalBlock(params, "hash") ?? chain.best().hash);
      return header === undefined ? null : headerJson(header);
    },
  };
}

function getFinalizedHead(chain: ChainBackend): Method {
  return {
    name: "chain_getFinalizedHead",
    aliases: ["chain_getFinalisedHead"],
    safety: "safe",
    handler: () => hex(chain.finalized().hash),
  };
}

function headSubscriptions(chain: ChainBackend, onError: OnBackgroundError): Subscription[] {
  return [
    {
      name: "chain_subscribeNewHeads",
      aliases: ["chain_subscribeNewHead", "subscribe_newHead"],
      unsubscribe: "chain_unsubscribeNewHeads",
      unsubscribeAliases: ["chain_unsubscribeNewHead", "unsubscribe_newHead"],
      notification: "chain_newHead",
      safety: "safe",
      handler: (_params, sink) => new HeadStream(chain, sink, chain.best().hash, "best", onError).end,
    },
    {
      name: "chain_subscribeAllHeads",
      unsubscribe: "chain_unsubscribeAllHeads",
      notification: "chain_allHead",
      safety: "safe",
      handler: (_params, sink) => new HeadStream(chain, sink, chain.best().hash, "newBlock", onError).end,
    },
    {
      name: "chain_subscribeFinalizedHeads",
      aliases: ["chain_subscribeFinalisedHeads"],
      unsubscribe: "chain_unsubscribeFinalizedHeads",
      unsubscribeAliases: ["chain_unsubscribeFinalisedHeads"],
      notification: "chain_finalizedHead",
      safety: "safe",
      handler: (_params, sink) => new HeadStream(chain, sink, chain.finalized().hash, "finalized", onError).end,
    },
  ];
}

/** Heads that may wait while the first header is read from the disk. */
const WAITING_MAX = 1024;

/** The current header first, then those of the events of one kind. Finalized heads come one by one, without gaps. */
class HeadStream {
  readonly #sink: SubscriptionSink;
  readonly end: () => void;
  #waiting: ImportedBlock[] | undefined = [];

  constructor(chain: ChainBackend, sink: SubscriptionSink, first: BlockHash, kind: ChainEvent["type"], onError: OnBackgroundError) {
    this.#sink = sink;
    this.end = chain.subscribe((event) => {
      if (event.type !== kind) return;
      if (event.type === "finalized") for (const block of event.finalized) this.#push(block);
      else this.#push(event.block);
    });
    void chain.header(first).then(
      (header) => this.#begin(header === undefined ? undefined : headerJson(header)),
      (error: unknown) => {
        sink.close();
        onError(error, "chain_subscribe*Heads");
      },
    );
  }

  #begin(first: RawJson | undefined): void {
    const waiting = this.#waiting ?? [];
    this.#waiting = undefined;
    if (first !== undefined) this.#sink.send(first);
    for (const block of waiting) this.#sink.send(headerJson(block.header));
  }

  #push(block: ImportedBlock): void {
    if (this.#waiting === undefined) this.#sink.send(headerJson(block.header));
    else if (this.#waiting.push(block) > WAITING_MAX) this.#waiting.shift();
  }
}
