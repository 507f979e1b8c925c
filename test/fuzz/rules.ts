// What the targets check with.
import { equalBytes, fromUtf8, toHex } from "../../runtime/primitives/bytes.ts";
import { encode, decode } from "../../runtime/primitives/codec/index.ts";
import type { AnyTy } from "../../runtime/primitives/codec/index.ts";
import { DecodeError } from "../../runtime/primitives/errors.ts";

/** Undefined when `run` refuses by one of these errors; any other error passes on. */
export function refusable<T>(run: () => T, ...refusals: readonly (new (...args: never[]) => Error)[]): T | undefined {
  try {
    return run();
  } catch (error) {
    if (refusals.some((refusal) => error instanceof refusal)) return undefined;
    throw error;
  }
}

export function same(actual: Uint8Array, expected: Uint8Array, what: string): void {
  if (!equalBytes(actual, expected)) throw new Error(`${what}: ${toHex(actual.slice(0, 400))} instead of ${toHex(expected.slice(0, 400))}`);
}

/** The bytes are refused, or are the one encoding of their value. Gives the value. */
export function canonical(type: AnyTy, bytes: Uint8Array, what: string): unknown {
  const decoded = refusable(() => ({ value: decode(type, bytes) as unknown }), DecodeError);
  if (decoded !== undefined) same(encode(type, decoded.value), bytes, `${what} encodes to other bytes`);
  return decoded?.value;
}

/** Undefined for bytes that are no text: a file or message of them is refused before any parser of ours. */
export function textOf(bytes: Uint8Array): string | undefined {
  return refusable(() => fromUtf8(bytes), TypeError);
}

export function jsonOf(bytes: Uint8Array): { readonly json: unknown } | undefined {
  const text = textOf(bytes);
  return text === undefined ? undefined : refusable(() => ({ json: JSON.parse(text) as unknown }), SyntaxError);
}
