// The chain as the transaction pool sees it: decoding, signatures in the workers, validation on the best block.
import { DecodeError } from "../runtime/primitives/errors.ts";
import { err, ok } from "../runtime/primitives/result.ts";
import type { Result } from "../runtime/primitives/result.ts";
import type { AccountId } from "../runtime/primitives/types.ts";
import type { Context } from "../runtime/frame/context.ts";
import { contextAfter, signatureTask, validateTransaction } from "../runtime/frame/executive.ts";
import { decodeExtrinsic } from "../runtime/frame/extrinsic.ts";
import type { Extrinsic } from "../runtime/frame/extrinsic.ts";
import type { TransactionSource, TransactionValidityError, ValidTransaction, Validity } from "../runtime/frame/types.ts";
import { accountOf } from "../runtime/pallets/system/account.ts";
import { BlockHash } from "../runtime/pallets/system/storage.ts";
import type { BlockRef } from "../rpc/backend.ts";
import { describeBadSignature } from "./bad-signature.ts";
import type { BlockNode } from "./chain/block-node.ts";
import type { Chain } from "./chain/chain.ts";
import type { NodeHost } from "./host.ts";
import { senderOf } from "./pool/entry.ts";
import type { Sender } from "./pool/entry.ts";
import type { PoolChain } from "./pool/options.ts";

/** Blocks whose hashes are tried to explain a refused signature. */
const RECENT = 32;

export class NodePoolChain implements PoolChain {
  readonly #chain: Chain;
  readonly #host: NodeHost;
  readonly #dev: boolean;
  /** Validation only reads, so all validations on one best block share what they decoded. */
  #view: { readonly best: BlockNode; readonly ctx: Context } | undefined;

  constructor(chain: Chain, host: NodeHost, dev: boolean) {
    this.#chain = chain;
    this.#host = host;
    this.#dev = dev;
  }

  #context(): Context {
    const { best } = this.#chain;
    if (this.#view?.best !== best) {
      this.#view = { best, ctx: contextAfter(best.runtime.runtime, this.#chain.stateAfter(best), this.#host, best) };
    }
    return this.#view.ctx;
  }

  decode(encoded: Uint8Array): Result<Extrinsic, string> {
    try {
      return ok(decodeExtrinsic(this.#chain.best.runtime.runtime, encoded));
    } catch (error) {
      if (error instanceof DecodeError) return err(error.message);
      throw error;
    }
  }

  async validate(extrinsic: Extrinsic, source: TransactionSource): Promise<Validity<ValidTransaction>> {
    const task = signatureTask(this.#context(), extrinsic);
    if (task.ok && task.value !== undefined) await this.#host.prefetch([task.value]);
    return validateTransaction(this.#context(), source, extrinsic);
  }

  revalidate(extrinsic: Extrinsic): Validity<ValidTransaction> | undefined {
    return validateTransaction(this.#context(), "External", extrinsic);
  }

  sender(extrinsic: Extrinsic): Sender | undefined {
    return senderOf(this.#chain.best.runtime.runtime, extrinsic);
  }

  best(): BlockRef {
    return this.#chain.best;
  }

  nonce(account: AccountId): number {
    return accountOf(this.#context().state, account).nonce;
  }

  describeInvalid(extrinsic: Extrinsic, error: TransactionValidityError): string | undefined {
    if (!this.#dev || error.type !== "Invalid" || error.value.type !== "BadProof") return undefined;
    const ctx = this.#context();
    const best = ctx.blockNumber - 1;
    // From the state: of the block tree, only what is not final yet is in memory.
    const recent = Array.from({ length: Math.min(RECENT, best + 1) }, (_, back) => BlockHash.get(ctx.state, best - back));
    return describeBadSignature(ctx, extrinsic, { genesis: this.#chain.genesisHash, recent });
  }
}
