// The whole runtime's metadata as its clients read it: PAPI's codec and @polkadot/types, version by version.
import assert from "node:assert/strict";
import { test } from "node:test";
import { merkleizeMetadata } from "@polkadot-api/merkleize-metadata";
import { metadata as papiCodec } from "@polkadot-api/substrate-bindings";
import { Metadata, TypeRegistry, expandMetadata } from "@polkadot/types";
import { toHex } from "../runtime/primitives/bytes.ts";
import { encode } from "../runtime/primitives/codec/index.ts";
import { fromJson, toJson } from "../runtime/primitives/codec/json.ts";
import { LOCAL_PARAMS } from "../runtime/params.ts";
import { createRuntime } from "../runtime/construct.ts";
import { METADATA_VERSIONS, metadataHash } from "../runtime/frame/metadata/index.ts";
import type { MetadataVersion } from "../runtime/frame/metadata/index.ts";

const apis = createRuntime(LOCAL_PARAMS);
const { runtime } = apis;
const ALICE = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";

/** Registers the metadata and returns what @polkadot/types said on the console meanwhile. */
function connect(version: MetadataVersion): { registry: TypeRegistry; metadata: Metadata; warnings: string[] } {
  const warnings: string[] = [];
  const { warn } = console;
  console.warn = (...args: unknown[]) => warnings.push(args.join(" "));
  try {
    const registry = new TypeRegistry();
    const metadata = new Metadata(registry, toHex(apis.metadata(version)));
    registry.setMetadata(metadata);
    return { registry, metadata, warnings };
  } finally {
    console.warn = warn;
  }
}

for (const version of METADATA_VERSIONS) {
  test(`v${version}: PAPI's codec re-encodes the chain's metadata to the same bytes`, () => {
    const raw = apis.metadata(version);
    assert.equal(toHex(papiCodec.enc(papiCodec.dec(raw))), toHex(raw));
  });

  test(`v${version}: @polkadot/types knows every extension and type, without a warning`, () => {
    const { registry, warnings } = connect(version);
    assert.deepEqual(warnings, []);
    assert.deepEqual(registry.signedExtensions, runtime.extensions.map(({ identifier }) => identifier));
    assert.equal(registry.createType("Weight", { refTime: 1, proofSize: 2 }).toHex(), "0x0408");
  });

  test(`v${version}: @polkadot/types makes the calls and storage keys that the runtime reads`, () => {
    const { registry, metadata } = connect(version);
    const { tx, query, consts } = expandMetadata(registry, metadata);
    const theirs = tx["utility"]!["batchAll"]!([tx["balances"]!["transferKeepAlive"]!(ALICE, 12), tx["system"]!["remark"]!("0x0102")]);
    const json = { Utility: { batch_all: { calls: [{ Balances: { transfer_keep_alive: { dest: ALICE, value: 12 } } }, { System: { remark: { remark: "0x0102" } } }] } } };
    const ours = fromJson(runtime.outer.call, json);
    assert.equal(theirs.toHex(), toHex(encode(runtime.outer.call, ours)));
    for (const { name, storage } of runtime.pallets) {
      for (const { item } of storage ?? []) {
        const entry = query[name[0]!.toLowerCase() + name.slice(1)]![item.name[0]!.toLowerCase() + item.name.slice(1)]!;
        assert.equal(toHex(item.prefix), toHex(entry.keyPrefix()), `${name}.${item.name}`);
      }
    }
    assert.equal(consts["balances"]!["existentialDeposit"]!.toString(), LOCAL_PARAMS.existential_deposit.toString());
    assert.deepEqual(JSON.parse(JSON.stringify(consts["system"]!["version"])).specName, "creator");
  });
}

test("the hash for offline wallets is the one that PAPI computes from the chain's metadata", () => {
  const ours = toHex(metadataHash(runtime, { decimals: 12, symbol: "MESI" }));
  for (const version of [15, 16] as const) {
    assert.equal(toHex(merkleizeMetadata(apis.metadata(version), { decimals: 12, tokenSymbol: "MESI" }).digest()), ours, `v${version}`);
  }
});

test("a call survives JSON with addresses", () => {
  const call = fromJson(runtime.outer.call, { Multisig: { as_multi_threshold_1: { other_signatories: [ALICE], call: { Sudo: { sudo: { call: { System: { remark: { remark: "0x" } } } } } } } } });
  assert.deepEqual(fromJson(runtime.outer.call, toJson(runtime.outer.call, call, { ss58Prefix: 42 })), call);
});
