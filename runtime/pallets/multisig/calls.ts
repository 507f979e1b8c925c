import { blake2b256 } from "#hash";
import { compareBytes, equalBytes } from "../../primitives/bytes.ts";
import { encode } from "../../primitives/codec/index.ts";
import type { Ty } from "../../primitives/codec/index.ts";
import { ok } from "../../primitives/result.ts";
import type { AccountId, Weight } from "../../primitives/types.ts";
import type { Context } from "../../frame/context.ts";
import { SUCCESS, ensureSigned, fail, signed } from "../../frame/pallet.ts";
import type { Origin, RuntimeCall } from "../../frame/pallet.ts";
import type { DispatchResult, DispatchSuccess, Outcome } from "../../frame/types.ts";
import { reserve, unreserve } from "../balances/reserve.ts";
import { infoOf, reportedWeight, resultOf } from "../nested-dispatch.ts";
import { addWeight, exceeds } from "../system/limits.ts";
import { MultisigError, MultisigEvent } from "./events.ts";
import { DEPOSIT_BASE, DEPOSIT_FACTOR, MAX_SIGNATORIES, Multisigs, multiAccountId, sameTimepoint, search } from "./types.ts";
import type { Multisig, Timepoint } from "./types.ts";
import { APPROVE, COMPLETE, CREATE, THRESHOLD_1 } from "./weights.ts";

interface Others {
  readonly threshold: number;
  readonly other_signatories: readonly AccountId[];
}

/** One approval by `who`, with the call itself or only its hash. */
interface Operation extends Others {
  readonly who: AccountId;
  readonly multisig: AccountId;
  readonly timepoint: Timepoint | undefined;
  readonly call: RuntimeCall | undefined;
  readonly callHash: Uint8Array;
  readonly callBytes: number;
  readonly maxWeight: Weight;
}

export function asMultiThreshold1(
  ctx: Context,
  origin: Origin,
  args: { readonly other_signatories: readonly AccountId[]; readonly call: RuntimeCall },
): DispatchResult {
  const who = ensureSigned(origin);
  if (!who.ok) return who;
  const signatories = allSignatories(args.other_signatories, who.value);
  if (!signatories.ok) return signatories;
  // Another account acts now: the sender's filter does not bind it.
  const result = ctx.dispatch(args.call, signed(multiAccountId(signatories.value, 1)));
  const inner = reportedWeight(result);
  const post = inner && { actual_weight: addWeight(THRESHOLD_1(args.other_signatories.length, 0), inner) };
  return result.ok ? { ok: true, value: post } : { ok: false, error: result.error, post };
}

type AsMulti = Others & { readonly maybe_timepoint: Timepoint | undefined; readonly call: RuntimeCall; readonly max_weight: Weight };

export function asMulti(ctx: Context, origin: Origin, args: AsMulti, callType: Ty<RuntimeCall>): DispatchResult {
  const started = identify(origin, args);
  if (!started.ok) return started;
  const bytes = encode(callType, args.call);
  return operate(ctx, {
    ...args,
    ...started.value,
    timepoint: args.maybe_timepoint,
    callHash: blake2b256(bytes),
    callBytes: bytes.length,
    maxWeight: args.max_weight,
  });
}

type ApproveAsMulti = Others & {
  readonly maybe_timepoint: Timepoint | undefined;
  readonly call_hash: Uint8Array;
  readonly max_weight: Weight;
};

export function approveAsMulti(ctx: Context, origin: Origin, args: ApproveAsMulti): DispatchResult {
  const started = identify(origin, args);
  if (!started.ok) return started;
  return operate(ctx, {
    ...args,
    ...started.value,
    timepoint: args.maybe_timepoint,
    call: undefined,
    callHash: args.call_hash,
    callBytes: 0,
    maxWeight: args.max_weight,
  });
}

export function cancelAsMulti(
  ctx: Context,
  origin: Origin,
  args: Others & { readonly timepoint: Timepoint; readonly call_hash: Uint8Array },
): DispatchResult {
  const started = identify(origin, args);
  if (!started.ok) return started;
  const { who, multisig } = started.value;
  const key = [multisig, args.call_hash] as const;
  const open = Multisigs.get(ctx.state, key);
  if (open === undefined) return fail(MultisigError, "NotFound");
  if (!sameTimepoint(open.when, args.timepoint)) return fail(MultisigError, "WrongTimepoint");
  if (!equalBytes(open.depositor, who)) return fail(MultisigError, "NotOwner");
  unreserve(ctx, who, open.deposit);
  Multisigs.remove(ctx.state, key);
  ctx.deposit(MultisigEvent, {
    type: "MultisigCancelled",
    value: { cancelling: who, timepoint: open.when, multisig, call_hash: args.call_hash },
  });
  return SUCCESS;
}

/** Brings an operation's deposit to today's constants; free when that changes it. */
export function pokeDeposit(ctx: Context, origin: Origin, args: Others & { readonly call_hash: Uint8Array }): DispatchResult {
  const started = identify(origin, args);
  if (!started.ok) return started;
  const { who, multisig } = started.value;
  const key = [multisig, args.call_hash] as const;
  const open = Multisigs.get(ctx.state, key);
  if (open === undefined) return fail(MultisigError, "NotFound");
  if (!equalBytes(open.depositor, who)) return fail(MultisigError, "NotOwner");
  const due = depositFor(args.threshold);
  if (due === open.deposit) return SUCCESS;
  if (due > open.deposit) {
    const more = reserve(ctx, who, due - open.deposit);
    if (!more.ok) return more;
  } else unreserve(ctx, who, open.deposit - due);
  Multisigs.set(ctx.state, key, { ...open, deposit: due });
  ctx.deposit(MultisigEvent, {
    type: "DepositPoked",
    value: { who, call_hash: args.call_hash, old_deposit: open.deposit, new_deposit: due },
  });
  return { ok: true, value: { pays_fee: "No" } };
}

export function depositFor(threshold: number): bigint {
  return DEPOSIT_BASE + DEPOSIT_FACTOR * BigInt(threshold);
}

function operate(ctx: Context, operation: Operation): DispatchResult {
  const open = Multisigs.get(ctx.state, [operation.multisig, operation.callHash]);
  if (open === undefined) return create(ctx, operation);
  if (operation.timepoint === undefined) return fail(MultisigError, "NoTimepoint");
  if (!sameTimepoint(open.when, operation.timepoint)) return fail(MultisigError, "WrongTimepoint");
  const place = search(open.approvals, operation.who);
  const counts = !place.found && open.approvals.length < operation.threshold;
  const approvals = open.approvals.length + (counts ? 1 : 0);
  if (operation.call !== undefined && approvals >= operation.threshold) return execute(ctx, operation, operation.call, open);
  return counts ? approve(ctx, operation, open, place.at) : fail(MultisigError, "AlreadyApproved");
}

function create(ctx: Context, { who, multisig, threshold, timepoint, callHash, callBytes, other_signatories }: Operation): DispatchResult {
  if (timepoint !== undefined) return fail(MultisigError, "UnexpectedTimepoint");
  const amount = depositFor(threshold);
  const reserved = reserve(ctx, who, amount);
  if (!reserved.ok) return reserved;
  const when = { height: ctx.blockNumber, index: ctx.extrinsicIndex };
  Multisigs.set(ctx.state, [multisig, callHash], { when, deposit: amount, depositor: who, approvals: [who] });
  ctx.deposit(MultisigEvent, { type: "NewMultisig", value: { approving: who, multisig, call_hash: callHash } });
  return spent(CREATE(other_signatories.length, callBytes));
}

function approve(
  ctx: Context,
  { who, multisig, callHash, callBytes, other_signatories }: Operation,
  open: Multisig,
  at: number,
): DispatchResult {
  const approvals = [...open.approvals.slice(0, at), who, ...open.approvals.slice(at)];
  if (approvals.length > MAX_SIGNATORIES) return fail(MultisigError, "TooManySignatories");
  Multisigs.set(ctx.state, [multisig, callHash], { ...open, approvals });
  ctx.deposit(MultisigEvent, { type: "MultisigApproval", value: { approving: who, timepoint: open.when, multisig, call_hash: callHash } });
  return spent(APPROVE(other_signatories.length, callBytes));
}

function execute(ctx: Context, operation: Operation, call: RuntimeCall, open: Multisig): DispatchResult {
  const { who, multisig, callHash, callBytes, other_signatories } = operation;
  if (exceeds(infoOf(ctx.runtime, call).weight, operation.maxWeight)) return fail(MultisigError, "MaxWeightTooLow");
  // Before the call runs, so that it cannot find the operation still open and run it again.
  Multisigs.remove(ctx.state, [multisig, callHash]);
  unreserve(ctx, open.depositor, open.deposit);
  const result = ctx.dispatch(call, signed(multisig));
  ctx.deposit(MultisigEvent, {
    type: "MultisigExecuted",
    value: { approving: who, timepoint: open.when, multisig, call_hash: callHash, result: resultOf(result) },
  });
  const inner = reportedWeight(result);
  return inner === undefined ? SUCCESS : spent(addWeight(COMPLETE(other_signatories.length, callBytes), inner));
}

/** Who sends, and which account the signatories make; refuses lists that are not a multisig of two approvals or more. */
function identify(
  origin: Origin,
  { threshold, other_signatories }: Others,
): Outcome<{ readonly who: AccountId; readonly multisig: AccountId }> {
  const who = ensureSigned(origin);
  if (!who.ok) return who;
  if (threshold < 2) return fail(MultisigError, "MinimumThreshold");
  const signatories = allSignatories(other_signatories, who.value);
  return signatories.ok ? ok({ who: who.value, multisig: multiAccountId(signatories.value, threshold) }) : signatories;
}

/** The sender put into its place among the others. One order only: the list is part of the account's id. */
function allSignatories(others: readonly AccountId[], who: AccountId): Outcome<readonly AccountId[]> {
  if (others.length === 0) return fail(MultisigError, "TooFewSignatories");
  if (others.length >= MAX_SIGNATORIES) return fail(MultisigError, "TooManySignatories");
  for (let i = 0; i < others.length; i++) {
    if (i > 0 && compareBytes(others[i - 1]!, others[i]!) >= 0) return fail(MultisigError, "SignatoriesOutOfOrder");
    if (equalBytes(others[i]!, who)) return fail(MultisigError, "SenderInSignatories");
  }
  const { at } = search(others, who);
  return ok([...others.slice(0, at), who, ...others.slice(at)]);
}

function spent(weight: Weight): DispatchSuccess {
  return { ok: true, value: { actual_weight: weight } };
}
