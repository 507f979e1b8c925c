// Signed tasks of every scheme, from fixed seeds.
import sodium from "sodium-native";
import { blake2b256 } from "#hash";
import type { SignatureTask } from "../../runtime/frame/executive.ts";
import { concatBytes, utf8 } from "../../runtime/primitives/bytes.ts";
import { AccountId } from "../../runtime/primitives/types.ts";
import type { Scheme } from "./verify.ts";
import { secp256k1PairFromSeed, secp256k1Sign, sr25519PairFromSeed, sr25519Sign } from "./wasm.ts";

export const SCHEMES: readonly Scheme[] = ["Ed25519", "Sr25519", "Ecdsa"];

/** A valid task; `index` gives another key and another message. */
export function signedTask(type: Scheme, index = 0): SignatureTask {
  const seed = blake2b256(utf8(`${type} ${index}`));
  const message = concatBytes(utf8("message "), seed);
  switch (type) {
    case "Ed25519": {
      const [publicKey, secret, value] = [new Uint8Array(32), new Uint8Array(64), new Uint8Array(64)];
      sodium.crypto_sign_seed_keypair(publicKey, secret, seed);
      sodium.crypto_sign_detached(value, message, secret);
      return { signature: { type, value }, message, signer: AccountId(publicKey) };
    }
    case "Sr25519": {
      const pair = sr25519PairFromSeed(seed)!;
      const value = sr25519Sign(pair.subarray(64), pair.subarray(0, 64), message)!;
      return { signature: { type, value }, message, signer: AccountId(pair.slice(64)) };
    }
    case "Ecdsa": {
      const value = secp256k1Sign(blake2b256(message), seed)!;
      return { signature: { type, value }, message, signer: AccountId(blake2b256(secp256k1PairFromSeed(seed)!.subarray(32))) };
    }
  }
}

/** The task with another signature, message or signer. */
export function altered(task: SignatureTask, changes: { readonly value?: Uint8Array; readonly message?: Uint8Array; readonly signer?: Uint8Array }): SignatureTask {
  return {
    signature: { type: task.signature.type, value: changes.value ?? task.signature.value },
    message: changes.message ?? task.message,
    signer: AccountId(changes.signer ?? task.signer),
  };
}
