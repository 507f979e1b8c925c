import { CodedError } from "../runtime/primitives/errors.ts";

export class ChainSpecError extends CodedError<
  /** The file cannot be read. */
  | { readonly code: "SPEC_UNREADABLE"; readonly path: string }
  /** Not JSON. */
  | { readonly code: "SPEC_NOT_JSON"; readonly path: string }
  /** A field is missing, unknown, or has a value that its type does not take. `path` says which: `genesis.raw.top`. */
  | { readonly code: "SPEC_INVALID"; readonly path: string }
  /** Neither a preset nor a file. */
  | { readonly code: "SPEC_UNKNOWN_CHAIN"; readonly path: string }
  /** The genesis of this spec has to be computed by a runtime that is not ours: convert it to raw where it comes from. */
  | { readonly code: "SPEC_NOT_RAW"; readonly path: string }
  /** Only a state root: enough for the genesis hash, not for starting a chain. */
  | { readonly code: "SPEC_STATE_MISSING"; readonly path: string }
  /** Our chains have no child tries. */
  | { readonly code: "SPEC_CHILD_TRIES"; readonly path: string }
  /** The state's `:code` is not a runtime of this program. */
  | { readonly code: "SPEC_FOREIGN_RUNTIME"; readonly path: string }
  /** A Live chain with a sudo key: whoever holds it owns the chain. Take it out, and set sudo_allowed to false. */
  | { readonly code: "SPEC_LIVE_SUDO"; readonly path: string }
> {}

export function invalid(path: string, message: string): ChainSpecError {
  return new ChainSpecError({ code: "SPEC_INVALID", path }, `chain spec: ${path}: ${message}`);
}
