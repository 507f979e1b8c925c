// The flags of `node run`, as commander knows them and as settings take them.
import { Option } from "commander";
import type { Command } from "commander";
import { CliError } from "../errors.ts";
import { FLAGS, MEANINGLESS, REFUSED, SETTING_NAMES, envName } from "../node-flags.ts";
import { readConfigFile, resolveSettings } from "../settings.ts";
import type { Settings } from "../settings.ts";
import type { CommandContext } from "../command.ts";
import { nearest } from "../../runtime/primitives/spelling.ts";

/** `base` leaves out flags that the command implies. */
export function addNodeFlags(command: Command, omit: readonly string[] = []): Command {
  for (const { name, short, value, help, default: fallback } of FLAGS) {
    if (omit.includes(name)) continue;
    const placeholder = value === undefined ? "" : value.endsWith("...") ? ` <${value.slice(0, -3)}...>` : ` <${value}>`;
    const shown = fallback === undefined ? "" : ` (default ${String(fallback)})`;
    command.addOption(new Option(`${short === undefined ? "" : `-${short}, `}--${name}${placeholder}`, help + shown));
  }
  command.addOption(new Option("--config <FILE>", "settings from a JSON or YAML file; flags and MESI_* variables count more"));
  for (const [name, takesValue] of Object.entries(MEANINGLESS)) command.addOption(new Option(`--${name}${takesValue ? " [value]" : ""}`).hideHelp());
  for (const [name, { takesValue }] of Object.entries(REFUSED)) command.addOption(new Option(`--${name}${takesValue ? " [value]" : ""}`).hideHelp());
  return command;
}

/** Only what stood on the command line, by flag name. */
function flagsGiven(command: Command): Record<string, unknown> {
  const given: Record<string, unknown> = {};
  for (const option of command.options) {
    const attribute = option.attributeName();
    if (command.getOptionValueSource(attribute) !== "cli") continue;
    given[option.long!.slice(2)] = option.negate ? true : command.getOptionValue(attribute);
  }
  return given;
}

/** @throws CliError */
export async function settingsOf(ctx: CommandContext, command: Command, implied: Readonly<Record<string, unknown>> = {}): Promise<Settings> {
  const flags = { ...implied, ...flagsGiven(command) };
  for (const [name, { why }] of Object.entries(REFUSED)) {
    if (flags[name] !== undefined) throw new CliError("UNSAFE_FLAG", `--${name} is not a flag of this node: ${why}`);
  }
  const meaningless = Object.keys(MEANINGLESS).filter((name) => flags[name] !== undefined);
  if (meaningless.length > 0) ctx.out.warn(`without meaning here: ${meaningless.map((name) => `--${name}`).join(", ")}`);
  const path = (flags["config"] as string | undefined) ?? ctx.io.env["MESI_CONFIG"];
  warnUnknownEnv(ctx);
  return resolveSettings({ flags, env: ctx.io.env, file: path === undefined ? undefined : await readConfigFile(path) });
}

const OTHER_ENV = ["MESI_CONFIG", "MESI_URL", "MESI_TIMEOUT", "MESI_SURI"];

function warnUnknownEnv({ io, out }: CommandContext): void {
  const known = [...SETTING_NAMES.map(envName), ...OTHER_ENV];
  for (const name of Object.keys(io.env).filter((key) => key.startsWith("MESI_") && !known.includes(key))) {
    const near = nearest(name, known);
    out.warn(`${name} is not a setting${near === undefined ? "" : `; did you mean ${near}?`}`);
  }
}
