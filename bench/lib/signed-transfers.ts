// Transfers with real signatures, made ahead: what a client would send.
import { createHash } from "node:crypto";
import { keccak_256 } from "@noble/hashes/sha3.js";
import { blake2b256 } from "#hash";
import { secp256k1 } from "@noble/curves/secp256k1.js";
import { Keyring } from "@polkadot/keyring";
import { cryptoWaitReady } from "@polkadot/util-crypto";
import sodium from "sodium-native";
import { genesisForNode, genesisOf } from "../../genesis/genesis-state.ts";
import type { ChainSpec } from "../../genesis/chain-spec.ts";
import { createRuntime } from "../../runtime/construct.ts";
import { contextAfter } from "../../runtime/frame/executive.ts";
import { decodeExtrinsic, encodeExtrinsic, signedMessage, signingPayload } from "../../runtime/frame/extrinsic.ts";
import { MemoryState } from "../../runtime/frame/state.ts";
import { TEST_HOST } from "../../runtime/frame/testing.ts";
import { toHex, toLatin1 } from "../../runtime/primitives/bytes.ts";
import { IMMORTAL } from "../../runtime/primitives/era.ts";
import { AccountId } from "../../runtime/primitives/types.ts";
import type { MultiSignature } from "../../runtime/primitives/types.ts";

export type Scheme = "ed25519" | "sr25519" | "ecdsa";

export interface Signer {
  readonly account: AccountId;
  sign(message: Uint8Array): MultiSignature;
}

export async function signers(scheme: Scheme, count: number): Promise<Signer[]> {
  await cryptoWaitReady();
  return Array.from({ length: count }, (_, i) => signer(scheme, new Uint8Array(createHash("sha256").update(`${scheme} sender ${i}`).digest())));
}

function signer(scheme: Scheme, seed: Uint8Array): Signer {
  if (scheme === "ed25519") return ed25519Signer(seed);
  if (scheme === "ecdsa") return ecdsaSigner(seed);
  const pair = new Keyring({ type: "sr25519" }).addFromSeed(seed);
  return { account: AccountId(pair.publicKey), sign: (message) => ({ type: "Sr25519", value: pair.sign(message) }) };
}

function ed25519Signer(seed: Uint8Array): Signer {
  const publicKey = Buffer.alloc(32);
  const secretKey = Buffer.alloc(64);
  sodium.crypto_sign_seed_keypair(publicKey, secretKey, Buffer.from(seed));
  const sign = (message: Uint8Array): MultiSignature => {
    const signature = Buffer.alloc(64);
    sodium.crypto_sign_detached(signature, Buffer.from(message), secretKey);
    return { type: "Ed25519", value: new Uint8Array(signature) };
  };
  return { account: AccountId(new Uint8Array(publicKey)), sign };
}

function ecdsaSigner(seed: Uint8Array): Signer {
  const account = AccountId(blake2b256(secp256k1.getPublicKey(seed, true)));
  const sign = (message: Uint8Array): MultiSignature => {
    const [recovery, ...rest] = secp256k1.sign(blake2b256(message), seed, { prehash: false, format: "recovered" });
    return { type: "Ecdsa", value: Uint8Array.of(...rest, recovery!) };
  };
  return { account, sign };
}

export interface SignedTransfer {
  readonly sender: number;
  /** With 0x. */
  readonly hex: string;
  readonly hash: string;
}

/** `count` transfers to random accounts, senders in turn, each with its next nonce. They are immortal. */
export function signTransfers(spec: ChainSpec, from: readonly Signer[], count: number, firstNonce = 0): SignedTransfer[] {
  const genesis = genesisForNode(spec);
  const { runtime } = createRuntime(genesis.params);
  const state = new MemoryState();
  for (const [key, value] of genesis.entries) state.entries.set(toLatin1(key), value);
  const ctx = contextAfter(runtime, state, TEST_HOST, { hash: genesisOf(spec, 1).genesisHash, number: 0 });
  return Array.from({ length: count }, (_, i) => {
    const sender = i % from.length;
    const { account, sign } = from[sender]!;
    const values: Readonly<Record<string, unknown>> = { CheckMortality: IMMORTAL, CheckNonce: firstNonce + Math.floor(i / from.length), ChargeTransactionPayment: 0n, CheckMetadataHash: { mode: { type: "Disabled" } } };
    const extras = runtime.extensions.map(({ identifier }) => values[identifier]);
    const dest = { type: "Id", value: blake2b256(Uint8Array.of(i & 255, (i >> 8) & 255, (i >> 16) & 255)) };
    const call = { type: "Balances", value: { type: "transfer_keep_alive", value: { dest, value: 2_000_000_000n } } };
    const preamble = (signature: MultiSignature) => ({ type: "Signed", address: { type: "Id", value: account }, signature, extras }) as const;
    const draft = decodeExtrinsic(runtime, encodeExtrinsic(runtime, preamble({ type: "Ed25519", value: new Uint8Array(64) }), call));
    const payload = signingPayload(ctx, draft.callBytes, draft.extraBytes, extras);
    if (!payload.ok) throw new Error(payload.error.value.type);
    const encoded = encodeExtrinsic(runtime, preamble(sign(signedMessage(payload.value))), call);
    return { sender, hex: toHex(encoded), hash: toHex(blake2b256(encoded)) };
  });
}

/** Ethereum keys and plain transfers, for the peers. */
export interface EthereumSender {
  readonly key: Uint8Array;
  readonly address: string;
}

export function ethereumSenders(count: number): EthereumSender[] {
  return Array.from({ length: count }, (_, i) => {
    const key = new Uint8Array(createHash("sha256").update(`ethereum sender ${i}`).digest());
    return { key, address: toHex(keccak_256(secp256k1.getPublicKey(key, false).subarray(1)).subarray(12)) };
  });
}

const GAS_PRICE = 100_000_000_000n;
const GAS = 21_000n;

/** Legacy transactions with a chain id (EIP-155). */
export function signEthereumTransfers(from: readonly EthereumSender[], count: number, chainId: bigint, firstNonce = 0): SignedTransfer[] {
  return Array.from({ length: count }, (_, i) => {
    const sender = i % from.length;
    const to = keccak_256(Uint8Array.of(i & 255, (i >> 8) & 255, (i >> 16) & 255)).subarray(12);
    const fields = [number(BigInt(firstNonce + Math.floor(i / from.length))), number(GAS_PRICE), number(GAS), to, number(1n), new Uint8Array(0)];
    const digest = keccak_256(rlp([...fields, number(chainId), number(0n), number(0n)]));
    const signature = secp256k1.sign(digest, from[sender]!.key, { prehash: false, format: "recovered" });
    const v = chainId * 2n + 35n + BigInt(signature[0]!);
    const encoded = rlp([...fields, number(v), trimmed(signature.subarray(1, 33)), trimmed(signature.subarray(33, 65))]);
    return { sender, hex: toHex(encoded), hash: toHex(keccak_256(encoded)) };
  });
}

function number(value: bigint): Uint8Array {
  const hex = value.toString(16);
  return value === 0n ? new Uint8Array(0) : new Uint8Array(Buffer.from(hex.length % 2 === 1 ? `0${hex}` : hex, "hex"));
}

function trimmed(bytes: Uint8Array): Uint8Array {
  return bytes.subarray(bytes.findIndex((byte) => byte !== 0));
}

function rlp(items: readonly Uint8Array[]): Uint8Array {
  const body = Buffer.concat(items.map((item) => (item.length === 1 && item[0]! < 0x80 ? item : Buffer.concat([prefix(0x80, item.length), item]))));
  return new Uint8Array(Buffer.concat([prefix(0xc0, body.length), body]));
}

function prefix(base: number, length: number): Uint8Array {
  if (length < 56) return Uint8Array.of(base + length);
  const size = number(BigInt(length));
  return Uint8Array.of(base + 55 + size.length, ...size);
}
