import { Option } from "commander";
import type { Command } from "commander";
import type { Shell } from "../command.ts";

export function addKeys(program: Command, shell: Shell): void {
  const group = program.command("keys").alias("key").description("make and look at keys");
  shown(group.command("generate").description("make a new secret phrase"))
    .addOption(new Option("--words <n>", "how many words").choices(["12", "15", "18", "21", "24"]).default("12"))
    .action(shell.action(async (ctx, _args, options) => (await bodies()).generate(ctx, options)));
  shown(group.command("inspect").description("public key and address of a secret, or of an address"))
    .argument("[uri]", "secret phrase, seed, //path, address or 0x-hex public key; - asks for it without showing it")
    .option("--public", "the argument is a public key in hex")
    .option("--suri-file <file>", "file with the secret")
    .action(shell.action(async (ctx, [uri], options) => (await bodies()).inspect(ctx, uri, options)));
  place(group.command("insert").description("put a session key into the key store"))
    .addOption(new Option("--key-type <type>", "of the key; this node has session keys").choices(["smpx"]).default("smpx"))
    .option("--suri <secret>", "secret phrase, seed or //path; visible to other processes: prefer MESI_SURI or --suri-file")
    .option("--suri-file <file>", "file with the secret")
    .option("--password <password>", "of the key store; visible to other processes: prefer --password-filename")
    .option("--password-interactive", "ask for the key store's password")
    .option("--password-filename <file>", "file with the key store's password")
    .option("--dry-run", "show the public key, without storing anything")
    .action(shell.action(async (ctx, _args, options) => (await stored()).insert(ctx, options)));
  place(group.command("list").description("types and public keys of the key store")).action(shell.action(async (ctx, _args, options) => (await stored()).list(ctx, options)));
}

function stored() {
  return import("../keystore-commands.ts");
}

/** Which node's key store. */
function place(command: Command): Command {
  return command
    .option("--chain <chain>", "dev, local or a chain spec file", "local")
    .option("-d, --base-path <path>", "where the node keeps its data")
    .option("--keystore-path <path>", "where the keys are, when not under the base path");
}

function bodies() {
  return import("../key-commands.ts");
}

function shown(command: Command): Command {
  return command
    .addOption(new Option("--scheme <scheme>", "of the key").choices(["sr25519", "ed25519", "ecdsa"]).default("sr25519"))
    .option("--network <prefix>", "SS58 prefix of the address: a number, substrate or creator", "creator")
    .addOption(new Option("--output-type <type>", "text, or json as Substrate's key tools print it").choices(["text", "json"]));
}
