// How a block comes about: initialize, inherents, extrinsics, finalize. The same code authors, imports and dry-runs.
import { err, ok } from "../primitives/result.ts";
import type { Result } from "../primitives/result.ts";
import type { AccountId, Digest, Hash, Header, MultiSignature } from "../primitives/types.ts";
import { BlockHash, BlockWeight, Digest as DigestItem, EventCount, Events, InherentsApplied, LastRuntimeUpgrade, Number, ParentHash } from "../pallets/system/storage.ts";
import { SystemEvent } from "../pallets/system/events.ts";
import { BASE_BLOCK, BASE_EXTRINSIC, ZERO_WEIGHT, addWeight } from "../pallets/system/limits.ts";
import { registerWeight } from "../pallets/system/extensions/check-weight.ts";
import { BlockRejected } from "./block-rejected.ts";
import { Context } from "./context.ts";
import type { Host } from "./context.ts";
import type { TransactionView } from "./extension.ts";
import { encodeExtrinsic, signedMessage, signerOf, signingPayload } from "./extrinsic.ts";
import type { Extrinsic, Preamble } from "./extrinsic.ts";
import { NONE, signed } from "./pallet.ts";
import type { InherentData, Origin } from "./pallet.ts";
import type { Runtime } from "./runtime.ts";
import { State } from "./state.ts";
import type { StateChange, StateReader } from "./state.ts";
import type { DispatchError, DispatchInfo, DispatchResult, InvalidTransaction, PostInfo, TransactionSource, TransactionValidityError, Validity, ValidTransaction } from "./types.ts";

/** What a header says before its block is executed. */
export interface BlockStart {
  readonly parent_hash: Hash;
  readonly number: number;
  /** PreRuntime items only; execution may add others. */
  readonly digest: Digest;
}

/** What executing a block gives: everything but the two roots. */
export interface BlockOutcome {
  readonly changes: readonly StateChange[];
  readonly digest: Digest;
  /** The encoded `Vec<EventRecord>`. */
  readonly events: Uint8Array;
}

/** Included: the outcome of its dispatch. Refused: it leaves no trace and must not stand in the block. */
export type ApplyResult = Result<Result<undefined, DispatchError>, TransactionValidityError>;

const invalid = (type: InvalidTransaction["type"]): { readonly ok: false; readonly error: TransactionValidityError } =>
  err({ type: "Invalid", value: { type } as InvalidTransaction });

/** One block under execution. Making one throws BlockRejected when its number does not follow the parent's. */
export class BlockExecution {
  readonly context: Context;
  #inherentsOver = false;

  constructor(runtime: Runtime, parent: StateReader, host: Host, start: BlockStart) {
    this.context = new Context(runtime, new State(parent, runtime.storageItems), host);
    this.#initialize(start);
  }

  #initialize({ parent_hash, number, digest }: BlockStart): void {
    const ctx = this.context;
    const { state } = ctx;
    const expected = Number.get(state) + 1;
    if (number !== expected) throw new BlockRejected("BLOCK_NOT_CHILD", `block ${number} cannot stand on this state: ${expected} follows`);
    ctx.blockNumber = number;
    Number.set(state, number);
    ParentHash.set(state, parent_hash);
    DigestItem.set(state, digest);
    BlockHash.set(state, number - 1, parent_hash);
    InherentsApplied.remove(state);
    this.#noteUpgrade();
    let used = ZERO_WEIGHT;
    for (const pallet of ctx.runtime.pallets) if (pallet.hooks?.onInitialize) used = addWeight(used, pallet.hooks.onInitialize(ctx));
    ctx.weightUsed.Mandatory = addWeight(used, BASE_BLOCK);
  }

  #noteUpgrade(): void {
    const { spec_version, spec_name } = this.context.runtime.version;
    const last = LastRuntimeUpgrade.get(this.context.state);
    if (last?.spec_version !== spec_version || last.spec_name !== spec_name) LastRuntimeUpgrade.set(this.context.state, { spec_version, spec_name });
  }

  /** Checks and runs one extrinsic. On refusal the block is as if it had not been tried. */
  apply(extrinsic: Extrinsic): ApplyResult {
    const ctx = this.context;
    const before = { state: ctx.state.mark(), events: ctx.events.mark(), length: ctx.extrinsicsLength, signatureTime: ctx.signatureTime, weight: { ...ctx.weightUsed }, inherentsOver: this.#inherentsOver };
    ctx.phase = { type: "ApplyExtrinsic", value: ctx.extrinsicIndex };
    const result = this.#run(extrinsic);
    if (result.ok) {
      ctx.extrinsicIndex++;
      return result;
    }
    ctx.state.rollback(before.state);
    ctx.events.rollback(before.events);
    ctx.extrinsicsLength = before.length;
    ctx.signatureTime = before.signatureTime;
    Object.assign(ctx.weightUsed, before.weight);
    this.#inherentsOver = before.inherentsOver;
    return result;
  }

  #run(extrinsic: Extrinsic): ApplyResult {
    if (extrinsic.preamble.type === "Bare") return this.#runBare(extrinsic);
    if (!this.#inherentsOver) this.#endInherents();
    if (extrinsic.preamble.type === "General") return invalid("UnknownOrigin");
    return this.#runSigned(extrinsic, extrinsic.preamble);
  }

  #endInherents(): void {
    this.#inherentsOver = true;
    InherentsApplied.set(this.context.state, true);
  }

  #runBare(extrinsic: Extrinsic): ApplyResult {
    const ctx = this.context;
    const info = ctx.dispatchInfo(extrinsic.call);
    const pallet = ctx.runtime.pallet(extrinsic.call.type);
    if (pallet.inherent?.isInherent(extrinsic.call.value)) {
      if (this.#inherentsOver) throw new BlockRejected("INHERENT_ORDER", "an inherent stands behind an ordinary extrinsic");
    } else {
      if (!this.#inherentsOver) this.#endInherents();
      const validity = pallet.validateUnsigned?.(ctx, extrinsic.call.value, "InBlock") ?? unsignedRefused;
      if (!validity.ok) return validity;
    }
    if (!registerWeight(ctx, info.weight, info.class)) return invalid("ExhaustsResources");
    ctx.extrinsicsLength += extrinsic.length;
    return this.#dispatch(extrinsic, info, NONE, () => {});
  }

  #runSigned(extrinsic: Extrinsic, preamble: Preamble & { readonly type: "Signed" }): ApplyResult {
    const ctx = this.context;
    const checked = checkSignature(ctx, extrinsic);
    if (!checked.ok) return checked;
    const tx = viewOf(ctx, extrinsic);
    const pres: unknown[] = [];
    for (const [i, extension] of ctx.runtime.extensions.entries()) {
      const pre = extension.prepare ? extension.prepare(ctx, tx, preamble.extras[i]) : (extension.validate?.(ctx, tx, preamble.extras[i]) ?? ok(undefined));
      if (!pre.ok) return pre;
      pres.push(extension.prepare ? pre.value : undefined);
    }
    return this.#dispatch(extrinsic, tx.info, signed(tx.signer!), (post, succeeded) => {
      for (const [i, extension] of ctx.runtime.extensions.entries()) extension.postDispatch?.(ctx, tx, pres[i], post, succeeded);
    });
  }

  #dispatch(extrinsic: Extrinsic, info: DispatchInfo, origin: Origin, settle: (post: PostInfo, succeeded: boolean) => void): ApplyResult {
    const ctx = this.context;
    const result = ctx.dispatch(extrinsic.call, origin);
    // FRAME: a mandatory extrinsic that fails makes the block invalid.
    if (!result.ok && info.class === "Mandatory") return invalid("BadMandatory");
    const post = postInfo(info, result);
    settle(post, result.ok);
    const dispatch_info = {
      weight: addWeight(post.actual_weight ?? info.weight, BASE_EXTRINSIC),
      class: { type: info.class },
      pays_fee: { type: post.pays_fee ?? info.pays_fee },
    };
    ctx.deposit(SystemEvent, result.ok ? { type: "ExtrinsicSuccess", value: { dispatch_info } } : { type: "ExtrinsicFailed", value: { dispatch_error: result.error, dispatch_info } });
    return ok(result.ok ? ok(undefined) : err(result.error));
  }

  /** Runs the closing hooks. Throws BlockRejected when the block cannot stand. */
  finalize(): BlockOutcome {
    const ctx = this.context;
    const { state } = ctx;
    if (!this.#inherentsOver) this.#endInherents();
    ctx.phase = { type: "Finalization" };
    for (const pallet of ctx.runtime.pallets) pallet.hooks?.onFinalize?.(ctx);
    BlockWeight.set(state, { normal: ctx.weightUsed.Normal, operational: ctx.weightUsed.Operational, mandatory: ctx.weightUsed.Mandatory });
    const events = ctx.events.encoded();
    Events.set(state, events);
    EventCount.set(state, ctx.events.count);
    const forgotten = ctx.blockNumber - ctx.params.block_hash_count - 1;
    // Block 0 stays: its hash is the genesis hash that every transaction signs.
    if (forgotten > 0) BlockHash.remove(state, forgotten);
    return { changes: state.changes(), digest: DigestItem.get(state), events };
  }
}

const unsignedRefused = err({ type: "Unknown", value: { type: "NoUnsignedValidator" } } as const);

/** FRAME's rule: what a call reports counts only where it is less than what was charged; a failure may still refund weight. */
function postInfo(info: DispatchInfo, result: DispatchResult<DispatchError>): PostInfo {
  const post = result.ok ? result.value : result.post;
  if (post === undefined) return {};
  const free = info.pays_fee === "No" || post.pays_fee === "No";
  const actual = post.actual_weight;
  const refundable = actual !== undefined && actual.ref_time <= info.weight.ref_time && actual.proof_size <= info.weight.proof_size;
  return { actual_weight: refundable ? actual : undefined, pays_fee: free ? "No" : undefined };
}

function viewOf(ctx: Context, extrinsic: Extrinsic): TransactionView {
  const { preamble, call, length } = extrinsic;
  return { signer: signerOf(preamble), scheme: preamble.type === "Signed" ? preamble.signature.type : undefined, call, info: ctx.dispatchInfo(call), length };
}

export interface SignatureTask {
  readonly signature: MultiSignature;
  readonly message: Uint8Array;
  readonly signer: AccountId;
}

/** What has to be verified for a signed extrinsic in this state, so that workers can do it ahead; undefined when it carries no signature. */
export function signatureTask(ctx: Context, extrinsic: Extrinsic): Validity<SignatureTask | undefined> {
  const { preamble } = extrinsic;
  if (preamble.type !== "Signed") return ok(undefined);
  if (preamble.address.type !== "Id") return err({ type: "Unknown", value: { type: "CannotLookup" } });
  const payload = signingPayload(ctx, extrinsic.callBytes, extrinsic.extraBytes, preamble.extras);
  if (!payload.ok) return payload;
  return ok({ signature: preamble.signature, message: signedMessage(payload.value), signer: preamble.address.value });
}

function checkSignature(ctx: Context, extrinsic: Extrinsic): Validity<undefined> {
  const task = signatureTask(ctx, extrinsic);
  if (!task.ok) return task;
  if (task.value !== undefined && !ctx.host.verifySignature(task.value.signature, task.value.message, task.value.signer)) return invalid("BadProof");
  return ok(undefined);
}

/** A context for questions about the block after `block`: as validation sees the state. */
export function contextAfter(runtime: Runtime, parent: StateReader, host: Host, block: { readonly hash: Hash; readonly number: number }): Context {
  const ctx = new Context(runtime, new State(parent, runtime.storageItems), host);
  ctx.blockNumber = block.number + 1;
  BlockHash.set(ctx.state, block.number, block.hash);
  return ctx;
}

/** Whether a transaction may enter the pool, what it depends on and what it provides. The state is not changed by it. */
export function validateTransaction(ctx: Context, source: TransactionSource, extrinsic: Extrinsic): Validity<ValidTransaction> {
  const { preamble } = extrinsic;
  if (preamble.type === "Bare") return validateBare(ctx, source, extrinsic);
  const checked = checkSignature(ctx, extrinsic);
  if (!checked.ok) return checked;
  const tx = viewOf(ctx, extrinsic);
  if (tx.info.class === "Mandatory") return invalid("MandatoryValidation");
  let combined: ValidTransaction = { priority: 0n, requires: [], provides: [], longevity: U64_MAX, propagate: true };
  for (const [i, extension] of ctx.runtime.extensions.entries()) {
    const part = extension.validate?.(ctx, tx, preamble.extras[i]);
    if (part === undefined) continue;
    if (!part.ok) return part;
    combined = combine(combined, part.value);
  }
  return tx.signer === undefined ? invalid("UnknownOrigin") : ok(combined);
}

function validateBare(ctx: Context, source: TransactionSource, extrinsic: Extrinsic): Validity<ValidTransaction> {
  const pallet = ctx.runtime.pallet(extrinsic.call.type);
  if (pallet.inherent?.isInherent(extrinsic.call.value)) return invalid("MandatoryValidation");
  return pallet.validateUnsigned?.(ctx, extrinsic.call.value, source) ?? unsignedRefused;
}

const U64_MAX = (1n << 64n) - 1n;
const saturate = (value: bigint): bigint => (value > U64_MAX ? U64_MAX : value);

function combine(a: ValidTransaction, b: Partial<ValidTransaction>): ValidTransaction {
  const longevity = b.longevity ?? U64_MAX;
  return {
    priority: saturate(a.priority + (b.priority ?? 0n)),
    requires: [...a.requires, ...(b.requires ?? [])],
    provides: [...a.provides, ...(b.provides ?? [])],
    longevity: a.longevity < longevity ? a.longevity : longevity,
    propagate: a.propagate && (b.propagate ?? true),
  };
}

/** The bare extrinsics that an author puts first, encoded, in the order of pallets. */
export function createInherents(runtime: Runtime, data: InherentData): Uint8Array[] {
  const out: Uint8Array[] = [];
  for (const pallet of runtime.pallets) {
    const value = pallet.inherent?.create(data);
    if (value !== undefined) out.push(encodeExtrinsic(runtime, { type: "Bare", version: 4 }, { type: pallet.name, value }));
  }
  return out;
}

/** Runs a whole block from another node. The roots are the caller's to compare. */
export function executeBlock(runtime: Runtime, parent: StateReader, host: Host, header: Header, extrinsics: readonly Extrinsic[]): Result<BlockOutcome, BlockRejected> {
  const preRuntime = header.digest.logs.filter(({ type }) => type === "PreRuntime");
  try {
    const execution = new BlockExecution(runtime, parent, host, { parent_hash: header.parent_hash, number: header.number, digest: { logs: preRuntime } });
    for (const [i, extrinsic] of extrinsics.entries()) {
      const result = execution.apply(extrinsic);
      if (!result.ok) throw refusedExtrinsic(i, result.error);
    }
    return ok(execution.finalize());
  } catch (error) {
    if (error instanceof BlockRejected) return err(error);
    throw error;
  }
}

function refusedExtrinsic(index: number, error: TransactionValidityError): BlockRejected {
  const mandatory = error.type === "Invalid" && error.value.type === "BadMandatory";
  return new BlockRejected(mandatory ? "MANDATORY_FAILED" : "EXTRINSIC_INVALID", `extrinsic ${index}: ${error.type}.${error.value.type}`);
}

/** Runs every pallet's invariants; for tests and the simulator, after each block. */
export function checkInvariants(runtime: Runtime, state: State): void {
  for (const pallet of runtime.pallets) pallet.checkState?.(state, runtime.params);
}
