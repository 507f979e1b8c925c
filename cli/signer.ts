// Who signs: a key made from a secret phrase, seed or derivation path.
import { readFileSync } from "node:fs";
import { CliError, usage } from "./errors.ts";

/** The secret that --suri, --suri-file or MESI_SURI gives. @throws CliError: the secret is never part of a message */
export function suriFrom(options: Readonly<Record<string, unknown>>, env: Readonly<Record<string, string | undefined>>): string {
  const given = options["suri"] as string | undefined;
  const file = options["suriFile"] as string | undefined;
  if (given !== undefined && file !== undefined) throw usage("--suri and --suri-file both give the secret: leave one out");
  if (file !== undefined) return readSecret(file);
  const suri = given ?? env["MESI_SURI"];
  if (suri === undefined || suri === "") throw usage("who signs is missing", "give --suri //Alice, --suri-file FILE or MESI_SURI");
  return suri;
}

function readSecret(file: string): string {
  let secret: string;
  try {
    secret = readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new CliError("FILE_UNREADABLE", `--suri-file ${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  if (secret === "") throw usage(`--suri-file ${file} is empty`);
  return secret;
}
