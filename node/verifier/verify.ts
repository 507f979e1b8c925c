// One acceptance rule per scheme: docs/adr/0004-ed25519-rule.md. Pure; used by the workers, on the main thread and by tests.
import sodium from "sodium-native";
import { blake2b256 } from "#hash";
import type { SignatureTask } from "../../runtime/frame/executive.ts";
import { compareBytes, equalBytes, fromHex } from "../../runtime/primitives/bytes.ts";
import { assertNever } from "../../runtime/primitives/errors.ts";
import { secp256k1Recover, sr25519Verify } from "./wasm.ts";

export type Scheme = SignatureTask["signature"]["type"];

/** Bytes of a signature. */
export const SIGNATURE_SIZE: Record<Scheme, number> = { Ed25519: 64, Sr25519: 64, Ecdsa: 65 };

/** False as well for sizes that no signature or account has. */
export function verifySignature({ signature, message, signer }: SignatureTask): boolean {
  if (signer.length !== 32 || signature.value.length !== SIGNATURE_SIZE[signature.type]) return false;
  switch (signature.type) {
    case "Ed25519":
      return sodium.crypto_sign_verify_detached(signature.value, message, signer);
    case "Sr25519":
      return verifySr25519(signature.value, message, signer);
    case "Ecdsa":
      return verifyEcdsa(signature.value, message, signer);
    default:
      return assertNever(signature.type);
  }
}

/** The only encoding of ristretto's identity. As a key, anyone could sign for it. */
const IDENTITY = new Uint8Array(32);

function verifySr25519(signature: Uint8Array, message: Uint8Array, signer: Uint8Array): boolean {
  return !equalBytes(signer, IDENTITY) && sr25519Verify(signature, message, signer);
}

const ZERO_SCALAR = new Uint8Array(32);
/** The order of secp256k1, and the half of it (rounded down) up to which S is low. Big-endian, as in signatures. */
const ORDER = fromHex("0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");
const HALF_ORDER = fromHex("0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0");

/** Over blake2b-256 of the message; the account is the blake2b-256 of the compressed key. */
function verifyEcdsa(signature: Uint8Array, message: Uint8Array, signer: Uint8Array): boolean {
  const [r, s, recovery] = [signature.subarray(0, 32), signature.subarray(32, 64), signature[64]!];
  if (recovery > 3) return false;
  if (equalBytes(r, ZERO_SCALAR) || compareBytes(r, ORDER) >= 0) return false;
  // For each (r, s) also (r, order - s) verifies: only the low one counts, or anyone could change a transaction's hash.
  if (equalBytes(s, ZERO_SCALAR) || compareBytes(s, HALF_ORDER) > 0) return false;
  const key = secp256k1Recover(blake2b256(message), signature.subarray(0, 64), recovery);
  return key !== undefined && equalBytes(blake2b256(key), signer);
}
