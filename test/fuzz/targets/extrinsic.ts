import { DecodeError } from "../../../runtime/primitives/errors.ts";
import { decodeExtrinsic, encodeExtrinsic } from "../../../runtime/frame/extrinsic.ts";
import { extrinsics, lab, runtime } from "../material.ts";
import { refusable, same } from "../rules.ts";

/** Every transaction has one encoding; validating any that decodes gives an answer. */
export function fuzz(bytes: Uint8Array): void {
  const extrinsic = refusable(() => decodeExtrinsic(runtime, bytes), DecodeError);
  if (extrinsic === undefined) return;
  same(encodeExtrinsic(runtime, extrinsic.preamble, extrinsic.call), bytes, "the extrinsic encodes to other bytes");
  lab.validate(extrinsic);
}

export const seeds = extrinsics;
