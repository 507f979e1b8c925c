// Any calls of all pallets, nested in each other, from rich, poor and missing accounts: what must hold for every one of them.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { blake2b256 } from "#hash";
import { compareBytes, fromHex, toHex } from "./primitives/bytes.ts";
import { decode, encode } from "./primitives/codec/index.ts";
import type { AnyTy, Shape, VariantShape } from "./primitives/codec/index.ts";
import type { AccountId } from "./primitives/types.ts";
import { createRuntime } from "./construct.ts";
import { DEV_PARAMS } from "./params.ts";
import { Lab } from "./testing.ts";
import type { LabBlock, Trace } from "./testing.ts";
import { account } from "./frame/testing.ts";
import type { RuntimeCall } from "./frame/pallet.ts";
import { MESI } from "./pallets/testing.ts";
import { TotalIssuance } from "./pallets/balances/storage.ts";
import { Multisigs, multiAccountId } from "./pallets/multisig/types.ts";
import { pureAccountId } from "./pallets/proxy/delegates.ts";
import { Account, InherentsApplied } from "./pallets/system/storage.ts";
import { AccountInfoTy } from "./pallets/system/types.ts";
import { derivativeAccountId } from "./pallets/utility/calls.ts";

const { runtime } = createRuntime(DEV_PARAMS);
const ED = DEV_PARAMS.existential_deposit;
const [SUDO, RICH, SOME, POOR, MISSING] = [account(1), account(2), account(3), account(4), account(5)] as const;
const SIGNERS: readonly AccountId[] = [SUDO, SUDO, RICH, RICH, SOME, POOR, MISSING];
/** Sorted, so that `other_signatories` are one of these lists without the sender. */
const TRIO: readonly AccountId[] = [SUDO, RICH, SOME];
/** Also accounts without a key, which calls can act for. */
const ACCOUNTS: readonly AccountId[] = [SUDO, RICH, SOME, POOR, MISSING, derivativeAccountId(RICH, 0), multiAccountId(TRIO, 2), multiAccountId(TRIO, 1), pureAccountId(RICH, { type: "Any" }, 0, 1, 1)];

/** Root's calls that may rightly break what is checked here: raw storage, code, and issuance by hand. */
const EXCLUDED = new Set([
  "System.set_code", "System.set_code_without_checks", "System.set_storage", "System.kill_storage", "System.kill_prefix",
  "Balances.force_adjust_total_issuance", "Sudo.remove_key",
]);

const amounts = fc.oneof(
  fc.constantFrom(0n, 1n, ED - 1n, ED, ED + 1n, MESI, 5n * MESI, 99n * MESI, 100n * MESI, 1000n * MESI, (1n << 127n), (1n << 128n) - 1n),
  fc.bigInt(0n, 200n * MESI),
);
const accounts = fc.constantFrom(...ACCOUNTS);

/** Values of a type, by its shape: addresses are mostly of accounts that exist, amounts mostly near what they have. */
function valuesOf(type: AnyTy, name: string, depth: number): fc.Arbitrary<unknown> {
  if (name === "other_signatories") return fc.oneof({ weight: 8, arbitrary: fc.subarray([...TRIO], { minLength: 1 }) }, { weight: 1, arbitrary: fc.array(accounts, { maxLength: 4 }) });
  if (name === "max_weight") return fc.constantFrom({ ref_time: 10n ** 11n, proof_size: 1n << 40n }, { ref_time: 0n, proof_size: 0n });
  if (name === "threshold") return fc.constantFrom(2, 2, 2, 1, 3, 0, 65_535);
  if (name === "delay") return fc.constantFrom(0, 0, 0, 1, 2);
  return ofShape(type.shape, type.typeName, name, depth);
}

function ofShape(shape: Shape, typeName: string, name: string, depth: number): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case "primitive":
      if (shape.name === "bool") return fc.boolean();
      if (shape.name === "str") return fc.string({ maxLength: 5 });
      if (shape.name === "u128") return amounts;
      if (shape.name === "u64") return fc.bigInt(0n, 10n ** 9n);
      return fc.nat(shape.name === "u8" ? 255 : 3);
    case "lazy":
      return typeName.endsWith("RuntimeCall") ? callsOf(depth - 1) : ofShape(shape.resolve().shape, typeName, name, depth);
    case "compact":
      return valuesOf(shape.of, name, depth);
    case "sequence":
      return shape.of.shape.kind === "primitive" && shape.of.shape.name === "u8" ? fc.uint8Array({ maxLength: 20 }) : fc.array(valuesOf(shape.of, "", depth), { maxLength: 3 });
    case "array":
      return name === "call_hash" || name === "code_hash" ? fc.constantFrom(...KNOWN_CALLS.map((call) => blake2b256(encode(runtime.outer.call, call)))) : fc.uint8Array({ minLength: shape.size, maxLength: shape.size });
    case "tuple":
      return fc.tuple(...shape.of.map((type) => valuesOf(type, "", depth)));
    case "composite":
      if (shape.path.endsWith("::AccountId32")) return accounts;
      if (shape.path.endsWith("::BoundedVec")) return fc.uint8Array({ maxLength: 20 });
      if (shape.fields.length === 1 && shape.fields[0]!.name === undefined) return valuesOf(shape.fields[0]!.type, name, depth);
      return fc.record(Object.fromEntries(shape.fields.map((field) => [field.name!, valuesOf(field.type, field.name!, depth)])), { noNullPrototype: true });
    case "variant":
      return ofVariants(shape.path, shape.variants, depth);
  }
}

function ofVariants(path: string, variants: readonly VariantShape[], depth: number): fc.Arbitrary<unknown> {
  if (path === "Option") return fc.option(valuesOf(variants[1]!.fields[0]!.type, "", depth), { nil: undefined });
  const weighted = variants.map((variant) => ({ weight: variant.name === "Id" || variant.name === "Signed" || variant.name === "Any" ? 12 : 1, arbitrary: ofVariant(variant, depth) }));
  return fc.oneof(...weighted);
}

function ofVariant({ name, fields }: VariantShape, depth: number): fc.Arbitrary<unknown> {
  if (fields.length === 0) return fc.constant({ type: name, value: undefined });
  const value = fields[0]!.name === undefined ? (fields.length === 1 ? valuesOf(fields[0]!.type, "", depth) : fc.tuple(...fields.map(({ type }) => valuesOf(type, "", depth)))) : fc.record(Object.fromEntries(fields.map((field) => [field.name!, valuesOf(field.type, field.name!, depth)])), { noNullPrototype: true });
  return value.map((inner) => ({ type: name, value: inner }));
}

/** Small calls that multisigs and announcements meet again. */
const KNOWN_CALLS: readonly RuntimeCall[] = [
  { type: "System", value: { type: "remark", value: { remark: new Uint8Array(0) } } },
  { type: "Balances", value: { type: "transfer_keep_alive", value: { dest: { type: "Id", value: POOR }, value: MESI } } },
  { type: "Balances", value: { type: "transfer_all", value: { dest: { type: "Id", value: RICH }, keep_alive: false } } },
];

const memo = new Map<number, fc.Arbitrary<RuntimeCall>>();
function callsOf(depth: number): fc.Arbitrary<RuntimeCall> {
  const known = memo.get(depth);
  if (known !== undefined) return known;
  const made = depth <= 0 ? fc.constantFrom(...KNOWN_CALLS) : fc.oneof({ weight: 1, arbitrary: fc.constantFrom(...KNOWN_CALLS) }, ...palletCalls(depth).map((arbitrary) => ({ weight: 2, arbitrary })));
  memo.set(depth, made);
  return made;
}

function palletCalls(depth: number): fc.Arbitrary<RuntimeCall>[] {
  return runtime.pallets.flatMap((pallet) => {
    const shape = pallet.callType?.shape;
    if (shape?.kind !== "variant") return [];
    const allowed = shape.variants.filter(({ name }) => !EXCLUDED.has(`${pallet.name}.${name}`));
    // A call without arguments still has an (empty) record of them.
    const calls = allowed.map((variant) => (variant.fields.length === 0 ? fc.constant({ type: variant.name, value: {} }) : ofVariant(variant, depth)));
    return [fc.oneof(...calls).map((value) => ({ type: pallet.name, value }) as RuntimeCall)];
  });
}

interface Tx {
  readonly from: AccountId;
  readonly call: RuntimeCall;
  readonly tip: bigint;
  readonly wrong: number;
}
const tx: fc.Arbitrary<Tx> = fc.record({ from: fc.constantFrom(...SIGNERS), call: callsOf(3), tip: fc.constantFrom(0n, 0n, 0n, 5n, MESI, 200n * MESI), wrong: fc.nat(15) });
/** Everything sudo can reach: so that root's paths are walked as often as the others. */
const sudoTx: fc.Arbitrary<Tx> = fc.record({ from: fc.constant(SUDO), call: callsOf(2).map((call) => ({ type: "Sudo", value: { type: "sudo", value: { call } } })), tip: fc.constant(0n), wrong: fc.constant(9) });

/** Puts the timepoint of the open operation into multisig calls, which no generator could guess. */
function withTimepoint(block: LabBlock, from: AccountId, call: RuntimeCall): RuntimeCall {
  const { type, value } = call.value;
  if (call.type !== "Multisig" || !("maybe_timepoint" in value || "timepoint" in value)) return call;
  const others = (value["other_signatories"] as readonly AccountId[]).filter((who) => compareBytes(who, from) !== 0);
  const multisig = multiAccountId([...others, from].sort(compareBytes), value["threshold"] as number);
  const hash = type === "as_multi" ? blake2b256(encode(runtime.outer.call, value["call"] as RuntimeCall)) : (value["call_hash"] as Uint8Array);
  const when = Multisigs.get(block.ctx.state, [multisig, hash])?.when;
  const field = type === "cancel_as_multi" ? { timepoint: when ?? { height: 0, index: 0 } } : { maybe_timepoint: when };
  return { type: call.type, value: { type, value: { ...value, other_signatories: others, ...field } } };
}

type Told = readonly { readonly type: string; readonly value: { readonly type: string; readonly value?: unknown } }[];
const amountOf = (event: Told[number] | undefined, type: string): bigint => (event?.type === "Balances" && event.value.type === type ? (event.value.value as { amount: bigint }).amount : 0n);

/** What was taken before the call ran, less what came back after it. The event's `actual_fee` may be less: the dead get nothing back. */
function burntFee(events: Told): bigint {
  const burnt = amountOf(events[0], "Withdraw") - amountOf(events.at(-3), "Deposit");
  const { actual_fee } = events.at(-2)!.value.value as { actual_fee: bigint };
  assert.ok(burnt === actual_fee || (burnt > actual_fee && events.some(({ value }) => value.type === "KilledAccount")), `${burnt} burnt, ${actual_fee} told`);
  return burnt;
}

/** What the events of one extrinsic say that the issuance changed by. */
function issuedBy(events: Told): bigint {
  let change = -burntFee(events);
  for (const event of events) {
    for (const type of ["Issued", "Minted"]) change += amountOf(event, type);
    for (const type of ["Rescinded", "Burned", "DustLost"]) change -= amountOf(event, type);
  }
  return change;
}

function differences(before: Trace, after: Trace): Map<string, string | undefined> {
  const out = new Map<string, string | undefined>();
  for (const key of new Set([...before.changes.keys(), ...after.changes.keys()])) if (before.changes.get(key) !== after.changes.get(key) || before.changes.has(key) !== after.changes.has(key)) out.set(key, after.changes.get(key));
  return out;
}

/** A failed extrinsic: its sender's nonce and balance, and the issuance, are all that may differ, by exactly one and the fee. */
function assertOnlyPaid(lab: Lab, from: AccountId, before: Trace, after: Trace, fee: bigint): void {
  const [own, issuance] = [toHex(Account.keyBytes(from)), toHex(TotalIssuance.item.prefix)];
  const changed = differences(before, after);
  for (const key of changed.keys()) assert.ok(key === own || key === issuance || key === toHex(InherentsApplied.item.prefix), `a failed call changed ${key}`);
  const was = before.changes.get(own);
  const old = was === undefined ? lab.account(from) : decode(AccountInfoTy, fromHex(was));
  const now = decode(AccountInfoTy, fromHex(after.changes.get(own)!));
  assert.deepEqual(now, { ...old, nonce: old.nonce + 1, data: { ...old.data, free: old.data.free - fee } });
}

/** Tries one transaction and checks it; returns how it went, to see that the property is not empty. */
function tryOne(block: LabBlock, { from, call, tip, wrong }: Tx): string {
  const { lab } = block;
  const options = wrong === 0 ? { bad: true } : wrong === 1 ? { nonce: 77 } : {};
  const nonce = Account.get(block.ctx.state, from).nonce;
  const signed = lab.sign(from, withTimepoint(block, from, call), { tip, nonce, ...options });
  const [before, told, issued] = [block.trace(), block.events().length, TotalIssuance.get(block.ctx.state)];
  const result = block.apply(signed);
  const after = block.trace();
  if (!result.ok) {
    assert.deepEqual(after, before);
    return "refused";
  }
  const events = block.events().slice(told);
  assert.equal(TotalIssuance.get(block.ctx.state) - issued, issuedBy(events));
  const [paid, last] = events.slice(-2);
  assert.equal(paid!.value.type, "TransactionFeePaid");
  assert.equal(last!.value.type, result.value.ok ? "ExtrinsicSuccess" : "ExtrinsicFailed");
  if (!result.value.ok) assertOnlyPaid(lab, from, before, after, burntFee(events));
  return result.value.ok ? `${call.type}.${call.value.type}` : "failed";
}

test("any calls: issuance changes only as events say, invariants hold, failures keep nonce and fee, refusals nothing, and import agrees", () => {
  const seen = new Map<string, number>();
  fc.assert(
    fc.property(fc.array(fc.array(fc.oneof({ weight: 3, arbitrary: tx }, { weight: 1, arbitrary: sudoTx }), { maxLength: 10, size: "max" }), { minLength: 1, maxLength: 4 }), (blocks) => {
      const lab = new Lab({ endowed: [[SUDO, 1000n * MESI], [RICH, 100n * MESI], [SOME, 10n * MESI], [POOR, ED + MESI / 100n]], sudo: SUDO });
      for (const list of blocks) {
        const block = lab.begin();
        for (const one of list) {
          const how = tryOne(block, one);
          seen.set(how, (seen.get(how) ?? 0) + 1);
        }
        block.finish();
      }
    }),
    { numRuns: Number(process.env["FC_RUNS"] ?? 600) },
  );
  const succeeded = [...seen.keys()].filter((how) => how.includes("."));
  assert.ok(succeeded.length > 20, `only ${succeeded.length} different calls succeeded: ${succeeded.join(" ")}`);
  for (const how of ["failed", "refused"]) assert.ok((seen.get(how) ?? 0) > 50, `only ${seen.get(how)} ${how}`);
});
