// The chain's rule for ed25519 is libsodium's: docs/adr/0004-ed25519-rule.md has the table that these vectors print.
import assert from "node:assert/strict";
import { createPublicKey, verify as opensslVerify } from "node:crypto";
import { test } from "node:test";
import { ed25519 } from "@noble/curves/ed25519.js";
import { sha512 } from "@noble/hashes/sha2.js";
import { concatBytes, fromHex, toHex, utf8 } from "../../runtime/primitives/bytes.ts";
import { AccountId } from "../../runtime/primitives/types.ts";
import { verifySignature } from "./verify.ts";

interface Case {
  readonly name: string;
  readonly message: Uint8Array;
  readonly publicKey: Uint8Array;
  readonly signature: Uint8Array;
}
/** Who accepts: the chain (libsodium), noble by ZIP-215 (as Substrate's ed25519-zebra), noble strict, OpenSSL. */
type Verdicts = readonly [chain: boolean, zip215: boolean, strict: boolean, openssl: boolean];

function verdicts({ message, publicKey, signature }: Case): Verdicts {
  const key = createPublicKey({ key: { kty: "OKP", crv: "Ed25519", x: Buffer.from(publicKey).toString("base64url") }, format: "jwk" });
  return [
    verifySignature({ signature: { type: "Ed25519", value: signature }, message, signer: AccountId(publicKey) }),
    nobleVerify(signature, message, publicKey, true),
    nobleVerify(signature, message, publicKey, false),
    opensslVerify(null, message, key, signature),
  ];
}

function nobleVerify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array, zip215: boolean): boolean {
  try {
    return ed25519.verify(signature, message, publicKey, { zip215 });
  } catch {
    return false;
  }
}

// "Taming the many EdDSAs" (ePrint 2020/1244), table 6c; libsodium has the same twelve among its own tests (sign2).
const PAPER: readonly (readonly [name: string, message: string, publicKey: string, signature: string, expected: Verdicts])[] = [
  ["0: small-order A and R, S = 0", "8c93255d71dcab10e8f379c26200f3c7bd5f09d9bc3068d3ef4edeb4853022b6", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a0000000000000000000000000000000000000000000000000000000000000000", [false, true, false, true]],
  ["1: small-order A, mixed R", "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa", "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43a5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04", [false, true, false, true]],
  ["2: mixed A, small-order R", "aebf3f2601a0c8c5d39cc7d8911642f740b78168218da8471772b35f9d35b9ab", "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43", "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa8c4bd45aecaca5b24fb97bc10ac27ac8751a7dfe1baff8b953ec9f5833ca260e", [false, true, true, true]],
  ["3: mixed A and R, cofactorless equation holds", "9bd9f44f4dcc75bd531b56b2cd280b0bb38fc1cd6d1230e14861d861de092e79", "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d", "9046a64750444938de19f227bb80485e92b83fdb4b6506c160484c016cc1852f87909e14428a7a1d62e9f22f3d3ad7802db02eb2e688b6c52fcd6648a98bd009", [true, true, true, true]],
  ["4: mixed A and R, only the cofactored equation holds", "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c", "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d", "160a1cb0dc9c0258cd0a7d23e94d8fa878bcb1925f2c64246b2dee1796bed5125ec6bc982a269b723e0668e540911a9a6a58921d6925e434ab10aa7940551a09", [false, true, true, false]],
  ["5: mixed A, only the cofactored equation, h not pre-reduced", "e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec4011eaccd55b53f56c", "cdb267ce40c5cd45306fa5d2f29731459387dbf9eb933b7bd5aed9a765b88d4d", "21122a84e0b5fca4052f5b1235c80a537878b38f3142356b2c2384ebad4668b7e40bc836dac0f71076f9abe3a53f9c03c1ceeeddb658d0030494ace586687405", [false, true, true, false]],
  ["6: S >= L", "85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40", "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623", "e96f66be976d82e60150baecff9906684aebb1ef181f67a7189ac78ea23b6c0e547f7690a0e2ddcd04d87dbc3490dc19b3b3052f7ff0538cb68afb369ba3a514", [false, false, false, false]],
  ["7: S far above L", "85e241a07d148b41e47d62c63f830dc7a6851a0b1f33ae4bb2f507fb6cffec40", "442aad9f089ad9e14647b1ef9099a1ff4798d78589e66f28eca69c11f582a623", "8ce5b96c8f26d0ab6c47958c9e68b937104cd36e13c33566acd2fe8d38aa19427e71f98a4734e74f2f13f06f97c20d58cc3f54b8bd0d272f42b695dd7e89a8c2", [false, false, false, false]],
  ["8: non-canonical R, hashed reduced", "9bedc267423725d473888631ebf45988bad3db83851ee85c85e241a07d148b41", "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff03be9678ac102edcd92b0210bb34d7428d12ffc5df5f37e359941266a4e35f0f", [false, false, false, false]],
  ["9: non-canonical R, hashed as it is", "9bedc267423725d473888631ebf45988bad3db83851ee85c85e241a07d148b41", "f7badec5b8abeaf699583992219b7b223f1df3fbbea919844e3f7c554a43dd43", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffca8c5b64cd208982aa38d4936621a4775aa233aa0505711d8fdcfdaa943d4908", [false, true, false, false]],
  ["10: non-canonical small-order A", "e96b7021eb39c1a163b6da4e3093dcd3f21387da4cc4572be588fafae23c155b", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "a9d55260f765261eb9b84e106f665e00b867287a761990d7135963ee0a7d59dca5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04", [false, true, false, false]],
  ["11: non-canonical small-order A, cofactorless equation holds", "39a591f5321bbe07fd5a23dc2f39d025d74526615746727ceefd6e82ae65c06f", "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", "a9d55260f765261eb9b84e106f665e00b867287a761990d7135963ee0a7d59dca5bb704786be79fc476f91d3f3f89b03984d8068dcf1bb7dfc6637b45450ac04", [false, true, false, true]],
];

test("the twelve vectors of the paper: the chain accepts number 3 only, and the other libraries answer as the record says", (t) => {
  for (const [name, message, publicKey, signature, expected] of PAPER) {
    const got = verdicts({ name, message: fromHex(`0x${message}`), publicKey: fromHex(`0x${publicKey}`), signature: fromHex(`0x${signature}`) });
    t.diagnostic(`${name}: ${got.map((accepted) => (accepted ? "V" : "X")).join(" ")}`);
    assert.deepEqual(got, expected, name);
  }
});

const { Point } = ed25519;
const { Fn } = Point;
const SMALL_ORDER = [
  "0100000000000000000000000000000000000000000000000000000000000000",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "0000000000000000000000000000000000000000000000000000000000000000",
  "0000000000000000000000000000000000000000000000000000000000000080",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
  "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
  "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
];
const NON_CANONICAL_SMALL_ORDER = [
  "0100000000000000000000000000000000000000000000000000000000000080",
  "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
  "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
];

function scalarOf(bytes: Uint8Array): bigint {
  return Fn.create(BigInt(toHex(Uint8Array.from(bytes).reverse())));
}

function challenge(R: Uint8Array, A: Uint8Array, message: Uint8Array): bigint {
  return scalarOf(sha512(concatBytes(R, A, message)));
}

/** S for any R = r B + torsion and A = a B + torsion, as their owner can compute it. */
function signAs(R: Uint8Array, r: bigint, A: Uint8Array, a: bigint, message: Uint8Array): Uint8Array {
  return concatBytes(R, Fn.toBytes(Fn.create(r + challenge(R, A, message) * a)));
}

test("no encoding of a small-order point is accepted as key or as R", () => {
  const [a, r, message] = [Fn.create(12345n), Fn.create(67890n), utf8("m")];
  const A = Point.BASE.multiply(a).toBytes();
  const R = Point.BASE.multiply(r).toBytes();
  for (const hex of [...SMALL_ORDER, ...NON_CANONICAL_SMALL_ORDER]) {
    const point = fromHex(`0x${hex}`);
    for (const [publicKey, signature] of [
      [point, signAs(R, r, point, 0n, message)],
      [A, signAs(point, 0n, A, a, message)],
      [point, signAs(point, 0n, point, 0n, message)],
    ] as const) {
      const [chain] = verdicts({ name: hex, message, publicKey, signature });
      assert.equal(chain, false, hex);
    }
  }
});

test("keys and nonces with a torsion part: the chain asks for the equation without cofactor, as OpenSSL does", () => {
  const [a, r] = [Fn.create(987654321n), Fn.create(123456789n)];
  const torsion = SMALL_ORDER.map((hex) => Point.fromHex(hex));
  let accepted = 0;
  for (const [i, shiftA] of torsion.entries()) {
    for (const [j, shiftR] of torsion.entries()) {
      const A = Point.BASE.multiply(a).add(shiftA).toBytes();
      const R = Point.BASE.multiply(r).add(shiftR).toBytes();
      const message = utf8(`torsion ${i} ${j}`);
      // What is left over of R + hA - SB: zero, or only multiplied by the cofactor zero.
      const rest = shiftR.add(shiftA.multiplyUnsafe(challenge(R, A, message)));
      const exact = rest.is0();
      if (exact) accepted++;
      assert.deepEqual(verdicts({ name: "", message, publicKey: A, signature: signAs(R, r, A, a, message) }), [exact, true, true, exact], `${i} ${j}`);
      const wrong = signAs(R, Fn.create(r + 1n), A, a, message);
      assert.deepEqual(verdicts({ name: "", message, publicKey: A, signature: wrong }), [false, false, false, false]);
    }
  }
  assert.ok(accepted > 1 && accepted < 64);
});

test("what the chain accepts, Substrate's rule (ZIP-215) accepts, over altered honest signatures", () => {
  const seed = new Uint8Array(32).fill(3);
  const publicKey = ed25519.getPublicKey(seed);
  const message = utf8("honest");
  const honest = ed25519.sign(message, seed);
  assert.deepEqual(verdicts({ name: "honest", message, publicKey, signature: honest }), [true, true, true, true]);
  for (let bit = 0; bit < 512; bit += 5) {
    const signature = honest.slice();
    signature[bit >> 3]! ^= 1 << (bit & 7);
    assert.deepEqual(verdicts({ name: "", message, publicKey, signature }), [false, false, false, false], `bit ${bit}`);
  }
});
