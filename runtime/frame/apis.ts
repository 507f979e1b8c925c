// The functions that clients call with `state_call`: `<Api>_<method>`, encoded inputs in, encoded output out.
import { toHex, toLatin1, fromLatin1 } from "../primitives/bytes.ts";
import { Reader, bytes, bool, decode, encode, fixedBytes, newtype, option, str, struct, tuple, u32, u64, unit, v, variant, vec } from "../primitives/codec/index.ts";
import type { AnyTy, Fields, StructValue, Ty } from "../primitives/codec/index.ts";
import { CodedError, DecodeError } from "../primitives/errors.ts";
import { err, ok } from "../primitives/result.ts";
import { AccountIdTy, BalanceTy, HashTy, HeaderTy, NonceTy, WeightTy } from "../primitives/types.ts";
import type { Hash } from "../primitives/types.ts";
import { accountOf } from "../pallets/system/account.ts";
import { FeeDetailsTy, RuntimeDispatchInfoTy, feeDetails, lengthToFee, queryInfo, weightToFee } from "../pallets/transaction-payment/fee.ts";
import { BlockExecution, contextAfter, createInherents, executeBlock, validateTransaction } from "./executive.ts";
import { BlockRejected } from "./block-rejected.ts";
import { Context } from "./context.ts";
import type { Host } from "./context.ts";
import { decodeExtrinsic } from "./extrinsic.ts";
import type { Extrinsic } from "./extrinsic.ts";
import { apiId, blockTy, encodeMetadata, uncheckedExtrinsicTy, viewFunctionId, METADATA_VERSIONS } from "./metadata/index.ts";
import type { MetadataVersion, RuntimeApiDef } from "./metadata/index.ts";
import type { Runtime } from "./runtime.ts";
import { State } from "./state.ts";
import type { StateReader } from "./state.ts";
import { DispatchErrorTy, RuntimeVersionTy, TransactionSourceTy, TransactionValidityErrorTy, ValidTransactionTy, resultTy } from "./types.ts";
import type { RuntimeVersion } from "./types.ts";

/** Where a runtime call happens: on top of `block`, whose state is `state`. */
export interface ApiEnvironment {
  readonly state: StateReader;
  readonly block: { readonly hash: Hash; readonly number: number };
  readonly host: Host;
}

/** A runtime call that cannot be answered. */
export class RuntimeApiError extends CodedError<
  | { code: "API_UNKNOWN_METHOD"; method: string }
  | { code: "API_BAD_INPUT"; method: string }
  /** The block or call handed in is one that this runtime refuses. */
  | { code: "API_REFUSED"; method: string }
> {}

interface Method {
  readonly inputs: Fields;
  readonly output: AnyTy;
  readonly docs: readonly string[];
  run(env: ApiEnvironment, args: never): unknown;
}
export interface Api extends RuntimeApiDef {
  readonly methods: Readonly<Record<string, Method>>;
}

function method<const F extends Fields, T>(inputs: F, output: Ty<T>, docs: string, run: (env: ApiEnvironment, args: StructValue<F>) => T): Method {
  return { inputs, output, docs: [docs], run } as Method;
}

function api(name: string, version: number, docs: string, methods: Readonly<Record<string, Method>>): Api {
  return { name, version, docs: [docs], methods };
}

/** Names and versions of the APIs; part of RuntimeVersion, so they are known before the types are. */
const API_VERSIONS: readonly (readonly [string, number])[] = [
  ["Core", 5],
  ["Metadata", 2],
  ["RuntimeViewFunction", 1],
  ["BlockBuilder", 6],
  ["TaggedTransactionQueue", 3],
  ["SessionKeys", 1],
  ["AccountNonceApi", 1],
  ["TransactionPaymentApi", 4],
  ["TransactionPaymentCallApi", 3],
];

export function withApis(version: Omit<RuntimeVersion, "apis">): RuntimeVersion {
  return { ...version, apis: API_VERSIONS.map(([name, number]) => [apiId(name), number] as const) };
}

const OpaqueMetadataTy = newtype("sp_core::OpaqueMetadata", bytes);
const InclusionModeTy = variant("sp_runtime::ExtrinsicInclusionMode", { AllExtrinsics: v(0), OnlyInherents: v(1) });
const KeyTypeIdTy = newtype("sp_core::crypto::KeyTypeId", fixedBytes(4));
const BTreeMapTy = newtype("BTreeMap", vec(tuple(fixedBytes(8), bytes)), { params: { K: fixedBytes(8), V: bytes } });
const InherentDataTy = struct("sp_inherents::InherentData", { data: BTreeMapTy });
const CheckInherentsResultTy = struct("sp_inherents::CheckInherentsResult", { okay: bool, fatal_error: bool, errors: InherentDataTy });
const ViewFunctionIdTy = struct("frame_support::view_functions::ViewFunctionId", { prefix: fixedBytes(16), suffix: fixedBytes(16) });
const ViewFunctionErrorTy = variant("frame_support::view_functions::ViewFunctionDispatchError", { NotImplemented: v(0), NotFound: v(1, ViewFunctionIdTy), Codec: v(2) });

const TIMESTAMP_INHERENT = "timstap0";
/** How far ahead of the local clock a block's time may be, ms. */
export const MAX_TIMESTAMP_DRIFT_MS = 500n;
const BLS_PUBLIC_KEY_BYTES = 48;

/** What is nested in an input as bytes is input too. */
function parsed<T>(method: string, decodeIt: () => T): T {
  try {
    return decodeIt();
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    throw new RuntimeApiError({ code: "API_BAD_INPUT", method }, `input of ${method} does not decode: ${error.message}`);
  }
}

function extrinsicOf(runtime: Runtime, method: string, body: Uint8Array): Extrinsic {
  return parsed(method, () => decodeExtrinsic(runtime, encode(bytes, body)));
}

function timestampOf(inherents: StructValue<{ data: typeof BTreeMapTy }>): bigint {
  const entry = inherents.data.find(([id]) => toLatin1(id) === TIMESTAMP_INHERENT);
  if (entry === undefined) throw new RuntimeApiError({ code: "API_BAD_INPUT", method: "BlockBuilder" }, `inherent data has no "${TIMESTAMP_INHERENT}"`);
  return parsed("BlockBuilder", () => decode(u64, entry[1]));
}

/** All runtime APIs over one runtime, and the metadata that describes them. */
export class RuntimeApis {
  readonly runtime: Runtime;
  readonly version: RuntimeVersion;
  readonly definitions: readonly Api[];
  readonly #methods = new Map<string, Method>();
  readonly #metadata = new Map<MetadataVersion, Uint8Array>();

  constructor(runtime: Runtime) {
    this.runtime = runtime;
    this.version = withApis(runtime.version);
    this.definitions = this.#define();
    for (const { name, methods } of this.definitions) for (const [key, value] of Object.entries(methods)) this.#methods.set(`${name}_${key}`, value);
  }

  has(name: string): boolean {
    return this.#methods.has(name);
  }

  /** Raw metadata: magic, version, content. Made once. */
  metadata(version: MetadataVersion): Uint8Array {
    let made = this.#metadata.get(version);
    if (made === undefined) this.#metadata.set(version, (made = encodeMetadata(this.runtime, this.definitions, version)));
    return made;
  }

  /** @throws RuntimeApiError when there is no such method, the input does not decode, or the call is refused. */
  call(name: string, input: Uint8Array, env: ApiEnvironment): Uint8Array {
    const found = this.#methods.get(name);
    if (found === undefined) throw new RuntimeApiError({ code: "API_UNKNOWN_METHOD", method: name }, `this runtime has no method "${name.slice(0, 80)}"`);
    return encode(found.output, found.run(env, this.#decodeInput(name, found, input) as never));
  }

  #decodeInput(name: string, { inputs }: Method, input: Uint8Array): unknown {
    const reader = new Reader(input);
    try {
      const args = Object.fromEntries(Object.entries(inputs).map(([key, type]) => [key, type.decodeFrom(reader)]));
      reader.end();
      return args;
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      throw new RuntimeApiError({ code: "API_BAD_INPUT", method: name }, `input of ${name} does not decode: ${error.message}`);
    }
  }

  #define(): readonly Api[] {
    const made = [this.#core(), this.#metadataApi(), this.#views(), this.#blockBuilder(), this.#queue(), this.#sessionKeys(), this.#nonce(), this.#payment(), this.#callPayment()];
    return made;
  }

  #refused(name: string, reason: string): RuntimeApiError {
    return new RuntimeApiError({ code: "API_REFUSED", method: name }, `${name}: ${reason}`);
  }

  #core(): Api {
    const { runtime } = this;
    return api("Core", 5, "The `Core` runtime api that every Substrate runtime needs to implement.", {
      version: method({}, RuntimeVersionTy, "Returns the version of the runtime.", () => this.version),
      execute_block: method({ block: blockTy(runtime) }, unit, "Execute the given block.", ({ state, host }, { block }) => {
        const extrinsics = block.extrinsics.map((body) => extrinsicOf(runtime, "Core_execute_block", body));
        const outcome = executeBlock(runtime, state, host, block.header, extrinsics);
        if (!outcome.ok) throw this.#refused("Core_execute_block", outcome.error.message);
        return undefined;
      }),
      initialize_block: method({ header: HeaderTy }, InclusionModeTy, "Initialize a block with the given header and return the runtime executive mode.", (env, { header }) => {
        try {
          new BlockExecution(runtime, env.state, env.host, header);
        } catch (error) {
          if (error instanceof BlockRejected) throw this.#refused("Core_initialize_block", error.message);
          throw error;
        }
        return { type: "AllExtrinsics" };
      }),
    });
  }

  #metadataApi(): Api {
    return api("Metadata", 2, "The `Metadata` api trait that returns metadata for the runtime.", {
      metadata: method({}, OpaqueMetadataTy, "Returns the metadata of a runtime.", () => this.metadata(14)),
      metadata_at_version: method({ version: u32 }, option(OpaqueMetadataTy), "Returns the metadata at a given version, or nothing if the version is not supported.", (_env, { version }) => {
        const known = METADATA_VERSIONS.find((candidate) => candidate === version);
        return known === undefined ? undefined : this.metadata(known);
      }),
      metadata_versions: method({}, vec(u32), "Returns the supported metadata versions.", () => METADATA_VERSIONS),
    });
  }

  #views(): Api {
    const output = resultTy(bytes, ViewFunctionErrorTy);
    return api("RuntimeViewFunction", 1, "Runtime API for executing view functions", {
      execute_view_function: method({ query_id: ViewFunctionIdTy, input: bytes }, output, "Execute a view function query.", ({ state, host, block }, { query_id, input }) => {
        const wanted = toHex(query_id.prefix) + toHex(query_id.suffix).slice(2);
        for (const pallet of this.runtime.pallets) {
          for (const [name, view] of Object.entries(pallet.viewFunctions ?? {})) {
            if (toHex(viewFunctionId(pallet.name, name, view)) !== wanted) continue;
            try {
              const reader = new Reader(input);
              const args = Object.fromEntries(Object.entries(view.inputs).map(([key, type]) => [key, type.decodeFrom(reader)]));
              reader.end();
              return ok(encode(view.output, view.run(contextOn(this.runtime, state, host, block.number), args as never)));
            } catch (error) {
              if (error instanceof DecodeError) return err({ type: "Codec" });
              throw error;
            }
          }
        }
        return err({ type: "NotFound", value: query_id });
      }),
    });
  }

  #blockBuilder(): Api {
    const { runtime } = this;
    const extrinsicTy = uncheckedExtrinsicTy(runtime);
    const applyResult = resultTy(resultTy(unit, DispatchErrorTy), TransactionValidityErrorTy);
    const next = ({ state, host, block }: ApiEnvironment): BlockExecution =>
      new BlockExecution(runtime, state, host, { parent_hash: block.hash, number: block.number + 1, digest: { logs: [] } });
    return api("BlockBuilder", 6, "The `BlockBuilder` api trait that provides the required functionality for building a block.", {
      apply_extrinsic: method({ extrinsic: extrinsicTy }, applyResult, "Apply the given extrinsic in a block on top of the one asked at.", (env, { extrinsic }) =>
        next(env).apply(extrinsicOf(runtime, "BlockBuilder_apply_extrinsic", extrinsic)),
      ),
      finalize_block: method({}, HeaderTy, "Finish the current block.", () => {
        throw this.#refused("BlockBuilder_finalize_block", "a block cannot be finished outside its execution: no inherent was applied");
      }),
      inherent_extrinsics: method({ inherent: InherentDataTy }, vec(extrinsicTy), "Generate inherent extrinsics. The inherent data will vary from chain to chain.", (_env, { inherent }) =>
        createInherents(runtime, { timestampMs: timestampOf(inherent) }).map((encoded) => decode(bytes, encoded)),
      ),
      check_inherents: method({ block: blockTy(runtime), data: InherentDataTy }, CheckInherentsResultTy, "Check that the inherents are valid.", (_env, { block, data }) => {
        const now = timestampOf(data);
        const set = block.extrinsics.map((body) => extrinsicOf(runtime, "BlockBuilder_check_inherents", body).call).find(({ type }) => type === "Timestamp");
        const claimed = set?.value.value["now"] as bigint | undefined;
        const okay = claimed !== undefined && claimed <= now + MAX_TIMESTAMP_DRIFT_MS;
        const reason = encode(str, claimed === undefined ? "no timestamp" : "timestamp is too far in the future");
        return { okay, fatal_error: !okay, errors: { data: okay ? [] : [[fromLatin1(TIMESTAMP_INHERENT), reason] as const] } };
      }),
    });
  }

  #queue(): Api {
    const { runtime } = this;
    return api("TaggedTransactionQueue", 3, "The `TaggedTransactionQueue` api trait for interfering with the transaction queue.", {
      validate_transaction: method(
        { source: TransactionSourceTy, tx: uncheckedExtrinsicTy(runtime), block_hash: HashTy },
        resultTy(ValidTransactionTy, TransactionValidityErrorTy),
        "Validate the transaction.",
        ({ state, host, block }, { source, tx }) => validateTransaction(contextAfter(runtime, state, host, block), source.type, extrinsicOf(runtime, "TaggedTransactionQueue_validate_transaction", tx)),
      ),
    });
  }

  #sessionKeys(): Api {
    return api("SessionKeys", 1, "Session keys runtime api.", {
      generate_session_keys: method({ seed: option(bytes) }, bytes, "Generate a set of session keys with optionally using the given seed.", ({ host }, { seed }) => host.generateSessionKeys(seed)),
      decode_session_keys: method({ encoded: bytes }, option(vec(tuple(bytes, KeyTypeIdTy))), "Decode the given public session keys.", (_env, { encoded }) =>
        encoded.length === BLS_PUBLIC_KEY_BYTES ? [[encoded, fromLatin1("smpx")] as const] : undefined,
      ),
    });
  }

  #nonce(): Api {
    return api("AccountNonceApi", 1, "The API to query account nonce.", {
      account_nonce: method({ account: AccountIdTy }, NonceTy, "Get current account nonce of given `AccountId`.", ({ state, host, block }, { account }) =>
        accountOf(contextOn(this.runtime, state, host, block.number).state, account).nonce,
      ),
    });
  }

  #payment(): Api {
    const { runtime } = this;
    const inputs = { uxt: uncheckedExtrinsicTy(runtime), len: u32 };
    // A quote does not look at the signature: clients ask with a fake one. So the dearest scheme is assumed.
    const parse = ({ uxt }: { readonly uxt: Uint8Array }) => {
      const { call, preamble } = extrinsicOf(runtime, "TransactionPaymentApi", uxt);
      const position = runtime.extensions.findIndex(({ identifier }) => identifier === "ChargeTransactionPayment");
      return { call, unsigned: preamble.type === "Bare", tip: preamble.type === "Bare" ? 0n : (preamble.extras[position] as bigint) };
    };
    return api("TransactionPaymentApi", 4, "Runtime api for querying the fee of an extrinsic.", {
      query_info: method(inputs, RuntimeDispatchInfoTy, "What an extrinsic costs at most.", ({ state, host, block }, args) => {
        const { call, unsigned } = parse(args);
        return queryInfo(contextOn(runtime, state, host, block.number), call, args.len, unsigned);
      }),
      query_fee_details: method(inputs, FeeDetailsTy, "The parts of an extrinsic's fee.", ({ state, host, block }, args) => {
        const { call, unsigned, tip } = parse(args);
        return feeDetails(contextOn(runtime, state, host, block.number), call, args.len, tip, unsigned);
      }),
      ...this.#conversions(),
    });
  }

  #callPayment(): Api {
    const { runtime } = this;
    const inputs = { call: runtime.outer.call, len: u32 };
    return api("TransactionPaymentCallApi", 3, "Runtime api for querying the fee of a call.", {
      query_call_info: method(inputs, RuntimeDispatchInfoTy, "Query information of a dispatch class, weight, and fee of a given encoded `Call`.", ({ state, host, block }, { call, len }) =>
        queryInfo(contextOn(runtime, state, host, block.number), call, len, false),
      ),
      query_call_fee_details: method(inputs, FeeDetailsTy, "Query fee details of a given encoded `Call`.", ({ state, host, block }, { call, len }) =>
        feeDetails(contextOn(runtime, state, host, block.number), call, len, 0n, false),
      ),
      ...this.#conversions(),
    });
  }

  #conversions(): Record<string, Method> {
    return {
      query_weight_to_fee: method({ weight: WeightTy }, BalanceTy, "Query the output of the current `WeightToFee` given some input.", (_env, { weight }) => weightToFee(weight)),
      query_length_to_fee: method({ length: u32 }, BalanceTy, "Query the output of the current `LengthToFee` given some input.", (_env, { length }) => lengthToFee(length)),
    };
  }
}

/** A context for questions about a block's own state. */
export function contextOn(runtime: Runtime, state: StateReader, host: Host, blockNumber: number): Context {
  const ctx = new Context(runtime, new State(state, runtime.storageItems), host);
  ctx.blockNumber = blockNumber;
  return ctx;
}
