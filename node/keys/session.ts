// Session keys: today one BLS key, type `smpx`, which consensus signs with.
import blst from "@chainsafe/blst";
import { blake2b256 } from "#hash";
import { concatBytes, utf8 } from "../../runtime/primitives/bytes.ts";

/** The key type of the one session key, and the size of its public part. */
export const SIMPLEX_KEY_TYPE = "smpx";
export const SIMPLEX_PUBLIC_BYTES = 48;

/** KeyGen of the BLS draft over blake2b256("mesi/bls" || SURI). */
export function simplexSecret(suri: string): InstanceType<typeof blst.SecretKey> {
  return blst.SecretKey.fromKeygen(blake2b256(concatBytes(utf8("mesi/bls"), utf8(suri))));
}

/** 48 bytes, compressed. */
export function simplexPublicKey(suri: string): Uint8Array {
  return new Uint8Array(simplexSecret(suri).toPublicKey().toBytes());
}
