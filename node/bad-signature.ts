// On a development chain a refused signature says what is wrong with it: the node tries what signers usually get wrong, one
// signed part at a time, and names the part with which the signature would have been right.
import { blake2b256 } from "#hash";
import { concatBytes, toHex, utf8 } from "../runtime/primitives/bytes.ts";
import { encode } from "../runtime/primitives/codec/index.ts";
import type { AnyTy } from "../runtime/primitives/codec/index.ts";
import { signedMessage, signerOf } from "../runtime/frame/extrinsic.ts";
import type { Extrinsic } from "../runtime/frame/extrinsic.ts";
import type { Context } from "../runtime/frame/context.ts";

export interface KnownHashes {
  readonly genesis: Uint8Array;
  /** Newest first. */
  readonly recent: readonly Uint8Array[];
}

interface Part {
  readonly name: string;
  readonly type: AnyTy;
  readonly expected: unknown;
}

/** Versions that are tried around the right one. */
const VERSIONS_TRIED = 12;

/** Text for the client; undefined when the transaction carries no signature. Costs up to about sixty verifications. */
export function describeBadSignature(ctx: Context, extrinsic: Extrinsic, hashes: KnownHashes): string | undefined {
  const signer = signerOf(extrinsic.preamble);
  if (extrinsic.preamble.type !== "Signed" || signer === undefined) return undefined;
  const { signature, extras } = extrinsic.preamble;
  const parts: Part[] = [];
  for (const [i, extension] of ctx.runtime.extensions.entries()) {
    const implicit = extension.implicitValue(ctx, extras[i]);
    if (!implicit.ok) return undefined;
    parts.push({ name: extension.identifier, type: extension.implicit, expected: implicit.value });
  }
  const payload = (values: readonly unknown[]): Uint8Array =>
    concatBytes(extrinsic.callBytes, extrinsic.extraBytes, ...parts.map(({ type }, i) => encode(type, values[i])));
  const expected = parts.map((part) => part.expected);
  const signs = (message: Uint8Array): boolean => ctx.host.verifySignature(signature, message, signer);
  const right = payload(expected);

  for (const [i, part] of parts.entries()) {
    for (const value of alternatives(part, hashes)) {
      if (signs(signedMessage(payload(expected.map((old, at) => (at === i ? value : old)))))) return `the signature covers ${part.name} ${show(value)}, this chain expects ${show(part.expected)}`;
    }
  }
  if (right.length > 256 && signs(right)) return "the signature covers the whole payload; above 256 bytes its blake2b-256 is signed";
  if (right.length <= 256 && signs(blake2b256(right))) return "the signature covers the hash of the payload; up to 256 bytes the payload itself is signed";
  if (signs(concatBytes(utf8("<Bytes>"), right, utf8("</Bytes>")))) return "the signer wrapped the payload in <Bytes>: it signed a message, not a transaction";
  const values = parts.map(({ name, expected: value }) => `${name}=${show(value)}`).filter((text) => !text.endsWith("=none"));
  return `no single signed part explains it: wrong key, call or extras? Signer ${toHex(signer)}, ${signature.type}; expected ${values.join(", ")}; payload ${toHex(right.slice(0, 512))}`;
}

function alternatives({ name, expected }: Part, { genesis, recent }: KnownHashes): readonly unknown[] {
  switch (name) {
    case "CheckSpecVersion":
    case "CheckTxVersion":
      return Array.from({ length: VERSIONS_TRIED }, (_, version) => version).filter((version) => version !== expected);
    case "CheckGenesis":
      return [new Uint8Array(32), ...recent];
    case "CheckMortality":
      return [genesis, new Uint8Array(32), ...recent];
    default:
      return [];
  }
}

function show(value: unknown): string {
  if (value === undefined) return "none";
  return value instanceof Uint8Array ? toHex(value) : String(value);
}
