import { CommanderError } from "commander";
import { Shell } from "./command.ts";
import { usage } from "./errors.ts";
import type { CliError } from "./errors.ts";
import { ExitCode } from "./exit-codes.ts";
import { GLOBAL_FLAGS } from "./globals.ts";
import { report } from "./output.ts";
import type { Io } from "./output.ts";
import { createProgram } from "./program.ts";

/** Runs one command line. @returns the exit code; it never throws. */
export async function main(argv: readonly string[], io: Io): Promise<number> {
  const shell = new Shell(io);
  const args = withCommand(argv);
  try {
    await createProgram(shell).parseAsync([...args], { from: "user" });
    return shell.exitCode;
  } catch (error) {
    const globals = plainGlobals(args, io);
    if (!(error instanceof CommanderError)) return report(io, globals, error);
    if (error.exitCode === 0) return ExitCode.Ok;
    // Help was printed instead of an answer: it says all there is to say.
    if (error.code === "commander.help" && globals.format !== "json") return ExitCode.Usage;
    return report(io, globals, usageOf(error));
  }
}

/** `mesi --dev` is what fingers know from Substrate: flags without a command are the node's. */
export function withCommand(argv: readonly string[]): readonly string[] {
  let at = 0;
  while (at < argv.length) {
    const flag = argv[at]!.split("=")[0]!;
    const takesValue = GLOBAL_FLAGS.get(flag);
    if (takesValue === undefined) break;
    at += takesValue && !argv[at]!.includes("=") ? 2 : 1;
  }
  const first = argv[at];
  const isNodeFlag = first !== undefined && first.startsWith("-") && !["-h", "--help", "-V", "--version"].includes(first);
  return isNodeFlag ? [...argv.slice(0, at), "node", "run", ...argv.slice(at)] : argv;
}

/** Commander's complaint in our words. */
function usageOf(error: CommanderError): CliError {
  const [first = "", second = ""] = error.message.replace(/^error: /, "").split("\n");
  const near = /Did you mean (?:one of )?(.+?)\?/.exec(second)?.[1];
  const said = first
    .replace(/^unknown option '(.+)'$/, "unknown flag $1")
    .replace(/^unknown command '(.+)'$/, 'unknown command "$1"')
    .replace(/^option '(.+?)' argument missing$/, "$1 needs a value")
    .replace(/^missing required argument '(.+)'$/, "argument $1 is missing")
    .replace(/^required option '(.+)' not specified$/, "$1 is missing");
  if (error.code === "commander.help") return usage("a command is missing", "mesi --help lists them");
  return near === undefined ? usage(said, "mesi COMMAND --help shows what is accepted") : usage(`${said}; did you mean ${near}?`);
}

/** The global options may be what is wrong, so that errors read them by themselves. */
function plainGlobals(args: readonly string[], io: Io): { format: "json" | "text"; color: boolean; debug: boolean } {
  const output = args[args.findIndex((arg) => arg === "-o" || arg === "--output") + 1];
  const json = args.includes("--json") || args.includes("--output=json") || (args.some((arg) => arg === "-o" || arg === "--output") && output === "json");
  return {
    format: json ? "json" : "text",
    color: io.stderrIsTty && !io.env["NO_COLOR"] && !args.includes("--no-color"),
    debug: args.some((arg) => /(^|=)(debug|trace)$/.test(arg)),
  };
}
