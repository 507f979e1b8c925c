import type { Command } from "commander";
import type { Shell } from "../command.ts";
import { addNodeFlags, settingsOf } from "./node-command.ts";

export function addNode(program: Command, shell: Shell): void {
  const group = program.command("node").description("run a node");
  addNodeFlags(group.command("run", { isDefault: true }).description("run a node (the default of mesi node)")).action(
    shell.action(async (ctx, _args, _options, command) => {
      const settings = await settingsOf(ctx, command);
      const { runNode } = await import("../run-node.ts");
      ctx.exit(await runNode(ctx, settings));
    }),
  );
  addNodeFlags(program.command("dev").description("run a development chain of one node, temporary unless --base-path is given"), ["dev", "chain"]).action(
    shell.action(async (ctx, _args, _options, command) => {
      const settings = await settingsOf(ctx, command, { dev: true });
      const { runNode } = await import("../run-node.ts");
      ctx.exit(await runNode(ctx, settings));
    }),
  );
}
