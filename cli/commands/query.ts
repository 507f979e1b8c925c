import type { Command } from "commander";
import { withChain } from "../chain-access.ts";
import type { CommandContext, Shell } from "../command.ts";
import { CliError, usage } from "../errors.ts";
import type { RemoteChain } from "../remote-chain.ts";

const BLOCK_HELP = "a hash, a number, best or finalized";

export function addQuery(program: Command, shell: Shell): void {
  const group = program.command("query").description("ask a node about its chain");
  group
    .command("account")
    .description("balances and nonce of an account")
    .argument("<address>", "SS58, 0x-hex, or a development account such as //Alice")
    .option("--at <block>", BLOCK_HELP, "best")
    .action(shell.action((ctx, [address], options) => withChain(ctx, async (chain) => (await bodies()).queryAccount(ctx, chain, address!, options["at"] as string))));
  group
    .command("block")
    .description("header and extrinsics of a block")
    .argument("[block]", BLOCK_HELP, "best")
    .action(shell.action((ctx, [block]) => withChain(ctx, async (chain) => (await bodies()).queryBlock(ctx, chain, block!))));
  group
    .command("extrinsic")
    .description("an extrinsic with its events and how its call ended")
    .argument("<id>", "its hash, or BLOCK-INDEX as in 12-1")
    .option("--depth <blocks>", "how many blocks back from the best to look for a hash", "256")
    .action(shell.action((ctx, [id], options) => withChain(ctx, async (chain) => (await bodies()).queryExtrinsic(ctx, chain, id!, options["depth"] as string))));
  group
    .command("events")
    .description("the events of a block")
    .argument("[block]", BLOCK_HELP, "best")
    .action(shell.action((ctx, [block]) => withChain(ctx, async (chain) => (await bodies()).queryEvents(ctx, chain, block!))));
  group
    .command("storage")
    .description("one value, or all entries of a map")
    .argument("<item>", "PALLET.NAME, as in system.account")
    .argument("[keys...]", "the map's keys as JSON or as plain text")
    .option("--at <block>", BLOCK_HELP, "best")
    .option("--limit <n>", "most entries to list", "100")
    .action(shell.action((ctx, [item, keys], options) => withChain(ctx, async (chain) => (await bodies()).queryStorage(ctx, chain, item!, keys as unknown as readonly string[], options as { at: string; limit: string }))));
  group
    .command("constant")
    .description("a constant of the runtime, or all of a pallet")
    .argument("<constant>", "PALLET or PALLET.NAME, as in balances.ExistentialDeposit")
    .action(shell.action((ctx, [name]) => withChain(ctx, async (chain) => (await bodies()).queryConstant(ctx, chain, name!))));
  group
    .command("metadata")
    .description("the runtime's pallets, or its metadata as hex")
    .option("--metadata-version <version>", "14, 15 or 16: print the raw metadata as hex")
    .option("--pallet <name>", "calls, storage, events, errors and constants of one pallet")
    .action(shell.action((ctx, _args, options) => withChain(ctx, async (chain) => (await bodies()).queryMetadata(ctx, chain, options as { metadataVersion?: string; pallet?: string }))));
  group
    .command("runtime")
    .description("name and version of the runtime")
    .action(shell.action((ctx) => withChain(ctx, async (chain) => (await bodies()).queryRuntime(ctx, chain))));
  group
    .command("raw")
    .description("any JSON-RPC method")
    .argument("<method>", "as in system_health")
    .argument("[params]", "a JSON array", "[]")
    .action(shell.action((ctx, [method, params]) => withChain(ctx, (chain) => raw(ctx, chain, method!, params!))));
}

function bodies() {
  return import("../queries.ts");
}

async function raw(ctx: CommandContext, chain: RemoteChain, method: string, params: string): Promise<void> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(params);
  } catch (error) {
    throw usage(`params are not JSON: ${(error as Error).message}`, `write a quoted array: '["0x..."]'`);
  }
  if (!Array.isArray(parsed)) throw usage(`params must be a JSON array, not ${params.slice(0, 60)}`);
  if (/subscribe|_watch|submitAndWatch/i.test(method)) throw new CliError("USAGE", `${method} is a subscription: it has no single answer`);
  const result = await chain.client.call(method, parsed);
  ctx.out.result(result, JSON.stringify(result, undefined, 2));
}
