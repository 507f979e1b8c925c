import assert from "node:assert/strict";
import { test } from "node:test";
import { merkleizeMetadata } from "@polkadot-api/merkleize-metadata";
import release from "@polkadot/types-support/metadata/v15/substrate-hex";
import { fromHex, toHex } from "../../primitives/bytes.ts";
import { bytes, decode, option } from "../../primitives/codec/index.ts";
import { digestOf } from "./digest.ts";
import { MetadataTy } from "./format.ts";
import type { FullMetadata } from "./format.ts";

test("the digest of a Substrate release's metadata is the one that PAPI computes", () => {
  const outer = fromHex(release);
  const raw = outer[0] === 1 ? decode(option(bytes), outer)! : outer;
  const theirs = merkleizeMetadata(raw, { decimals: 12, tokenSymbol: "UNIT", specName: "node", specVersion: 268, base58Prefix: 42 });
  const { value } = decode(MetadataTy, raw).metadata;
  const info = { spec_name: "node", spec_version: 268, base58_prefix: 42, decimals: 12, token_symbol: "UNIT" };
  assert.equal(toHex(digestOf(value as FullMetadata, info)), toHex(theirs.digest()));
});
