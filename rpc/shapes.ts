// What the parameters of the node's methods look like, beyond the transport's own shapes.
import { tryFromHex } from "../runtime/primitives/bytes.ts";
import { decodeSs58 } from "../runtime/primitives/ss58.ts";
import { AccountId, BlockHash } from "../runtime/primitives/types.ts";
import { MAX_KEY_BYTES } from "../runtime/trie/nibbles.ts";
import type { Hex } from "./encode.ts";
import type { ParamReader, Shape } from "./method.ts";
import { hexBytes } from "./transport/params.ts";

/** An extrinsic larger than a whole block's extrinsics may be is not worth decoding. */
export const EXTRINSIC_BYTES_MAX = 5 * 1024 * 1024;
/** Longest storage key: no trie has a longer one. */
export const KEY_BYTES_MAX = MAX_KEY_BYTES;
/** Input of a runtime call; a request of 15 MiB holds no more. */
export const CALL_BYTES_MAX = 7 * 1024 * 1024;
export const API_NAME_CHARS_MAX = 256;

/** A storage key with the text it came as, which goes back with the value. */
export interface KeyParam {
  readonly hex: Hex;
  readonly bytes: Uint8Array;
}

export const storageKey: Shape<KeyParam> = {
  expected: `a storage key: 0x-prefixed hex of at most ${KEY_BYTES_MAX} bytes`,
  parse: (value) => {
    if (typeof value !== "string" || value.length > 2 + 2 * KEY_BYTES_MAX) return undefined;
    const bytes = tryFromHex(value);
    return bytes === undefined ? undefined : { hex: value.toLowerCase() as Hex, bytes };
  },
};

export const extrinsic: Shape<Uint8Array> = hexBytes(EXTRINSIC_BYTES_MAX);

/** Some clients send an empty string for no bytes. */
export const callInput: Shape<Uint8Array> = {
  expected: hexBytes(CALL_BYTES_MAX).expected,
  parse: (value) => (value === "" ? new Uint8Array(0) : hexBytes(CALL_BYTES_MAX).parse(value)),
};

/** An address of any format, or the account's 32 bytes as hex. */
export const account: Shape<AccountId> = {
  expected: "an SS58 address, or 0x-prefixed 32 bytes",
  parse: (value) => {
    if (typeof value !== "string" || value.length > 128) return undefined;
    if (value.startsWith("0x")) {
      const bytes = tryFromHex(value);
      return bytes?.length === 32 ? AccountId(bytes) : undefined;
    }
    const decoded = decodeSs58(value);
    return decoded.ok ? decoded.value.account : undefined;
  },
};

/** One value, or an array of them. */
export function oneOrMany<T>(element: Shape<T>, lengthMax: number): Shape<T | readonly T[]> {
  return {
    expected: `${element.expected}, or an array of at most ${lengthMax} of them`,
    parse: (value) => {
      if (!Array.isArray(value)) return element.parse(value);
      if (value.length > lengthMax) return undefined;
      const parsed = value.map((item: unknown) => element.parse(item));
      return parsed.includes(undefined) ? undefined : (parsed as T[]);
    },
  };
}

export function optionalBlock(params: ParamReader, name = "at"): BlockHash | undefined {
  const hash = params.optionalHash(name);
  return hash === undefined ? undefined : BlockHash(hash);
}
