import { Command } from "commander";
import { writeFileSync } from "node:fs";
import type { CommandContext, Shell } from "../command.ts";
import { CliError, usage } from "../errors.ts";
import { facts } from "../output.ts";

const STATE_VERSION = ["--state-version <0|1>", "how values are hashed: 0 for chains that began before 2022", "1"] as const;

export function addChainSpec(program: Command, shell: Shell): void {
  const group = program.command("chain-spec").description("make, read and check chain specs");
  group.addCommand(buildCommand("build", shell).copyInheritedSettings(program));
  group
    .command("show")
    .description("what a chain spec says, in short")
    .argument("[chain]", "dev, local or a file", "local")
    .option(...STATE_VERSION)
    .action(shell.action(async (ctx, [chain], options) => show(ctx, chain!, options["stateVersion"] as string)));
  group
    .command("validate")
    .description("check that this program can run the chain")
    .argument("<file>", "the chain spec")
    .action(shell.action(async (ctx, [file]) => validate(ctx, file!)));
  group
    .command("hash")
    .description("state root and genesis hash of any Substrate chain spec with a raw genesis")
    .argument("<file>", "the chain spec; dev and local work too")
    .option(...STATE_VERSION)
    .action(shell.action(async (ctx, [file], options) => hash(ctx, file!, options["stateVersion"] as string)));
  for (const name of ["build-spec", "export-chain-spec"]) program.addCommand(buildCommand(name, shell).copyInheritedSettings(program), { hidden: true });
}

function buildCommand(name: string, shell: Shell): Command {
  return new Command(name)
    .description("write a chain spec: of a preset, or of a file in another form")
    .option("--chain <chain>", "dev, local or a file", "local")
    .option("--raw", "the genesis key by key, as nodes of a network should share it")
    .option("--out <file>", "write it there instead of printing it")
    .action(shell.action(async (ctx, _args, options) => build(ctx, options as { chain: string; raw?: boolean; out?: string })));
}

async function build(ctx: CommandContext, options: { chain: string; raw?: boolean; out?: string }): Promise<void> {
  const { loadChainSpec } = await import("../../genesis/load.ts");
  const { chainSpecJson } = await import("../../genesis/chain-spec.ts");
  const { genesisForNode, toRaw } = await import("../../genesis/genesis-state.ts");
  const spec = loadChainSpec(options.chain);
  genesisForNode(spec);
  const json = chainSpecJson(options.raw ? toRaw(spec) : spec);
  const text = JSON.stringify(json, undefined, 2);
  if (options.out === undefined) return ctx.out.result(json, text);
  try {
    writeFileSync(options.out, `${text}\n`);
  } catch (error) {
    throw new CliError("FILE_UNWRITABLE", `${options.out} cannot be written: ${(error as Error).message}`, { cause: error });
  }
  ctx.out.result({ file: options.out }, "");
  ctx.out.note(`wrote ${options.out}`);
}

async function show(ctx: CommandContext, chain: string, version: string): Promise<void> {
  const stateVersion = readStateVersion(version);
  const { loadChainSpec } = await import("../../genesis/load.ts");
  const { genesisOf } = await import("../../genesis/genesis-state.ts");
  const { toHex } = await import("../../runtime/primitives/bytes.ts");
  const spec = loadChainSpec(chain, { foreign: true });
  const { stateRoot, genesisHash } = genesisOf(spec, stateVersion);
  const data = {
    name: spec.name,
    id: spec.id,
    chainType: spec.chainType,
    protocolId: spec.protocolId,
    properties: spec.properties,
    bootNodes: spec.bootNodes,
    genesis: spec.genesis.type,
    stateRoot: toHex(stateRoot),
    genesisHash: toHex(genesisHash),
  };
  ctx.out.result(data, facts(Object.entries(data).map(([key, value]) => [key, typeof value === "object" ? JSON.stringify(value) : value])));
}

async function validate(ctx: CommandContext, file: string): Promise<void> {
  const { loadChainSpec } = await import("../../genesis/load.ts");
  const { genesisForNode, genesisOf } = await import("../../genesis/genesis-state.ts");
  const { toHex } = await import("../../runtime/primitives/bytes.ts");
  const spec = loadChainSpec(file);
  const { entries } = genesisForNode(spec);
  const genesisHash = toHex(genesisOf(spec, 1).genesisHash);
  ctx.out.result({ file, valid: true, keys: entries.length, genesisHash }, `${file} is valid: ${entries.length} keys, genesis ${genesisHash}`);
}

async function hash(ctx: CommandContext, file: string, version: string): Promise<void> {
  const stateVersion = readStateVersion(version);
  const { loadChainSpec } = await import("../../genesis/load.ts");
  const { genesisOf } = await import("../../genesis/genesis-state.ts");
  const { toHex } = await import("../../runtime/primitives/bytes.ts");
  const { stateRoot, genesisHash } = genesisOf(loadChainSpec(file, { foreign: true }), stateVersion);
  const data = { file, stateVersion, stateRoot: toHex(stateRoot), genesisHash: toHex(genesisHash) };
  ctx.out.result(data, facts([["state root", data.stateRoot], ["genesis hash", data.genesisHash]]));
}

function readStateVersion(text: string): 0 | 1 {
  if (text !== "0" && text !== "1") throw usage(`--state-version "${text}" does not exist`, "use 0 or 1");
  return text === "0" ? 0 : 1;
}
