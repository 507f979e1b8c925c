import assert from "node:assert/strict";
import { test } from "node:test";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { ed25519 } from "@noble/curves/ed25519.js";
import { verify as scureVerify } from "@scure/sr25519";
import fc from "fast-check";
import { blake2b256 } from "#hash";
import { fromHex, toHex, utf8 } from "../../runtime/primitives/bytes.ts";
import { AccountId } from "../../runtime/primitives/types.ts";
import { SCHEMES, altered, signedTask } from "./testing.ts";
import { SIGNATURE_SIZE, verifySignature } from "./verify.ts";

const ED_ORDER = ed25519.Point.Fn.ORDER;
const SECP_ORDER = secp256k1.Point.Fn.ORDER;

function littleEndian(bytes: Uint8Array): bigint {
  return BigInt(toHex(Uint8Array.from(bytes).reverse()));
}

function toLittleEndian(value: bigint): Uint8Array {
  return toBigEndian(value).reverse();
}

function toBigEndian(value: bigint): Uint8Array {
  return fromHex(`0x${value.toString(16).padStart(64, "0")}`);
}

function withScalar(signature: Uint8Array, at: number, scalar: Uint8Array, last?: number): Uint8Array {
  const out = signature.slice();
  out.set(scalar, at);
  if (last !== undefined) out[64] = last;
  return out;
}

for (const type of SCHEMES) {
  test(`${type}: of a valid signature, message and signer no bit can change`, () => {
    const task = signedTask(type);
    assert.equal(verifySignature(task), true);
    for (const part of ["value", "message", "signer"] as const) {
      const original = part === "value" ? task.signature.value : task[part];
      for (let bit = 0; bit < original.length * 8; bit++) {
        const changed = original.slice();
        changed[bit >> 3]! ^= 1 << (bit & 7);
        assert.equal(verifySignature(altered(task, { [part]: changed })), false, `${part} bit ${bit}`);
      }
    }
  });

  test(`${type}: other sizes are refused, and an empty or long message is as good as any`, () => {
    const task = signedTask(type);
    for (const size of [0, 63, 64, 65, 66, 128]) {
      if (size === SIGNATURE_SIZE[type]) continue;
      const value = new Uint8Array(size);
      value.set(task.signature.value.subarray(0, size));
      assert.equal(verifySignature(altered(task, { value })), false);
    }
    assert.equal(verifySignature({ ...task, signer: task.signer.subarray(1) as AccountId }), false);
    assert.equal(verifySignature(altered(task, { message: new Uint8Array(0) })), false);
    assert.equal(verifySignature(altered(task, { message: new Uint8Array(300_000) })), false);
    assert.equal(verifySignature(task), true);
  });

  test(`${type}: random bytes are refused and do no harm to what comes after`, () => {
    const task = signedTask(type);
    fc.assert(
      fc.property(fc.uint8Array({ minLength: SIGNATURE_SIZE[type], maxLength: SIGNATURE_SIZE[type] }), fc.uint8Array({ minLength: 32, maxLength: 32 }), (value, signer) => {
        assert.equal(verifySignature(altered(task, { value })), false);
        assert.equal(verifySignature(altered(task, { value, signer })), false);
        assert.equal(verifySignature(altered(task, { signer })), false);
      }),
      { numRuns: 300 },
    );
    assert.equal(verifySignature(task), true);
  });
}

test("Ed25519: S plus the order is refused", () => {
  const task = signedTask("Ed25519");
  const s = littleEndian(task.signature.value.subarray(32));
  for (let k = 1n; s + k * ED_ORDER < 1n << 256n; k++) {
    assert.equal(verifySignature(altered(task, { value: withScalar(task.signature.value, 32, toLittleEndian(s + k * ED_ORDER)) })), false);
  }
});

test("Sr25519: S plus the order, the unmarked form and the identity as key are refused", () => {
  const task = signedTask("Sr25519");
  const { value } = task.signature;
  const s = littleEndian(value.subarray(32)) & ((1n << 255n) - 1n);
  for (let k = 1n; s + k * ED_ORDER < 1n << 255n; k++) {
    const scalar = toLittleEndian((s + k * ED_ORDER) | (1n << 255n));
    assert.equal(verifySignature(altered(task, { value: withScalar(value, 32, scalar) })), false);
  }
  assert.equal(verifySignature(altered(task, { value: withScalar(value, 32, toLittleEndian(s)) })), false);
  // R = identity, s = 0: fits every message under the identity as key, and schnorrkel says so.
  const forged = new Uint8Array(64);
  forged[63] = 0x80;
  assert.equal(verifySignature(altered(task, { value: forged, signer: new Uint8Array(32) })), false);
});

test("Sr25519: non-canonical ristretto encodings of R and of the key are refused", () => {
  const task = signedTask("Sr25519");
  const P = (1n << 255n) - 19n;
  for (const point of [P, P + 1n, P + 2n, (1n << 255n) - 1n, P - 2n, 1n]) {
    const encoding = toLittleEndian(point);
    assert.equal(verifySignature(altered(task, { value: withScalar(task.signature.value, 0, encoding) })), false);
    assert.equal(verifySignature(altered(task, { signer: encoding })), false);
  }
});

test("Sr25519: agrees with an independent implementation on valid, altered and foreign signatures", () => {
  for (let i = 0; i < 6; i++) {
    const task = signedTask("Sr25519", i);
    const other = signedTask("Sr25519", i + 1);
    for (const candidate of [task, altered(task, { message: other.message }), altered(task, { value: other.signature.value })]) {
      assert.equal(verifySignature(candidate), scureVerify(candidate.message, candidate.signature.value, candidate.signer));
    }
  }
});

test("Ecdsa: of the four ways to write a signature only low S with its own recovery id is accepted", () => {
  const task = signedTask("Ecdsa");
  const { value } = task.signature;
  const highS = toBigEndian(SECP_ORDER - BigInt(toHex(value.subarray(32, 64))));
  const recovery = value[64]!;
  assert.ok(recovery < 2);
  assert.equal(verifySignature(altered(task, { value: withScalar(value, 32, highS, recovery ^ 1) })), false);
  assert.equal(verifySignature(altered(task, { value: withScalar(value, 32, highS, recovery) })), false);
  assert.equal(verifySignature(altered(task, { value: withScalar(value, 0, new Uint8Array(0), recovery + 27) })), false);
  for (let v = 0; v < 256; v++) {
    assert.equal(verifySignature(altered(task, { value: withScalar(value, 0, new Uint8Array(0), v) })), v === recovery, `recovery id ${v}`);
  }
});

test("Ecdsa: r and s of zero, of the order and above are refused", () => {
  const task = signedTask("Ecdsa");
  for (const scalar of [0n, SECP_ORDER, SECP_ORDER + 1n, (1n << 256n) - 1n]) {
    for (const at of [0, 32]) assert.equal(verifySignature(altered(task, { value: withScalar(task.signature.value, at, toBigEndian(scalar)) })), false);
  }
});

test("Ecdsa: the greatest low S is accepted and the next one is not", () => {
  const { Fn, BASE } = secp256k1.Point;
  const message = utf8("edge");
  const z = BigInt(toHex(blake2b256(message))) % SECP_ORDER;
  for (const [s, expected] of [[SECP_ORDER / 2n, true], [SECP_ORDER / 2n + 1n, false]] as const) {
    // R = 2G; the account that this s belongs to is (s R - z G) / r.
    const R = BASE.double();
    const key = R.multiply(s).subtract(BASE.multiply(z)).multiply(Fn.inv(R.x % SECP_ORDER));
    const value = Uint8Array.of(...toBigEndian(R.x % SECP_ORDER), ...toBigEndian(s), Number(R.y & 1n));
    assert.equal(verifySignature({ signature: { type: "Ecdsa", value }, message, signer: AccountId(blake2b256(key.toBytes(true))) }), expected);
  }
});

test("Ecdsa: a signature that recovers the point at infinity is refused, any number of times", () => {
  const { Fn, BASE } = secp256k1.Point;
  const message = utf8("infinity");
  const z = BigInt(toHex(blake2b256(message))) % SECP_ORDER;
  const valid = signedTask("Ecdsa");
  for (let k = 1n, tried = 0; tried < 200; k++) {
    const R = BASE.multiply(k);
    const s = Fn.mul(z, Fn.inv(k));
    if (s > SECP_ORDER / 2n) continue;
    tried++;
    const value = Uint8Array.of(...toBigEndian(R.x % SECP_ORDER), ...toBigEndian(s), Number(R.y & 1n));
    assert.equal(verifySignature(altered(valid, { value, message })), false);
  }
  assert.equal(verifySignature(valid), true);
});

test("Ecdsa: recovers the same account as an independent implementation", () => {
  for (let i = 0; i < 20; i++) {
    const task = signedTask("Ecdsa", i);
    const { value } = task.signature;
    const key = secp256k1.Signature.fromBytes(value.subarray(0, 64)).addRecoveryBit(value[64]!).recoverPublicKey(blake2b256(task.message));
    assert.deepEqual(blake2b256(key.toBytes(true)), Uint8Array.from(task.signer));
    assert.equal(verifySignature(task), true);
  }
});

test("thirty thousand bad Ecdsa signatures leave good ones of every scheme good", { timeout: 120_000 }, () => {
  const tasks = SCHEMES.map((type) => signedTask(type));
  const bad = signedTask("Ecdsa").signature.value.slice();
  // Half of all r are no x of a point: the module traps on those, each time with a part of its stack in use.
  bad[0] = 0x12;
  for (let i = 0; i < 30_000; i++) {
    bad[1] = i & 0xff;
    bad[2] = i >> 8;
    const signature = { type: "Ecdsa", value: bad } as const;
    assert.equal(verifySignature({ signature, message: tasks[2]!.message, signer: tasks[2]!.signer }), false);
    if (i % 5_000 === 0) for (const task of tasks) assert.equal(verifySignature(task), true);
  }
  for (const task of tasks) assert.equal(verifySignature(task), true);
});
