// sr25519, secp256k1 and BIP-39 of @polkadot/wasm-crypto (schnorrkel, libsecp256k1, substrate-bip39), on a glue of our own, because theirs
// 1. goes on with an instance after a trap. A trap leaves the stack pointer where it was, and a bad ECDSA signature is a trap: some ten
//    thousand of them from the network, and valid signatures fail (measured). Here the state before the call is put back.
// 2. decompresses the module in JavaScript: 90 ms of the start of every thread, against 5 ms with zlib.
import { getRandomValues } from "node:crypto";
import { inflateSync } from "node:zlib";
import { bytes as packed } from "@polkadot/wasm-crypto-wasm/cjs/bytes";
import { fromHex } from "../../runtime/primitives/bytes.ts";

interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer };
  __wbindgen_malloc(size: number): number;
  __wbindgen_free(pointer: number, size: number): void;
  __wbindgen_add_to_stack_pointer(delta: number): number;
  readonly [name: `ext_${string}`]: (...args: number[]) => number;
}
declare const WebAssembly: {
  Module: new (bytes: Uint8Array) => object;
  Instance: new (module: object, imports: Record<string, Record<string, unknown>>) => { readonly exports: unknown };
  RuntimeError: new () => Error;
};

const compiled = new WebAssembly.Module(inflateSync(Buffer.from(packed, "base64")));
let wasm = instantiate();
/** Where the stack pointer is while no call runs. */
const idleStackPointer = wasm.__wbindgen_add_to_stack_pointer(0);
/** The instance's memory after its first ECDSA recovery, which builds tables for 40 ms. */
let warmMemory: Uint8Array | undefined;

function instantiate(): Exports {
  const absent = (): never => {
    throw new Error("not available to wasm-crypto in this host");
  };
  // What wasm-bindgen asks for: only randomness. Objects stay on this side, so any handle will do for them.
  const wbg = {
    __wbindgen_is_undefined: () => 0,
    __wbindgen_object_drop_ref: () => undefined,
    __wbg_self_1b7a39e3a92c949c: () => 36,
    __wbg_crypto_968f1772287e2df0: () => 36,
    __wbg_getRandomValues_a3d34b4fee3c2869: () => 36,
    __wbg_getRandomValues_f5e14ab7ac8e995d: (_object: number, pointer: number, size: number) => {
      getRandomValues(new Uint8Array(fresh.memory.buffer, pointer, size));
    },
    __wbg_require_604837428532a733: absent,
    __wbg_randomFillSync_d5bd2d655fdf256a: absent,
  };
  const fresh = new WebAssembly.Instance(compiled, { wbg }).exports as Exports;
  return fresh;
}

/** Arguments are copied in; wasm frees them. */
function put(bytes: Uint8Array): [pointer: number, size: number] {
  const pointer = wasm.__wbindgen_malloc(bytes.length);
  new Uint8Array(wasm.memory.buffer, pointer, bytes.length).set(bytes);
  return [pointer, bytes.length];
}

/** wasm-bindgen puts the place of a returned vector here. */
const RETURN_AT = 8;

function take(): Uint8Array {
  const [pointer, size] = new Int32Array(wasm.memory.buffer, RETURN_AT, 2) as unknown as [number, number];
  const out = new Uint8Array(wasm.memory.buffer, pointer, size).slice();
  wasm.__wbindgen_free(pointer, size);
  return out;
}

/** Undefined when the module trapped, which is how it refuses an input. Anything else that goes wrong is thrown. */
function guarded<T>(body: () => T): T | undefined {
  try {
    return body();
  } catch (error) {
    restore();
    if (error instanceof WebAssembly.RuntimeError) return undefined;
    throw error;
  }
}

/** Makes the instance as if the call that trapped had not been made: memory and stack pointer are all the state it has. */
function restore(): void {
  if (warmMemory?.length === wasm.memory.buffer.byteLength) {
    new Uint8Array(wasm.memory.buffer).set(warmMemory); // 0.2 ms
    wasm.__wbindgen_add_to_stack_pointer(idleStackPointer - wasm.__wbindgen_add_to_stack_pointer(0));
  } else {
    wasm = instantiate();
    warmMemory = undefined;
  }
}

/** Any signature will do: this one has the generator as R. */
const WARM_UP = fromHex("0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798" + "01".repeat(32));

function warmUp(): Uint8Array {
  wasm.ext_secp_recover(RETURN_AT, ...put(WARM_UP.subarray(0, 32)), ...put(WARM_UP), 0);
  take();
  return new Uint8Array(wasm.memory.buffer).slice();
}

/** By schnorrkel, in the context "substrate". @param signature - 64 bytes. @param publicKey - 32 bytes. */
export function sr25519Verify(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean {
  return guarded(() => wasm.ext_sr_verify(...put(signature), ...put(message), ...put(publicKey)) !== 0) ?? false;
}

/** The 33-byte compressed key; undefined when there is none. High S is not refused here. @param signature - 64 bytes. @param recovery - 0 to 3. */
export function secp256k1Recover(hash: Uint8Array, signature: Uint8Array, recovery: number): Uint8Array | undefined {
  warmMemory ??= warmUp();
  return guarded(() => {
    wasm.ext_secp_recover(RETURN_AT, ...put(hash), ...put(signature), recovery);
    return take();
  });
}

/** 64 bytes, with fresh randomness in the nonce. @param secret - 64 bytes, as in a pair. */
export function sr25519Sign(publicKey: Uint8Array, secret: Uint8Array, message: Uint8Array): Uint8Array | undefined {
  return vector(() => wasm.ext_sr_sign(RETURN_AT, ...put(publicKey), ...put(secret), ...put(message)));
}

/** @returns the pair: 64 bytes of secret key, 32 of public key. */
export function sr25519PairFromSeed(seed: Uint8Array): Uint8Array | undefined {
  return vector(() => wasm.ext_sr_from_seed(RETURN_AT, ...put(seed)));
}

export function sr25519DeriveHard(pair: Uint8Array, chainCode: Uint8Array): Uint8Array | undefined {
  return vector(() => wasm.ext_sr_derive_keypair_hard(RETURN_AT, ...put(pair), ...put(chainCode)));
}

export function sr25519DeriveSoft(pair: Uint8Array, chainCode: Uint8Array): Uint8Array | undefined {
  return vector(() => wasm.ext_sr_derive_keypair_soft(RETURN_AT, ...put(pair), ...put(chainCode)));
}

/** @returns 32 bytes of secret, 33 of compressed public key. */
export function secp256k1PairFromSeed(seed: Uint8Array): Uint8Array | undefined {
  return vector(() => wasm.ext_secp_from_seed(RETURN_AT, ...put(seed)));
}

/** 65 bytes: r, the low s, and the recovery id 0 to 3. */
export function secp256k1Sign(hash: Uint8Array, secret: Uint8Array): Uint8Array | undefined {
  return vector(() => wasm.ext_secp_sign(RETURN_AT, ...put(hash), ...put(secret)));
}

/** English words with a right checksum. */
export function mnemonicIsValid(phrase: string): boolean {
  return guarded(() => wasm.ext_bip39_validate(...put(Buffer.from(phrase))) !== 0) ?? false;
}

/** Substrate's 32-byte mini secret: from the entropy, unlike BIP-39's seed. */
export function mnemonicToMiniSecret(phrase: string, password: string): Uint8Array | undefined {
  return vector(() => wasm.ext_bip39_to_mini_secret(RETURN_AT, ...put(Buffer.from(phrase)), ...put(Buffer.from(password))));
}

export function mnemonicGenerate(words: 12 | 15 | 18 | 21 | 24): string {
  const phrase = vector(() => wasm.ext_bip39_generate(RETURN_AT, words));
  return Buffer.from(phrase!).toString("utf8");
}

function vector(call: () => unknown): Uint8Array | undefined {
  return guarded(() => {
    call();
    return take();
  });
}
