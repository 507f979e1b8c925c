// Compares our metadata with that of a Substrate release: where FRAME has the same thing, ours must be the same on the wire.
import assert from "node:assert/strict";
import { test } from "node:test";
import reference from "@polkadot/types-support/metadata/v16/substrate-hex";
import { fromHex } from "../runtime/primitives/bytes.ts";
import { bytes, decode, option } from "../runtime/primitives/codec/index.ts";
import { LOCAL_PARAMS } from "../runtime/params.ts";
import { createRuntime } from "../runtime/construct.ts";
import { MetadataTy } from "../runtime/frame/metadata/format.ts";
import type { MetadataV16 } from "../runtime/frame/metadata/format.ts";
import { Comparison, byText, named } from "./frame-comparison.ts";
import { FRAME_PALLETS, KNOWN_DIFFERENCES } from "./frame-differences.ts";

function v16(raw: Uint8Array): MetadataV16 {
  const { metadata } = decode(MetadataTy, raw);
  assert.equal(metadata.type, "V16");
  return metadata.value as MetadataV16;
}

const ours = v16(createRuntime(LOCAL_PARAMS).metadata(16));
const frame = v16(decode(option(bytes), fromHex(reference))!);

const comparison = new Comparison(ours, frame);

for (const name of FRAME_PALLETS) {
  test(`${name} is FRAME's, but for the known differences`, () => {
    const [our, their] = [named(ours.pallets, name), named(frame.pallets, name)];
    assert.ok(our, `${name} is not in our runtime`);
    assert.ok(their, `${name} is not in the reference`);
    assert.deepEqual([...comparison.pallets(our, their)], KNOWN_DIFFERENCES[name]);
  });
}

test("every pallet of ours that FRAME also has is compared", () => {
  const common = ours.pallets.map(({ name }) => name).filter((name) => named(frame.pallets, name) !== undefined);
  assert.deepEqual(common.toSorted(byText), [...FRAME_PALLETS].toSorted(byText));
});

test("the parts of an extrinsic are FRAME's", () => {
  assert.deepEqual(ours.extrinsic.versions, frame.extrinsic.versions);
  assert.deepEqual(ours.extrinsic.extensions_by_version.map(([version]) => version), frame.extrinsic.extensions_by_version.map(([version]) => version));
  assert.equal(comparison.types(ours.extrinsic.address_ty, frame.extrinsic.address_ty), undefined);
  assert.equal(comparison.types(ours.extrinsic.signature_ty, frame.extrinsic.signature_ty), undefined);
  for (const { identifier, ty, implicit } of ours.extrinsic.extensions) {
    const match = frame.extrinsic.extensions.find((extension) => extension.identifier === identifier);
    const difference = match ? (comparison.types(ty, match.ty) ?? comparison.types(implicit, match.implicit)) : "FRAME's release has no such extension";
    assert.equal(difference, KNOWN_DIFFERENCES[identifier]?.[0], identifier);
  }
});

test("the runtime APIs are FRAME's", () => {
  const found = ours.apis.flatMap((api) => {
    const their = named(frame.apis, api.name);
    return their ? [...comparison.apis(api, their)].map((difference) => `${api.name}: ${difference}`) : [`+ ${api.name}`];
  });
  assert.deepEqual(found, KNOWN_DIFFERENCES["apis"]);
});

/** A copy of FRAME's own metadata in which one thing is changed. */
const changes: readonly (readonly [what: string, pallet: string, expected: RegExp, change: (copy: Draft) => void])[] = [
  ["a call's index", "Balances", /^! calls transfer_keep_alive: index is 9, FRAME has 3/, (copy) => (variant(copy, "pallet_balances::pallet::Call", "transfer_keep_alive").index = 9)],
  ["a call's argument", "Balances", /^! calls burn: fields of it is \["amount","keep_alive"\]/, (copy) => (variant(copy, "pallet_balances::pallet::Call", "burn").fields[0]!.name = "amount")],
  ["a removed error", "Sudo", /^- error RequireSudo$/, (copy) => typeOf(copy, "pallet_sudo::pallet::Error").def.value.pop()],
  ["a storage modifier", "System", /^! storage Number: kind is \["Optional"/, (copy) => (storage(copy, "System", "Number").modifier = { type: "Optional" })],
  ["a default", "System", /^! storage Number: default is "0x01"/, (copy) => (storage(copy, "System", "Number").default = Uint8Array.of(1))],
  ["a field deep in a stored type", "System", /^! storage Account: .*fields of pallet_balances::types::AccountData/, (copy) => (typeOf(copy, "pallet_balances::types::AccountData").def.value[2]!.name = "misc_frozen")],
  ["a path deep in an event", "System", /^! event ExtrinsicFailed: .*path is "sp_runtime::Token"/, (copy) => (typeOf(copy, "sp_runtime::TokenError").path[1] = "Token")],
];

for (const [what, name, expected, change] of changes) {
  test(`the comparison notices ${what}`, () => {
    assert.deepEqual([...new Comparison(frame, frame).pallets(named(frame.pallets, name)!, named(frame.pallets, name)!)], []);
    const copy = structuredClone(frame);
    change(copy as unknown as Draft);
    const found = [...new Comparison(copy, frame).pallets(named(copy.pallets, name)!, named(frame.pallets, name)!)];
    assert.ok(found.some((line) => expected.test(line)), found.join("; "));
  });
}

interface DraftField {
  name: string;
}
interface DraftVariant extends DraftField {
  index: number;
  fields: DraftField[];
}
interface DraftStorage extends DraftField {
  modifier: { type: string };
  default: Uint8Array;
}
interface Draft {
  types: { path: string[]; def: { value: DraftVariant[] } }[];
  pallets: { name: string; storage: { entries: DraftStorage[] } }[];
}

function typeOf(draft: Draft, path: string): Draft["types"][number] {
  return draft.types.find((type) => type.path.join("::") === path)!;
}

function variant(draft: Draft, path: string, name: string): DraftVariant {
  return named(typeOf(draft, path).def.value, name)!;
}

function storage(draft: Draft, pallet: string, name: string): DraftStorage {
  return named(named(draft.pallets, pallet)!.storage.entries, name)!;
}
