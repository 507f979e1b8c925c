// `mesi keys insert` and `list`: the key store of a node on this machine.
import { join } from "node:path";
import { loadChainSpec } from "../genesis/load.ts";
import { openKeystore } from "../node/keys/keystore.ts";
import { simplexPublicKey } from "../node/keys/session.ts";
import { toHex } from "../runtime/primitives/bytes.ts";
import type { CommandContext } from "./command.ts";
import { facts } from "./output.ts";
import { readPassword } from "./node-options.ts";
import { defaultBasePath } from "./node-settings.ts";
import type { PasswordSource } from "./node-settings.ts";
import { suriFrom } from "./signer.ts";

type Options = Readonly<Record<string, unknown>>;

function directoryOf(ctx: CommandContext, options: Options): string {
  const given = (options["keystorePath"] as string | undefined) ?? ctx.io.env["MESI_KEYSTORE_PATH"];
  if (given !== undefined) return given;
  const basePath = (options["basePath"] as string | undefined) ?? ctx.io.env["MESI_BASE_PATH"] ?? defaultBasePath(ctx.io.env);
  return join(basePath, "chains", loadChainSpec(options["chain"] as string).id, "keystore");
}

function passwordSource(options: Options): PasswordSource | undefined {
  const path = options["passwordFilename"] as string | undefined;
  const password = options["password"] as string | undefined;
  if (path !== undefined) return { type: "file", path };
  if (options["passwordInteractive"] === true) return { type: "ask" };
  return password === undefined ? undefined : { type: "text", password };
}

export async function insert(ctx: CommandContext, options: Options): Promise<void> {
  const directory = directoryOf(ctx, options);
  const keyType = options["keyType"] as string;
  const suri = suriFrom(options, ctx.io.env);
  const publicKey = simplexPublicKey(suri);
  const data = { keyType, publicKey: toHex(publicKey), directory };
  const lines = facts([["key type", keyType], ["public key", data.publicKey], ["key store", directory]]);
  if (options["dryRun"] === true) return ctx.out.result({ ...data, stored: false }, lines);
  const source = passwordSource(options);
  const keystore = await openKeystore({ directory, password: source && (await readPassword(ctx, source)), memory: false });
  await keystore.insertKey(keyType, suri, publicKey);
  ctx.out.result({ ...data, stored: true }, lines);
}

export async function list(ctx: CommandContext, options: Options): Promise<void> {
  const keystore = await openKeystore({ directory: directoryOf(ctx, options), password: undefined, memory: false });
  const rows = keystore.list().map(({ keyType, publicKey }) => ({ keyType, publicKey: toHex(publicKey) }));
  ctx.out.list(rows, [{ key: "keyType", title: "TYPE" }, { key: "publicKey", title: "PUBLIC KEY" }]);
}
