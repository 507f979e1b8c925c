import { Command } from "commander";
import type { CommandContext, Shell } from "../command.ts";
import type { Database, DatabaseOptions } from "../../node/db/database.ts";
import { CliError, usage } from "../errors.ts";
import { ExitCode } from "../exit-codes.ts";
import type { Column } from "../output.ts";

interface Where {
  readonly chain: string;
  readonly basePath?: string;
}

export function addDb(program: Command, shell: Shell): void {
  const group = program.command("db").description("look at and look after a node's database; the node must not be running");
  at(group.command("stats").description("entries and bytes of each table")).action(shell.action(async (ctx, _args, options) => stats(ctx, options as unknown as Where)));
  at(group.command("verify").description("check that state, blocks and history fit together; exit 10 if not")).action(
    shell.action(async (ctx, _args, options) => verify(ctx, options as unknown as Where)),
  );
  const others = [
    (name: string) => at(new Command(name).description("delete the chain's blocks and state; keys stay")).action(shell.action(async (ctx, _args, options) => purge(ctx, options as unknown as Where))),
    (name: string) =>
      at(new Command(name).description("write blocks to a file, in Substrate's binary format"))
        .argument("<file>", "the file to write; - for stdout")
        .option("--from <number>", "the first block", "1")
        .option("--to <number>", "the last block (default: the last there is)")
        .action(shell.action(async (ctx, [file], options) => exportTo(ctx, file!, options as unknown as Where & { from: string; to?: string }))),
    (name: string) =>
      at(new Command(name).description("execute and store the blocks of a file"))
        .argument("<file>", "what export-blocks wrote")
        .action(shell.action(async (ctx, [file], options) => importFrom(ctx, file!, options as unknown as Where))),
  ];
  for (const [i, name] of ["purge", "export-blocks", "import-blocks"].entries()) group.addCommand(others[i]!(name).copyInheritedSettings(program));
  // Substrate's own names, without the group.
  for (const [i, name] of ["purge-chain", "export-blocks", "import-blocks"].entries()) program.addCommand(others[i]!(name).copyInheritedSettings(program), { hidden: true });
}

function at(command: Command): Command {
  return command.option("--chain <chain>", "dev, local or a chain spec file", "local").option("-d, --base-path <path>", "where the node keeps its data");
}

/** @param orWith - what `path` may also be called, with this behind it */
async function locate(ctx: CommandContext, where: Where, orWith = "") {
  const { loadChainSpec } = await import("../../genesis/load.ts");
  const { defaultBasePath } = await import("../node-settings.ts");
  const { join } = await import("node:path");
  const { existsSync } = await import("node:fs");
  const spec = loadChainSpec(where.chain);
  const path = join(where.basePath ?? ctx.io.env["MESI_BASE_PATH"] ?? defaultBasePath(ctx.io.env), "chains", spec.id, "db");
  if (!existsSync(path) && !existsSync(`${path}${orWith}`)) throw new CliError("NOT_FOUND", `there is no database at ${path}`, { hint: "--base-path and --chain say where to look" });
  return { spec, path };
}

async function withDatabase<T>(path: string, body: (database: Database) => Promise<T>, options: DatabaseOptions = {}): Promise<T> {
  const module = await import("../../node/db/database.ts");
  const database = await module.Database.open(path, options);
  try {
    return await body(database);
  } finally {
    await database.close();
  }
}

async function stats(ctx: CommandContext, where: Where): Promise<void> {
  const { path } = await locate(ctx, where);
  const tables = await withDatabase(path, (database) => database.stats());
  const rows = Object.entries(tables).map(([table, { entries, bytes }]) => ({ table, entries, bytes }));
  const columns: Column[] = [{ key: "table", title: "TABLE" }, { key: "entries", title: "ENTRIES", right: true }, { key: "bytes", title: "BYTES", right: true }];
  ctx.out.list(rows, columns);
}

async function verify(ctx: CommandContext, where: Where): Promise<void> {
  const { path } = await locate(ctx, where);
  const { verifyDatabase } = await import("../../node/db/verify.ts");
  const progress = progressLine(ctx);
  const report = await withDatabase(path, (database) => verifyDatabase(database, (check, done, total) => progress(`${check}: ${done} of ${total}`)), { checkTableBytes: Number.POSITIVE_INFINITY });
  const failed = report.checks.filter((check) => !check.ok);
  if (failed.length > 0 && ctx.out.globals.format === "json") {
    throw new CliError("CHECKS_FAILED", `${failed.length} of ${report.checks.length} checks failed`, { details: report });
  }
  ctx.out.result(report, report.checks.map(({ name, ok, detail }) => `${ok ? "ok  " : "FAIL"}  ${name.padEnd(8)}  ${detail}`).join("\n"));
  if (failed.length > 0) ctx.exit(ExitCode.ChecksFailed);
}

async function purge(ctx: CommandContext, where: Where): Promise<void> {
  const { path, spec } = await locate(ctx, where, LEFT_OVER);
  const { confirm } = await import("../prompt.ts");
  await confirm(ctx, `Delete the blocks and state of ${spec.name} in ${path}?`);
  const { existsSync, renameSync, rmSync } = await import("node:fs");
  const leftOver = `${path}${LEFT_OVER}`;
  rmSync(leftOver, { recursive: true, force: true });
  if (existsSync(path)) {
    await refuseInUse(path);
    // At one moment: a purge that is interrupted must not leave half a database.
    renameSync(path, leftOver);
  }
  rmSync(leftOver, { recursive: true, force: true });
  ctx.out.result({ purged: path }, `deleted ${path}`);
}

/** What an interrupted purge leaves has this after the folder's name. */
const LEFT_OVER = ".purged";

/** Opening it shows whether a node is using it; a damaged database may go. */
async function refuseInUse(path: string): Promise<void> {
  try {
    await withDatabase(path, async () => {}, { checkTableBytes: 0 });
  } catch (error) {
    if ((error as { code?: string }).code === "DB_LOCKED") throw error;
  }
}

async function exportTo(ctx: CommandContext, file: string, options: Where & { from: string; to?: string }): Promise<void> {
  const { path } = await locate(ctx, options);
  const { exportBlocks, storedHead } = await import("../../node/db/blocks-file.ts");
  const { closeSync, fsyncSync, renameSync } = await import("node:fs");
  await withDatabase(path, async (database) => {
    const head = storedHead(database);
    const from = blockNumber(options.from, "--from");
    const to = options.to === undefined ? head : blockNumber(options.to, "--to");
    if (to > head) throw new CliError("NOT_FOUND", `block ${to} is not in the database: the last is ${head}`);
    if (from > to) throw usage(`--from ${from} is behind --to ${to}`);
    // Under its own name the file is always complete.
    const partial = `${file}.partial`;
    const fd = file === "-" ? 1 : await openNew(file, partial);
    const progress = progressLine(ctx);
    const count = exportBlocks(database, fd, { from, to }, (done, total) => done % 1000 === 0 && progress(`${done} of ${total} blocks`));
    if (file === "-") return ctx.out.note(`wrote ${count} blocks`);
    fsyncSync(fd);
    closeSync(fd);
    renameSync(partial, file);
    ctx.out.result({ file, from, to, blocks: count }, `wrote blocks ${from} to ${to} to ${file}`);
  });
}

async function openNew(file: string, partial: string): Promise<number> {
  const { existsSync, openSync } = await import("node:fs");
  if (existsSync(file)) throw new CliError("FILE_UNWRITABLE", `${file} cannot be written: it exists already`);
  try {
    return openSync(partial, "w");
  } catch (error) {
    throw new CliError("FILE_UNWRITABLE", `${file} cannot be written: ${(error as Error).message}`, { cause: error });
  }
}

async function importFrom(ctx: CommandContext, file: string, where: Where): Promise<void> {
  const { existsSync } = await import("node:fs");
  if (!existsSync(file)) throw new CliError("FILE_UNREADABLE", `${file} cannot be read: there is no such file`);
  const { importFile } = await import("../import-file.ts");
  const { loadChainSpec } = await import("../../genesis/load.ts");
  const { defaultBasePath } = await import("../node-settings.ts");
  const basePath = where.basePath ?? ctx.io.env["MESI_BASE_PATH"] ?? defaultBasePath(ctx.io.env);
  const progress = progressLine(ctx);
  const result = await importFile({ spec: loadChainSpec(where.chain), basePath, file }, (done, total) => (done % 100 === 0 || done === total) && progress(`${done} of ${total} blocks`));
  ctx.out.result(result, `imported ${result.imported} blocks, ${result.known} were there already; the last is ${result.head}`);
}

function blockNumber(text: string, flag: string): number {
  if (!/^\d{1,10}$/.test(text)) throw usage(`${flag} "${text}" is not a block number`);
  return Number(text);
}

/** One line that changes on a terminal; nothing elsewhere. */
function progressLine({ io, out }: CommandContext): (text: string) => void {
  if (!io.stderrIsTty || out.globals.quiet) return () => {};
  return (text) => io.stderr(`\r\u001B[K${text}`);
}
