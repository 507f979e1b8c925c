import assert from "node:assert/strict";
import { test } from "node:test";
import { merkleizeMetadata } from "@polkadot-api/merkleize-metadata";
import { decAnyMetadata, metadata as papiCodec, unifyMetadata } from "@polkadot-api/substrate-bindings";
import { GenericAccountId, GenericMultiAddress, Metadata, TypeRegistry as PolkadotRegistry } from "@polkadot/types";
import { toHex } from "../../primitives/bytes.ts";
import { alias, compact, encode, lazy, option, struct, tuple, u16, u32, u64, unit, unitStruct, v, variant, vec } from "../../primitives/codec/index.ts";
import type { AnyTy, Ty } from "../../primitives/codec/index.ts";
import { EraTy } from "../../primitives/era.ts";
import { ok } from "../../primitives/result.ts";
import { AccountId, AccountIdTy, BalanceTy, BlakeTwo256Ty, BlockNumberTy, HashTy, MultiAddressTy, WeightTy } from "../../primitives/types.ts";
import { LOCAL_PARAMS } from "../../params.ts";
import type { AnyExtension } from "../extension.ts";
import { SUCCESS, call, constant, errors, events, viewFunction } from "../pallet.ts";
import type { OuterTypes, PalletDef } from "../pallet.ts";
import { Runtime } from "../runtime.ts";
import { blake2_128Concat, identity, storageMap, storageNMap, storageValue, twox64Concat } from "../storage.ts";
import { DispatchErrorTy, PhaseTy, RuntimeVersionTy } from "../types.ts";
import { METADATA_VERSIONS, apiId, blockTy, encodeMetadata, metadataHash, uncheckedExtrinsicTy, viewFunctionId } from "./index.ts";
import type { MetadataVersion, RuntimeApiDef } from "./index.ts";
import { TypeRegistry } from "./registry.ts";

const ACCOUNT = AccountId(new Uint8Array(32).fill(3));
const weight = { ref_time: 1n, proof_size: 0n };
const run = () => SUCCESS;
const VERSION = { spec_name: "box", impl_name: "box", authoring_version: 1, spec_version: 3, impl_version: 1, transaction_version: 1, system_version: 1 };

function system(outer: OuterTypes): PalletDef {
  const record = struct("frame_system::EventRecord", { phase: PhaseTy, event: outer.event, topics: vec(HashTy) }, { params: { E: outer.event, T: HashTy } });
  return {
    name: "System",
    crate: "frame_system",
    storage: [storageValue("System", "Events", vec(record) as AnyTy, { default: [] }), storageMap("System", "BlockHash", twox64Concat, BlockNumberTy, HashTy)],
    calls: { remark: call(0, { remark: vec(u32) }, { docs: "Make some\non-chain remark.", weight }, run) },
    events: events("frame_system", { Failed: v(1, { dispatch_error: DispatchErrorTy }, "It failed.") }),
    errors: errors({ CallFiltered: [5, "Filtered."] }),
    constants: { Version: constant(RuntimeVersionTy, { ...VERSION, apis: [] }), SS58Prefix: constant(u16, (params) => params.ss58_prefix) },
    associatedTypes: { Hashing: BlakeTwo256Ty as AnyTy },
  };
}

function boxes(outer: OuterTypes): PalletDef {
  return {
    name: "Boxes",
    crate: "pallet_boxes",
    docs: "Keeps boxes.",
    storage: [storageNMap("Boxes", "Held", [[twox64Concat, AccountIdTy], [blake2_128Concat, u64], [identity, u32]], BalanceTy, { default: 7n, docs: "What is held." })],
    calls: {
      put: call(3, { dest: MultiAddressTy, value: compact(BalanceTy), hint: option(WeightTy) }, { weight }, run),
      wrap: call(250, { calls: vec(outer.call) }, { weight }, run),
    },
    events: events("pallet_boxes", { Put: v(0, { who: AccountIdTy, amount: BalanceTy }) }),
    errors: errors({ Full: [0], Torn: [9, "The box is torn."] }),
    constants: { MaxBoxes: constant(u32, 12, "How many."), Deposit: constant(BalanceTy, (params) => params.existential_deposit) },
    viewFunctions: { weigh: viewFunction({ who: AccountIdTy, box: u64 }, option(BalanceTy), "What it weighs.", () => undefined) },
  };
}

function extension(identifier: string, extra: AnyTy, implicit: AnyTy): AnyExtension {
  return { identifier, extra, implicit, implicitValue: () => ok(undefined) };
}

const runtime = new Runtime({
  params: LOCAL_PARAMS,
  version: VERSION,
  crate: "box_runtime",
  pallets: (outer) => [
    [0, system(outer)],
    [7, boxes(outer)],
  ],
  extensions: [
    extension("CheckNonZeroSender", unitStruct("frame_system::CheckNonZeroSender", { params: { T: undefined } }), unit),
    extension("CheckMortality", EraTy, HashTy),
    extension("CheckNonce", compact(u32), unit),
  ],
});

const apis: RuntimeApiDef[] = [
  {
    name: "Core",
    version: 5,
    docs: ["The `Core` API."],
    methods: {
      execute_block: { inputs: { block: blockTy(runtime) }, output: unit, docs: [] },
      apply: { inputs: { extrinsic: uncheckedExtrinsicTy(runtime), count: u32 }, output: option(BalanceTy), docs: ["Applies."] },
    },
  },
];

// The decoders of a client give other shapes per version; the tests look only at what all share.
// biome-ignore lint/suspicious/noExplicitAny: see above
type Loose = any;

function papi(version: MetadataVersion): Loose {
  return unifyMetadata(decAnyMetadata(encodeMetadata(runtime, apis, version)));
}

function polkadotJs(version: MetadataVersion): { registry: PolkadotRegistry; metadata: Metadata } {
  const registry = new PolkadotRegistry();
  const metadata = new Metadata(registry, toHex(encodeMetadata(runtime, apis, version)));
  registry.setMetadata(metadata);
  return { registry, metadata };
}

function typeAt(decoded: Loose, id: number): Loose {
  return decoded.lookup[id];
}

for (const version of METADATA_VERSIONS) {
  test(`v${version}: PAPI's codec re-encodes it to the same bytes`, () => {
    const ours = encodeMetadata(runtime, apis, version);
    assert.equal(toHex(papiCodec.enc(papiCodec.dec(ours))), toHex(ours));
  });

  test(`v${version}: PAPI sees calls, events, errors, storage and constants as they were declared`, () => {
    const decoded = papi(version);
    const [, pallet] = decoded.pallets;
    assert.deepEqual(decoded.lookup.map(({ id }: Loose) => id), decoded.lookup.map((_: unknown, i: number) => i));
    const variants = (ref: Loose) => typeAt(decoded, ref.type).def.value.map(({ name, index }: Loose) => [name, index]);
    assert.deepEqual(variants(pallet.calls), [["put", 3], ["wrap", 250]]);
    assert.deepEqual(variants(pallet.events), [["Put", 0]]);
    assert.deepEqual(variants(pallet.errors), [["Full", 0], ["Torn", 9]]);
    assert.deepEqual(typeAt(decoded, pallet.calls.type).path, ["pallet_boxes", "pallet", "Call"]);
    const [held] = pallet.storage.items;
    assert.equal(held.modifier, 1);
    assert.equal(held.fallback, toHex(encode(BalanceTy, 7n)));
    assert.deepEqual(held.type.value.hashers.map(({ tag }: Loose) => tag), ["Twox64Concat", "Blake2128Concat", "Identity"]);
    assert.equal(typeAt(decoded, held.type.value.key).def.value.length, 3);
    assert.deepEqual(pallet.constants.map(({ name, value }: Loose) => [name, value]), [["MaxBoxes", "0x0c000000"], ["Deposit", toHex(encode(BalanceTy, 1_000_000_000n))]]);
  });

  test(`v${version}: PAPI finds the extrinsic's parts and its extensions`, () => {
    const { extrinsic, lookup } = papi(version);
    const whole = version === 14 ? lookup[extrinsic.type] : lookup.find(({ path }: Loose) => path.at(-1) === "UncheckedExtrinsic");
    const params = whole.params.map(({ name, type }: Loose) => [name, lookup[type].path.at(-1)]);
    assert.deepEqual(params, [["Address", "MultiAddress"], ["Call", "RuntimeCall"], ["Signature", "MultiSignature"], ["Extra", undefined]]);
    if (version > 14) {
      const parts = [extrinsic.address, extrinsic.call, extrinsic.signature];
      assert.deepEqual(parts, whole.params.slice(0, 3).map(({ type }: Loose) => type));
    }
    assert.deepEqual(extrinsic.version, version === 16 ? [4, 5] : [4]);
    assert.deepEqual(extrinsic.extensionsByVersion[0].map(({ identifier }: Loose) => identifier), ["CheckNonZeroSender", "CheckMortality", "CheckNonce"]);
  });

  test(`v${version}: @polkadot/types resolves its aliases and encodes a nested call as we do`, () => {
    const { registry, metadata } = polkadotJs(version);
    assert.ok(registry.createType("AccountId") instanceof GenericAccountId);
    assert.ok(registry.createType("Address", encode(MultiAddressTy, { type: "Id", value: ACCOUNT })) instanceof GenericMultiAddress);
    assert.equal(registry.lookup.getTypeDef(metadata.asLatest.extrinsic.callType).type, "Call");
    assert.deepEqual(registry.signedExtensions, ["CheckNonZeroSender", "CheckMortality", "CheckNonce"]);
    const value = { calls: [{ type: "Boxes", value: { type: "put", value: { dest: { type: "Id", value: ACCOUNT }, value: 1n << 90n, hint: undefined } } }] };
    const ours = encode(runtime.outer.call, { type: "Boxes", value: { type: "wrap", value } });
    const theirs = registry.createType("Call", ours);
    assert.equal(theirs.toHex(), toHex(ours));
    assert.equal(`${theirs.section}.${theirs.method}`, "boxes.wrap");
    assert.equal(registry.findMetaError(Uint8Array.of(7, 9)).docs[0], "The box is torn.");
    assert.equal(metadata.asLatest.pallets[1]!.storage.unwrap().items[0]!.name.toString(), "Held");
  });

  test(`v${version}: @polkadot/types decodes an event record that we encoded`, () => {
    const { registry, metadata } = polkadotJs(version);
    const record = struct("", { phase: PhaseTy, event: runtime.outer.event, topics: vec(HashTy) });
    const event = { type: "Boxes", value: { type: "Put", value: { who: new Uint8Array(32).fill(9), amount: 5n } } };
    const raw = encode(vec(record), [{ phase: { type: "ApplyExtrinsic", value: 2 }, event, topics: [] }] as never);
    const items = metadata.asLatest.pallets[0]!.storage.unwrap().items;
    const theirs = registry.createType(registry.createLookupType(items[0]!.type.asPlain), raw) as Loose;
    assert.equal(`${theirs[0].event.section}.${theirs[0].event.method}`, "boxes.Put");
    assert.equal(theirs[0].event.data.amount.toBigInt(), 5n);
    assert.equal(theirs[0].event.data.who.toHex(), toHex(new Uint8Array(32).fill(9)));
    assert.equal(theirs.toHex(), toHex(raw));
  });
}

test("v15 and v16 show the runtime APIs, v16 also their versions, view functions and the hasher", () => {
  for (const version of [15, 16] as const) {
    const [api] = papi(version).apis;
    assert.deepEqual(api.methods.map(({ name }: Loose) => name), ["execute_block", "apply"]);
    assert.deepEqual(api.methods[1].inputs.map(({ name }: Loose) => name), ["extrinsic", "count"]);
  }
  const decoded = papi(16);
  assert.equal(decoded.apis[0].version, 5);
  assert.deepEqual(decoded.pallets[1].viewFns[0].inputs.map(({ name }: Loose) => name), ["who", "box"]);
  assert.deepEqual(decoded.pallets[0].associatedTypes.map(({ name, type }: Loose) => [name, decoded.lookup[type].path.at(-1)]), [["Hashing", "BlakeTwo256"]]);
  assert.deepEqual(decoded.outerEnums, { call: decoded.extrinsic.call, event: decoded.outerEnums.event, error: decoded.outerEnums.error });
  assert.deepEqual(decoded.lookup[decoded.outerEnums.error].def.value.map(({ name }: Loose) => name), ["System", "Boxes"]);
});

test("an API's id is what RuntimeVersion of Substrate chains shows for it", () => {
  // Source: sp_api's published ids.
  assert.equal(toHex(apiId("Core")), "0xdf6acb689907609b");
  assert.equal(toHex(apiId("Metadata")), "0x37e397fc7c91f5e4");
  assert.equal(toHex(apiId("TaggedTransactionQueue")), "0xd2bc9897eed08f15");
});

test("a view function's id is FRAME's", () => {
  const proxyType = { ...u32, typeName: "T::ProxyType" };
  const id = viewFunctionId("Proxy", "is_superset", { inputs: { to_check: proxyType, against: proxyType }, output: { ...u32, typeName: "bool" } });
  assert.equal(toHex(id), "0x1809d78346727a0ef58c0fa03bafa3231714b0607d62af0a3b3b0ad2c5d55c58");
});

test("the hash for offline wallets is PAPI's, whichever metadata they start from", () => {
  const token = { decimals: 12, symbol: "BOX" };
  const ours = toHex(metadataHash(runtime, token));
  for (const version of [15, 16] as const) {
    const theirs = merkleizeMetadata(encodeMetadata(runtime, apis, version), { decimals: 12, tokenSymbol: "BOX" });
    assert.equal(toHex(theirs.digest()), ours, `v${version}`);
  }
  assert.notEqual(toHex(metadataHash(runtime, { ...token, decimals: 10 })), ours);
});

test("types that look the same have one id, types that differ in path, parameters or fields have their own", () => {
  const registry = new TypeRegistry();
  const make = (path: string, field: AnyTy, param?: AnyTy) => struct(path, { field }, { params: { T: param } });
  const first = registry.id(make("a::A", u32));
  assert.equal(registry.id(make("a::A", u32)), first);
  assert.equal(registry.id(alias("Other", u32)), registry.id(u32));
  const others = [make("a::B", u32), make("a::A", u64), make("a::A", u32, u32), tuple(u32), make("a::A", alias("Balance", u32))].map((type) => registry.id(type));
  assert.equal(new Set([first, ...others]).size, 6);
  assert.deepEqual(registry.types().map(({ id }) => id), registry.types().map((_, i) => i));
});

test("a type that contains itself is described once, wherever it is entered", () => {
  const self: Ty<unknown> = lazy<unknown>("Tree", () => tree);
  const tree = variant("t::Tree", { Leaf: v(0), Node: v(1, [self, self]) }) as Ty<unknown>;
  for (const entry of [self, tree, vec(self)]) {
    const registry = new TypeRegistry();
    const id = registry.id(entry);
    const trees = registry.types().filter(({ path }) => path.length > 0);
    assert.equal(trees.length, 1);
    assert.equal(registry.id(tree), trees[0]!.id);
    assert.equal(registry.id(self), trees[0]!.id);
    if (entry === self || entry === tree) assert.equal(id, trees[0]!.id);
  }
});

test("v14, which cannot show runtime APIs, does not carry their types", () => {
  const paths = (version: MetadataVersion) => papi(version).lookup.map(({ path }: Loose) => path.at(-1));
  assert.ok(paths(15).includes("Block"));
  assert.ok(!paths(14).includes("Block"));
});
