import { MetadataTy } from "../../../runtime/frame/metadata/format.ts";
import { encodeMetadata } from "../../../runtime/frame/metadata/index.ts";
import { testRuntime } from "../../../runtime/frame/testing.ts";
import { system } from "../../../runtime/pallets/system/pallet.ts";
import { template } from "../../../runtime/pallets/template/pallet.ts";
import { apis } from "../material.ts";
import { canonical } from "../rules.ts";

export const lengthMax = 131_072;

/** Metadata of any chain is refused, or written back as it was. */
export function fuzz(bytes: Uint8Array): void {
  canonical(MetadataTy, bytes, "the metadata");
}

export function seeds(): Uint8Array[] {
  const small = testRuntime((outer) => [[0, system(outer, () => apis.version)], [63, template]]);
  return [14, 15, 16].map((version) => encodeMetadata(small, version === 14 ? [] : apis.definitions.slice(0, 2), version as 14));
}

export const words = ["meta"];
