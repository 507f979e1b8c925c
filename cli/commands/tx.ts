import { Option } from "commander";
import type { Command } from "commander";
import type { Shell } from "../command.ts";

const WAITS = ["ready", "inBlock", "finalized"];

export function addTx(program: Command, shell: Shell): void {
  const group = program.command("tx").description("make, sign, send and follow transactions");
  signing(call(group.command("send").description("sign a call, submit it, and wait for its outcome; exit 5 if it fails")))
    .addOption(waitOption("inBlock"))
    .option("--dry-run", "sign it and let the node try it, without submitting")
    .action(shell.action(async (ctx, [name, args], options) => (await bodies()).send(ctx, name!, args, options)));
  terms(call(group.command("build").description("everything that a signer needs, as JSON")))
    .requiredOption("--from <address>", "the account that will sign")
    .action(shell.action(async (ctx, [name, args], options) => (await bodies()).build(ctx, name!, args, options)));
  suri(group.command("sign").description("sign what tx build wrote; needs no node"))
    .argument("<file>", "the JSON of tx build; - for stdin")
    .option("--dry-run", "show what would be signed, without signing")
    .action(shell.action(async (ctx, [file], options) => (await bodies()).sign(ctx, file!, options)));
  group
    .command("submit")
    .description("submit a signed transaction")
    .argument("<hex>", "the transaction, as tx sign prints it")
    .addOption(waitOption("inBlock"))
    .action(shell.action(async (ctx, [hex], options) => (await bodies()).submit(ctx, hex!, options)));
  group
    .command("decode")
    .description("what a transaction or a call says")
    .argument("<hex>", "a transaction with its length before it, or an encoded call")
    .option("--chain <chain>", "decode without a node: dev, local or a chain spec file")
    .action(shell.action(async (ctx, [hex], options) => (await bodies()).decodeHex(ctx, hex!, options)));
  group
    .command("dry-run")
    .description("let the node try a signed transaction on its best block, without submitting it")
    .argument("<hex>", "the transaction")
    .action(shell.action(async (ctx, [hex]) => (await bodies()).dryRun(ctx, hex!)));
  group
    .command("watch")
    .description("wait until a transaction that was submitted is in a block")
    .argument("<hash>", "the transaction's hash")
    .option("--depth <blocks>", "how many blocks back to look first", "64")
    .addOption(waitOption("inBlock", ["inBlock", "finalized"]))
    .action(shell.action(async (ctx, [hash], options) => (await bodies()).watch(ctx, hash!, options)));
}

function bodies() {
  return import("../transactions.ts");
}

function waitOption(fallback: string, of: readonly string[] = WAITS): Option {
  return new Option("--wait <stage>", "how far to follow it").choices([...of]).default(fallback);
}

function call(command: Command): Command {
  return command
    .argument("<call>", "PALLET.CALL, as in balances.transfer_keep_alive")
    .argument("[args]", "its arguments as a JSON object; amounts are base units", "{}")
    .option("--dest <account>", "the argument dest: an address, or a development account such as //Bob")
    .option("--value <amount>", 'the argument value: "1.5 MESI", or base units');
}

function terms(command: Command): Command {
  return command
    .option("--tip <amount>", 'for the author: "0.01 MESI", or base units', "0")
    .option("--nonce <n>", "instead of the account's next one")
    .option("--era <blocks>", "for how many blocks it is valid (a power of two from 4 to 65536), or immortal", "64");
}

function suri(command: Command): Command {
  return command
    .option("--suri <secret>", "secret phrase, seed or //path; visible to other processes: prefer MESI_SURI or --suri-file")
    .option("--suri-file <file>", "file with the secret")
    .addOption(new Option("--scheme <scheme>", "of the key").choices(["sr25519", "ed25519", "ecdsa"]).default("sr25519"));
}

function signing(command: Command): Command {
  return suri(terms(command));
}
