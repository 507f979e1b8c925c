import { equalBytes, toHex, toLatin1 } from "../../runtime/primitives/bytes.ts";
import { blake2b256 } from "#hash";
import { CodedError } from "../../runtime/primitives/errors.ts";
import { runtimeForCode } from "../../runtime/construct.ts";
import type { RuntimeApis } from "../../runtime/frame/apis.ts";

export class RuntimeError extends CodedError<
  /** The state asks for a version that this program does not have: install the release that the upgrade names. */
  { code: "RUNTIME_UNKNOWN"; codeHash: string }
> {}

/** Runtimes by the bytes under `:code`; made once each. */
export class Runtimes {
  readonly #made = new Map<string, RuntimeApis>();
  #last: { readonly code: Uint8Array; readonly apis: RuntimeApis } | undefined;

  /** Throws RuntimeError. */
  forCode(code: Uint8Array): RuntimeApis {
    if (this.#last !== undefined && equalBytes(this.#last.code, code)) return this.#last.apis;
    const id = toLatin1(code);
    let apis = this.#made.get(id);
    if (apis === undefined) {
      apis = this.#create(code);
      this.#made.set(id, apis);
    }
    this.#last = { code, apis };
    return apis;
  }

  #create(code: Uint8Array): RuntimeApis {
    const hash = toHex(blake2b256(code));
    let apis: RuntimeApis | undefined;
    try {
      apis = runtimeForCode(code);
    } catch (error) {
      throw new RuntimeError({ code: "RUNTIME_UNKNOWN", codeHash: hash }, `the code ${hash} in the state is not one of this program's runtimes`, { cause: error });
    }
    if (apis === undefined) throw new RuntimeError({ code: "RUNTIME_UNKNOWN", codeHash: hash }, `the state asks for a newer runtime (code ${hash}) than this program has: upgrade it`);
    return apis;
  }
}
