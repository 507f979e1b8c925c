// What every command has around it: its output, the global options, and the way errors leave.
import type { Command } from "commander";
import { readGlobals } from "./globals.ts";
import { Output } from "./output.ts";
import type { Io } from "./output.ts";

export interface CommandContext {
  readonly out: Output;
  readonly io: Io;
  /** Ends the command with this code although nothing was thrown. */
  exit(code: number): void;
}

type Body = (ctx: CommandContext, args: readonly string[], options: Readonly<Record<string, unknown>>, command: Command) => Promise<void>;

/** Registers commands' bodies so that `main` learns how they ended. */
export class Shell {
  readonly io: Io;
  exitCode = 0;
  constructor(io: Io) {
    this.io = io;
  }

  /** A commander action: the positional arguments as strings, then the options. Arguments that were not given are undefined. */
  action(body: Body): (...all: unknown[]) => Promise<void> {
    return async (...all) => {
      const command = all.at(-1) as Command;
      const options = all.at(-2) as Record<string, unknown>;
      const out = new Output(this.io, readGlobals(command.optsWithGlobals(), this.io));
      await body({ out, io: this.io, exit: (code) => (this.exitCode = code) }, all.slice(0, -2) as string[], options, command);
    };
  }
}
