// The hash functions of the chain, by the fastest audited binding (libsodium). `hash.browser.ts` exports the same names.
import { createHash } from "node:crypto";
import { blake2b as nobleBlake2b } from "@noble/hashes/blake2.js";
import { keccak_256 } from "@noble/hashes/sha3.js";
import sodium from "sodium-native";
import { allocBytes } from "./bytes.ts";

export { twox64, twox128, twox256 } from "./twox.ts";

function blake2b(bytes: Uint8Array, size: number): Uint8Array {
  const out = allocBytes(size);
  sodium.crypto_generichash(out, bytes);
  return out;
}

/** 8 bytes: below what libsodium gives. Only names runtime APIs. */
export function blake2b64(bytes: Uint8Array): Uint8Array {
  return nobleBlake2b(bytes, { dkLen: 8 });
}

export function blake2b128(bytes: Uint8Array): Uint8Array {
  return blake2b(bytes, 16);
}

export function blake2b256(bytes: Uint8Array): Uint8Array {
  return blake2b(bytes, 32);
}

/** Writes the 32 bytes into `out`: for hot loops that would otherwise allocate. */
export function blake2b256Into(out: Uint8Array, bytes: Uint8Array): void {
  sodium.crypto_generichash(out, bytes);
}

export function blake2b512(bytes: Uint8Array): Uint8Array {
  return blake2b(bytes, 64);
}

export function sha256(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(createHash("sha256").update(bytes).digest());
}

export function keccak256(bytes: Uint8Array): Uint8Array {
  return keccak_256(bytes);
}
