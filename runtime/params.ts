import { bool, struct, str, u32, u64, u128, u16, decode, encode } from "./primitives/codec/index.ts";
import type { TypeOf } from "./primitives/codec/index.ts";
import { DecodeError } from "./primitives/errors.ts";

/**
 * What differs between chains that run the same runtime: fixed at genesis, kept in `:code`, changed only with a spec version.
 * Everything else is a constant beside the pallet that uses it, or storage that governance sets.
 */
export const RuntimeParamsTy = struct("creator_runtime::RuntimeParams", {
  /** u16: the SS58 format of addresses. */
  ss58_prefix: u16,
  /** Blocks whose hashes the state remembers; also the longest mortal era that can be checked. */
  block_hash_count: u32,
  /** Half the least time between blocks, ms: clients take twice this as the block time. */
  minimum_period: u64,
  /** Below this an account is reaped; smallest unit. */
  existential_deposit: u128,
  /** Sudo exists in every runtime, but a Live chain keeps no key for it. */
  sudo_allowed: bool,
});
export type RuntimeParams = TypeOf<typeof RuntimeParamsTy>;

export const LOCAL_PARAMS: RuntimeParams = {
  ss58_prefix: 42,
  block_hash_count: 4_096,
  minimum_period: 250n,
  existential_deposit: 1_000_000_000n,
  sudo_allowed: true,
};
export const DEV_PARAMS: RuntimeParams = { ...LOCAL_PARAMS, minimum_period: 50n };

/** How clients show amounts; the same in every chain spec, since signed metadata hashes contain it. */
export const TOKEN = { decimals: 12, symbol: "MESI" } as const;

/** What stands under `:code`. Its hash changes with the version, so clients' metadata caches work; nothing in it can be executed. */
export const CodeTy = struct("creator_runtime::Code", { magic: str, spec_version: u32, params: RuntimeParamsTy });
export type Code = TypeOf<typeof CodeTy>;
const MAGIC = "creator-chain native runtime: not executable by Wasm hosts";

export function encodeCode(specVersion: number, params: RuntimeParams): Uint8Array {
  return encode(CodeTy, { magic: MAGIC, spec_version: specVersion, params });
}

/** Throws DecodeError when the bytes are not a native runtime's. */
export function decodeCode(bytes: Uint8Array): Code {
  const code = decode(CodeTy, bytes);
  if (code.magic !== MAGIC) throw new DecodeError("CODEC_OUT_OF_RANGE", 0, "not the code of a native runtime of this program");
  return code;
}
