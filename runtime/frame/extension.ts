import type { AnyTy, Ty } from "../primitives/codec/index.ts";
import type { AccountId, MultiSignature } from "../primitives/types.ts";
import type { Context } from "./context.ts";
import type { RuntimeCall } from "./pallet.ts";
import type { DispatchInfo, PostInfo, Validity, ValidTransaction } from "./types.ts";

/** A transaction as its extensions see it. */
export interface TransactionView {
  /** Undefined for a general transaction without a signer. */
  readonly signer: AccountId | undefined;
  /** The signature's scheme; undefined when the fee is only quoted: then the dearest counts. */
  readonly scheme: MultiSignature["type"] | undefined;
  readonly call: RuntimeCall;
  readonly info: DispatchInfo;
  /** Bytes of the extrinsic without its length prefix. */
  readonly length: number;
}

/**
 * One transaction extension: what it adds to a transaction, what it adds to what is signed, and what it checks.
 * `validate` reads; `prepare` runs at inclusion, checks the same and may write; `postDispatch` settles with the real cost.
 */
export interface TransactionExtension<Extra = unknown, Pre = unknown> {
  readonly identifier: string;
  readonly extra: Ty<Extra>;
  readonly implicit: AnyTy;
  /** The implicit value follows from the block's state alone, so it is encoded once per block. */
  readonly implicitOfBlock?: true;
  /** The value that is signed but not sent. Fails when this state cannot know it (an era's birth block is forgotten). */
  implicitValue(ctx: Context, extra: Extra): Validity<unknown>;
  validate?(ctx: Context, tx: TransactionView, extra: Extra): Validity<Partial<ValidTransaction>>;
  prepare?(ctx: Context, tx: TransactionView, extra: Extra): Validity<Pre>;
  postDispatch?(ctx: Context, tx: TransactionView, pre: Pre, post: PostInfo, succeeded: boolean): void;
}

// biome-ignore lint/suspicious/noExplicitAny: extensions of one list have different types
export type AnyExtension = TransactionExtension<any, any>;
