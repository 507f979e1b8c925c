import { encode, tuple } from "../../primitives/codec/index.ts";
import type { AnyTy } from "../../primitives/codec/index.ts";
import type { RuntimeParams } from "../../params.ts";
import type { InstalledPallet } from "../runtime.ts";
import type { StorageItem } from "../storage.ts";
import { viewFunctionId } from "./api.ts";
import type { RuntimeApiDef, RuntimeApiMethod } from "./api.ts";
import type { ApiMetadata, PalletMetadata } from "./format.ts";
import type { TypeRegistry } from "./registry.ts";

const deprecation_info = { type: "NotDeprecated" } as const;

export function palletMetadata(registry: TypeRegistry, params: RuntimeParams, pallet: InstalledPallet): PalletMetadata {
  const enumRef = (type: AnyTy | undefined) => type && { ty: registry.id(type), deprecation_info: [] };
  return {
    name: pallet.name,
    storage: pallet.storage && { prefix: pallet.name, entries: pallet.storage.map(({ item }) => storageEntry(registry, item)) },
    calls: enumRef(pallet.callType),
    event: enumRef(pallet.events),
    constants: Object.entries(pallet.constants ?? {}).map(([name, { type, docs, value }]) => ({
      name,
      ty: registry.id(type),
      value: encode(type, value(params)),
      docs,
      deprecation_info,
    })),
    error: enumRef(pallet.errorType),
    associated_types: Object.entries(pallet.associatedTypes ?? {}).map(([name, type]) => ({ name, ty: registry.id(type), docs: [] })),
    view_functions: Object.entries(pallet.viewFunctions ?? {}).map(([name, def]) => ({
      id: viewFunctionId(pallet.name, name, def),
      ...method(registry, name, def),
    })),
    index: pallet.index,
    docs: pallet.docs?.split("\n") ?? [],
    deprecation_info,
  };
}

function storageEntry(registry: TypeRegistry, item: StorageItem): NonNullable<PalletMetadata["storage"]>["entries"][number] {
  const value = registry.id(item.valueType);
  const [first, ...others] = item.keyTypes;
  const key = others.length > 0 ? tuple(...item.keyTypes) : first;
  return {
    name: item.name,
    modifier: { type: item.modifier },
    ty:
      key === undefined
        ? { type: "Plain", value }
        : { type: "Map", value: { hashers: item.hashers.map(({ name }) => ({ type: name })), key: registry.id(key), value } },
    default: item.fallback,
    docs: item.docs,
    deprecation_info,
  };
}

function method(registry: TypeRegistry, name: string, { inputs, output, docs }: RuntimeApiMethod): ApiMetadata["methods"][number] {
  const described = Object.entries(inputs).map(([input, type]) => ({ name: input, ty: registry.id(type) }));
  return { name, inputs: described, output: registry.id(output), docs, deprecation_info };
}

export function apiMetadata(registry: TypeRegistry, { name, version, docs, methods }: RuntimeApiDef): ApiMetadata {
  return { name, methods: Object.entries(methods).map(([of, def]) => method(registry, of, def)), docs, version, deprecation_info };
}
