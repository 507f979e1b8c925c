import { base58 } from "@scure/base";
import { blake2b512 } from "#hash";
import { concatBytes, equalBytes, utf8 } from "./bytes.ts";
import { err, ok } from "./result.ts";
import type { Result } from "./result.ts";
import { AccountId } from "./types.ts";

const PREFIX = utf8("SS58PRE");

function checksum(body: Uint8Array): Uint8Array {
  return blake2b512(concatBytes(PREFIX, body)).subarray(0, 2);
}

/** The address of an account. `format` is the chain's SS58 prefix, 0..16383. Source: the SS58 registry's specification. */
export function encodeSs58(account: Uint8Array, format: number): string {
  const head =
    format < 64
      ? Uint8Array.of(format)
      : Uint8Array.of(((format & 0b1111_1100) >> 2) | 0b0100_0000, (format >> 8) | ((format & 0b11) << 6));
  const body = concatBytes(head, account);
  return base58.encode(concatBytes(body, checksum(body)));
}

export type Ss58Error = { readonly code: "SS58_BASE58" | "SS58_LENGTH" | "SS58_CHECKSUM"; readonly message: string };

/** Reads an address of a 32-byte account under any prefix. */
export function decodeSs58(text: string): Result<{ readonly account: AccountId; readonly format: number }, Ss58Error> {
  if (text.length > 64) return err({ code: "SS58_LENGTH", message: "an address has at most 64 characters" });
  let raw: Uint8Array;
  try {
    raw = base58.decode(text);
  } catch {
    return err({ code: "SS58_BASE58", message: "an address has only base58 characters (no 0, O, I or l)" });
  }
  const headSize = (raw[0] ?? 0) < 64 ? 1 : 2;
  if (raw.length !== headSize + 32 + 2 || raw[0]! > 127) return err({ code: "SS58_LENGTH", message: "not the address of a 32-byte account" });
  const body = raw.subarray(0, headSize + 32);
  if (!equalBytes(checksum(body), raw.subarray(headSize + 32))) return err({ code: "SS58_CHECKSUM", message: "the checksum does not match: mistyped?" });
  const format = headSize === 1 ? raw[0]! : ((raw[0]! & 0b0011_1111) << 2) | (raw[1]! >> 6) | ((raw[1]! & 0b0011_1111) << 8);
  return ok({ account: AccountId(body.slice(headSize)), format });
}
