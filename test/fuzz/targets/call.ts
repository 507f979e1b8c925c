import { decode, encode } from "../../../runtime/primitives/codec/index.ts";
import { fromJson, toJson } from "../../../runtime/primitives/codec/json.ts";
import { BATCH, REMARK, TRANSFER, runtime, samples } from "../material.ts";
import { canonical, same } from "../rules.ts";

const CallTy = runtime.outer.call;

/** A call has one encoding, and its JSON stands for the same call. */
export function fuzz(bytes: Uint8Array): void {
  const call = canonical(CallTy, bytes, "the call");
  if (call === undefined) return;
  const json = toJson(CallTy, decode(CallTy, bytes), { ss58Prefix: 42 });
  same(encode(CallTy, fromJson(CallTy, JSON.parse(JSON.stringify(json)))), bytes, "the call's JSON is another call");
}

export const seeds = (): Uint8Array[] => [...[TRANSFER, REMARK, BATCH].map((call) => encode(CallTy, call)), ...samples(CallTy, 150)];
