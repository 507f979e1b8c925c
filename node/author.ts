// Building a block: inherents, then what the pool gives until a limit of the block or of time is reached.
import type { AccountId, Header } from "../runtime/primitives/types.ts";
import { fromLatin1 } from "../runtime/primitives/bytes.ts";
import { Hash } from "../runtime/primitives/types.ts";
import type { Digest } from "../runtime/primitives/types.ts";
import { InvariantError } from "../runtime/primitives/errors.ts";
import { BlockExecution, createInherents } from "../runtime/frame/executive.ts";
import { decodeExtrinsic } from "../runtime/frame/extrinsic.ts";
import type { Extrinsic } from "../runtime/frame/extrinsic.ts";
import type { TransactionValidityError } from "../runtime/frame/types.ts";
import { orderedTrieRoot } from "../runtime/trie/build.ts";
import type { BlockNode } from "./chain/block-node.ts";
import { headerHash } from "../genesis/header.ts";
import type { ExecutedBlock } from "./chain/road.ts";
import { timestampOf } from "./import-block.ts";
import type { Road } from "./import-block.ts";

/** Where an author takes transactions from. */
export interface TransactionSupply {
  /** Lazily, in the order in which they should be included. */
  ready(): { next(): { readonly extrinsic: Extrinsic } | undefined; skipDependants(): void };
  /** The block refused it in this state: it must leave the pool, and its sender be told. */
  reportInvalid(hash: Hash, error: TransactionValidityError): void;
}

export interface AuthorOptions {
  readonly author: AccountId;
  /** Wall-clock ms that filling the block may take. */
  readonly budgetMs: number;
}

/** After a transaction that does not fit, how many smaller ones are still tried. */
const MAX_SKIPPED = 8;

/** The author as 32 account bytes: the one digest that every client reads as an account. */
export function authorDigest(author: AccountId): Digest {
  return { logs: [{ type: "PreRuntime", value: [fromLatin1("pow_"), author] }] };
}

/** Makes the next block on `parent`. It is executed and not yet part of the tree. */
export function buildBlock(road: Road, supply: TransactionSupply, parent: BlockNode, options: AuthorOptions): ExecutedBlock {
  const { runtime } = parent.runtime;
  const state = road.chain.stateAfter(parent);
  const start = { parent_hash: parent.hash, number: parent.number + 1, digest: authorDigest(options.author) };
  const execution = new BlockExecution(runtime, state, road.host, start);
  const body = applyInherents(execution, road, parent);
  fill(execution, road, supply, body, road.now() + options.budgetMs);
  const { changes, digest } = execution.finalize();
  const trie = road.chain.trie.update(parent.trie, changes, (key) => state.get(key));
  const header: Header = {
    parent_hash: start.parent_hash,
    number: start.number,
    state_root: Hash(trie.hash),
    extrinsics_root: Hash(orderedTrieRoot(body, 0)),
    digest,
  };
  return { hash: headerHash(header), header, extrinsics: body, changes, trie } as unknown as ExecutedBlock;
}

function applyInherents(execution: BlockExecution, road: Road, parent: BlockNode): Uint8Array[] {
  const { runtime } = parent.runtime;
  const earliest = timestampOf(road.chain, parent, road.host) + runtime.params.minimum_period;
  const now = BigInt(road.now());
  const body = createInherents(runtime, { timestampMs: now > earliest ? now : earliest });
  for (const encoded of body) {
    const result = execution.apply(decodeExtrinsic(runtime, encoded));
    if (!result.ok) throw new InvariantError("INHERENT_REFUSED", `our own inherent was refused: ${result.error.type}.${result.error.value.type}`);
  }
  return body;
}

function fill(execution: BlockExecution, road: Road, supply: TransactionSupply, body: Uint8Array[], deadline: number): void {
  const ready = supply.ready();
  let skipped = 0;
  for (let next = ready.next(); next !== undefined && road.now() < deadline; next = ready.next()) {
    const { extrinsic } = next;
    const result = execution.apply(extrinsic);
    if (result.ok) {
      body.push(extrinsic.encoded);
      continue;
    }
    ready.skipDependants();
    if (result.error.value.type !== "ExhaustsResources") supply.reportInvalid(extrinsic.hash, result.error);
    else if (++skipped > MAX_SKIPPED) return;
  }
}
