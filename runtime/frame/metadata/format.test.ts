import assert from "node:assert/strict";
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { decAnyMetadata } from "@polkadot-api/substrate-bindings";
import { fromHex, toHex } from "../../primitives/bytes.ts";
import { bytes, decode, encode, option } from "../../primitives/codec/index.ts";
import type { DecodeError } from "../../primitives/errors.ts";
import { METADATA_MAGIC, MetadataTy } from "./format.ts";

const fixtures = join(process.env["CREATOR_FIXTURES"] ?? join(import.meta.dirname, "../../../../shared/fixtures"), "metadata");
const support = join(dirname(createRequire(import.meta.url).resolve("@polkadot/types-support/package.json")), "metadata");

function assertRoundTrip(raw: Uint8Array): void {
  const value = decode(MetadataTy, raw);
  assert.equal(value.magic, METADATA_MAGIC);
  assert.ok(Buffer.from(encode(MetadataTy, value)).equals(raw));
  const oracle = decAnyMetadata(raw).metadata as { tag: string; value: { lookup: unknown[]; pallets: { name: string }[] } };
  assert.equal(value.metadata.type.toLowerCase(), oracle.tag);
  assert.equal(value.metadata.value.types.length, oracle.value.lookup.length);
  assert.deepEqual(value.metadata.value.pallets.map(({ name }) => name), oracle.value.pallets.map(({ name }) => name));
}

test("metadata of live chains decodes and re-encodes to the same bytes", async (t) => {
  if (!existsSync(fixtures)) return t.skip("4 files skipped: no fixtures folder");
  const files = readdirSync(fixtures).filter((name) => name.endsWith(".scale"));
  assert.ok(files.length >= 4);
  for (const file of files) await t.test(file, () => assertRoundTrip(new Uint8Array(readFileSync(join(fixtures, file)))));
});

/** Those packages hold plain metadata, or what `metadata_at_version` returns: an option of bytes. */
function unwrap(raw: Uint8Array): Uint8Array {
  return raw[0] === 1 ? decode(option(bytes), raw)! : raw;
}

for (const version of ["v14", "v15", "v16"]) {
  test(`${version} metadata of Substrate releases decodes and re-encodes to the same bytes`, async (t) => {
    for (const file of readdirSync(join(support, version)).filter((name) => name.endsWith("-hex.js"))) {
      await t.test(file, async () => {
        const module = (await import(pathToFileURL(join(support, version, file)).href)) as { default: string };
        assertRoundTrip(unwrap(fromHex(module.default)));
      });
    }
  });
}

test("metadata of another version, or cut short, is refused with a code", () => {
  const raw = encode(MetadataTy, { magic: METADATA_MAGIC, metadata: { type: "V14", value: { types: [], pallets: [], extrinsic: { ty: 0, version: 4, extensions: [] }, ty: 0 } } });
  assert.equal(toHex(raw), "0x6d6574610e000000040000");
  const code = (bad: Uint8Array) => {
    try {
      decode(MetadataTy, bad);
      return "none";
    } catch (error) {
      return (error as DecodeError).code;
    }
  };
  assert.equal(code(Uint8Array.from(raw, (byte, i) => (i === 4 ? 13 : byte))), "CODEC_UNKNOWN_VARIANT");
  for (let end = 0; end < raw.length; end++) assert.equal(code(raw.subarray(0, end)), "CODEC_UNEXPECTED_END");
});
