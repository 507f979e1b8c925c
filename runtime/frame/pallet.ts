// A pallet is one declaration from which everything else follows: codecs, storage keys, metadata, dispatch, static types, docs.
import { docLines, struct, variant } from "../primitives/codec/index.ts";
import type { AnyTy, Fields, StructValue, Ty, Variants, VariantValue } from "../primitives/codec/index.ts";
import type { AccountId, Weight } from "../primitives/types.ts";
import { err, ok } from "../primitives/result.ts";
import type { RuntimeParams } from "../params.ts";
import type { Context } from "./context.ts";
import type { State } from "./state.ts";
import type { StorageItem } from "./storage.ts";
import type { CallError, DispatchClass, DispatchFailure, DispatchInfo, DispatchResult, DispatchSuccess, ErrorsDef, Outcome, Pays, RawOrigin, TransactionSource, ValidTransaction, Validity } from "./types.ts";

/** A call as the runtime dispatches it: `{ type: "Balances", value: { type: "transfer_keep_alive", value: { dest, value } } }`. */
export interface RuntimeCall {
  readonly type: string;
  readonly value: { readonly type: string; readonly value: Readonly<Record<string, unknown>> };
}
export interface RuntimeEvent {
  readonly type: string;
  readonly value: { readonly type: string; readonly value?: unknown };
}

/** Who acts. `filter` narrows what may be dispatched from here on (a proxy of a type), and travels into nested calls. */
export interface Origin {
  readonly caller: OriginCaller;
  readonly filter?: ((call: RuntimeCall) => boolean) | undefined;
}
export type OriginCaller = { readonly type: "system"; readonly value: RawOrigin };

export const ROOT: Origin = { caller: { type: "system", value: { type: "Root" } } };
export const NONE: Origin = { caller: { type: "system", value: { type: "None" } } };
export function signed(who: AccountId): Origin {
  return { caller: { type: "system", value: { type: "Signed", value: who } } };
}

export const SUCCESS: DispatchSuccess = { ok: true, value: undefined };
const BAD_ORIGIN = { type: "BadOrigin" } as const;

export function ensureSigned(origin: Origin): Outcome<AccountId> {
  const raw = origin.caller.value;
  return raw.type === "Signed" ? ok(raw.value) : err(BAD_ORIGIN);
}

export function ensureRoot(origin: Origin): Outcome {
  return origin.caller.value.type === "Root" ? ok(undefined) : err(BAD_ORIGIN);
}

export function ensureNone(origin: Origin): Outcome {
  return origin.caller.value.type === "None" ? ok(undefined) : err(BAD_ORIGIN);
}

/** `errors({ InsufficientBalance: [2, "Balance too low to send value."] })`: indices are wire values, never reused. */
export function errors<const D extends Readonly<Record<string, readonly [index: number, docs?: string]>>>(def: D): ErrorsDef<keyof D & string> {
  const names = Object.fromEntries(Object.entries(def).map(([name, [index, docs]]) => [name, { index, docs: docLines(docs) }]));
  return { names } as ErrorsDef<keyof D & string>;
}

/** A refusal with one of the pallet's own errors. */
export function fail<Name extends string>(of: ErrorsDef<Name>, name: NoInfer<Name>): DispatchFailure {
  return { ok: false, error: { type: "Pallet", errors: of, name } };
}

export function failWith(error: CallError): DispatchFailure {
  return { ok: false, error };
}

/** The events of a pallet; `crate` is FRAME's crate, part of the type path that clients look for. */
export function events<const D extends Variants>(crate: string, def: D, params: readonly string[] = ["T"]): Ty<VariantValue<D>> {
  return variant(`${crate}::pallet::Event`, def, { params: Object.fromEntries(params.map((name) => [name, undefined])), typeName: "Event" });
}

/** What weighing and filtering a call may ask of the runtime. */
export interface CallView {
  dispatchInfo(call: RuntimeCall): DispatchInfo;
}

export interface CallOptions<Args> {
  readonly docs?: string;
  /** Worst case, measured by the pallet's benchmark; may depend on the arguments. */
  readonly weight: Weight | ((args: Args, view: CallView) => Weight);
  readonly class?: DispatchClass | ((args: Args, view: CallView) => DispatchClass);
  readonly pays?: Pays | ((args: Args, view: CallView) => Pays);
}

export interface CallDef {
  readonly index: number;
  readonly fields: Fields;
  readonly args: AnyTy;
  readonly docs: readonly string[];
  info(args: never, view: CallView): DispatchInfo;
  run(ctx: Context, origin: Origin, args: never): DispatchResult;
}

/** One call: wire index, arguments, cost, and the function that runs it. */
export function call<const F extends Fields>(index: number, fields: F, options: CallOptions<StructValue<F>>, run: (ctx: Context, origin: Origin, args: StructValue<F>) => DispatchResult): CallDef {
  const resolve = <T>(value: T | ((args: StructValue<F>, view: CallView) => T), args: StructValue<F>, view: CallView): T =>
    typeof value === "function" ? (value as (args: StructValue<F>, view: CallView) => T)(args, view) : value;
  const fixed =
    typeof options.weight !== "function" && typeof options.class !== "function" && typeof options.pays !== "function"
      ? { weight: options.weight, class: options.class ?? "Normal", pays_fee: options.pays ?? "Yes" }
      : undefined;
  return {
    index,
    fields,
    args: struct("", fields) as AnyTy,
    docs: docLines(options.docs),
    info: (args: StructValue<F>, view: CallView) =>
      fixed ?? {
        weight: resolve(options.weight, args, view),
        class: resolve(options.class ?? "Normal", args, view),
        pays_fee: resolve(options.pays ?? "Yes", args, view),
      },
    run,
  } as CallDef;
}

export interface ConstantDef {
  readonly type: AnyTy;
  readonly docs: readonly string[];
  value(params: RuntimeParams): unknown;
}

/** A constant as metadata shows it: a value, or one that follows from the chain's parameters. */
export function constant<T>(type: Ty<T>, value: T | ((params: RuntimeParams) => T), docs?: string): ConstantDef {
  return { type, docs: docLines(docs), value: typeof value === "function" ? (value as (params: RuntimeParams) => T) : () => value };
}

/** A function of the state that clients may call by name (metadata 16). */
export interface ViewFunctionDef {
  readonly inputs: Fields;
  readonly output: AnyTy;
  readonly docs: readonly string[];
  run(ctx: Context, args: never): unknown;
}

export function viewFunction<const F extends Fields, T>(inputs: F, output: Ty<T>, docs: string, run: (ctx: Context, args: StructValue<F>) => T): ViewFunctionDef {
  return { inputs, output, docs: docLines(docs), run } as ViewFunctionDef;
}

export interface Hooks {
  /** Runs before any extrinsic; returns the weight it used. */
  onInitialize?(ctx: Context): Weight;
  /** Runs after all extrinsics. */
  onFinalize?(ctx: Context): void;
}

/** Data that an author puts into a block by itself, as a bare extrinsic before all others. */
export interface InherentDef {
  /** The call for this block; undefined when there is nothing to say. */
  create(data: InherentData): RuntimeCall["value"] | undefined;
  isInherent(call: RuntimeCall["value"]): boolean;
  /** A block without it is invalid. */
  readonly required: boolean;
}
export interface InherentData {
  /** Unix time in ms that the block is to carry. */
  readonly timestampMs: bigint;
}

export interface PalletDef {
  readonly name: string;
  /** FRAME's crate where FRAME has this pallet, else our own: it is part of type paths. */
  readonly crate: string;
  readonly docs?: string;
  /** Of calls and errors: FRAME's `T`, with `I` for instantiable pallets. */
  readonly typeParams?: readonly string[];
  readonly storage?: readonly { readonly item: StorageItem }[];
  readonly calls?: Readonly<Record<string, CallDef>>;
  readonly events?: AnyTy;
  readonly errors?: ErrorsDef;
  readonly constants?: Readonly<Record<string, ConstantDef>>;
  readonly holdReason?: AnyTy;
  readonly freezeReason?: AnyTy;
  readonly associatedTypes?: Readonly<Record<string, AnyTy>>;
  readonly viewFunctions?: Readonly<Record<string, ViewFunctionDef>>;
  readonly hooks?: Hooks;
  readonly inherent?: InherentDef;
  /** Decides about bare extrinsics of this pallet that are not inherents; without it they are refused. */
  validateUnsigned?(ctx: Context, call: RuntimeCall["value"], source: TransactionSource): Validity<ValidTransaction>;
  /** Throws InvariantError when the state contradicts the pallet's invariants; run after every block in tests and the simulator. */
  checkState?(state: State, params: RuntimeParams): void;
}

/** Types that exist only once all pallets are known. A pallet whose declaration needs one is a function of this. */
export interface OuterTypes {
  readonly call: Ty<RuntimeCall>;
  readonly event: Ty<RuntimeEvent>;
  readonly originCaller: Ty<OriginCaller>;
  readonly holdReason: Ty<HoldReason>;
  readonly freezeReason: Ty<HoldReason>;
}
/** Why part of a balance is held: the pallet and its reason. */
export interface HoldReason {
  readonly type: string;
  readonly value: { readonly type: string };
}

