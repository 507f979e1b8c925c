// The node's identity on the network: an ed25519 key in a file of its own, as 32 raw bytes or 64 hex digits, like Substrate's.
import { randomBytes } from "node:crypto";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { base58 } from "@scure/base";
import { ed25519 } from "@noble/curves/ed25519.js";
import { concatBytes, toHex, tryFromHex } from "../runtime/primitives/bytes.ts";
import { CodedError } from "../runtime/primitives/errors.ts";

export class NodeKeyError extends CodedError<
  | { code: "NODE_KEY_FORMAT"; source: string }
  | { code: "NODE_KEY_FILE"; source: string }
> {}

export type NodeKeySource = { readonly file: string } | { readonly hex: string };

export interface NodeKey {
  readonly secret: Uint8Array;
  readonly publicKey: Uint8Array;
  /** libp2p's name of the key: base58 of the identity multihash of its protobuf. */
  readonly peerId: string;
}

/** Reads the key, or makes one where the file is absent. Throws NodeKeyError. */
export function loadNodeKey(source: NodeKeySource): NodeKey {
  return "hex" in source ? nodeKeyOf(parseSecret(source.hex, "--node-key")) : nodeKeyOf(readOrCreate(source.file));
}

function readOrCreate(file: string): Uint8Array {
  let content: Buffer;
  try {
    content = readFileSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw new NodeKeyError({ code: "NODE_KEY_FILE", source: file }, `the node key file cannot be read: ${(error as Error).message}`);
    const secret = new Uint8Array(randomBytes(32));
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, toHex(secret).slice(2), { mode: 0o600, flag: "wx" });
    return secret;
  }
  return content.length === 32 ? new Uint8Array(content) : parseSecret(content.toString("utf8").trim(), file);
}

function parseSecret(text: string, source: string): Uint8Array {
  const secret = tryFromHex(text.startsWith("0x") ? text : `0x${text}`);
  if (secret?.length !== 32) throw new NodeKeyError({ code: "NODE_KEY_FORMAT", source }, "a node key is 32 bytes: 64 hex digits, or a file of 32 raw bytes");
  return secret;
}

const IDENTITY_MULTIHASH_ED25519 = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20);

export function nodeKeyOf(secret: Uint8Array): NodeKey {
  const publicKey = ed25519.getPublicKey(secret);
  return { secret, publicKey, peerId: base58.encode(concatBytes(IDENTITY_MULTIHASH_ED25519, publicKey)) };
}
