import { utf8 } from "../../../runtime/primitives/bytes.ts";
import { KeyFileError, decryptSecret, parseEncrypted } from "../../../node/keys/encrypted-file.ts";
import { refusable, textOf } from "../rules.ts";

/** scrypt's cost is the file's own to say, within the parser's bounds: what is dear is not run here. */
const N_MAX = 1_024;

/** A key file is refused, or a password tried on it: right or wrong, nothing else. */
export function fuzz(bytes: Uint8Array): void {
  const text = textOf(bytes);
  if (text === undefined) return;
  const secret = refusable(() => parseEncrypted(text, "key.json"), KeyFileError);
  if (secret === undefined || secret.crypto.kdf.params.n > N_MAX) return;
  refusable(() => decryptSecret(secret, "password", "key.json"), KeyFileError);
}

export function seeds(): Uint8Array[] {
  const file = (n: number): object => ({
    version: 4,
    uuid: "0b5a1f0e-0000-4000-8000-000000000000",
    description: "smpx",
    path: "",
    pubkey: "ab".repeat(48),
    crypto: {
      kdf: { function: "scrypt", params: { dklen: 32, n, r: 8, p: 1, salt: "11".repeat(32) }, message: "" },
      checksum: { function: "sha256", params: {}, message: "22".repeat(32) },
      cipher: { function: "aes-128-ctr", params: { iv: "33".repeat(16) }, message: "44".repeat(20) },
    },
  });
  return [2, 262_144].map((n) => utf8(JSON.stringify(file(n))));
}

export const words = ['"n":2', '"n":3', '"p":4', '"salt":""', '"message":""', '"iv"', '"__proto__"'];
