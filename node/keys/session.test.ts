import assert from "node:assert/strict";
import { hkdfSync } from "node:crypto";
import { test } from "node:test";
import blst from "@chainsafe/blst";
import { bls12_381 } from "@noble/curves/bls12-381.js";
import { blake2b256, sha256 } from "#hash";
import { fromHex, toHex, utf8 } from "../../runtime/primitives/bytes.ts";
import { SIMPLEX_PUBLIC_BYTES, simplexPublicKey, simplexSecret } from "./session.ts";

/** KeyGen of draft-irtf-cfrg-bls-signature-05, section 2.3, written from the text. */
function keyGen(ikm: Uint8Array): bigint {
  const salt = sha256(utf8("BLS-SIG-KEYGEN-SALT-"));
  const okm = hkdfSync("sha256", Uint8Array.of(...ikm, 0), salt, Uint8Array.of(0, 48), 48);
  return bls12_381.fields.Fr.create(BigInt(`0x${Buffer.from(okm).toString("hex")}`));
}

test("KeyGen is the draft's: EIP-2333's master keys come out", () => {
  for (const [seed, master] of [
    ["0xc55257c360c07c72029aebc1b53c05ed0362ada38ead3e3e9efa3708e53495531f09a6987599d18264c1e1c92f2cf141630c7a3c4ab7c81b2f001698e7463b04", 6083874454709270928345386274498605044986640685124978867557563392430687146096n],
    ["0x3141592653589793238462643383279502884197169399375105820974944592", 29757020647961307431480504535336562678282505419141012933316116377660817309383n],
  ] as const) {
    assert.equal(keyGen(fromHex(seed)), master);
    assert.equal(BigInt(toHex(blst.SecretKey.fromKeygen(fromHex(seed)).toBytes())), master);
  }
});

test("a session key is KeyGen over blake2b-256 of mesi/bls and the SURI, and two libraries agree on its public part", () => {
  for (const suri of ["//Alice", "seed//validator//3", `0x${"11".repeat(32)}`, "ünï"]) {
    const secret = keyGen(blake2b256(utf8(`mesi/bls${suri}`)));
    assert.equal(BigInt(toHex(simplexSecret(suri).toBytes())), secret);
    const publicKey = simplexPublicKey(suri);
    assert.equal(publicKey.length, SIMPLEX_PUBLIC_BYTES);
    assert.equal(toHex(publicKey), toHex(bls12_381.longSignatures.getPublicKey(bls12_381.fields.Fr.toBytes(secret)).toBytes()));
  }
});
