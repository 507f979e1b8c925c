// The hash of the metadata that an offline wallet signs, so that it can show what it signs without trusting who told it.
// Source: Polkadot fellowship RFC 78 (merkleized metadata). Only what a transaction can reach is part of it.
import { blake3 } from "@noble/hashes/blake3.js";
import { concatBytes } from "../../primitives/bytes.ts";
import { InvariantError } from "../../primitives/errors.ts";
import { compact, encode, fixedBytes, option, str, struct, u16, u32, u8, v, variant, vec } from "../../primitives/codec/index.ts";
import type { TypeOf } from "../../primitives/codec/index.ts";
import type { FullMetadata, PortableField, PortableType } from "./format.ts";

const TypeRefTy = variant("", {
  bool: v(0), char: v(1), str: v(2), u8: v(3), u16: v(4), u32: v(5), u64: v(6), u128: v(7), u256: v(8),
  i8: v(9), i16: v(10), i32: v(11), i64: v(12), i128: v(13), i256: v(14),
  compact_u8: v(15), compact_u16: v(16), compact_u32: v(17), compact_u64: v(18), compact_u128: v(19), compact_u256: v(20),
  void: v(21), per_id: v(22, compact(u32)),
});
type TypeRef = TypeOf<typeof TypeRefTy>;
const FieldTy = struct("", { name: option(str), ty: TypeRefTy, type_name: option(str) });
const LeafDefTy = variant("", {
  Composite: v(0, vec(FieldTy)),
  Enumeration: v(1, { name: str, fields: vec(FieldTy), index: compact(u32) }),
  Sequence: v(2, TypeRefTy),
  Array: v(3, { len: u32, ty: TypeRefTy }),
  Tuple: v(4, vec(TypeRefTy)),
});
type LeafDef = TypeOf<typeof LeafDefTy>;
const LeafTy = struct("", { path: vec(str), def: LeafDefTy, id: compact(u32) });
const ExtrinsicTy = struct("", {
  version: u8,
  address_ty: TypeRefTy,
  call_ty: TypeRefTy,
  signature_ty: TypeRefTy,
  extensions: vec(struct("", { identifier: str, included_in_extrinsic: TypeRefTy, included_in_signed_data: TypeRefTy })),
});
const hash = fixedBytes(32);
const DigestTy = variant("", {
  V1: v(1, { type_tree_root: hash, extrinsic_hash: hash, spec_version: u32, spec_name: str, base58_prefix: u16, decimals: u8, token_symbol: str }),
});

/** What the wallet shows besides the types: how to write amounts and addresses, and which runtime this is. */
export interface ChainInfo {
  readonly spec_version: number;
  readonly spec_name: string;
  readonly base58_prefix: number;
  readonly decimals: number;
  readonly token_symbol: string;
}

/** 32 bytes. */
export function digestOf({ types, extrinsic }: Pick<FullMetadata, "types" | "extrinsic">, info: ChainInfo): Uint8Array {
  const reachable = new ReachableTypes(types);
  const { call_ty, address_ty, signature_ty } = extrinsic;
  for (const id of [call_ty, address_ty, signature_ty]) reachable.add(id);
  for (const { ty, implicit } of extrinsic.extensions) {
    reachable.add(ty);
    reachable.add(implicit);
  }
  const leaves = reachable.leaves();
  const ref = (id: number): TypeRef => reachable.ref(id);
  const extrinsicHash = blake3(
    encode(ExtrinsicTy, {
      version: extrinsic.version,
      address_ty: ref(address_ty),
      call_ty: ref(call_ty),
      signature_ty: ref(signature_ty),
      extensions: extrinsic.extensions.map(({ identifier, ty, implicit }) => ({ identifier, included_in_extrinsic: ref(ty), included_in_signed_data: ref(implicit) })),
    }),
  );
  return blake3(encode(DigestTy, { type: "V1", value: { type_tree_root: treeRoot(leaves), extrinsic_hash: extrinsicHash, ...info } }));
}

/** The root of the binary tree over the leaves that is filled from the left, like a heap. */
function treeRoot(leaves: readonly Uint8Array[]): Uint8Array {
  if (leaves.length === 0) return new Uint8Array(32);
  const inner = Array.from<unknown, Uint8Array>({ length: leaves.length - 1 }, () => new Uint8Array(0));
  const nodes = [...inner, ...leaves.map((leaf) => blake3(leaf))];
  for (let i = leaves.length - 2; i >= 0; i--) nodes[i] = blake3(concatBytes(nodes[2 * i + 1]!, nodes[2 * i + 2]!));
  return nodes[0]!;
}

class ReachableTypes {
  readonly #types: readonly PortableType[];
  readonly #reached = new Set<number>();
  #positions = new Map<number, number>();

  constructor(types: readonly PortableType[]) {
    this.#types = types;
  }

  /** Takes the type and all it refers to; primitives, compacts and empty types are written in place. */
  add(id: number): void {
    const { def } = this.#types[id]!;
    if (this.#reached.has(id) || isInline(def)) return;
    this.#reached.add(id);
    for (const child of children(def)) this.add(child);
  }

  /** One leaf per type, or per variant of an enum, ordered by the types' ids. Call it after the last `add`. */
  leaves(): Uint8Array[] {
    const ids = [...this.#reached].sort((a, b) => a - b);
    this.#positions = new Map(ids.map((id, position) => [id, position]));
    return ids.flatMap((id, position) => {
      const { path, def } = this.#types[id]!;
      return this.#definitions(def).map((leaf) => encode(LeafTy, { path, def: leaf, id: position }));
    });
  }

  ref(id: number): TypeRef {
    const { def } = this.#types[id]!;
    if (def.type === "Primitive") return { type: def.value.type };
    if (def.type === "Compact") return this.#compact(def.value);
    const position = this.#positions.get(id);
    return position === undefined ? { type: "void" } : { type: "per_id", value: position };
  }

  #compact(id: number): TypeRef {
    const { def } = this.#types[id]!;
    if (def.type === "Primitive") return { type: `compact_${def.value.type}` as "compact_u32" };
    if (def.type === "Composite" && def.value.length === 1) return this.#compact(def.value[0]!.type);
    throw new InvariantError("BAD_COMPACT", `type ${id} is not an integer`);
  }

  #definitions(def: PortableType["def"]): LeafDef[] {
    switch (def.type) {
      case "Composite":
        return [{ type: "Composite", value: this.#fields(def.value) }];
      case "Variant": {
        const sorted = [...def.value].sort((a, b) => a.index - b.index);
        return sorted.map(({ name, fields, index }) => ({ type: "Enumeration", value: { name, fields: this.#fields(fields), index } }));
      }
      case "Sequence":
        return [{ type: "Sequence", value: this.ref(def.value) }];
      case "Array":
        return [{ type: "Array", value: { len: def.value.len, ty: this.ref(def.value.type) } }];
      case "Tuple":
        return [{ type: "Tuple", value: def.value.map((item) => this.ref(item)) }];
      default:
        throw new InvariantError("BAD_LEAF", `${def.type} is no leaf`);
    }
  }

  #fields(fields: readonly PortableField[]): TypeOf<typeof FieldTy>[] {
    return fields.map(({ name, type, type_name }) => ({ name, ty: this.ref(type), type_name }));
  }
}

function isInline(def: PortableType["def"]): boolean {
  if (def.type === "Primitive" || def.type === "Compact") return true;
  return (def.type === "Composite" || def.type === "Variant" || def.type === "Tuple") && def.value.length === 0;
}

function children(def: PortableType["def"]): readonly number[] {
  switch (def.type) {
    case "Composite":
      return def.value.map(({ type }) => type);
    case "Variant":
      return def.value.flatMap(({ fields }) => fields.map(({ type }) => type));
    case "Tuple":
      return def.value;
    case "Array":
      return [def.value.type];
    case "Sequence":
      return [def.value];
    default:
      return [];
  }
}
