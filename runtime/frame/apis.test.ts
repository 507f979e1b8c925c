import assert from "node:assert/strict";
import { test } from "node:test";
import { concatBytes, fromLatin1, toHex, toLatin1, utf8 } from "../primitives/bytes.ts";
import { bool, bytes, decode, encode, fixedBytes, option, str, struct, tuple, u32, u64, unit, vec } from "../primitives/codec/index.ts";
import type { AnyTy } from "../primitives/codec/index.ts";
import { AccountIdTy, BalanceTy, HeaderTy, NonceTy, WeightTy, ZERO_HASH } from "../primitives/types.ts";
import type { Header } from "../primitives/types.ts";
import { Lab } from "../testing.ts";
import { MESI, call, id, transferTo } from "../pallets/testing.ts";
import { ProxyTypeTy } from "../pallets/proxy/proxy-type.ts";
import { FeeDetailsTy, RuntimeDispatchInfoTy, computeFee } from "../pallets/transaction-payment/fee.ts";
import { MAX_TIMESTAMP_DRIFT_MS, RuntimeApiError } from "./apis.ts";
import type { ApiEnvironment } from "./apis.ts";
import { createInherents } from "./executive.ts";
import { encodeExtrinsic } from "./extrinsic.ts";
import type { RuntimeCall } from "./pallet.ts";
import { METADATA_VERSIONS, apiId, viewFunctionId } from "./metadata/index.ts";
import { account } from "./testing.ts";
import { DispatchErrorTy, RuntimeVersionTy, TransactionSourceTy, TransactionValidityErrorTy, ValidTransactionTy, resultTy } from "./types.ts";

const [ALICE, BOB] = [account(1), account(2)] as const;
const lab = new Lab({ endowed: [[ALICE, 100n * MESI], [BOB, 100n * MESI]], sudo: ALICE });
const first = lab.begin();
first.outcome(lab.sign(BOB, transferTo(ALICE, MESI)));
first.finish();
lab.skip(2);

const { apis, runtime } = lab;
const env: ApiEnvironment = { state: lab.state, host: { ...lab.host, generateSessionKeys: (seed) => new Uint8Array(48).fill(seed === undefined ? 1 : seed[0]!) }, block: { hash: lab.hashes[lab.number]!, number: lab.number } };
const NOTHING = new Uint8Array(0);
const run = <T>(method: string, output: { decodeFrom: unknown } & AnyTy, input: Uint8Array = NOTHING): T => decode(output, apis.call(method, input, env)) as T;
const outer = runtime.outer.call;
/** As a client passes an extrinsic: with its length before it. */
const uxt = (what: RuntimeCall, nonce = 0): Uint8Array => lab.sign(ALICE, what, { nonce }).encoded;

function codeOf(method: string, input: Uint8Array = NOTHING): string {
  try {
    apis.call(method, input, env);
  } catch (error) {
    if (error instanceof RuntimeApiError) return error.code;
    throw error;
  }
  return "ok";
}

const header = (number: number): Header => ({ parent_hash: lab.hashes[lab.number]!, number, state_root: ZERO_HASH, extrinsics_root: ZERO_HASH, digest: { logs: [] } });
const blockOf = (number: number, extrinsics: readonly Uint8Array[]): Uint8Array => concatBytes(encode(HeaderTy, header(number)), encode(vec(bytes), extrinsics.map((encoded) => decode(bytes, encoded))));
const nextTime = lab.timeMs + 1000n;
const inherents = createInherents(runtime, { timestampMs: nextTime });
const InherentDataTy = vec(tuple(fixedBytes(8), bytes));
const inherentData = (now: Uint8Array): Uint8Array => encode(InherentDataTy, [[utf8("timstap0"), now]]);

test("Core and Metadata: the version names every API with its version, and metadata exists in each version", () => {
  const version = run<{ spec_name: string; apis: [Uint8Array, number][] }>("Core_version", RuntimeVersionTy);
  assert.equal(version.spec_name, "creator");
  assert.deepEqual(version, apis.version);
  assert.deepEqual(version.apis.map(([name, number]) => `${toHex(name)} ${number}`), apis.definitions.map((api) => `${toHex(apiId(api.name))} ${api.version}`));
  assert.deepEqual(run("Metadata_metadata_versions", vec(u32)), [14, 15, 16]);
  assert.deepEqual(run("Metadata_metadata", bytes), apis.metadata(14));
  for (const wanted of METADATA_VERSIONS) {
    const raw = run<Uint8Array>("Metadata_metadata_at_version", option(bytes), encode(u32, wanted));
    assert.equal(toHex(raw.subarray(0, 5)), `0x6d657461${wanted.toString(16).padStart(2, "0")}`);
  }
  for (const other of [0, 13, 17, 0xffff_ffff]) assert.equal(run("Metadata_metadata_at_version", option(bytes), encode(u32, other)), undefined);
});

test("every method refuses trailing bytes and truncated input with API_BAD_INPUT, and an unknown one with its own code", () => {
  for (const api of apis.definitions) {
    for (const [name, { inputs }] of Object.entries(api.methods)) {
      const method = `${api.name}_${name}`;
      assert.equal(apis.has(method), true);
      const smallest = Object.values(inputs).reduce((sum, type) => sum + type.minSize, 0);
      assert.equal(codeOf(method, new Uint8Array(100_000).fill(255)), "API_BAD_INPUT", method);
      if (smallest > 0) assert.equal(codeOf(method, new Uint8Array(smallest - 1)), "API_BAD_INPUT", method);
    }
  }
  for (const method of ["", "Core", "Core_", "Core_nothing", "toString", "__proto__", `Core_${"x".repeat(1000)}`]) {
    assert.equal(apis.has(method), false);
    assert.equal(codeOf(method), "API_UNKNOWN_METHOD");
  }
});

test("what is nested as bytes in an input is input too: refused with a code, never with an accident", () => {
  const garbage = encode(bytes, Uint8Array.of(0x84, 1, 2));
  const truncated = uxt(transferTo(BOB, 1n)).slice(0, -1);
  truncated[0]! -= 4; // the length prefix still agrees
  const wrong: readonly (readonly [string, Uint8Array])[] = [garbage, truncated].flatMap((xt): [string, Uint8Array][] => [
    ["BlockBuilder_apply_extrinsic", xt],
    ["TaggedTransactionQueue_validate_transaction", concatBytes(Uint8Array.of(1), xt, ZERO_HASH)],
    ["TransactionPaymentApi_query_info", concatBytes(xt, encode(u32, 100))],
    ["TransactionPaymentApi_query_fee_details", concatBytes(xt, encode(u32, 100))],
    ["Core_execute_block", blockOf(lab.number + 1, [...inherents, xt])],
    ["BlockBuilder_check_inherents", concatBytes(blockOf(lab.number + 1, [xt]), inherentData(encode(u64, nextTime)))],
  ]);
  for (const [method, input] of wrong) assert.equal(codeOf(method, input), "API_BAD_INPUT", method);
  for (const data of [inherentData(Uint8Array.of(1)), inherentData(encode(tuple(u64, u64), [1n, 1n])), encode(InherentDataTy, []), encode(InherentDataTy, [[utf8("uncles00"), encode(u64, 1n)]])]) {
    assert.equal(codeOf("BlockBuilder_inherent_extrinsics", data), "API_BAD_INPUT");
    assert.equal(codeOf("BlockBuilder_check_inherents", concatBytes(blockOf(lab.number + 1, inherents), data)), "API_BAD_INPUT");
  }
});

test("Core executes and initializes the next block, and refuses others", () => {
  const block = blockOf(lab.number + 1, [...inherents, uxt(transferTo(BOB, MESI))]);
  assert.equal(run("Core_execute_block", unit, block), undefined);
  assert.deepEqual(run("Core_initialize_block", fixedBytes(1), encode(HeaderTy, header(lab.number + 1))), Uint8Array.of(0));
  for (const number of [0, lab.number, lab.number + 2, 0xffff_ffff]) {
    assert.equal(codeOf("Core_execute_block", blockOf(number, inherents)), "API_REFUSED");
    assert.equal(codeOf("Core_initialize_block", encode(HeaderTy, header(number))), "API_REFUSED");
  }
  assert.equal(codeOf("Core_execute_block", blockOf(lab.number + 1, [])), "API_REFUSED");
  assert.equal(codeOf("Core_execute_block", blockOf(lab.number + 1, [...inherents, uxt(transferTo(BOB, MESI), 7)])), "API_REFUSED");
});

const ApplyResultTy = resultTy(resultTy(unit, DispatchErrorTy), TransactionValidityErrorTy);

test("BlockBuilder: inherents are made and checked, extrinsics are tried on top of the block, nothing is written", () => {
  const before = new Map(lab.state.entries);
  const made = run<Uint8Array[]>("BlockBuilder_inherent_extrinsics", vec(bytes), inherentData(encode(u64, nextTime)));
  assert.deepEqual(made.map((body) => encode(bytes, body)), inherents);
  const apply = (xt: Uint8Array): unknown => run("BlockBuilder_apply_extrinsic", ApplyResultTy, xt);
  assert.deepEqual(apply(uxt(transferTo(BOB, MESI))), { ok: true, value: { ok: true, value: undefined } });
  assert.deepEqual(apply(inherents[0]!), { ok: true, value: { ok: true, value: undefined } });
  assert.deepEqual(apply(uxt(transferTo(BOB, 150n * MESI))), { ok: true, value: { ok: false, error: { type: "Token", value: { type: "FundsUnavailable", value: undefined } } } });
  assert.deepEqual(apply(uxt(transferTo(BOB, MESI), 1)), { ok: false, error: { type: "Invalid", value: { type: "Future", value: undefined } } });
  assert.equal(codeOf("BlockBuilder_finalize_block"), "API_REFUSED");
  const CheckTy = struct("", { okay: bool, fatal_error: bool, errors: InherentDataTy });
  const check = (extrinsics: readonly Uint8Array[], now: bigint) => run<{ okay: boolean; fatal_error: boolean; errors: [Uint8Array, Uint8Array][] }>("BlockBuilder_check_inherents", CheckTy, concatBytes(blockOf(lab.number + 1, extrinsics), inherentData(encode(u64, now))));
  assert.deepEqual(check(inherents, nextTime - MAX_TIMESTAMP_DRIFT_MS), { okay: true, fatal_error: false, errors: [] });
  for (const [extrinsics, now, reason] of [[inherents, nextTime - MAX_TIMESTAMP_DRIFT_MS - 1n, "too far"], [[], nextTime, "no timestamp"]] as const) {
    const result = check(extrinsics, now);
    assert.deepEqual([result.okay, result.fatal_error], [false, true]);
    assert.equal(toLatin1(result.errors[0]![0]), "timstap0");
    assert.match(decode(str, result.errors[0]![1]), new RegExp(reason));
  }
  assert.deepEqual(lab.state.entries, before);
});

test("TaggedTransactionQueue: a valid transaction has its nonce's tag, its tip in its priority, and its era as its life", () => {
  const ResultTy = resultTy(ValidTransactionTy, TransactionValidityErrorTy);
  const validate = (xt: Uint8Array, source: "InBlock" | "Local" | "External" = "External") => run<{ ok: true; value: { priority: bigint; longevity: bigint; provides: Uint8Array[]; requires: Uint8Array[]; propagate: boolean } } & { error?: { value: { type: string } } }>("TaggedTransactionQueue_validate_transaction", ResultTy, concatBytes(encode(TransactionSourceTy, { type: source }), xt, lab.hashes[lab.number]!));
  const plain = validate(uxt(transferTo(BOB, MESI), 2));
  assert.deepEqual(plain.value.provides, [concatBytes(ALICE, encode(NonceTy, 2))]);
  assert.deepEqual(plain.value.requires, [concatBytes(ALICE, encode(NonceTy, 1))]);
  assert.deepEqual([plain.value.longevity, plain.value.propagate], [(1n << 64n) - 1n, true]);
  const tipped = validate(lab.sign(ALICE, transferTo(BOB, MESI), { nonce: 0, tip: MESI, era: { type: "Mortal", period: 64, phase: lab.number } }).encoded, "Local");
  assert.ok(tipped.value.priority > plain.value.priority);
  assert.equal(tipped.value.longevity, 63n);
  assert.deepEqual(tipped.value.requires, []);
  assert.equal(validate(lab.sign(ALICE, transferTo(BOB, MESI), { nonce: 0, bad: true }).encoded).error!.value.type, "BadProof");
  assert.equal(validate(inherents[0]!).error!.value.type, "MandatoryValidation");
});

test("fees: a quote for a fake signature is what the dearest scheme pays at most, whatever the sender has", () => {
  const tx = lab.sign(ALICE, transferTo(BOB, MESI), { nonce: 99, tip: 5n, bad: true });
  const input = concatBytes(tx.encoded, encode(u32, tx.encoded.length));
  const info = runtime.dispatchInfo(tx.call);
  const ctx = lab.begin().ctx;
  const quote = run<{ weight: unknown; class: { type: string }; partial_fee: bigint }>("TransactionPaymentApi_query_info", RuntimeDispatchInfoTy, input);
  assert.deepEqual(quote.weight, info.weight);
  assert.equal(quote.class.type, "Normal");
  // An Ecdsa signature is one byte longer than the one that was asked with.
  const real = (["Ed25519", "Sr25519", "Ecdsa"] as const).map((scheme) => computeFee(ctx, tx.encoded.length + (scheme === "Ecdsa" ? 1 : 0), info, 0n, scheme));
  assert.equal(quote.partial_fee, real.reduce((most, fee) => (fee > most ? fee : most)));
  const details = run<{ inclusion_fee: { base_fee: bigint; len_fee: bigint; adjusted_weight_fee: bigint }; tip: bigint }>("TransactionPaymentApi_query_fee_details", FeeDetailsTy, input);
  const { base_fee, len_fee, adjusted_weight_fee } = details.inclusion_fee;
  assert.equal(base_fee + len_fee + adjusted_weight_fee, quote.partial_fee);
  assert.equal(details.tip, 5n);
  const byCall = concatBytes(encode(outer, tx.call), encode(u32, tx.encoded.length));
  assert.deepEqual(run("TransactionPaymentCallApi_query_call_info", RuntimeDispatchInfoTy, byCall), quote);
  assert.deepEqual(run("TransactionPaymentCallApi_query_call_fee_details", FeeDetailsTy, byCall), { ...details, tip: 0n });
  const bareXt = encodeExtrinsic(runtime, { type: "Bare", version: 4 }, tx.call);
  assert.equal(run<{ partial_fee: bigint }>("TransactionPaymentApi_query_info", RuntimeDispatchInfoTy, concatBytes(bareXt, encode(u32, 10))).partial_fee, 0n);
  for (const api of ["TransactionPaymentApi", "TransactionPaymentCallApi"]) {
    assert.equal(run(`${api}_query_length_to_fee`, BalanceTy, encode(u32, 10)), 10_000_000n);
    assert.equal(run(`${api}_query_weight_to_fee`, BalanceTy, encode(WeightTy, { ref_time: 5n, proof_size: 9n })), 5n);
  }
});

test("a general transaction without a signer can be quoted and is not valid", () => {
  const { preamble, call: what } = lab.sign(ALICE, transferTo(BOB, MESI), { nonce: 0, tip: 3n });
  assert.ok(preamble.type === "Signed");
  const general = encodeExtrinsic(runtime, { type: "General", extensionVersion: 0, extras: preamble.extras }, what);
  assert.equal(run<{ tip: bigint }>("TransactionPaymentApi_query_fee_details", FeeDetailsTy, concatBytes(general, encode(u32, 10))).tip, 3n);
  assert.deepEqual(run("BlockBuilder_apply_extrinsic", ApplyResultTy, general), { ok: false, error: { type: "Invalid", value: { type: "UnknownOrigin", value: undefined } } });
});

test("accounts and session keys", () => {
  assert.equal(run("AccountNonceApi_account_nonce", NonceTy, encode(AccountIdTy, BOB)), 1);
  assert.equal(run("AccountNonceApi_account_nonce", NonceTy, encode(AccountIdTy, account(9))), 0);
  assert.deepEqual(run("SessionKeys_generate_session_keys", bytes, encode(option(bytes), undefined)), new Uint8Array(48).fill(1));
  assert.deepEqual(run("SessionKeys_generate_session_keys", bytes, encode(option(bytes), Uint8Array.of(7))), new Uint8Array(48).fill(7));
  const KeysTy = option(vec(tuple(bytes, fixedBytes(4))));
  const publicKeys = new Uint8Array(48).fill(2);
  assert.deepEqual(run("SessionKeys_decode_session_keys", KeysTy, encode(bytes, publicKeys)), [[publicKeys, fromLatin1("smpx")]]);
  assert.equal(run("SessionKeys_decode_session_keys", KeysTy, encode(bytes, new Uint8Array(47))), undefined);
});

test("view functions: found by their id, with their own refusals inside the answer", () => {
  // ViewFunctionDispatchError::NotFound is 1 and carries the id; Codec is 2.
  const view = runtime.pallet("Proxy").viewFunctions!["check_permissions"]!;
  const viewId = viewFunctionId("Proxy", "check_permissions", view);
  const execute = (query: Uint8Array, input: Uint8Array): Uint8Array => apis.call("RuntimeViewFunction_execute_view_function", concatBytes(query, encode(bytes, input)), env);
  const args = (type: "Any" | "NonTransfer") => concatBytes(encode(outer, call("Balances.transfer_all", { dest: id(BOB), keep_alive: true })), encode(ProxyTypeTy, { type }));
  assert.deepEqual(execute(viewId, args("Any")), Uint8Array.of(0, 4, 1));
  assert.deepEqual(execute(viewId, args("NonTransfer")), Uint8Array.of(0, 4, 0));
  for (const input of [NOTHING, args("Any").subarray(1), concatBytes(args("Any"), Uint8Array.of(0)), Uint8Array.of(255, 255)]) assert.deepEqual(execute(viewId, input), Uint8Array.of(1, 2));
  const unknown = new Uint8Array(32).fill(3);
  assert.deepEqual(execute(unknown, NOTHING), concatBytes(Uint8Array.of(1, 1), unknown));
});
