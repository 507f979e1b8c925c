import { createInterface } from "node:readline/promises";
import type { CommandContext } from "./command.ts";
import { CliError } from "./errors.ts";

/** Asks before something is destroyed. @throws CliError without --yes and a terminal, or when the answer is no. */
export async function confirm({ io, out }: CommandContext, question: string): Promise<void> {
  if (out.globals.yes) return;
  if (!io.stdinIsTty) throw new CliError("CONFIRMATION_NEEDED", `${question} There is no terminal to ask on`);
  const reader = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await reader.question(`${question} [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) throw new CliError("CONFIRMATION_NEEDED", "not confirmed: nothing was done");
  } finally {
    reader.close();
  }
}

/** Reads a line without showing it. @throws CliError without a terminal */
export async function askSecret({ io }: CommandContext, question: string): Promise<string> {
  if (!io.stdinIsTty) throw new CliError("CONFIRMATION_NEEDED", `${question} needs a terminal to ask on`, { hint: "use a file or an environment variable instead" });
  const reader = createInterface({ input: process.stdin, output: process.stderr, terminal: true });
  const shown = reader as unknown as { _writeToOutput?: (text: string) => void };
  process.stderr.write(`${question}: `);
  shown._writeToOutput = () => {};
  try {
    return await reader.question("");
  } finally {
    reader.close();
    process.stderr.write("\n");
  }
}
