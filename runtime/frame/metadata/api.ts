import { blake2b64, twox128 } from "#hash";
import { concatBytes, utf8 } from "../../primitives/bytes.ts";
import type { AnyTy, Fields } from "../../primitives/codec/index.ts";
import type { ViewFunctionDef } from "../pallet.ts";

/** A function that clients call by `<Api>_<method>` with its encoded inputs. */
export interface RuntimeApiMethod {
  readonly inputs: Fields;
  readonly output: AnyTy;
  readonly docs: readonly string[];
}

/** A runtime API as metadata and `RuntimeVersion.apis` show it. */
export interface RuntimeApiDef {
  readonly name: string;
  readonly version: number;
  readonly docs: readonly string[];
  readonly methods: Readonly<Record<string, RuntimeApiMethod>>;
}

/** 8 bytes by which `RuntimeVersion.apis` names an API. */
export function apiId(name: string): Uint8Array {
  return blake2b64(utf8(name));
}

/** 32 bytes by which a view function is called. FRAME hashes the pallet's name and the function's signature. */
export function viewFunctionId(pallet: string, name: string, { inputs, output }: Pick<ViewFunctionDef, "inputs" | "output">): Uint8Array {
  const types = Object.values(inputs).map((type) => type.typeName);
  return concatBytes(twox128(utf8(pallet)), twox128(utf8(`${name}(${types.join(",")}) -> ${output.typeName}`)));
}
