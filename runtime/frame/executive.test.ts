import assert from "node:assert/strict";
import { before, test } from "node:test";
import { Keyring } from "@polkadot/keyring";
import type { KeyringPair } from "@polkadot/keyring/types";
import { Metadata, TypeRegistry } from "@polkadot/types";
import { cryptoWaitReady, ed25519Verify, secp256k1Recover, sr25519Verify } from "@polkadot/util-crypto";
import { blake2b256 } from "#hash";
import { concatBytes, equalBytes, toHex, utf8 } from "../primitives/bytes.ts";
import { encode } from "../primitives/codec/index.ts";
import { mortalEra } from "../primitives/era.ts";
import { DecodeError } from "../primitives/errors.ts";
import { AccountId, ZERO_HASH } from "../primitives/types.ts";
import type { Weight } from "../primitives/types.ts";
import { DEV_PARAMS } from "../params.ts";
import { Lab, describe } from "../testing.ts";
import type { LabBlock, LabOptions } from "../testing.ts";
import { MESI, call, id, transferTo } from "../pallets/testing.ts";
import { BASE_EXTRINSIC } from "../pallets/system/limits.ts";
import { Account, BlockHash, InherentsApplied } from "../pallets/system/storage.ts";
import { TotalIssuance } from "../pallets/balances/storage.ts";
import { computeFee } from "../pallets/transaction-payment/fee.ts";
import { BlockRejected } from "./block-rejected.ts";
import type { Host } from "./context.ts";
import { BlockExecution, createInherents, executeBlock } from "./executive.ts";
import { decodeExtrinsic, encodeExtrinsic, prefixed } from "./extrinsic.ts";
import type { Extrinsic } from "./extrinsic.ts";
import type { RuntimeCall } from "./pallet.ts";
import { account } from "./testing.ts";

const [ALICE, BOB, CHARLIE, POOR] = [account(1), account(2), account(3), account(4)] as const;
const ED = DEV_PARAMS.existential_deposit;

function lab(options: Partial<LabOptions> = {}): Lab {
  return new Lab({ endowed: [[ALICE, 100n * MESI], [BOB, 100n * MESI], [POOR, ED]], sudo: ALICE, ...options });
}

const remark = (size: number): RuntimeCall => call("System.remark", { remark: new Uint8Array(size) });
const bare = (chain: Lab, what: RuntimeCall, version: 4 | 5 = 4): Extrinsic => chain.decode(encodeExtrinsic(chain.runtime, { type: "Bare", version }, what));
const timestamp = (now: bigint): RuntimeCall => call("Timestamp.set", { now });
const weighing = (ref_time: bigint): RuntimeCall => call("Sudo.sudo_unchecked_weight", { call: remark(1), weight: { ref_time, proof_size: 0n } satisfies Weight });

/** The block as it is afterwards must be the block as it was before. */
function assertUntouched(block: LabBlock, run: () => unknown): void {
  const trace = block.trace();
  run();
  assert.deepEqual(block.trace(), trace);
}

const compareText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    if (error instanceof BlockRejected || error instanceof DecodeError) return error.code;
    throw error;
  }
  return "ok";
}

/** Executes a block of given extrinsics on the last one, as import does. */
function importing(chain: Lab, extrinsics: readonly Extrinsic[], number = chain.number + 1): string {
  const header = { parent_hash: chain.hashes[chain.number]!, number, state_root: ZERO_HASH, extrinsics_root: ZERO_HASH, digest: { logs: [] } };
  const result = executeBlock(chain.runtime, chain.state, chain.host, header, extrinsics);
  return result.ok ? "ok" : result.error.code;
}

test("a transfer moves the amount, takes the fee, and its last events are the fee and the success", () => {
  const chain = lab();
  const block = chain.begin();
  const tx = chain.sign(ALICE, transferTo(BOB, 5n * MESI), { tip: 7n });
  assert.equal(block.outcome(tx), "ok");
  const [paid, success] = block.events().slice(-2);
  assert.deepEqual([paid!.type, paid!.value.type, success!.type, success!.value.type], ["TransactionPayment", "TransactionFeePaid", "System", "ExtrinsicSuccess"]);
  const { actual_fee, tip } = paid!.value.value as { actual_fee: bigint; tip: bigint };
  assert.equal(tip, 7n);
  assert.equal(actual_fee, computeFee(block.ctx, tx.length, chain.runtime.dispatchInfo(tx.call), 7n, "Sr25519"));
  block.finish();
  assert.equal(chain.account(ALICE).data.free, 95n * MESI - actual_fee);
  assert.equal(chain.account(BOB).data.free, 105n * MESI);
  assert.deepEqual([chain.account(ALICE).nonce, chain.account(BOB).nonce], [1, 0]);
  assert.equal(TotalIssuance.get(chain.view()), 200n * MESI + ED - actual_fee);
});

test("a failed call keeps nonce and fee, and nothing else of what it wrote or told", () => {
  const chain = lab();
  const block = chain.begin();
  block.outcome(chain.sign(ALICE, remark(1)));
  const [state, events] = [block.trace(), block.events()];
  const failing = call("Utility.batch_all", { calls: [transferTo(BOB, MESI), transferTo(CHARLIE, MESI), call("Balances.burn", { value: 1000n * MESI, keep_alive: true })] });
  assert.equal(block.outcome(chain.sign(ALICE, failing)), "Token.FundsUnavailable");
  const told = block.events().slice(events.length).map(({ type, value }) => `${type}.${value.type}`);
  assert.deepEqual(told, ["Balances.Withdraw", "TransactionPayment.TransactionFeePaid", "System.ExtrinsicFailed"]);
  const changed = [...block.trace().changes].filter(([key, value]) => state.changes.get(key) !== value).map(([key]) => key);
  assert.deepEqual(changed.sort(compareText), [Account.keyBytes(ALICE), TotalIssuance.item.prefix].map(toHex).sort(compareText));
  block.finish();
  assert.equal(chain.account(ALICE).nonce, 2);
  assert.equal(chain.account(BOB).data.free, 100n * MESI);
});

test("whatever is refused leaves no trace: not in state, events, weights, lengths or the inherent phase", () => {
  const chain = lab();
  const refusals: readonly (readonly [string, Extrinsic])[] = [
    ["Invalid.BadProof", chain.sign(ALICE, remark(1), { nonce: 0, bad: true })],
    ["Invalid.Future", chain.sign(ALICE, remark(1), { nonce: 1 })],
    ["Invalid.Payment", chain.sign(account(9), remark(1), { nonce: 0 })], // no account
    ["Invalid.Payment", chain.sign(POOR, remark(1), { nonce: 0 })], // the fee would kill it
    ["Invalid.Payment", chain.sign(ALICE, remark(1), { nonce: 0, tip: 200n * MESI })],
    ["Invalid.Payment", chain.sign(ALICE, remark(1), { nonce: 0, tip: (1n << 128n) - 1n })],
    ["Invalid.BadSigner", chain.sign(AccountId(new Uint8Array(32)), remark(1), { nonce: 0 })],
    ["Invalid.AncientBirthBlock", chain.sign(ALICE, remark(1), { nonce: 0, era: { type: "Mortal", period: 64, phase: 63 } })],
    ["Invalid.BadMandatory", chain.sign(ALICE, timestamp(1n), { nonce: 0 })],
    ["Invalid.BadMandatory", chain.sign(ALICE, call("Utility.as_derivative", { index: 0, call: timestamp(1n) }), { nonce: 0 })],
    ["Invalid.ExhaustsResources", chain.sign(ALICE, remark(800_000), { nonce: 0 })],
    ["Invalid.ExhaustsResources", chain.sign(ALICE, weighing((1n << 64n) - 1n), { nonce: 0 })],
    ["Unknown.NoUnsignedValidator", bare(chain, remark(1))],
    ["Unknown.NoUnsignedValidator", bare(chain, transferTo(BOB, 1n), 5)],
    ["Invalid.UnknownOrigin", chain.decode(encodeExtrinsic(chain.runtime, { type: "General", extensionVersion: 0, extras: extrasOf(chain) }, remark(1)))],
    ["Unknown.CannotLookup", chain.decode(encodeExtrinsic(chain.runtime, { type: "Signed", address: { type: "Index", value: 0 }, signature: { type: "Sr25519", value: new Uint8Array(64).fill(1) }, extras: extrasOf(chain) }, remark(1)))],
  ];
  // In a fresh block, and after a transaction, and as the only thing in a block: importing it must still give the same state.
  const fresh = chain.begin();
  for (const [why, tx] of refusals) assertUntouched(fresh, () => assert.equal(fresh.outcome(tx), `!${why}`));
  assert.equal(InherentsApplied.get(fresh.ctx.state), false);
  fresh.finish();
  assert.equal(InherentsApplied.get(chain.view()), true);
  const busy = chain.begin();
  assert.equal(busy.outcome(chain.sign(BOB, transferTo(CHARLIE, MESI))), "ok");
  for (const [why, tx] of refusals) assertUntouched(busy, () => assert.equal(busy.outcome(tx), `!${why}`));
  busy.finish();
  // What the pool says of the same transactions; only weight and mandatory calls are told apart there.
  for (const [why, tx] of refusals.filter(([, { preamble }]) => preamble.type === "Signed")) {
    const validity = chain.validate(tx);
    const expected = why === "Invalid.Future" ? "ok" : why === "Invalid.BadMandatory" ? "Invalid.MandatoryValidation" : why;
    assert.equal(validity.ok ? "ok" : describe(validity.error), expected);
  }
});

function extrasOf(chain: Lab): readonly unknown[] {
  const { preamble } = chain.sign(ALICE, remark(1), { nonce: 0 });
  return preamble.type === "Signed" ? preamble.extras : [];
}

test("nonces: each once and in order; the pool takes later ones and says what they wait for", () => {
  const chain = lab();
  const block = chain.begin();
  for (const [nonce, expected] of [[1, "!Invalid.Future"], [0, "ok"], [0, "!Invalid.Stale"], [1, "ok"], [3, "!Invalid.Future"], [2, "ok"]] as const) {
    assert.equal(block.outcome(chain.sign(ALICE, remark(1), { nonce })), expected);
  }
  block.finish();
  const tag = (nonce: number) => concatBytes(ALICE, Uint8Array.of(nonce, 0, 0, 0));
  for (const [nonce, requires] of [[3, []], [4, [tag(3)]], [9, [tag(8)]]] as const) {
    const validity = chain.validate(chain.sign(ALICE, remark(1), { nonce }));
    assert.ok(validity.ok);
    assert.deepEqual([validity.value.provides, validity.value.requires], [[tag(nonce)], requires]);
  }
  const stale = chain.validate(chain.sign(ALICE, remark(1), { nonce: 2 }));
  assert.equal(stale.ok ? "ok" : describe(stale.error), "Invalid.Stale");
});

test("an account that dies by its own call pays, and its nonce is gone with it", () => {
  const chain = lab();
  const block = chain.begin();
  assert.equal(block.outcome(chain.sign(BOB, call("Balances.transfer_all", { dest: id(ALICE), keep_alive: false }))), "ok");
  // The refund would be below the existential deposit: nobody gets it back, and issuance agrees (checked by finish).
  block.finish();
  assert.deepEqual(chain.account(BOB), { nonce: 0, consumers: 0, providers: 0, sufficients: 0, data: chain.account(CHARLIE).data });
});

test("inherents: first, once, with a time that is far enough from the last", () => {
  const chain = lab();
  chain.skip(2);
  const { minimum_period } = DEV_PARAMS;
  const next = chain.timeMs + minimum_period;
  const signed = chain.sign(ALICE, remark(1), { nonce: 0 });
  const set = (now: bigint, version: 4 | 5 = 4) => bare(chain, timestamp(now), version);
  assert.equal(importing(chain, [set(next)]), "ok");
  assert.equal(importing(chain, [set(next, 5)]), "ok");
  assert.equal(importing(chain, [set(next + 1_000_000n), signed]), "ok");
  assert.equal(importing(chain, []), "TIMESTAMP_MISSING");
  assert.equal(importing(chain, [signed]), "TIMESTAMP_MISSING");
  assert.equal(importing(chain, [signed, set(next)]), "INHERENT_ORDER");
  assert.equal(importing(chain, [set(next), signed, set(next + minimum_period)]), "INHERENT_ORDER");
  assert.equal(importing(chain, [set(next), set(next + minimum_period)]), "MANDATORY_FAILED");
  for (const now of [0n, chain.timeMs, next - 1n]) assert.equal(importing(chain, [set(now)]), "MANDATORY_FAILED");
  assert.equal(importing(chain, [set(next), bare(chain, remark(1))]), "EXTRINSIC_INVALID");
  assert.equal(importing(chain, [set(next), chain.sign(ALICE, remark(1), { nonce: 5 })]), "EXTRINSIC_INVALID");
  assert.equal(importing(chain, [set(next), chain.sign(ALICE, timestamp(next), { nonce: 0 })]), "MANDATORY_FAILED");
  // The first block may carry any time.
  assert.equal(importing(lab(), [set(1n)]), "ok");
});

test("a block's number must follow its parent's", () => {
  const chain = lab();
  chain.skip(3);
  const inherents = createInherents(chain.runtime, { timestampMs: chain.timeMs + 1000n }).map((encoded) => chain.decode(encoded));
  for (const number of [0, 1, 3, 5, 0xffff_ffff]) assert.equal(importing(chain, inherents, number), "BLOCK_NOT_CHILD");
  assert.equal(importing(chain, inherents, 4), "ok");
});

test("an era is bound to its birth block: as long as its hash is remembered, and until it ends", () => {
  const chain = lab({ params: { ...DEV_PARAMS, block_hash_count: 8 } });
  chain.skip(20);
  const known = Array.from({ length: 22 }, (_, number) => BlockHash.exists(chain.view(), number));
  // Block 20 forgot block 11: 8 blocks and the one that they stand on stay, and genesis.
  assert.deepEqual(known.map((is, number) => (is ? number : -1)).filter((number) => number >= 0), [0, 12, 13, 14, 15, 16, 17, 18, 19]);
  const block = chain.begin(); // number 21
  const at = (phase: number, period = 32) => block.outcome(chain.sign(ALICE, remark(1), { era: { type: "Mortal", period, phase }, nonce: block.ctx.extrinsicIndex - 1 }));
  assert.equal(at(20), "ok"); // birth 20: the parent, known to this block
  assert.equal(at(12), "ok");
  assert.equal(at(11), "!Invalid.AncientBirthBlock");
  assert.equal(at(21), "!Invalid.AncientBirthBlock"); // this block's own hash is not known yet
  assert.equal(at(22), "!Invalid.AncientBirthBlock"); // the era that began at 22 - 32 < 0 counts from its phase
  assert.equal(at(0, 4), "ok"); // birth 20
  block.finish();
  const validity = chain.validate(chain.sign(ALICE, remark(1), { era: mortalEra(8, 21) }));
  assert.ok(validity.ok);
  assert.equal(validity.value.longevity, 7n); // born at 21, dies at 29; the next block is 22
});

test("weight: what does not fit is refused and leaves room for what does; operational calls have a reserve", () => {
  const chain = lab();
  const block = chain.begin();
  const ms = 1_000_000_000n;
  assert.equal(block.outcome(chain.sign(ALICE, weighing(100n * ms))), "ok");
  // Sudo reports no smaller weight, so the block is nearly full for normal calls: 112.5 ms.
  assertUntouched(block, () => assert.equal(block.outcome(chain.sign(ALICE, weighing(13n * ms), { nonce: 1 })), "!Invalid.ExhaustsResources"));
  assert.equal(block.outcome(chain.sign(ALICE, weighing(10n * ms), { nonce: 1 })), "ok");
  const operational = call("Sudo.sudo_unchecked_weight", { call: call("System.set_heap_pages", { pages: 1n }), weight: { ref_time: 36n * ms, proof_size: 0n } });
  assert.equal(block.outcome(chain.sign(ALICE, operational, { nonce: 2 })), "ok");
  assertUntouched(block, () => assert.equal(block.outcome(chain.sign(ALICE, operational, { nonce: 3 })), "!Invalid.ExhaustsResources"));
  assert.equal(block.outcome(chain.sign(ALICE, remark(1), { nonce: 3 })), "ok");
  block.finish();
});

test("length: normal transactions get three quarters of the block's bytes", () => {
  const chain = lab();
  const block = chain.begin();
  assert.equal(block.outcome(chain.sign(ALICE, remark(400_000))), "ok");
  assertUntouched(block, () => assert.equal(block.outcome(chain.sign(ALICE, remark(400_000), { nonce: 1 })), "!Invalid.ExhaustsResources"));
  assert.equal(block.outcome(chain.sign(ALICE, remark(380_000), { nonce: 1 })), "ok");
  block.finish();
});

test("signatures: their verification has a budget of its own, which a refused transaction does not use up", () => {
  const chain = lab();
  const block = chain.begin();
  let count = 0;
  while (block.outcome(chain.sign(ALICE, remark(1), { scheme: "Ecdsa", nonce: count })) === "ok") count++;
  assert.equal(count, Math.floor(400_000 / 700));
  assertUntouched(block, () => assert.equal(block.outcome(chain.sign(ALICE, remark(1), { scheme: "Ecdsa", nonce: count })), "!Invalid.ExhaustsResources"));
  assert.equal(block.outcome(chain.sign(ALICE, remark(1), { scheme: "Ed25519", nonce: count })), "ok");
  block.finish();
});

test("weight that a call did not use is given back to the block and to the payer", () => {
  const chain = lab();
  const block = chain.begin();
  const batch = call("Utility.batch", { calls: [call("Balances.burn", { value: 1000n * MESI, keep_alive: true }), ...new Array<RuntimeCall>(50).fill(transferTo(BOB, MESI))] });
  const announced = chain.runtime.dispatchInfo(batch).weight.ref_time;
  const before = block.ctx.weightUsed.Normal.ref_time;
  const tx = chain.sign(ALICE, batch);
  const most = computeFee(block.ctx, tx.length, chain.runtime.dispatchInfo(batch), 0n, "Sr25519");
  assert.equal(block.outcome(tx), "ok"); // interrupted at once
  assert.ok(block.ctx.weightUsed.Normal.ref_time - before < announced / 4n);
  const [paid, success] = block.events().slice(-2).map(({ value }) => value.value) as [{ actual_fee: bigint }, { dispatch_info: { weight: Weight } }];
  const unused = announced - (success.dispatch_info.weight.ref_time - BASE_EXTRINSIC.ref_time);
  // The multiplier is 1 in the first block: a unit per ps.
  assert.equal(paid.actual_fee, most - unused);
  block.finish();
  assert.equal(chain.account(ALICE).data.free, 100n * MESI - paid.actual_fee);
});

test("calls nest as deep as they decode, and no dispatch of them overflows the stack", () => {
  const chain = lab();
  const nest = (levels: number): Uint8Array => concatBytes(...new Array<Uint8Array>(levels - 1).fill(Uint8Array.of(4, 0, 4)), encode(chain.runtime.outer.call, remark(1)));
  const extrinsic = (callBytes: Uint8Array): Uint8Array => {
    const { encoded, callBytes: inner } = chain.sign(ALICE, remark(1), { nonce: 0 });
    return prefixed(concatBytes(encoded.subarray(2, encoded.length - inner.length), callBytes));
  };
  const deepest = chain.decode(extrinsic(nest(256)));
  assert.equal(chain.validate(deepest).ok, true);
  const block = chain.begin();
  // FRAME allows 255 nested storage layers: the 256th level is refused inside, and a batch only stops there.
  assert.equal(block.outcome(deepest), "ok");
  block.finish();
  for (const levels of [257, 300, 20_000]) assert.equal(codeOf(() => chain.decode(extrinsic(nest(levels)))), "CODEC_TOO_DEEP");
});

test("what is not an extrinsic is refused while decoding", () => {
  const chain = lab();
  const { encoded } = chain.sign(ALICE, transferTo(BOB, 1n), { nonce: 0 });
  const body = encoded.subarray(encoded.length - decodeExtrinsic(chain.runtime, encoded).length);
  const remarkBytes = encode(chain.runtime.outer.call, remark(1));
  const cases: readonly (readonly [Uint8Array, string])[] = [
    [new Uint8Array(0), "CODEC_UNEXPECTED_END"],
    [Uint8Array.of(0), "CODEC_UNEXPECTED_END"],
    [encoded.subarray(0, -1), "CODEC_UNEXPECTED_END"],
    [concatBytes(encoded, Uint8Array.of(0)), "CODEC_TRAILING_BYTES"],
    [prefixed(concatBytes(body, Uint8Array.of(0))), "CODEC_TRAILING_BYTES"],
    [prefixed(body.subarray(0, -1)), "CODEC_UNEXPECTED_END"],
    [prefixed(concatBytes(Uint8Array.of(0x45, 1), remarkBytes)), "CODEC_UNKNOWN_VARIANT"], // another extension version
    [prefixed(concatBytes(Uint8Array.of(4), Uint8Array.of(200, 0))), "CODEC_UNKNOWN_VARIANT"], // no such pallet
    [prefixed(concatBytes(Uint8Array.of(4), Uint8Array.of(0, 8))), "CODEC_UNKNOWN_VARIANT"], // System has no call 8
  ];
  for (const [input, code] of cases) assert.equal(codeOf(() => decodeExtrinsic(chain.runtime, input)), code, toHex(input.subarray(0, 8)));
  for (const version of [0x00, 0x01, 0x03, 0x44, 0x83, 0x85, 0xc4, 0xff]) {
    assert.equal(codeOf(() => decodeExtrinsic(chain.runtime, prefixed(concatBytes(Uint8Array.of(version), body.subarray(1))))), "CODEC_UNKNOWN_VARIANT");
  }
  for (const version of [4, 5] as const) assert.deepEqual(bare(chain, remark(1), version).preamble, { type: "Bare", version });
  const inside = Buffer.concat([Buffer.alloc(3), encoded, Buffer.alloc(2)]).subarray(3, 3 + encoded.length);
  assert.deepEqual(decodeExtrinsic(chain.runtime, inside).hash, blake2b256(encoded));
  assert.deepEqual(new Uint8Array(decodeExtrinsic(chain.runtime, inside).callBytes), encode(chain.runtime.outer.call, transferTo(BOB, 1n)));
});

test("an execution does not start on a state that it does not follow", () => {
  const chain = lab();
  assert.equal(codeOf(() => new BlockExecution(chain.runtime, chain.state, chain.host, { parent_hash: ZERO_HASH, number: 2, digest: { logs: [] } })), "BLOCK_NOT_CHILD");
});

test("root writes raw storage only where the state stays readable", () => {
  const chain = lab();
  const root = (what: RuntimeCall) => call("Sudo.sudo", { call: what });
  const key = (text: string) => utf8(text);
  const items = (...list: [Uint8Array, Uint8Array][]) => root(call("System.set_storage", { items: list }));
  const block = chain.begin();
  const sudoResult = (tx: RuntimeCall): string => {
    assert.equal(block.outcome(chain.sign(ALICE, tx)), "ok");
    const result = block.events().findLast(({ type }) => type === "Sudo")!.value.value as { sudo_result: { ok: boolean; error?: never } };
    return result.sudo_result.ok ? "ok" : chain.runtime.describeError(result.sudo_result.error as never).name;
  };
  assert.equal(sudoResult(items([key("any"), key("thing")], [key("other"), new Uint8Array(0)])), "ok");
  assert.equal(sudoResult(items([key("left"), key("out")], [TotalIssuance.item.prefix, Uint8Array.of(1)])), "Corruption");
  assert.equal(sudoResult(items([new Uint8Array(1025), key("x")])), "Unavailable");
  assert.deepEqual(block.ctx.state.getRaw(key("any")), key("thing"));
  assert.equal(block.ctx.state.getRaw(key("left")), undefined);
  assert.equal(sudoResult(root(call("System.kill_storage", { keys: [key("any"), key("never")] }))), "ok");
  assert.equal(sudoResult(root(call("System.kill_prefix", { prefix: key("oth"), subkeys: 5 }))), "ok");
  for (const text of ["any", "other"]) assert.equal(block.ctx.state.getRaw(key(text)), undefined);
  assert.equal(sudoResult(root(call("System.set_code", { code: key("garbage") }))), "System.FailedToExtractRuntimeVersion");
  assert.equal(sudoResult(root(call("System.set_code", { code: block.ctx.state.getRaw(key(":code"))! }))), "System.SpecVersionNeedsToIncrease");
  // The same shape under another magic is not a runtime of ours.
  const foreign = block.ctx.state.getRaw(key(":code"))!.slice();
  foreign[4]! ^= 1;
  assert.equal(sudoResult(root(call("System.set_code_without_checks", { code: foreign }))), "ok");
  assert.equal(sudoResult(root(call("System.set_code", { code: foreign }))), "System.FailedToExtractRuntimeVersion");
});

let pairs: Record<"sr25519" | "ed25519" | "ecdsa", KeyringPair>;
before(async () => {
  await cryptoWaitReady();
  pairs = {
    sr25519: new Keyring({ type: "sr25519" }).addFromUri("//Alice"),
    ed25519: new Keyring({ type: "ed25519" }).addFromUri("//Alice"),
    ecdsa: new Keyring({ type: "ecdsa" }).addFromUri("//Alice"),
  };
});

const REAL_HOST: Host = {
  generateSessionKeys: () => new Uint8Array(48),
  verifySignature({ type, value }, message, signer) {
    if (type === "Ed25519") return ed25519Verify(message, value, signer);
    if (type === "Sr25519") return sr25519Verify(message, value, signer);
    return equalBytes(blake2b256(secp256k1Recover(blake2b256(message), value.subarray(0, 64), value[64]!)), signer);
  },
};

test("transactions that @polkadot/api builds and signs with each scheme are valid, and no signed part can be exchanged", () => {
  for (const [scheme, pair] of Object.entries(pairs)) {
    const sender = AccountId(pair.addressRaw.slice());
    const chain = lab({ endowed: [[sender, 100n * MESI]], host: REAL_HOST });
    chain.skip(5);
    const registry = new TypeRegistry();
    registry.setMetadata(new Metadata(registry, chain.apis.metadata(14)));
    const options = (change: object) => ({
      blockHash: chain.hashes[4]!, genesisHash: chain.hashes[0]!, nonce: 0, tip: 3, era: registry.createType("ExtrinsicEra", { current: 4, period: 64 }),
      runtimeVersion: { specVersion: chain.runtime.version.spec_version, transactionVersion: chain.runtime.version.transaction_version },
      signedExtensions: registry.signedExtensions,
      ...change,
    });
    const signed = (what: RuntimeCall, change: object = {}): Extrinsic => {
      const tx = registry.createType("Extrinsic", registry.createType("Call", encode(chain.runtime.outer.call, what)), { version: 4 });
      return chain.decode((tx as unknown as { sign(pair: KeyringPair, options: object): { toU8a(): Uint8Array } }).sign(pair, options(change)).toU8a());
    };
    // Longer than 256 bytes: then a hash of the payload is signed.
    for (const what of [transferTo(BOB, MESI), remark(300)]) {
      const tx = signed(what, { nonce: chain.account(sender).nonce });
      const validity = chain.validate(tx);
      assert.ok(validity.ok, `${scheme}: ${validity.ok ? "" : describe(validity.error)}`);
      assert.equal(validity.value.longevity, BigInt(4 + 64 - (chain.number + 1)));
      const block = chain.begin();
      assert.equal(block.outcome(tx), "ok");
      block.finish();
    }
    const wrong: readonly object[] = [
      { genesisHash: chain.hashes[1]! },
      { blockHash: chain.hashes[3]! },
      { runtimeVersion: { specVersion: 2, transactionVersion: 1 } },
      { runtimeVersion: { specVersion: 1, transactionVersion: 2 } },
    ];
    const block = chain.begin();
    for (const change of wrong) assertUntouched(block, () => assert.equal(block.outcome(signed(remark(1), { nonce: 2, ...change })), "!Invalid.BadProof", scheme));
    const good = signed(transferTo(BOB, MESI), { nonce: 2 });
    for (const at of [1, 2, 3]) {
      const forged = good.encoded.slice();
      forged[forged.length - at]! ^= 4; // the amount
      let tx: Extrinsic;
      try {
        tx = chain.decode(forged);
      } catch {
        continue;
      }
      assert.equal(block.outcome(tx), "!Invalid.BadProof");
    }
    assert.equal(block.outcome(good), "ok");
    block.finish();
  }
});
