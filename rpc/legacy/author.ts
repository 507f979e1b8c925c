import { blake2b256 } from "#hash";
import { Hash } from "../../runtime/primitives/types.ts";
import { tryFromHex } from "../../runtime/primitives/bytes.ts";
import { FINAL_STATUSES } from "../backend.ts";
import type { Backend, KeyBackend, PoolBackend, TransactionStatus } from "../backend.ts";
import { hex, hexJson } from "../encode.ts";
import { ErrorCode, keyStoreError } from "../error-codes.ts";
import { RpcError } from "../method.ts";
import type { Method, MethodTable, Shape, Subscription } from "../method.ts";
import { EXTRINSIC_BYTES_MAX, extrinsic } from "../shapes.ts";
import { listOf } from "../transport/params.ts";

const REMOVE_MAX = 1024;
const KEY_BYTES_MAX = 256;
const SURI_CHARS_MAX = 1024;

export function authorMethods({ pool, keys }: Backend): MethodTable {
  return {
    methods: [submitExtrinsic(pool), pendingExtrinsics(pool), removeExtrinsic(pool), ...keyMethods(keys)],
    subscriptions: [submitAndWatch(pool)],
  };
}

function submitExtrinsic(pool: PoolBackend): Method {
  return {
    name: "author_submitExtrinsic",
    safety: "safe",
    params: ["extrinsic"],
    handler: async (params) => hexJson(await pool.submit(params.get("extrinsic", extrinsic))),
  };
}

function pendingExtrinsics(pool: PoolBackend): Method {
  return { name: "author_pendingExtrinsics", safety: "safe", handler: () => pool.pending().map(hex) };
}

function submitAndWatch(pool: PoolBackend): Subscription {
  return {
    name: "author_submitAndWatchExtrinsic",
    unsubscribe: "author_unwatchExtrinsic",
    notification: "author_extrinsicUpdate",
    safety: "safe",
    params: ["extrinsic"],
    handler: async (params, sink) => {
      const watch = await pool.submitAndWatch(params.get("extrinsic", extrinsic), (status) => {
        sink.send(statusJson(status));
        if (FINAL_STATUSES.has(status.type)) sink.close();
      });
      return () => watch.unwatch();
    },
  };
}

/** As Substrate's `TransactionStatus` in JSON; the reasons of dropped and invalid have no place in it. */
function statusJson(status: TransactionStatus): unknown {
  switch (status.type) {
    case "broadcast":
      return { broadcast: status.peers };
    case "inBlock":
    case "retracted":
    case "finalityTimeout":
    case "finalized":
      return { [status.type]: hex(status.block) };
    case "usurped":
      return { usurped: hex(status.by) };
    default:
      return status.type;
  }
}

/** `{ hash }` or `{ extrinsic }`, as Substrate reads it, or just the hash. */
const hashOrExtrinsic: Shape<Hash> = {
  expected: 'an object { "hash": "0x..." } or { "extrinsic": "0x..." }',
  parse: (value) => {
    if (typeof value === "string") return toHash(value);
    if (typeof value !== "object" || value === null) return undefined;
    const { hash, Hash: upperHash, extrinsic: encoded, Extrinsic: upperEncoded } = value as Record<string, unknown>;
    const bytes = encoded ?? upperEncoded;
    if (typeof bytes !== "string") return toHash(hash ?? upperHash);
    const decoded = bytes.length <= 2 + 2 * EXTRINSIC_BYTES_MAX ? tryFromHex(bytes) : undefined;
    return decoded === undefined ? undefined : Hash(blake2b256(decoded));
  },
};

function toHash(text: unknown): Hash | undefined {
  const bytes = typeof text === "string" && text.length === 66 ? tryFromHex(text) : undefined;
  return bytes === undefined ? undefined : Hash(bytes);
}

function removeExtrinsic(pool: PoolBackend): Method {
  return {
    name: "author_removeExtrinsic",
    safety: "unsafe",
    params: ["bytes_or_hash"],
    handler: (params) => pool.remove(params.get("bytes_or_hash", listOf(hashOrExtrinsic, REMOVE_MAX))).map(hex),
  };
}

function keyMethods(keys: KeyBackend): Method[] {
  const guarded = (name: string, params: readonly string[], handler: Method["handler"]): Method => ({
    name,
    safety: "unsafe",
    params,
    handler: async (reader, ctx) => {
      try {
        return await handler(reader, ctx);
      } catch (error) {
        throw keyStoreError(error);
      }
    },
  });
  return [
    guarded("author_rotateKeys", [], async () => hex(await keys.rotateKeys())),
    guarded("author_insertKey", ["key_type", "suri", "public"], (params) => {
      const keyType = checkedType(params.string("key_type", 64));
      return keys.insertKey(keyType, params.string("suri", SURI_CHARS_MAX), params.bytes("public", KEY_BYTES_MAX));
    }),
    guarded("author_hasKey", ["public_key", "key_type"], (params) => {
      const publicKey = params.bytes("public_key", KEY_BYTES_MAX);
      return keys.hasKey(publicKey, checkedType(params.string("key_type", 64)));
    }),
    guarded("author_hasSessionKeys", ["session_keys"], (params) => keys.hasSessionKeys(params.bytes("session_keys", 4 * KEY_BYTES_MAX))),
  ];
}

function checkedType(keyType: string): string {
  if (keyType.length !== 4) throw new RpcError(ErrorCode.AUTHOR_OTHER, "Invalid key type ID format (should be of length four)");
  return keyType;
}
