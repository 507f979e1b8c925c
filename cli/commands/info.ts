import type { Command } from "commander";
import type { Shell } from "../command.ts";
import { usage } from "../errors.ts";
import { facts } from "../output.ts";
import type { Output } from "../output.ts";
import { VERSION } from "../version.ts";

export function addInfo(program: Command, shell: Shell): void {
  program
    .command("version")
    .description("print the versions of the program, its runtime and Node.js")
    .action(
      shell.action(async ({ out }) => {
        const { createRuntime } = await import("../../runtime/construct.ts");
        const { DEV_PARAMS } = await import("../../runtime/params.ts");
        const { spec_name, spec_version, transaction_version } = createRuntime(DEV_PARAMS).version;
        const runtime = { specName: spec_name, specVersion: spec_version, transactionVersion: transaction_version };
        const data = { version: VERSION, runtime, node: process.versions.node, platform: `${process.platform}-${process.arch}` };
        out.result(data, facts([["mesi", VERSION], ["runtime", `${spec_name} ${spec_version} (transactions ${transaction_version})`], ["node.js", data.node], ["platform", data.platform]]));
      }),
    );
  program
    .command("explain")
    .description("say what an exit code or an error code means, and what to do")
    .argument("<code>", "an exit code (6) or an error code (DB_LOCKED)")
    .action(shell.action(async ({ out }, [code]) => explain(out, code!)));
  program
    .command("completion")
    .description("print a completion script for a shell")
    .argument("<shell>", "bash, zsh or fish")
    .action(
      shell.action(async ({ out }, [name]) => {
        const { completionScript, SHELLS } = await import("../completion.ts");
        if (!SHELLS.includes(name as never)) throw usage(`completion for "${name}" does not exist`, `use one of ${SHELLS.join(", ")}`);
        const script = completionScript(name as (typeof SHELLS)[number], program);
        out.result({ shell: name, script }, script);
      }),
    );
}

async function explain(out: Output, code: string): Promise<void> {
  const { EXIT_MEANING } = await import("../exit-codes.ts");
  const { ERRORS } = await import("../error-table.ts");
  if (/^\d+$/.test(code)) {
    const exit = Number(code) as keyof typeof EXIT_MEANING;
    const meaning = EXIT_MEANING[exit];
    if (meaning === undefined) throw usage(`there is no exit code ${code}`, `there are ${Object.keys(EXIT_MEANING).join(", ")}`);
    const errors = Object.entries(ERRORS).filter(([, entry]) => entry.exit === exit).map(([name]) => name);
    return out.result({ exit, meaning, errors }, `exit code ${exit}: ${meaning}${errors.length === 0 ? "" : `\nerrors: ${errors.join(", ")}`}`);
  }
  const name = code.toUpperCase().replaceAll("-", "_");
  const entry = ERRORS[name];
  if (entry === undefined) {
    const { nearest } = await import("../../runtime/primitives/spelling.ts");
    const near = nearest(name, Object.keys(ERRORS));
    throw usage(`unknown error code "${code}"${near === undefined ? "" : `; did you mean ${near}?`}`, "an exit code (6) or an error code (DB_LOCKED) is accepted");
  }
  out.result({ code: name, exit: entry.exit, meaning: entry.meaning, hint: entry.hint ?? null }, `${name} (exit code ${entry.exit}): ${entry.meaning}${entry.hint === undefined ? "" : `\nhint: ${entry.hint}`}`);
}
