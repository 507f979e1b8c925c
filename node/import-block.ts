// The road of a block that this node did not make: bytes -> decoded -> verified -> executed -> in the tree. Consensus decides
// when it is best and when it is final; the chain commits it.
import { equalBytes, toHex } from "../runtime/primitives/bytes.ts";
import { DecodeError } from "../runtime/primitives/errors.ts";
import { err, ok } from "../runtime/primitives/result.ts";
import type { Result } from "../runtime/primitives/result.ts";
import { encode } from "../runtime/primitives/codec/index.ts";
import { DigestTy } from "../runtime/primitives/types.ts";
import type { Header } from "../runtime/primitives/types.ts";
import { MAX_TIMESTAMP_DRIFT_MS, contextOn } from "../runtime/frame/apis.ts";
import type { BlockRejectedCode } from "../runtime/frame/block-rejected.ts";
import { contextAfter, executeBlock, signatureTask } from "../runtime/frame/executive.ts";
import type { SignatureTask } from "../runtime/frame/executive.ts";
import { decodeExtrinsic } from "../runtime/frame/extrinsic.ts";
import type { Extrinsic } from "../runtime/frame/extrinsic.ts";
import { Now } from "../runtime/pallets/timestamp/pallet.ts";
import { orderedTrieRoot } from "../runtime/trie/build.ts";
import type { BlockNode } from "./chain/block-node.ts";
import { headerHash } from "../genesis/header.ts";
import type { Chain } from "./chain/chain.ts";
import type { DecodedBlock, ExecutedBlock, VerifiedBlock } from "./chain/road.ts";
import { RuntimeError } from "./chain/runtimes.ts";
import type { NodeHost } from "./host.ts";

export interface ImportError {
  readonly code: BlockRejectedCode | "PARENT_UNKNOWN" | "TIMESTAMP_AHEAD";
  readonly message: string;
}

export interface Road {
  readonly chain: Chain;
  readonly host: NodeHost;
  /** Unix ms. */
  now(): number;
}

const refuse = (code: ImportError["code"], message: string): { readonly ok: false; readonly error: ImportError } => err({ code, message });

/** Takes a block from outside to its place in the tree. Importing a known block again gives the same node. */
export async function importBlock(road: Road, header: Header, extrinsics: readonly Uint8Array[]): Promise<Result<BlockNode, ImportError>> {
  const decoded = decodeBlock(road, header, extrinsics);
  if (!decoded.ok) return decoded;
  const known = road.chain.node(decoded.value.hash);
  if (known !== undefined) return ok(known);
  const verified = await verifyBlock(road, decoded.value);
  const executed = execute(road, verified);
  if (!executed.ok) return executed;
  return insert(road, executed.value);
}

function insert({ chain }: Road, block: ExecutedBlock): Result<BlockNode, ImportError> {
  try {
    return ok(chain.insert(block));
  } catch (error) {
    if (error instanceof RuntimeError) return refuse("UNKNOWN_RUNTIME", error.message);
    throw error;
  }
}

/** The cheap checks: links, roots of the body, strict decoding. */
function decodeBlock({ chain }: Road, header: Header, extrinsics: readonly Uint8Array[]): Result<DecodedBlock, ImportError> {
  const parent = chain.node(header.parent_hash);
  if (parent === undefined || !chain.isLive(parent)) return refuse("PARENT_UNKNOWN", `parent ${toHex(header.parent_hash)} is not above the finalized block`);
  if (header.number !== parent.number + 1) return refuse("BLOCK_NOT_CHILD", `block ${header.number} cannot follow block ${parent.number}`);
  const root = orderedTrieRoot(extrinsics, 0);
  if (!equalBytes(root, header.extrinsics_root)) return refuse("EXTRINSICS_ROOT_MISMATCH", `the body's root is ${toHex(root)}, the header says ${toHex(header.extrinsics_root)}`);
  const decoded: Extrinsic[] = [];
  for (const [i, encoded] of extrinsics.entries()) {
    try {
      decoded.push(decodeExtrinsic(parent.runtime.runtime, encoded));
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      return refuse("EXTRINSIC_MALFORMED", `extrinsic ${i}: ${error.message}`);
    }
  }
  return ok({ hash: headerHash(header), header, extrinsics, decoded, parent } as unknown as DecodedBlock);
}

/** Signatures go to the workers in one batch; execution then finds their results. */
async function verifyBlock({ chain, host }: Road, block: DecodedBlock): Promise<VerifiedBlock> {
  const { parent } = block;
  const ctx = contextAfter(parent.runtime.runtime, chain.stateAfter(parent), host, parent);
  const tasks: SignatureTask[] = [];
  for (const extrinsic of block.decoded) {
    const task = signatureTask(ctx, extrinsic);
    if (task.ok && task.value !== undefined) tasks.push(task.value);
  }
  await host.prefetch(tasks, "block");
  return block as unknown as VerifiedBlock;
}

function execute({ chain, host, now }: Road, block: VerifiedBlock): Result<ExecutedBlock, ImportError> {
  const { parent, header } = block;
  if (!chain.isLive(parent)) return refuse("PARENT_UNKNOWN", "a finalized block now excludes the parent");
  const { runtime } = parent.runtime;
  const state = chain.stateAfter(parent);
  const outcome = executeBlock(runtime, state, host, header, block.decoded);
  if (!outcome.ok) return refuse(outcome.error.code, outcome.error.message);
  const { changes, digest } = outcome.value;
  if (!sameDigest(digest, header.digest)) return refuse("DIGEST_MISMATCH", "executing the block gives another digest");
  const trie = chain.trie.update(parent.trie, changes, (key) => state.get(key));
  if (!equalBytes(trie.hash, header.state_root)) return refuse("STATE_ROOT_MISMATCH", `executing the block gives ${toHex(trie.hash)}, the header says ${toHex(header.state_root)}`);
  const timestamp = changes.find(({ key }) => equalBytes(key, Now.item.prefix))?.value;
  if (timestamp !== undefined && (Now.item.decodeValue(timestamp) as bigint) > BigInt(now()) + MAX_TIMESTAMP_DRIFT_MS) {
    return refuse("TIMESTAMP_AHEAD", `the block's time is more than ${MAX_TIMESTAMP_DRIFT_MS} ms ahead of this clock`);
  }
  return ok({ hash: block.hash, header, extrinsics: block.extrinsics, changes, trie } as unknown as ExecutedBlock);
}

function sameDigest(a: Header["digest"], b: Header["digest"]): boolean {
  return equalBytes(encode(DigestTy, a), encode(DigestTy, b));
}

/** The time that a block carries, ms; 0 for genesis. */
export function timestampOf(chain: Chain, node: BlockNode, host: NodeHost): bigint {
  return Now.get(contextOn(node.runtime.runtime, chain.stateAfter(node), host, node.number).state);
}
