// Metadata: what clients learn the whole chain from. Everything in it follows from the pallets' declarations.
import { encode, unitStruct } from "../../primitives/codec/index.ts";
import type { Runtime } from "../runtime.ts";
import type { RuntimeApiDef } from "./api.ts";
import { digestOf } from "./digest.ts";
import { extrinsicMetadata } from "./extrinsic.ts";
import { METADATA_MAGIC, MetadataTy } from "./format.ts";
import type { FullMetadata } from "./format.ts";
import { apiMetadata, palletMetadata } from "./pallets.ts";
import { TypeRegistry } from "./registry.ts";

export { apiId, viewFunctionId } from "./api.ts";
export type { RuntimeApiDef, RuntimeApiMethod } from "./api.ts";
export { EXTRINSIC_VERSIONS, blockTy, uncheckedExtrinsicTy } from "./extrinsic.ts";

export const METADATA_VERSIONS = [14, 15, 16] as const;
export type MetadataVersion = (typeof METADATA_VERSIONS)[number];

/** The metadata with its magic and version, without a length before it. Takes milliseconds: cache it by runtime. */
export function encodeMetadata(runtime: Runtime, apis: readonly RuntimeApiDef[], version: MetadataVersion): Uint8Array {
  const value = describe(runtime, version === 14 ? [] : apis);
  return encode(MetadataTy, { magic: METADATA_MAGIC, metadata: { type: `V${version}`, value } });
}

/** The amounts' unit as wallets show it: the chain's `properties`. */
export interface Token {
  readonly decimals: number;
  readonly symbol: string;
}

/**
 * What `CheckMetadataHash` mode 1 signs, 32 bytes. The same for every metadata version, since the types that a transaction
 * reaches come before all others. Takes milliseconds: cache it by runtime.
 */
export function metadataHash(runtime: Runtime, token: Token): Uint8Array {
  const { spec_version, spec_name } = runtime.version;
  const info = { spec_version, spec_name, base58_prefix: runtime.params.ss58_prefix, decimals: token.decimals, token_symbol: token.symbol };
  return digestOf(describe(runtime, []), info);
}

function describe(runtime: Runtime, apis: readonly RuntimeApiDef[]): FullMetadata {
  const registry = new TypeRegistry();
  const parts = {
    pallets: runtime.pallets.map((pallet) => palletMetadata(registry, runtime.params, pallet)),
    extrinsic: extrinsicMetadata(registry, runtime),
    ty: registry.id(unitStruct(`${runtime.crate}::Runtime`)),
    apis: apis.map((api) => apiMetadata(registry, api)),
    outer_enums: {
      call_ty: registry.id(runtime.outer.call),
      event_ty: registry.id(runtime.outer.event),
      error_ty: registry.id(runtime.outer.error),
    },
    custom: [],
  };
  return { types: registry.types(), ...parts };
}
