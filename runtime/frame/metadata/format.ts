// The metadata format, versions 14, 15 and 16, as SCALE types: one declaration both encodes ours and decodes others'.
// Source: scale-info's PortableRegistry and frame-metadata 23 (src/v14.rs, v15.rs, v16.rs).
import { bytes, compact, fixedBytes, option, str, struct, tuple, u32, u8, v, variant, vec } from "../../primitives/codec/index.ts";
import type { Fields, TypeOf } from "../../primitives/codec/index.ts";

/** Index of a type in the registry. */
const TypeId = compact(u32);
const Docs = vec(str);

export const FieldTy = struct("", { name: option(str), type: TypeId, type_name: option(str), docs: Docs });
export const TypeDefTy = variant("", {
  Composite: v(0, vec(FieldTy)),
  Variant: v(1, vec(struct("", { name: str, fields: vec(FieldTy), index: u8, docs: Docs }))),
  Sequence: v(2, TypeId),
  Array: v(3, { len: u32, type: TypeId }),
  Tuple: v(4, vec(TypeId)),
  Primitive: v(5, variant("", {
    bool: v(0), char: v(1), str: v(2), u8: v(3), u16: v(4), u32: v(5), u64: v(6), u128: v(7), u256: v(8),
    i8: v(9), i16: v(10), i32: v(11), i64: v(12), i128: v(13), i256: v(14),
  })),
  Compact: v(6, TypeId),
  BitSequence: v(7, { bit_store_type: TypeId, bit_order_type: TypeId }),
});
const description = { path: vec(str), params: vec(struct("", { name: str, type: option(TypeId) })), def: TypeDefTy, docs: Docs };
export const PortableTypeTy = struct("", { id: TypeId, ...description });
export type PortableType = TypeOf<typeof PortableTypeTy>;
export type TypeDescription = Omit<PortableType, "id">;
export type PortableField = TypeOf<typeof FieldTy>;

const deprecated = { DeprecatedWithoutNote: v(1), Deprecated: v(2, { note: str, since: option(str) }) };
const ItemDeprecation = variant("", { NotDeprecated: v(0), ...deprecated });
const VariantDeprecations = vec(tuple(u8, variant("", deprecated)));

const StorageEntryType = variant("", {
  Plain: v(0, TypeId),
  Map: v(1, {
    hashers: vec(variant("", {
      Blake2_128: v(0), Blake2_256: v(1), Blake2_128Concat: v(2), Twox128: v(3), Twox256: v(4), Twox64Concat: v(5), Identity: v(6),
    })),
    key: TypeId,
    value: TypeId,
  }),
});
const storageEntry = {
  name: str,
  modifier: variant("", { Optional: v(0), Default: v(1), Required: v(2) }),
  ty: StorageEntryType,
  default: bytes,
  docs: Docs,
};
const constant = { name: str, ty: TypeId, value: bytes, docs: Docs };
const method = { name: str, inputs: vec(struct("", { name: str, ty: TypeId })), output: TypeId, docs: Docs };

function storageOf<const F extends Fields>(entry: F) {
  return option(struct("", { prefix: str, entries: vec(struct("", entry)) }));
}

const EnumRef = option(struct("", { ty: TypeId }));
const palletV14 = {
  name: str,
  storage: storageOf(storageEntry),
  calls: EnumRef,
  event: EnumRef,
  constants: vec(struct("", constant)),
  error: EnumRef,
  index: u8,
};

const DeprecatableEnumRef = option(struct("", { ty: TypeId, deprecation_info: VariantDeprecations }));
const palletV16 = {
  name: str,
  storage: storageOf({ ...storageEntry, deprecation_info: ItemDeprecation }),
  calls: DeprecatableEnumRef,
  event: DeprecatableEnumRef,
  constants: vec(struct("", { ...constant, deprecation_info: ItemDeprecation })),
  error: DeprecatableEnumRef,
  associated_types: vec(struct("", { name: str, ty: TypeId, docs: Docs })),
  view_functions: vec(struct("", { id: fixedBytes(32), ...method, deprecation_info: ItemDeprecation })),
  index: u8,
  docs: Docs,
  deprecation_info: ItemDeprecation,
};
export type PalletMetadata = { readonly [K in keyof typeof palletV16]: TypeOf<(typeof palletV16)[K]> };

const Extension = struct("", { identifier: str, ty: TypeId, implicit: TypeId });
const extrinsicV14 = { ty: TypeId, version: u8, extensions: vec(Extension) };
const extrinsicV15 = { version: u8, address_ty: TypeId, call_ty: TypeId, signature_ty: TypeId, extra_ty: TypeId, extensions: vec(Extension) };
const extrinsicV16 = {
  versions: vec(u8),
  address_ty: TypeId,
  call_ty: TypeId,
  signature_ty: TypeId,
  extensions_by_version: vec(tuple(u8, vec(TypeId))),
  extensions: vec(Extension),
};

const OuterEnums = struct("", { call_ty: TypeId, event_ty: TypeId, error_ty: TypeId });
const Custom = vec(tuple(str, struct("", { ty: TypeId, value: bytes })));
const types = vec(PortableTypeTy);

export const MetadataV14Ty = struct("", { types, pallets: vec(struct("", palletV14)), extrinsic: struct("", extrinsicV14), ty: TypeId });
export const MetadataV15Ty = struct("", {
  types,
  pallets: vec(struct("", { ...palletV14, docs: Docs })),
  extrinsic: struct("", extrinsicV15),
  ty: TypeId,
  apis: vec(struct("", { name: str, methods: vec(struct("", method)), docs: Docs })),
  outer_enums: OuterEnums,
  custom: Custom,
});
const ApiV16 = struct("", {
  name: str,
  methods: vec(struct("", { ...method, deprecation_info: ItemDeprecation })),
  docs: Docs,
  version: compact(u32),
  deprecation_info: ItemDeprecation,
});
export type ApiMetadata = TypeOf<typeof ApiV16>;
export const MetadataV16Ty = struct("", {
  types,
  pallets: vec(struct("", palletV16)),
  extrinsic: struct("", extrinsicV16),
  apis: vec(ApiV16),
  outer_enums: OuterEnums,
  custom: Custom,
});

/** "meta", little-endian. */
export const METADATA_MAGIC = 0x6174_656d;
/** What `Metadata_metadata_at_version` gives, without its length: magic, version, and the metadata of that version. */
export const MetadataTy = struct("", { magic: u32, metadata: variant("", { V14: v(14, MetadataV14Ty), V15: v(15, MetadataV15Ty), V16: v(16, MetadataV16Ty) }) });
export type Metadata = TypeOf<typeof MetadataTy>;
export type MetadataV16 = TypeOf<typeof MetadataV16Ty>;
/** All that any version shows; each version's type encodes the fields it knows. */
export type FullMetadata = TypeOf<typeof MetadataV14Ty> & TypeOf<typeof MetadataV15Ty> & MetadataV16;
