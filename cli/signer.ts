// Who signs: a key made from a secret phrase, seed or derivation path.
import { readFileSync } from "node:fs";
import { Keyring } from "@polkadot/keyring";
import { cryptoWaitReady, mnemonicValidate } from "@polkadot/util-crypto";
import { DEV_PHRASE } from "../genesis/presets.ts";
import { AccountId } from "../runtime/primitives/types.ts";
import type { MultiSignature } from "../runtime/primitives/types.ts";
import { CliError, usage } from "./errors.ts";

export type Scheme = "sr25519" | "ed25519" | "ecdsa";

export interface Signer {
  readonly account: AccountId;
  readonly scheme: Scheme;
  readonly publicKey: Uint8Array;
  sign(message: Uint8Array): MultiSignature;
}

const SIGNATURE: Readonly<Record<Scheme, MultiSignature["type"]>> = { sr25519: "Sr25519", ed25519: "Ed25519", ecdsa: "Ecdsa" };

/** @throws CliError: the secret itself is never part of the message. */
export async function signerFrom(suri: string, scheme: Scheme): Promise<Signer> {
  await cryptoWaitReady();
  if (!isSuri(suri)) throw notASecret("");
  let pair: ReturnType<Keyring["addFromUri"]>;
  try {
    pair = new Keyring({ type: scheme }).addFromUri(suri.startsWith("/") ? DEV_PHRASE + suri : suri);
  } catch (error) {
    throw notASecret(` (${(error as Error).message.split("\n")[0]})`);
  }
  return {
    account: AccountId(pair.addressRaw),
    scheme,
    publicKey: pair.publicKey,
    sign: (message) => ({ type: SIGNATURE[scheme], value: pair.sign(message) }),
  };
}

/** The key ring would take any text as a seed: a mistyped phrase must not become an account. */
export function isSuri(text: string): boolean {
  const [, root] = /^([^/]*)((?:\/\/?[^/]+)*)(?:\/\/\/.*)?$/.exec(text) ?? [];
  if (root === undefined) return false;
  if (root === "") return text.startsWith("/") && text.length > 1;
  return root.startsWith("0x") ? /^0x[0-9a-fA-F]{64}$/.test(root) : mnemonicValidate(root);
}

function notASecret(why: string): CliError {
  return usage(`the secret is no secret phrase, seed or derivation path${why}`, "a phrase has 12, 15, 18, 21 or 24 words of the BIP-39 list, a seed is 0x and 64 hex digits, a path looks like //Alice");
}

/** The secret that --suri, --suri-file or MESI_SURI gives. @throws CliError */
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
  try {
    return readFileSync(file, "utf8").trim();
  } catch (error) {
    throw new CliError("FILE_UNREADABLE", `--suri-file ${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}
