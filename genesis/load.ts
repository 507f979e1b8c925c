import { readFileSync } from "node:fs";
import { parseChainSpec } from "./chain-spec.ts";
import type { ChainSpec } from "./chain-spec.ts";
import { ChainSpecError } from "./errors.ts";
import { PRESETS, presetSpec } from "./presets.ts";
import type { Preset } from "./presets.ts";
import { nearest } from "../runtime/primitives/spelling.ts";

/** The spec that `--chain` names: a preset, or a file. @throws ChainSpecError */
export function loadChainSpec(chain: string, options: { readonly foreign?: boolean } = {}): ChainSpec {
  if ((PRESETS as readonly string[]).includes(chain)) return presetSpec(chain as Preset);
  return parseChainSpec(readJson(chain), options);
}

function readJson(path: string): unknown {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    throw unreadable(path, error as NodeJS.ErrnoException);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ChainSpecError({ code: "SPEC_NOT_JSON", path }, `chain spec ${path} is not JSON: ${(error as Error).message}`, { cause: error });
  }
}

function unreadable(path: string, error: NodeJS.ErrnoException): ChainSpecError {
  const looksLikeName = error.code === "ENOENT" && /^[\w-]+$/.test(path);
  if (!looksLikeName) return new ChainSpecError({ code: "SPEC_UNREADABLE", path }, `chain spec ${path} cannot be read: ${error.code === "ENOENT" ? "there is no such file" : error.message}`, { cause: error });
  const near = nearest(path, PRESETS);
  const hint = near === undefined ? `expected ${PRESETS.join(", ")} or a file` : `did you mean "${near}"?`;
  return new ChainSpecError({ code: "SPEC_UNKNOWN_CHAIN", path }, `unknown chain "${path}": ${hint}`, { cause: error });
}
