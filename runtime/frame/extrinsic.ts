import { blake2b256 } from "#hash";
import { concatBytes } from "../primitives/bytes.ts";
import { Reader, Writer, encode } from "../primitives/codec/index.ts";
import type { AnyTy, Ty } from "../primitives/codec/index.ts";
import { DecodeError } from "../primitives/errors.ts";
import { Hash, MultiAddressTy, MultiSignatureTy } from "../primitives/types.ts";
import type { AccountId, MultiAddress, MultiSignature } from "../primitives/types.ts";
import type { Context } from "./context.ts";
import type { RuntimeCall } from "./pallet.ts";
import type { Runtime } from "./runtime.ts";
import type { Validity } from "./types.ts";

/** How a transaction says who sends it. Version 4 is signed or bare, version 5 is bare or general. */
export type Preamble =
  | { readonly type: "Bare"; readonly version: 4 | 5 }
  | { readonly type: "Signed"; readonly address: MultiAddress; readonly signature: MultiSignature; readonly extras: readonly unknown[] }
  | { readonly type: "General"; readonly extensionVersion: number; readonly extras: readonly unknown[] };

/** A decoded transaction. Encodings are canonical, so the parts that are signed are slices of what came in. */
export interface Extrinsic {
  /** As it travels and stands in a body: with its length before it. */
  readonly encoded: Uint8Array;
  /** blake2b-256 of `encoded`. */
  readonly hash: Hash;
  readonly preamble: Preamble;
  readonly call: RuntimeCall;
  readonly callBytes: Uint8Array;
  readonly extraBytes: Uint8Array;
  /** Bytes without the length prefix: what length fees count. */
  readonly length: number;
}

const SIGNED_V4 = 0x84;
const BARE_V4 = 0x04;
const BARE_V5 = 0x05;
const GENERAL_V5 = 0x45;
/** The one version of the extension list. */
export const EXTENSION_VERSION = 0;

/** Decodes one extrinsic with its length prefix. Throws DecodeError. */
export function decodeExtrinsic(runtime: Runtime, encoded: Uint8Array): Extrinsic {
  const reader = new Reader(encoded);
  const length = reader.length(1);
  if (length !== reader.remaining) throw new DecodeError("CODEC_TRAILING_BYTES", reader.offset, `length prefix says ${length} bytes, ${reader.remaining} follow`);
  return decodeBody(runtime, reader, encoded, length);
}

function decodeBody(runtime: Runtime, reader: Reader, encoded: Uint8Array, length: number): Extrinsic {
  const version = reader.u8();
  const head = decodeHead(reader, version);
  const extraStart = reader.offset;
  const extras = head.type === "Bare" ? [] : runtime.extensions.map(({ extra }) => extra.decodeFrom(reader));
  const callStart = reader.offset;
  const call = runtime.outer.call.decodeFrom(reader);
  reader.end();
  return {
    encoded,
    hash: Hash(blake2b256(encoded)),
    preamble: head.type === "Bare" ? head : ({ ...head, extras } as Preamble),
    call,
    callBytes: encoded.subarray(callStart),
    extraBytes: encoded.subarray(extraStart, callStart),
    length,
  };
}

type Head =
  | { readonly type: "Bare"; readonly version: 4 | 5 }
  | { readonly type: "Signed"; readonly address: MultiAddress; readonly signature: MultiSignature }
  | { readonly type: "General"; readonly extensionVersion: number };

function decodeHead(reader: Reader, version: number): Head {
  switch (version) {
    case SIGNED_V4:
      return { type: "Signed", address: MultiAddressTy.decodeFrom(reader), signature: MultiSignatureTy.decodeFrom(reader) };
    case BARE_V4:
      return { type: "Bare", version: 4 };
    case BARE_V5:
      return { type: "Bare", version: 5 };
    case GENERAL_V5: {
      const extensionVersion = reader.u8();
      if (extensionVersion !== EXTENSION_VERSION) {
        throw new DecodeError("CODEC_UNKNOWN_VARIANT", reader.offset - 1, `extension version ${extensionVersion} is unknown, this chain has ${EXTENSION_VERSION}`);
      }
      return { type: "General", extensionVersion };
    }
    default:
      throw new DecodeError("CODEC_UNKNOWN_VARIANT", reader.offset - 1, `extrinsic version byte 0x${version.toString(16)} is not one of 0x84, 0x04, 0x05, 0x45`);
  }
}

/** Puts an extrinsic together; the inverse of `decodeExtrinsic`. */
export function encodeExtrinsic(runtime: Runtime, preamble: Preamble, call: RuntimeCall): Uint8Array {
  const body = new Writer();
  if (preamble.type === "Bare") body.u8(preamble.version);
  else if (preamble.type === "Signed") {
    body.u8(SIGNED_V4);
    MultiAddressTy.encodeTo(preamble.address, body);
    MultiSignatureTy.encodeTo(preamble.signature, body);
  } else {
    body.u8(GENERAL_V5);
    body.u8(preamble.extensionVersion);
  }
  if (preamble.type !== "Bare") runtime.extensions.forEach(({ extra }, i) => (extra as AnyTy).encodeTo(preamble.extras[i], body));
  runtime.outer.call.encodeTo(call, body);
  return prefixed(body.finish());
}

export function prefixed(body: Uint8Array): Uint8Array {
  const out = new Writer(body.length + 5);
  out.compact(body.length);
  out.raw(body);
  return out.finish();
}

/** A payload above this many bytes is signed by its blake2b-256. */
const PAYLOAD_HASHED_ABOVE = 256;

export function signedMessage(payload: Uint8Array): Uint8Array {
  return payload.length > PAYLOAD_HASHED_ABOVE ? blake2b256(payload) : payload;
}

/** What a transaction's signature covers: call, extras, and the implicit values of each extension in this state. */
export function signingPayload(ctx: Context, callBytes: Uint8Array, extraBytes: Uint8Array, extras: readonly unknown[]): Validity<Uint8Array> {
  const parts = [callBytes, extraBytes];
  for (const [i, extension] of ctx.runtime.extensions.entries()) {
    const known = ctx.implicits[i];
    if (known !== undefined) {
      if (known.length > 0) parts.push(known);
      continue;
    }
    const implicit = extension.implicitValue(ctx, extras[i]);
    if (!implicit.ok) return implicit;
    const encoded = encode(extension.implicit, implicit.value);
    if (extension.implicitOfBlock) ctx.implicits[i] = encoded;
    parts.push(encoded);
  }
  return { ok: true, value: concatBytes(...parts) };
}

/** Whose signature it is; only `Id` addresses resolve. */
export function signerOf(preamble: Preamble): AccountId | undefined {
  return preamble.type === "Signed" && preamble.address.type === "Id" ? preamble.address.value : undefined;
}

/** The extras of a transaction as one type: the parameter `Extra` of UncheckedExtrinsic. */
export function extraTypes(runtime: Runtime): readonly Ty<unknown>[] {
  return runtime.extensions.map(({ extra }) => extra as Ty<unknown>);
}
