import { toHex, tryFromHex, utf8 } from "../../../runtime/primitives/bytes.ts";
import { RpcError } from "../../../rpc/transport/errors.ts";
import { isDeeperThan, parseJson } from "../../../rpc/transport/json.ts";
import { ParamReader, hash32Hex, u32OrHex } from "../../../rpc/transport/params.ts";
import { SuriError, parseSuri } from "../../../node/keys/suri.ts";
import { refusable, textOf } from "../rules.ts";

/** Texts that people and programs hand in: hex, block numbers, secret URIs, and how deep JSON is. */
export function fuzz(bytes: Uint8Array): void {
  const text = textOf(bytes);
  if (text === undefined) return;
  const hex = tryFromHex(text);
  if (hex !== undefined && toHex(hex) !== text.toLowerCase()) throw new Error(`${text} is read as ${toHex(hex)}`);
  refusable(() => new ParamReader([text]).get("number", u32OrHex), RpcError);
  refusable(() => new ParamReader([text]).get("hash", hash32Hex), RpcError);
  const suri = refusable(() => parseSuri(text), SuriError);
  if (suri !== undefined && suri.junctions.some(({ text: junction }) => junction === "" || junction.includes("/"))) throw new Error("a junction that is none");
  const parsed = refusable(() => ({ json: parseJson(text, 16) }), RpcError);
  if (parsed !== undefined && depthOf(parsed.json) > 16) throw new Error("deeper JSON than allowed");
  if (parsed !== undefined && isDeeperThan(text, 16)) throw new Error("taken although it is too deep");
}

function depthOf(json: unknown): number {
  if (typeof json !== "object" || json === null) return 0;
  return 1 + Math.max(0, ...Object.values(json).map(depthOf));
}

export const seeds = (): Uint8Array[] =>
  ["0x", `0x${"ab".repeat(32)}`, "0x1f", "//Alice", "bottom drive obey lake curtain smoke basket hold race lonely fit walk//Alice/soft///password", "0x00//1", "[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]", '{"a\\"[":["\\\\",{}]}'].map(utf8);
export const words = ["//", "///", "/", "0x", "\\", '"', "\\u005b", "[[[[", "}}"];
