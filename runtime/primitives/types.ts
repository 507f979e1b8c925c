// The chain's basic types: one place for each. Paths are Rust's, because clients choose their own classes by them.
import { alias, fixedBytes, newtype, struct, u128, u32, u64, v, variant, vec, bytes, compact, tuple } from "./codec/index.ts";
import type { Brand } from "./brand.ts";
import type { Ty, TypeOf } from "./codec/index.ts";
import { InvariantError } from "./errors.ts";

/** 32 bytes: a public key, or the hash that stands for one. */
export type AccountId = Brand<Uint8Array, "AccountId">;
/** 32 bytes of blake2b-256. */
export type Hash = Brand<Uint8Array, "Hash">;
/** The blake2b-256 of an encoded header. */
export type BlockHash = Brand<Hash, "BlockHash">;
/** u32. */
export type BlockNumber = number;
/** u32. */
export type Nonce = number;
/** Amount in the smallest unit of $MESI (10^-12), u128. */
export type Balance = bigint;

export function AccountId(raw: Uint8Array): AccountId {
  return sized(raw, 32, "AccountId") as AccountId;
}

export function Hash(raw: Uint8Array): Hash {
  return sized(raw, 32, "Hash") as Hash;
}

export function BlockHash(raw: Uint8Array): BlockHash {
  return sized(raw, 32, "BlockHash") as BlockHash;
}

function sized(raw: Uint8Array, size: number, name: string): Uint8Array {
  if (raw.length !== size) throw new InvariantError("BAD_SIZE", `${name} takes ${size} bytes, got ${raw.length}`);
  return raw;
}

export const AccountIdTy = newtype("sp_core::crypto::AccountId32", fixedBytes(32), { typeName: "AccountId" }) as Ty<AccountId>;
export const HashTy = newtype("primitive_types::H256", fixedBytes(32), { typeName: "Hash" }) as Ty<Hash>;
export const BalanceTy: Ty<Balance> = alias("Balance", u128 as Ty<bigint>) as Ty<bigint>;
export const BlockNumberTy: Ty<BlockNumber> = alias("BlockNumber", u32 as Ty<number>) as Ty<number>;
export const NonceTy: Ty<Nonce> = alias("Nonce", u32 as Ty<number>) as Ty<number>;
export const MomentTy: Ty<bigint> = alias("Moment", u64 as Ty<bigint>) as Ty<bigint>;

export const ZERO_HASH = Hash(new Uint8Array(32));

/** How an account is named in a call. Only `Id` resolves on this chain; the others are refused with CannotLookup. */
export const MultiAddressTy = variant(
  "sp_runtime::multiaddress::MultiAddress",
  {
    Id: v(0, AccountIdTy),
    Index: v(1, compact(u32)),
    Raw: v(2, bytes),
    Address32: v(3, fixedBytes(32)),
    Address20: v(4, fixedBytes(20)),
  },
  { params: { AccountId: AccountIdTy, AccountIndex: u32 } },
);
export type MultiAddress = TypeOf<typeof MultiAddressTy>;

export type MultiSignature = { readonly type: "Ed25519" | "Sr25519" | "Ecdsa"; readonly value: Uint8Array };
export const MultiSignatureTy: Ty<MultiSignature> = variant("sp_runtime::MultiSignature", {
  Ed25519: v(0, alias("ed25519::Signature", fixedBytes(64) as Ty<Uint8Array>)),
  Sr25519: v(1, alias("sr25519::Signature", fixedBytes(64) as Ty<Uint8Array>)),
  Ecdsa: v(2, alias("ecdsa::Signature", fixedBytes(65) as Ty<Uint8Array>)),
}) as never;

/** Computation in picoseconds of the benchmark machine, and proof size in bytes. */
export interface Weight {
  readonly ref_time: bigint;
  readonly proof_size: bigint;
}
export const WeightTy: Ty<Weight> = struct("sp_weights::weight_v2::Weight", { ref_time: compact(u64), proof_size: compact(u64) });

const EngineId = alias("ConsensusEngineId", fixedBytes(4) as Ty<Uint8Array>) as Ty<Uint8Array>;
export const DigestItemTy = variant("sp_runtime::generic::digest::DigestItem", {
  PreRuntime: v(6, [EngineId, bytes]),
  Consensus: v(4, [EngineId, bytes]),
  Seal: v(5, [EngineId, bytes]),
  Other: v(0, bytes),
  RuntimeEnvironmentUpdated: v(8),
});
export type DigestItem = TypeOf<typeof DigestItemTy>;
export const DigestTy = struct("sp_runtime::generic::digest::Digest", { logs: vec(DigestItemTy) });
export type Digest = TypeOf<typeof DigestTy>;

export interface Header {
  readonly parent_hash: Hash;
  readonly number: BlockNumber;
  readonly state_root: Hash;
  readonly extrinsics_root: Hash;
  readonly digest: Digest;
}
export const BlakeTwo256Ty: Ty<undefined> = struct("sp_runtime::traits::BlakeTwo256", {}) as unknown as Ty<undefined>;
export const HeaderTy: Ty<Header> = struct(
  "sp_runtime::generic::header::Header",
  { parent_hash: HashTy, number: compact(BlockNumberTy), state_root: HashTy, extrinsics_root: HashTy, digest: DigestTy },
  { params: { Number: u32, Hash: undefined } },
);

/** Key and value, both raw. */
export const KeyValueTy = tuple(bytes, bytes);
