// Calls as users write them: `balances.transfer_keep_alive '{"dest":"5F...","value":"1000"}'`.
import type { RuntimeApis } from "../runtime/frame/apis.ts";
import type { InstalledPallet, Runtime } from "../runtime/frame/runtime.ts";
import type { RuntimeCall } from "../runtime/frame/pallet.ts";
import { fromJson, toJson } from "../runtime/primitives/codec/json.ts";
import type { Json } from "../runtime/primitives/codec/json.ts";
import { nearest } from "../runtime/primitives/spelling.ts";
import { usage } from "./errors.ts";

const fold = (name: string): string => name.replaceAll("_", "").toLowerCase();

/** Finds a name whatever its case and underscores. */
export function findName(what: string, name: string, known: readonly string[]): string {
  const found = known.find((candidate) => candidate === name) ?? known.find((candidate) => fold(candidate) === fold(name));
  if (found !== undefined) return found;
  const near = nearest(name, known);
  throw usage(`unknown ${what} "${name}"${near === undefined ? "" : `; did you mean "${near}"?`}`, near === undefined ? `there are: ${known.join(", ")}` : undefined);
}

export function findPallet(runtime: Runtime, name: string): InstalledPallet {
  return runtime.pallet(findName("pallet", name, runtime.pallets.map((pallet) => pallet.name)));
}

/** `pallet.name` taken apart. */
export function splitPath(path: string, what: string): readonly [pallet: string, name: string] {
  const [pallet, name, ...more] = path.split(".");
  if (!pallet || !name || more.length > 0) throw usage(`"${path}" is not a ${what}`, `write PALLET.NAME, as in ${what === "call" ? "balances.transfer_keep_alive" : "system.account"}`);
  return [pallet, name];
}

/** @throws CliError, JsonError */
export function readCall({ runtime }: RuntimeApis, path: string, args: unknown): RuntimeCall {
  const [palletName, callName] = splitPath(path, "call");
  const pallet = findPallet(runtime, palletName);
  const calls = pallet.calls ?? {};
  if (Object.keys(calls).length === 0) throw usage(`pallet ${pallet.name} has no calls`);
  const name = findName(`call of ${pallet.name}`, callName, Object.keys(calls));
  return { type: pallet.name, value: { type: name, value: fromJson(calls[name]!.args, args, "args") as Record<string, unknown> } };
}

export function callJson({ runtime }: RuntimeApis, call: RuntimeCall): Json {
  const json = toJson(runtime.outer.call, call, { ss58Prefix: runtime.params.ss58_prefix }) as { type: string; value: { type: string; value?: Json } };
  return { pallet: json.type, call: json.value.type, args: json.value.value ?? {} };
}

/** JSON text from the command line. */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw usage(`${what} is not JSON: ${(error as Error).message}`, `quote it for the shell: '{"value":"1"}'`);
  }
}
