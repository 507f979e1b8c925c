import { Option } from "commander";
import type { Command } from "commander";
import { usage } from "./errors.ts";
import type { Format, Globals, Io } from "./output.ts";

export const DEFAULT_URL = "ws://127.0.0.1:9944";
const DEFAULT_TIMEOUT_S = "60";

/** Every spelling, with whether a value follows. */
export const GLOBAL_FLAGS: ReadonlyMap<string, boolean> = new Map([
  ["--json", false],
  ["-o", true],
  ["--output", true],
  ["-q", false],
  ["--quiet", false],
  ["--no-color", false],
  ["-y", false],
  ["--yes", false],
  ["--url", true],
  ["--timeout", true],
]);

export function addGlobals(program: Command): void {
  program
    .addOption(new Option("--json", "print one JSON document; streams print one per line"))
    .addOption(new Option("-o, --output <format>", "how to print the answer: table, json or env"))
    .addOption(new Option("-q, --quiet", "print nothing but the answer and errors"))
    .addOption(new Option("--no-color", "no colours; NO_COLOR does the same"))
    .addOption(new Option("-y, --yes", "do not ask before destroying something"))
    .addOption(new Option("--url <url>", `the node to talk to: ws:// or http:// (default ${DEFAULT_URL}; also MESI_URL)`))
    .addOption(new Option("--timeout <seconds>", `give up waiting after this long (default ${DEFAULT_TIMEOUT_S})`));
}

/** Reads the global options. @throws CliError */
export function readGlobals(options: Readonly<Record<string, unknown>>, io: Io): Globals {
  return {
    format: formatOf(options),
    quiet: options["quiet"] === true,
    color: options["color"] !== false && !io.env["NO_COLOR"] && io.stderrIsTty,
    yes: options["yes"] === true,
    url: (options["url"] as string | undefined) ?? io.env["MESI_URL"] ?? DEFAULT_URL,
    timeoutMs: timeoutOf((options["timeout"] as string | undefined) ?? io.env["MESI_TIMEOUT"] ?? DEFAULT_TIMEOUT_S),
    debug: isDebug(options["log"]),
  };
}

function formatOf(options: Readonly<Record<string, unknown>>): Format {
  if (options["json"] === true) return "json";
  switch (options["output"]) {
    case undefined:
    case "table":
    case "text":
      return "text";
    case "json":
    case "env":
      return options["output"];
    default:
      throw usage(`--output "${String(options["output"])}" is not a format`, "use table, json or env");
  }
}

function timeoutOf(text: string): number {
  const seconds = Number(text);
  // A timer holds 2^31 - 1 ms.
  if (!(seconds > 0 && seconds <= 2_000_000)) throw usage(`--timeout "${text}" is not a number of seconds between 0 and 2000000`);
  return Math.ceil(seconds * 1000);
}

function isDebug(log: unknown): boolean {
  return (Array.isArray(log) ? log : [log]).some((directive) => /(^|[,=])(debug|trace)\b/.test(String(directive ?? "")));
}
