import { concatBytes } from "../../../runtime/primitives/bytes.ts";
import { bytes as bytesTy, decode, encode, struct } from "../../../runtime/primitives/codec/index.ts";
import { HeaderTy } from "../../../runtime/primitives/types.ts";
import { BodyTy } from "../../../node/chain/chain.ts";
import { extrinsics, header } from "../material.ts";
import { canonical } from "../rules.ts";

const BlockTy = struct("Block", { header: HeaderTy, body: BodyTy });

/** A header and a body have one encoding. */
export function fuzz(bytes: Uint8Array): void {
  canonical(BlockTy, bytes, "the block");
  canonical(HeaderTy, bytes, "the header");
}

export const seeds = (): Uint8Array[] => [
  encode(HeaderTy, header),
  concatBytes(encode(HeaderTy, { ...header, digest: { logs: [] } }), Uint8Array.of(0)),
  encode(BlockTy, { header, body: extrinsics().map((extrinsic) => decode(bytesTy, extrinsic)) }),
];
