// Secret URIs: `phrase//hard/soft///password`, or `0x` with a 32-byte seed, as subkey and the wallets write them.
// Source: sp_core::crypto (DeriveJunction, Pair::from_string) and the pairs of sp_core::{sr25519, ed25519, ecdsa}.
import sodium from "sodium-native";
import { blake2b256 } from "#hash";
import { DEV_PHRASE } from "../../genesis/presets.ts";
import { concatBytes, tryFromHex, utf8 } from "../../runtime/primitives/bytes.ts";
import { bytes, encode } from "../../runtime/primitives/codec/index.ts";
import { CodedError, assertNever } from "../../runtime/primitives/errors.ts";
import { AccountId } from "../../runtime/primitives/types.ts";
import type { MultiSignature } from "../../runtime/primitives/types.ts";
import * as wasm from "../verifier/wasm.ts";

export class SuriError extends CodedError<
  /** Not of the form phrase//hard/soft///password. */
  | { code: "SURI_FORM" }
  /** Neither 12 to 24 English words with a right checksum nor 0x and 64 hex digits. */
  | { code: "SURI_PHRASE" }
  /** Soft junctions (`/name`) exist for sr25519 only. */
  | { code: "SURI_SOFT"; junction: string }
> {}

export type KeyScheme = "sr25519" | "ed25519" | "ecdsa";

/** The mini secret of DEV_PHRASE: deriving it anew takes longer than all else at the start of a development node. */
const DEV_SEED = tryFromHex("0xfac7959dbfe72f052e5a0c3c8d6530f202b02fd8f9f5ca3580ec8deb7797479e")!;

const LENGTH_MAX = 1024;

export interface Junction {
  readonly hard: boolean;
  readonly text: string;
}
export interface ParsedSuri {
  /** Without the words: DEV_PHRASE. */
  readonly phrase: string;
  readonly junctions: readonly Junction[];
  readonly password: string;
}

/** @throws SuriError SURI_FORM. */
export function parseSuri(suri: string): ParsedSuri {
  const match = suri.length <= LENGTH_MAX ? /^([\w ]+)?((?:\/\/?[^/]+)*)(?:\/\/\/(.*))?$/s.exec(suri) : null;
  if (match === null) throw new SuriError({ code: "SURI_FORM" }, "a secret URI is a phrase or 0x-seed, then //hard or /soft junctions, then ///password");
  const junctions = [...match[2]!.matchAll(/\/(\/?)([^/]+)/g)].map(([, second, text]) => ({ hard: second === "/", text: text! }));
  return { phrase: match[1] ?? DEV_PHRASE, junctions, password: match[3] ?? "" };
}

/** 32 bytes. A number stands for its u64, other text for its SCALE encoding, hashed when it is too long. */
export function chainCode(text: string): Uint8Array {
  const code = new Uint8Array(32);
  if (/^\+?\d+$/.test(text) && BigInt(text) < 1n << 64n) {
    new DataView(code.buffer).setBigUint64(0, BigInt(text), true);
    return code;
  }
  const encoded = encode(bytes, utf8(text));
  if (encoded.length > 32) return blake2b256(encoded);
  code.set(encoded);
  return code;
}

function seedOf({ phrase, password }: ParsedSuri): Uint8Array {
  if (phrase === DEV_PHRASE && password === "") return DEV_SEED;
  if (phrase.startsWith("0x")) {
    const seed = tryFromHex(phrase);
    if (seed?.length !== 32) throw new SuriError({ code: "SURI_PHRASE" }, "a seed is 0x and 64 hex digits");
    return seed;
  }
  const words = phrase.trim().split(/ +/).join(" ");
  const seed = wasm.mnemonicIsValid(words) ? wasm.mnemonicToMiniSecret(words, password) : undefined;
  if (seed === undefined) throw new SuriError({ code: "SURI_PHRASE" }, "the phrase is not 12, 15, 18, 21 or 24 words of the English BIP-39 list with a right checksum");
  return seed.subarray(0, 32);
}

/** A key pair that can sign. The secret stays inside. */
export class KeyPair {
  readonly scheme: KeyScheme;
  /** 32 bytes; for ecdsa 33, compressed. */
  readonly publicKey: Uint8Array;
  readonly #secret: Uint8Array;

  constructor(scheme: KeyScheme, publicKey: Uint8Array, secret: Uint8Array) {
    this.scheme = scheme;
    this.publicKey = publicKey;
    this.#secret = secret;
  }

  get account(): AccountId {
    return AccountId(this.scheme === "ecdsa" ? blake2b256(this.publicKey) : this.publicKey);
  }

  /** Signs as a transaction's signature is verified; of `message`, not of its hash. */
  sign(message: Uint8Array): MultiSignature {
    switch (this.scheme) {
      case "sr25519":
        return { type: "Sr25519", value: wasm.sr25519Sign(this.publicKey, this.#secret, message)! };
      case "ed25519": {
        const value = new Uint8Array(64);
        sodium.crypto_sign_detached(value, message, this.#secret);
        return { type: "Ed25519", value };
      }
      case "ecdsa":
        return { type: "Ecdsa", value: wasm.secp256k1Sign(blake2b256(message), this.#secret)! };
      default:
        return assertNever(this.scheme);
    }
  }
}

/** @throws SuriError. */
export function keyPairFromSuri(suri: string, scheme: KeyScheme): KeyPair {
  const parsed = parseSuri(suri);
  const seed = seedOf(parsed);
  if (scheme === "sr25519") return deriveSr25519(seed, parsed.junctions);
  const derived = deriveSeed(seed, parsed.junctions, scheme);
  if (scheme === "ed25519") {
    const [publicKey, secret] = [new Uint8Array(32), new Uint8Array(64)];
    sodium.crypto_sign_seed_keypair(publicKey, secret, derived);
    return new KeyPair(scheme, publicKey, secret);
  }
  const pair = wasm.secp256k1PairFromSeed(derived);
  // Zero, or not below the order of the curve.
  if (pair === undefined) throw new SuriError({ code: "SURI_PHRASE" }, "the seed is no secret key of secp256k1");
  return new KeyPair(scheme, pair.slice(32), pair.slice(0, 32));
}

function deriveSr25519(seed: Uint8Array, junctions: readonly Junction[]): KeyPair {
  let pair = wasm.sr25519PairFromSeed(seed)!;
  for (const { hard, text } of junctions) {
    const code = chainCode(text);
    pair = (hard ? wasm.sr25519DeriveHard(pair, code) : wasm.sr25519DeriveSoft(pair, code))!;
  }
  return new KeyPair("sr25519", pair.slice(64), pair.slice(0, 64));
}

function deriveSeed(seed: Uint8Array, junctions: readonly Junction[], scheme: "ed25519" | "ecdsa"): Uint8Array {
  const prefix = encode(bytes, utf8(scheme === "ed25519" ? "Ed25519HDKD" : "Secp256k1HDKD"));
  let derived = seed;
  for (const { hard, text } of junctions) {
    if (!hard) throw new SuriError({ code: "SURI_SOFT", junction: text }, `${scheme} has hard junctions only: //${text} instead of /${text}`);
    derived = blake2b256(concatBytes(prefix, derived, chainCode(text)));
  }
  return derived;
}
