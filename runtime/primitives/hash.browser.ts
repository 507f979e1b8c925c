// The hash functions of the chain where no native binding exists: noble, the oracle of the tests.
import { blake2b as nobleBlake2b } from "@noble/hashes/blake2.js";
import { sha256 as nobleSha256 } from "@noble/hashes/sha2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";

export { twox64, twox128, twox256 } from "./twox.ts";

export function blake2b64(bytes: Uint8Array): Uint8Array {
  return nobleBlake2b(bytes, { dkLen: 8 });
}

export function blake2b128(bytes: Uint8Array): Uint8Array {
  return nobleBlake2b(bytes, { dkLen: 16 });
}

export function blake2b256(bytes: Uint8Array): Uint8Array {
  return nobleBlake2b(bytes, { dkLen: 32 });
}

export function blake2b256Into(out: Uint8Array, bytes: Uint8Array): void {
  out.set(nobleBlake2b(bytes, { dkLen: 32 }));
}

export function blake2b512(bytes: Uint8Array): Uint8Array {
  return nobleBlake2b(bytes, { dkLen: 64 });
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return nobleSha256(bytes);
}

export function keccak256(bytes: Uint8Array): Uint8Array {
  return keccak_256(bytes);
}
