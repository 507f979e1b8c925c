// The tree of commands. Each registers itself with what it takes; what it does is loaded when it runs.
import { Command } from "commander";
import type { Shell } from "./command.ts";
import { addChainSpec } from "./commands/chain-spec.ts";
import { addConfig } from "./commands/config.ts";
import { addDb } from "./commands/db.ts";
import { addInfo } from "./commands/info.ts";
import { addKeys } from "./commands/keys.ts";
import { addNode } from "./commands/node.ts";
import { addQuery } from "./commands/query.ts";
import { addTx } from "./commands/tx.ts";
import { addGlobals } from "./globals.ts";
import { VERSION } from "./version.ts";

export function createProgram(shell: Shell): Command {
  const program = new Command("mesi")
    .description("Creator Chain: a proof-of-stake node whose wire is Substrate's")
    .version(VERSION, "-V, --version", "print the version")
    .exitOverride()
    .configureOutput({ writeOut: shell.io.stdout, writeErr: shell.io.stderr, outputError: () => {} })
    .configureHelp({ showGlobalOptions: true })
    .helpOption("-h, --help", "show this help")
    .showSuggestionAfterError();
  addGlobals(program);
  addNode(program, shell);
  addKeys(program, shell);
  addTx(program, shell);
  addQuery(program, shell);
  addChainSpec(program, shell);
  addDb(program, shell);
  addConfig(program, shell);
  addInfo(program, shell);
  return program;
}
