// What dispatching returns and what blocks are made of, in FRAME's own shapes and indices.
import { bool, compact, fixedBytes, struct, str, u32, u64, u8, v, variant, vec, bytes, tuple, newtype, alias } from "../primitives/codec/index.ts";
import type { Ty, TypeOf } from "../primitives/codec/index.ts";
import { DecodeError } from "../primitives/errors.ts";
import { AccountIdTy, HashTy, WeightTy } from "../primitives/types.ts";
import type { Weight } from "../primitives/types.ts";
import type { Result } from "../primitives/result.ts";

export const TokenErrorTy = variant("sp_runtime::TokenError", {
  FundsUnavailable: v(0), OnlyProvider: v(1), BelowMinimum: v(2), CannotCreate: v(3), UnknownAsset: v(4),
  Frozen: v(5), Unsupported: v(6), CannotCreateHold: v(7), NotExpendable: v(8), Blocked: v(9),
});
export const ArithmeticErrorTy = variant("sp_arithmetic::ArithmeticError", { Underflow: v(0), Overflow: v(1), DivisionByZero: v(2) });
export const TransactionalErrorTy = variant("sp_runtime::TransactionalError", { LimitReached: v(0), NoLayer: v(1) });
export const TrieErrorTy = variant("sp_runtime::proving_trie::TrieError", {
  InvalidStateRoot: v(0), IncompleteDatabase: v(1), ValueAtIncompleteKey: v(2), DecoderError: v(3), InvalidHash: v(4),
  DuplicateKey: v(5), ExtraneousNode: v(6), ExtraneousValue: v(7), ExtraneousHashReference: v(8), InvalidChildReference: v(9),
  ValueMismatch: v(10), IncompleteProof: v(11), RootMismatch: v(12), DecodeError: v(13),
});
export const ModuleErrorTy = struct("sp_runtime::ModuleError", { index: u8, error: fixedBytes(4) });
export const DispatchErrorTy = variant("sp_runtime::DispatchError", {
  Other: v(0), CannotLookup: v(1), BadOrigin: v(2), Module: v(3, ModuleErrorTy), ConsumerRemaining: v(4), NoProviders: v(5),
  TooManyConsumers: v(6), Token: v(7, TokenErrorTy), Arithmetic: v(8, ArithmeticErrorTy), Transactional: v(9, TransactionalErrorTy),
  Exhausted: v(10), Corruption: v(11), Unavailable: v(12), RootNotAllowed: v(13), Trie: v(14, TrieErrorTy),
});
/** Why a dispatch failed, as it stands in events: part of the protocol. */
export type DispatchError = TypeOf<typeof DispatchErrorTy>;

/** The errors of one pallet. The frame turns a `PalletError` into `Module { index, error }` where the pallet's index is known. */
export interface ErrorsDef<Name extends string = string> {
  readonly names: Readonly<Record<Name, { readonly index: number; readonly docs: readonly string[] }>>;
}
export interface PalletError {
  readonly type: "Pallet";
  readonly errors: ErrorsDef;
  readonly name: string;
}
export type CallError = DispatchError | PalletError;

export const DispatchClassTy = variant("frame_support::dispatch::DispatchClass", { Normal: v(0), Operational: v(1), Mandatory: v(2) });
export type DispatchClass = "Normal" | "Operational" | "Mandatory";
export const PaysTy = variant("frame_support::dispatch::Pays", { Yes: v(0), No: v(1) });
export type Pays = "Yes" | "No";

/** What a call may cost at most, known before it runs. */
export interface DispatchInfo {
  readonly weight: Weight;
  readonly class: DispatchClass;
  readonly pays_fee: Pays;
}
/** What it did cost, where that is less. */
export interface PostInfo {
  readonly actual_weight?: Weight | undefined;
  readonly pays_fee?: Pays | undefined;
}
export const DispatchEventInfoTy = struct("frame_system::DispatchEventInfo", { weight: WeightTy, class: DispatchClassTy, pays_fee: PaysTy });

export type DispatchSuccess = { readonly ok: true; readonly value: PostInfo | undefined };
export type DispatchFailure<E = CallError> = { readonly ok: false; readonly error: E; readonly post?: PostInfo | undefined };
/** Checks first, writes after: a failed call leaves no trace, since the frame drops its storage transaction. */
export type DispatchResult<E = CallError> = DispatchSuccess | DispatchFailure<E>;
/** The result of a step inside a call. */
export type Outcome<T = void> = Result<T, CallError>;

export const PhaseTy = variant("frame_system::Phase", { ApplyExtrinsic: v(0, u32), Finalization: v(1), Initialization: v(2) });
export type Phase = TypeOf<typeof PhaseTy>;

export const InvalidTransactionTy = variant("sp_runtime::transaction_validity::InvalidTransaction", {
  Call: v(0), Payment: v(1), Future: v(2), Stale: v(3), BadProof: v(4), AncientBirthBlock: v(5), ExhaustsResources: v(6), Custom: v(7, u8),
  BadMandatory: v(8), MandatoryValidation: v(9), BadSigner: v(10), IndeterminateImplicit: v(11), UnknownOrigin: v(12),
});
export const UnknownTransactionTy = variant("sp_runtime::transaction_validity::UnknownTransaction", {
  CannotLookup: v(0), NoUnsignedValidator: v(1), Custom: v(2, u8),
});
export const TransactionValidityErrorTy = variant("sp_runtime::transaction_validity::TransactionValidityError", {
  Invalid: v(0, InvalidTransactionTy), Unknown: v(1, UnknownTransactionTy),
});
export type TransactionValidityError = TypeOf<typeof TransactionValidityErrorTy>;
export type InvalidTransaction = TypeOf<typeof InvalidTransactionTy>;

export const ValidTransactionTy = struct("sp_runtime::transaction_validity::ValidTransaction", {
  priority: alias("TransactionPriority", u64) as Ty<bigint>,
  requires: vec(bytes),
  provides: vec(bytes),
  longevity: alias("TransactionLongevity", u64) as Ty<bigint>,
  propagate: bool,
});
export type ValidTransaction = TypeOf<typeof ValidTransactionTy>;
export const TransactionSourceTy = variant("sp_runtime::transaction_validity::TransactionSource", { InBlock: v(0), Local: v(1), External: v(2) });
export type TransactionSource = "InBlock" | "Local" | "External";

export type Validity<T> = Result<T, TransactionValidityError>;

export const RawOriginTy = variant(
  "frame_support::dispatch::RawOrigin",
  { Root: v(0), Signed: v(1, AccountIdTy), None: v(2) },
  { params: { AccountId: AccountIdTy } },
);
export type RawOrigin = TypeOf<typeof RawOriginTy>;

/** `Result<T, E>` as Rust encodes it: Ok is 0, Err is 1. */
export function resultTy<T, E>(okTy: Ty<T>, errTy: Ty<E>): Ty<Result<T, E>> {
  return {
    shape: {
      kind: "variant",
      path: "Result",
      params: [{ name: "T", type: okTy }, { name: "E", type: errTy }],
      variants: [{ name: "Ok", index: 0, fields: [{ type: okTy }] }, { name: "Err", index: 1, fields: [{ type: errTy }] }],
    },
    minSize: 1,
    typeName: "Result",
    encodeTo(value, writer) {
      writer.u8(value.ok ? 0 : 1);
      if (value.ok) okTy.encodeTo(value.value, writer);
      else errTy.encodeTo(value.error, writer);
    },
    decodeFrom(reader) {
      const tag = reader.u8();
      if (tag > 1) throw new DecodeError("CODEC_UNKNOWN_VARIANT", reader.offset - 1, `${tag} is not a Result (0 or 1)`);
      return tag === 0 ? { ok: true, value: okTy.decodeFrom(reader) } : { ok: false, error: errTy.decodeFrom(reader) };
    },
  };
}

const CowStr = newtype("Cow", str, { params: { T: str }, typeName: "Cow<'static, str>" });
const ApiVersionTy = tuple(fixedBytes(8), u32);
export const RuntimeVersionTy = struct("sp_version::RuntimeVersion", {
  spec_name: CowStr,
  impl_name: CowStr,
  authoring_version: u32,
  spec_version: u32,
  impl_version: u32,
  apis: newtype("Cow", vec(ApiVersionTy), { params: { T: vec(ApiVersionTy) }, typeName: "ApisVec" }),
  transaction_version: u32,
  system_version: u8,
});
export type RuntimeVersion = TypeOf<typeof RuntimeVersionTy>;
export const LastRuntimeUpgradeInfoTy = struct("frame_system::LastRuntimeUpgradeInfo", {
  spec_version: alias("codec::Compact<u32>", compact(u32)) as Ty<number>,
  spec_name: CowStr,
});

export const CodeUpgradeAuthorizationTy = struct("frame_system::CodeUpgradeAuthorization", { code_hash: HashTy, check_version: bool }, { params: { T: undefined } });
