// What `mesi keys` does.
import { toHex, tryFromHex } from "../runtime/primitives/bytes.ts";
import { decodeSs58, encodeSs58 } from "../runtime/primitives/ss58.ts";
import type { CommandContext } from "./command.ts";
import { usage } from "./errors.ts";
import { facts } from "./output.ts";
import { askSecret } from "./prompt.ts";
import { suriFrom } from "./signer.ts";
import { keyPairFromSuri } from "../node/keys/suri.ts";
import type { KeyScheme } from "../node/keys/suri.ts";
import { mnemonicGenerate, mnemonicIsValid, mnemonicToMiniSecret } from "../node/verifier/wasm.ts";

type Options = Readonly<Record<string, unknown>>;

/** The fields and names of Substrate's key tools. */
interface KeyFacts {
  readonly secretPhrase?: string;
  readonly secretSeed?: string;
  readonly networkId: string;
  readonly publicKey: string;
  readonly accountId: string;
  readonly ss58PublicKey: string;
  readonly ss58Address: string;
}

/** Creator's addresses have Substrate's generic format. */
const NETWORKS: Readonly<Record<string, number>> = { creator: 42, substrate: 42, polkadot: 0, kusama: 2 };

function prefixOf(options: Options): { readonly prefix: number; readonly name: string } {
  const text = options["network"] as string;
  const prefix = NETWORKS[text.toLowerCase()] ?? (/^\d{1,5}$/.test(text) ? Number(text) : Number.NaN);
  if (!(prefix >= 0 && prefix < 16_384)) throw usage(`--network "${text}" is not known`, `use an SS58 prefix from 0 to 16383, or ${Object.keys(NETWORKS).join(", ")}`);
  return { prefix, name: text.toLowerCase() };
}

function factsOf(suri: string, options: Options, secret: { readonly secretPhrase?: string; readonly secretSeed?: string }): KeyFacts {
  const { prefix, name } = prefixOf(options);
  const signer = keyPairFromSuri(suri, options["scheme"] as KeyScheme);
  const keyAddress = signer.publicKey.length === 32 ? encodeSs58(signer.publicKey, prefix) : toHex(signer.publicKey);
  return { ...secret, networkId: name, publicKey: toHex(signer.publicKey), accountId: toHex(signer.account), ss58PublicKey: keyAddress, ss58Address: encodeSs58(signer.account, prefix) };
}

function secretsOf(phrase: string): { readonly secretPhrase: string; readonly secretSeed: string } {
  return { secretPhrase: phrase, secretSeed: toHex(mnemonicToMiniSecret(phrase, "")!.subarray(0, 32)) };
}

function print(ctx: CommandContext, data: KeyFacts, options: Options): void {
  if (options["outputType"] === "json" && ctx.out.globals.format === "text") return ctx.out.item(undefined, JSON.stringify(data, undefined, 2));
  const lines: (readonly [string, string])[] = [
    ...(data.secretPhrase === undefined ? [] : [["Secret phrase:", data.secretPhrase] as const]),
    ["  Network ID:", data.networkId],
    ...(data.secretSeed === undefined ? [] : [["  Secret seed:", data.secretSeed] as const]),
    ["  Public key (hex):", data.publicKey],
    ["  Account ID:", data.accountId],
    ["  Public key (SS58):", data.ss58PublicKey],
    ["  SS58 Address:", data.ss58Address],
  ];
  ctx.out.result(data, facts(lines));
}

export async function generate(ctx: CommandContext, options: Options): Promise<void> {
  const phrase = mnemonicGenerate(Number(options["words"]) as 12);
  print(ctx, factsOf(phrase, options, secretsOf(phrase)), options);
}

export async function inspect(ctx: CommandContext, uri: string | undefined, options: Options): Promise<void> {
  const text = uri === "-" ? await askSecret(ctx, "secret") : (uri ?? suriFrom(options, ctx.io.env));
  const publicKey = publicKeyIn(text, options["public"] === true);
  if (publicKey !== undefined) {
    const { prefix, name } = prefixOf(options);
    const hex = toHex(publicKey);
    const address = encodeSs58(publicKey, prefix);
    return print(ctx, { networkId: name, publicKey: hex, accountId: hex, ss58PublicKey: address, ss58Address: address }, options);
  }
  print(ctx, factsOf(text, options, mnemonicIsValid(text) ? secretsOf(text) : {}), options);
}

/** Hex is a seed unless it is said to be public: 32 bytes may be either. */
function publicKeyIn(text: string, isPublic: boolean): Uint8Array | undefined {
  if (isPublic) {
    const bytes = tryFromHex(text);
    if (bytes?.length !== 32) throw usage(`"${text}" is not a public key`, "it is 0x and 64 hex digits");
    return bytes;
  }
  const address = decodeSs58(text);
  return address.ok ? address.value.account : undefined;
}
