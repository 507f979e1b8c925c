import type { Command } from "commander";
import type { Shell } from "../command.ts";
import { table } from "../output.ts";
import { addNodeFlags, settingsOf } from "./node-command.ts";

export function addConfig(program: Command, shell: Shell): void {
  const group = program.command("config").description("what a node would be run with");
  addNodeFlags(group.command("show").description("every setting of the node, from flags, MESI_* variables, file and defaults"))
    .option("--origin", "where each value comes from")
    .action(
      shell.action(async (ctx, _args, options, command) => {
        const settings = await settingsOf(ctx, command);
        const rows = [...settings].map(([name, { value, origin }]) => ({ name, value: Array.isArray(value) ? value.join(",") : hide(name, value), origin }));
        const withOrigin = options["origin"] === true;
        const data = Object.fromEntries(rows.map(({ name, value, origin }) => [name, withOrigin ? { value, origin } : value]));
        const columns = [{ key: "name", title: "SETTING" }, { key: "value", title: "VALUE" }, ...(withOrigin ? [{ key: "origin", title: "ORIGIN" }] : [])];
        ctx.out.result(data, table(rows, columns));
      }),
    );
  group
    .command("check")
    .description("check a configuration file")
    .argument("<file>", "JSON or YAML")
    .action(
      shell.action(async (ctx, [path]) => {
        const { readConfigFile, resolveSettings } = await import("../settings.ts");
        const { nodeSettings } = await import("../node-settings.ts");
        const file = await readConfigFile(path!);
        const { warnings } = nodeSettings(resolveSettings({ flags: {}, env: {}, file }), ctx.io.env);
        for (const warning of warnings) ctx.out.warn(warning);
        ctx.out.result({ file: path, valid: true, keys: Object.keys(file.values) }, `${path} is valid: ${Object.keys(file.values).join(", ") || "no settings"}`);
      }),
    );
}

const SECRET = ["password", "node-key"];

function hide(name: string, value: unknown): unknown {
  return SECRET.includes(name) ? "(hidden)" : value;
}
