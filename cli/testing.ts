// For tests: one command line run in this process, with what it printed.
import { main } from "./main.ts";

export interface Ran {
  readonly exit: number;
  readonly out: string;
  readonly err: string;
  /** The one JSON document of `--json`. */
  json(): { readonly ok: boolean; readonly data: never; readonly error: { readonly code: string; readonly message: string; readonly hint: string | null; readonly details: unknown }; readonly exit: number };
}

export async function mesi(argv: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  const out: string[] = [];
  const err: string[] = [];
  const exit = await main(argv, {
    stdout: (text) => void out.push(text),
    stderr: (text) => void err.push(text),
    env,
    stdinIsTty: false,
    stdoutIsTty: false,
    stderrIsTty: false,
    cwd: process.cwd(),
  });
  return { exit, out: out.join(""), err: err.join(""), json: () => JSON.parse(out.join("")) };
}
