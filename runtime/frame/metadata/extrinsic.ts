import { bytes, newtype, struct, tuple, vec } from "../../primitives/codec/index.ts";
import type { Ty } from "../../primitives/codec/index.ts";
import { HeaderTy, MultiAddressTy, MultiSignatureTy } from "../../primitives/types.ts";
import type { Header } from "../../primitives/types.ts";
import { EXTENSION_VERSION } from "../extrinsic.ts";
import type { Runtime } from "../runtime.ts";
import type { FullMetadata } from "./format.ts";
import type { TypeRegistry } from "./registry.ts";

/** The first is the one that @polkadot/api signs, the last the one in which PAPI makes unsigned transactions. */
export const EXTRINSIC_VERSIONS = [4, 5] as const;

function extraTy(runtime: Runtime) {
  return tuple(...runtime.extensions.map(({ extra }) => extra));
}

/** An extrinsic where clients see its parts only as type parameters: bytes with their length before them. */
export function uncheckedExtrinsicTy(runtime: Runtime): Ty<Uint8Array> {
  return newtype("sp_runtime::generic::unchecked_extrinsic::UncheckedExtrinsic", bytes, {
    params: { Address: MultiAddressTy, Call: runtime.outer.call, Signature: MultiSignatureTy, Extra: extraTy(runtime) },
  });
}

/** A block as runtime APIs take it. */
export function blockTy(runtime: Runtime): Ty<{ readonly header: Header; readonly extrinsics: readonly Uint8Array[] }> {
  const extrinsic = uncheckedExtrinsicTy(runtime);
  return struct("sp_runtime::generic::block::Block", { header: HeaderTy, extrinsics: vec(extrinsic) }, { params: { Header: HeaderTy, Extrinsic: extrinsic } });
}

export function extrinsicMetadata(registry: TypeRegistry, runtime: Runtime): FullMetadata["extrinsic"] {
  return {
    ty: registry.id(uncheckedExtrinsicTy(runtime)),
    version: EXTRINSIC_VERSIONS[0],
    versions: EXTRINSIC_VERSIONS,
    address_ty: registry.id(MultiAddressTy),
    call_ty: registry.id(runtime.outer.call),
    signature_ty: registry.id(MultiSignatureTy),
    extra_ty: registry.id(extraTy(runtime)),
    extensions_by_version: [[EXTENSION_VERSION, runtime.extensions.map((_, i) => i)]],
    extensions: runtime.extensions.map(({ identifier, extra, implicit }) => ({ identifier, ty: registry.id(extra), implicit: registry.id(implicit) })),
  };
}
