// Every other spelling of a valid transaction: of all byte strings near it, the chain takes exactly the one that its sender signed.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { TestContext } from "node:test";
import { blake2b256 } from "#hash";
import { concatBytes, equalBytes, toHex, utf8 } from "../../runtime/primitives/bytes.ts";
import { Reader, Writer, encode } from "../../runtime/primitives/codec/index.ts";
import { IMMORTAL, mortalEra } from "../../runtime/primitives/era.ts";
import type { Era } from "../../runtime/primitives/era.ts";
import { DecodeError } from "../../runtime/primitives/errors.ts";
import { MultiSignatureTy } from "../../runtime/primitives/types.ts";
import type { AccountId, MultiSignature } from "../../runtime/primitives/types.ts";
import type { Host } from "../../runtime/frame/context.ts";
import { contextAfter } from "../../runtime/frame/executive.ts";
import { decodeExtrinsic, encodeExtrinsic, prefixed, signedMessage, signingPayload } from "../../runtime/frame/extrinsic.ts";
import type { Extrinsic } from "../../runtime/frame/extrinsic.ts";
import type { RuntimeCall } from "../../runtime/frame/pallet.ts";
import { account } from "../../runtime/frame/testing.ts";
import { DEV_PARAMS } from "../../runtime/params.ts";
import { Lab } from "../../runtime/testing.ts";
import { keyPairFromSuri } from "../../node/keys/suri.ts";
import type { KeyPair, KeyScheme } from "../../node/keys/suri.ts";
import { verifySignature } from "../../node/verifier/verify.ts";

const HOST: Host = {
  verifySignature: (signature, message, signer) => verifySignature({ signature, message, signer }),
  generateSessionKeys: () => new Uint8Array(48),
};
const SCHEMES: readonly KeyScheme[] = ["sr25519", "ed25519", "ecdsa"];
const MESI = 10n ** 12n;

/** A transaction in its parts, each in front of the next. */
interface Parts {
  readonly prefix: Uint8Array;
  readonly version: number;
  readonly address: Uint8Array;
  readonly signature: MultiSignature;
  readonly era: Uint8Array;
  readonly nonce: Uint8Array;
  readonly tip: Uint8Array;
  readonly mode: Uint8Array;
  readonly call: Uint8Array;
}

interface Case {
  readonly lab: Lab;
  readonly key: KeyPair;
  readonly call: RuntimeCall;
  readonly encoded: Uint8Array;
  readonly parts: Parts;
  readonly message: Uint8Array;
}

function labWith(key: KeyPair, params = DEV_PARAMS): Lab {
  const lab = new Lab({ endowed: [[key.account, 1_000n * MESI], [account(9), 1_000n * MESI]], host: HOST, params });
  lab.skip(2);
  return lab;
}

interface Options {
  readonly call?: RuntimeCall;
  readonly era?: Era;
  readonly tip?: bigint;
}

const TRANSFER: RuntimeCall = { type: "Balances", value: { type: "transfer_keep_alive", value: { dest: { type: "Id", value: account(9) }, value: 5n * MESI } } };

function sign(lab: Lab, key: KeyPair, { call = TRANSFER, era = IMMORTAL, tip = 7n }: Options = {}): Case {
  const extras = [undefined, undefined, undefined, undefined, era, 0, undefined, tip, { mode: { type: "Disabled" } }];
  const callBytes = encode(lab.runtime.outer.call, call);
  const extraBytes = concatBytes(...lab.runtime.extensions.map(({ extra }, i) => encode(extra, extras[i] as never)));
  const message = signedMessage(payloadOf(lab, callBytes, extraBytes, extras));
  const signature = key.sign(message);
  const encoded = encodeExtrinsic(lab.runtime, { type: "Signed", address: { type: "Id", value: key.account }, signature, extras }, call);
  const eraBytes = era.type === "Immortal" ? 1 : 2;
  const parts: Parts = {
    prefix: encoded.slice(0, encoded.length - new Reader(encoded).length(1)),
    version: 0x84,
    address: concatBytes(Uint8Array.of(0), key.account),
    signature,
    era: extraBytes.slice(0, eraBytes),
    nonce: extraBytes.slice(eraBytes, eraBytes + 1),
    tip: extraBytes.slice(eraBytes + 1, -1),
    mode: extraBytes.slice(-1),
    call: callBytes,
  };
  assert.deepEqual(joined(parts), encoded, "the parts make the transaction");
  return { lab, key, call, encoded, parts, message };
}

function payloadOf(lab: Lab, call: Uint8Array, extra: Uint8Array, extras: readonly unknown[]): Uint8Array {
  const ctx = contextAfter(lab.runtime, lab.state, lab.host, { hash: lab.hashes[lab.number]!, number: lab.number });
  const payload = signingPayload(ctx, call, extra, extras);
  if (!payload.ok) throw new Error("no payload");
  return payload.value;
}

function bodyOf(parts: Parts): Uint8Array {
  const { version, address, signature, era, nonce, tip, mode, call } = parts;
  return concatBytes(Uint8Array.of(version), address, encode(MultiSignatureTy, signature), era, nonce, tip, mode, call);
}

function joined(parts: Parts): Uint8Array {
  return concatBytes(parts.prefix, bodyOf(parts));
}

/** "taken", or how it was refused. */
function outcome(lab: Lab, bytes: Uint8Array): string {
  let extrinsic: Extrinsic;
  try {
    extrinsic = decodeExtrinsic(lab.runtime, bytes);
  } catch (error) {
    if (!(error instanceof DecodeError)) throw error;
    return error.code;
  }
  const validity = lab.validate(extrinsic);
  return validity.ok ? "taken" : `${validity.error.type}.${validity.error.value.type}`;
}

/** The same number in each longer form that the compact encoding has room for. */
function longerForms(compact: Uint8Array): Uint8Array[] {
  const value = new Reader(compact).compactBig(128);
  const mode = (bits: number, size: number): Uint8Array => {
    let rest = (value << 2n) | BigInt(bits);
    return Uint8Array.from({ length: size }, () => {
      const byte = Number(rest & 255n);
      rest >>= 8n;
      return byte;
    });
  };
  const big = (size: number): Uint8Array => {
    let rest = value;
    return Uint8Array.of(((size - 4) << 2) | 3, ...Array.from({ length: size }, () => {
      const byte = Number(rest & 255n);
      rest >>= 8n;
      return byte;
    }));
  };
  const forms = [...(value < 1n << 14n ? [mode(1, 2)] : []), ...(value < 1n << 30n ? [mode(2, 4)] : [])];
  for (let size = 4; size <= 67; size++) if (value >> BigInt(8 * size) === 0n) forms.push(big(size));
  return forms.filter((form) => !equalBytes(form, compact));
}

const ED25519_ORDER = (1n << 252n) + 27742317777372353535851937790883648493n;
const SECP256K1_ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;

const littleEndian = (bytes: Uint8Array): bigint => BigInt(toHex(bytes.slice().reverse()));
const bigEndian = (bytes: Uint8Array): bigint => BigInt(toHex(bytes));
function bytesOf(value: bigint, big: boolean): Uint8Array | undefined {
  if (value < 0n || value >> 256n !== 0n) return undefined;
  const bytes = Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
  return big ? bytes.reverse() : bytes;
}

/** Other signatures that careless verification would take for the same. */
function signatureForms({ signature }: Parts, message: Uint8Array, key: KeyPair): MultiSignature[] {
  const { type, value } = signature;
  const forms: MultiSignature[] = [];
  const add = (bytes: Uint8Array | undefined): void => void (bytes && forms.push({ type, value: bytes }));
  const [head, tail] = [value.slice(0, 32), value.slice(32, 64)];
  if (type === "Ecdsa") {
    const flipped = bytesOf(SECP256K1_ORDER - bigEndian(tail), true)!;
    for (let recovery = 0; recovery < 256; recovery++) {
      if (recovery !== value[64]) add(concatBytes(head, tail, Uint8Array.of(recovery)));
      add(concatBytes(head, flipped, Uint8Array.of(recovery)));
    }
    for (const r of [bigEndian(head) + SECP256K1_ORDER, SECP256K1_ORDER - bigEndian(head), 0n]) {
      const bytes = bytesOf(r, true);
      if (bytes !== undefined) for (const recovery of [0, 1, 2, 3]) add(concatBytes(bytes, tail, Uint8Array.of(recovery)));
    }
  } else {
    const marker = type === "Sr25519" ? 1n << 255n : 0n;
    const scalar = littleEndian(tail) & ~marker;
    for (let times = 1n; times <= 15n; times++) {
      const bytes = bytesOf(scalar + times * ED25519_ORDER, false);
      if (bytes === undefined) break;
      add(concatBytes(head, bytes));
      const marked = bytesOf((scalar + times * ED25519_ORDER) | marker, false);
      if (marked !== undefined) add(concatBytes(head, marked));
    }
    add(concatBytes(head, bytesOf((ED25519_ORDER - scalar) | marker, false)!));
    add(concatBytes(head, bytesOf(scalar, false)!));
  }
  for (const other of ["Sr25519", "Ed25519", "Ecdsa"] as const) {
    if (other === type) continue;
    const size = other === "Ecdsa" ? 65 : 64;
    forms.push({ type: other, value: concatBytes(value.subarray(0, 64), new Uint8Array(size - 64)) });
  }
  forms.push(key.sign(concatBytes(utf8("<Bytes>"), message, utf8("</Bytes>"))), key.sign(blake2b256(message)), key.sign(message.subarray(1)));
  return forms.filter((form) => form.type !== type || !equalBytes(form.value, value));
}

/** Other ways to write the sender. */
function addressForms({ address }: Parts): Uint8Array[] {
  const id = address.subarray(1);
  return [
    concatBytes(Uint8Array.of(1, 0)),
    concatBytes(Uint8Array.of(2, 0x80), id),
    concatBytes(Uint8Array.of(2, 0x81, 0x00), id),
    concatBytes(Uint8Array.of(3), id),
    concatBytes(Uint8Array.of(4), id.subarray(0, 20)),
    concatBytes(Uint8Array.of(5), id),
    concatBytes(Uint8Array.of(0xff), id),
    id,
  ];
}

/** Everything but the transaction itself, with what was done to it. */
function* variants({ parts, encoded, message, key }: Case): Generator<readonly [string, Uint8Array]> {
  const rewritten = (change: Partial<Parts>): Uint8Array => prefixed(bodyOf({ ...parts, ...change }));
  for (let bit = 0; bit < encoded.length * 8; bit++) {
    const flipped = encoded.slice();
    flipped[bit >> 3]! ^= 1 << (bit & 7);
    yield [`bit ${bit}`, flipped];
  }
  for (const field of ["prefix", "nonce", "tip"] as const) {
    for (const form of longerForms(parts[field])) {
      yield [`${field} as ${toHex(form)}`, field === "prefix" ? concatBytes(form, bodyOf(parts)) : rewritten({ [field]: form })];
    }
  }
  for (const signature of signatureForms(parts, message, key)) yield [`signature ${signature.type} ${toHex(signature.value)}`, rewritten({ signature })];
  for (const address of addressForms(parts)) yield [`address ${toHex(address)}`, rewritten({ address })];
  for (let version = 0; version < 256; version++) if (version !== parts.version) yield [`version ${version}`, rewritten({ version })];
  for (const era of [[0, 0], [0x01, 0], [0x00, 0x01], [0x02, 0], [0x05, 0], [0xf5, 0x03], [0xff, 0xff], []]) {
    if (!equalBytes(Uint8Array.from(era), parts.era)) yield [`era ${era.join()}`, rewritten({ era: Uint8Array.from(era) })];
  }
  for (const mode of [[1], [2], [0, 0], []]) yield [`mode ${mode.join()}`, rewritten({ mode: Uint8Array.from(mode) })];
  for (const junk of [[0], [0xff], [0, 0, 0, 0], [...encoded]]) {
    yield [`${junk.length} bytes after it`, concatBytes(encoded, Uint8Array.from(junk))];
    yield [`${junk.length} bytes after it, counted`, prefixed(concatBytes(bodyOf(parts), Uint8Array.from(junk)))];
    yield [`${junk.length} bytes before it`, concatBytes(Uint8Array.from(junk), encoded)];
  }
  for (let cut = 1; cut < encoded.length; cut++) yield [`${cut} bytes cut off`, encoded.subarray(0, encoded.length - cut)];
  yield ["without prefix", bodyOf(parts)];
  yield ["prefixed twice", prefixed(encoded)];
  // The call's own numbers and addresses in other forms: signed over other bytes, or not canonical.
  for (const form of longerForms(amountOf())) {
    const at = parts.call.length - amountOf().length;
    yield [`value as ${toHex(form)}`, rewritten({ call: concatBytes(parts.call.subarray(0, at), form) })];
  }
}

function amountOf(): Uint8Array {
  const writer = new Writer();
  writer.compactBig(5n * MESI);
  return writer.finish();
}

function check(t: TestContext, made: Case): void {
  const { lab, encoded } = made;
  assert.equal(outcome(lab, encoded), "taken", "the transaction itself");
  const refusals = new Map<string, number>();
  const taken: string[] = [];
  let count = 0;
  for (const [what, bytes] of variants(made)) {
    assert.ok(!equalBytes(bytes, encoded), what);
    const result = outcome(lab, bytes);
    if (result === "taken") taken.push(what);
    refusals.set(result, (refusals.get(result) ?? 0) + 1);
    count++;
  }
  t.diagnostic(`${count} variants: ${[...refusals].map(([result, times]) => `${result} ${times}`).join(", ")}`);
  assert.deepEqual(taken, []);
  assert.ok(count >= 500);
}

for (const scheme of SCHEMES) {
  test(`${scheme}: of all spellings of a transaction exactly the signed one is taken`, (t) => {
    const key = keyPairFromSuri("//Alice", scheme);
    check(t, sign(labWith(key), key));
  });
}

test("a mortal transaction has one spelling too", (t) => {
  const key = keyPairFromSuri("//Alice", "sr25519");
  const lab = labWith(key);
  check(t, sign(lab, key, { era: mortalEra(64, lab.number) }));
});

test("a payload above 256 bytes is signed by its hash only, one up to 256 bytes as it is only", () => {
  const key = keyPairFromSuri("//Alice", "sr25519");
  const lab = labWith(key);
  const remark = (length: number): RuntimeCall => ({ type: "System", value: { type: "remark", value: { remark: new Uint8Array(length) } } });
  for (const length of [1, 100, 160, 170, 180, 190, 300]) {
    const call = remark(length);
    const made = sign(lab, key, { call });
    assert.equal(outcome(lab, made.encoded), "taken", `${length}`);
    const extras = [undefined, undefined, undefined, undefined, IMMORTAL, 0, undefined, 7n, { mode: { type: "Disabled" } }];
    const extraBytes = concatBytes(...lab.runtime.extensions.map(({ extra }, i) => encode(extra, extras[i] as never)));
    const payload = payloadOf(lab, made.parts.call, extraBytes, extras);
    const other = payload.length > 256 ? payload : blake2b256(payload);
    assert.equal(outcome(lab, prefixed(bodyOf({ ...made.parts, signature: key.sign(other) }))), "Invalid.BadProof", `${length}`);
  }
});

test("a transaction of one chain, version or nonce is none of another", () => {
  const key = keyPairFromSuri("//Alice", "ed25519");
  const here = labWith(key);
  const elsewhere = new Lab({ endowed: [[key.account, 1_000n * MESI]], host: HOST });
  elsewhere.hashes[0] = elsewhere.hashes[0]!.slice().fill(1, 0, 4) as never;
  elsewhere.skip(2);
  const foreign = sign(elsewhere, key);
  assert.equal(outcome(elsewhere, foreign.encoded), "taken");
  assert.equal(outcome(here, foreign.encoded), "Invalid.BadProof");
  const once = sign(here, key);
  const block = here.begin();
  assert.equal(block.outcome(here.decode(once.encoded)), "ok");
  block.finish();
  assert.equal(outcome(here, once.encoded), "Invalid.Stale", "once is enough");
});

test("nobody can sign for an account by key material of another scheme", () => {
  const [sr, ed, ec] = SCHEMES.map((scheme) => keyPairFromSuri("//Alice", scheme)) as [KeyPair, KeyPair, KeyPair];
  for (const [owner, thief] of [[sr, ed], [sr, ec], [ed, sr], [ed, ec], [ec, sr], [ec, ed]] as const) {
    const lab = labWith(owner);
    const made = sign(lab, thief);
    const stolen = { ...made.parts, address: concatBytes(Uint8Array.of(0), owner.account as AccountId) };
    assert.equal(outcome(lab, prefixed(bodyOf(stolen))), "Invalid.BadProof", `${thief.scheme} for ${owner.scheme}`);
  }
});
