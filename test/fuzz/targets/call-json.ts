import { utf8 } from "../../../runtime/primitives/bytes.ts";
import { decode, encode } from "../../../runtime/primitives/codec/index.ts";
import { JsonError, fromJson, toJson } from "../../../runtime/primitives/codec/json.ts";
import { BATCH, REMARK, TRANSFER, runtime, samples } from "../material.ts";
import { canonical, jsonOf, refusable } from "../rules.ts";

const CallTy = runtime.outer.call;

/** JSON of a call is refused with its path, or gives a call with one encoding. */
export function fuzz(bytes: Uint8Array): void {
  const parsed = jsonOf(bytes);
  if (parsed === undefined) return;
  const call = refusable(() => fromJson(CallTy, parsed.json, "call"), JsonError);
  if (call !== undefined) canonical(CallTy, encode(CallTy, call), "the call");
}

export function seeds(): Uint8Array[] {
  const calls = [TRANSFER, REMARK, BATCH, ...samples(CallTy, 60).map((sample) => decode(CallTy, sample))];
  return calls.map((call) => utf8(JSON.stringify(toJson(CallTy, call, { ss58Prefix: 42 }))));
}

export const words = ['"type"', '"value"', '"Id"', '"Immortal"', '{"Balances":', '{"Utility":{"batch":{"calls":[', "340282366920938463463374607431768211456", '"__proto__"', '"constructor"', '"toString"'];
