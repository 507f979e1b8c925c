// The JSON shapes of chain data, as Substrate's RPC gives them.
import type { RuntimeApis } from "../runtime/frame/apis.ts";
import type { RuntimeVersion } from "../runtime/frame/types.ts";
import { encode } from "../runtime/primitives/codec/index.ts";
import { DigestItemTy, HeaderTy } from "../runtime/primitives/types.ts";
import type { Header } from "../runtime/primitives/types.ts";
import { RawJson } from "./method.ts";

export type Hex = `0x${string}`;

/** Lower-case hex with the prefix `0x`, by the native encoder: some values here are megabytes. */
export function hex(bytes: Uint8Array): Hex {
  return `0x${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("hex")}`;
}

/** Hex as a JSON string; spares the scan for characters to escape. */
export function hexJson(bytes: Uint8Array): RawJson {
  return new RawJson(`"${hex(bytes)}"`);
}

/** The shortest hex of a number, the way block numbers stand in headers: `0x1f`. */
export function hexNumber(value: number | bigint): Hex {
  return `0x${value.toString(16)}`;
}

export interface HeaderJson {
  readonly parentHash: Hex;
  readonly number: Hex;
  readonly stateRoot: Hex;
  readonly extrinsicsRoot: Hex;
  readonly digest: { readonly logs: readonly Hex[] };
}

export function headerObject(header: Header): HeaderJson {
  return {
    parentHash: hex(header.parent_hash),
    number: hexNumber(header.number),
    stateRoot: hex(header.state_root),
    extrinsicsRoot: hex(header.extrinsics_root),
    digest: { logs: header.digest.logs.map((log) => hex(encode(DigestItemTy, log))) },
  };
}

const headers = new WeakMap<Header, RawJson>();

/** Made once per header, however many subscribers it has. */
export function headerJson(header: Header): RawJson {
  let made = headers.get(header);
  if (made === undefined) headers.set(header, (made = new RawJson(JSON.stringify(headerObject(header)))));
  return made;
}

/** The SCALE bytes, whose blake2b-256 is the block's hash. */
export function encodedHeader(header: Header): RawJson {
  return hexJson(encode(HeaderTy, header));
}

type Justifications = readonly (readonly [Uint8Array, Uint8Array])[];

/** `{ block: { header, extrinsics }, justifications }`. A justification is `[engine id, bytes]`, both arrays of numbers. */
export function signedBlockJson(header: Header, body: readonly Uint8Array[], justifications: Justifications | undefined): RawJson {
  const extrinsics = body.map((extrinsic) => `"${hex(extrinsic)}"`).join(",");
  const pairs = justifications === undefined ? null : justifications.map(([engine, bytes]) => [Array.from(engine), Array.from(bytes)]);
  const block = `{"header":${headerJson(header).json},"extrinsics":[${extrinsics}]}`;
  return new RawJson(`{"block":${block},"justifications":${JSON.stringify(pairs)}}`);
}

const legacyVersions = new WeakMap<RuntimeVersion, RawJson>();

/** The legacy methods' shape: `apis` is an array of pairs. Newer clients read `systemVersion`, older ones `stateVersion`. */
export function runtimeVersionJson(version: RuntimeVersion): RawJson {
  let made = legacyVersions.get(version);
  if (made === undefined) {
    const object = {
      specName: version.spec_name,
      implName: version.impl_name,
      authoringVersion: version.authoring_version,
      specVersion: version.spec_version,
      implVersion: version.impl_version,
      apis: version.apis.map(([id, apiVersion]) => [hex(id), apiVersion]),
      transactionVersion: version.transaction_version,
      systemVersion: version.system_version,
      stateVersion: version.system_version,
    };
    legacyVersions.set(version, (made = new RawJson(JSON.stringify(object))));
  }
  return made;
}

/** The shape of `chainHead_v1_follow`: `apis` is an object. */
export function runtimeSpec(version: RuntimeVersion): object {
  return {
    type: "valid",
    spec: {
      specName: version.spec_name,
      implName: version.impl_name,
      specVersion: version.spec_version,
      implVersion: version.impl_version,
      transactionVersion: version.transaction_version,
      apis: Object.fromEntries(version.apis.map(([id, apiVersion]) => [hex(id), apiVersion])),
    },
  };
}

const metadata = new WeakMap<RuntimeApis, RawJson>();

/** Raw metadata v14, made once per runtime. */
export function metadataJson(runtime: RuntimeApis): RawJson {
  let made = metadata.get(runtime);
  if (made === undefined) metadata.set(runtime, (made = hexJson(runtime.metadata(14))));
  return made;
}
