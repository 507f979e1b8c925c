// A secret at rest, in the shape of EIP-2335: scrypt, AES-128-CTR, SHA-256 checksum.
import { createCipheriv, createDecipheriv, createHash, randomBytes, randomUUID, scrypt, scryptSync } from "node:crypto";
import { CodedError } from "../../runtime/primitives/errors.ts";

export class KeyFileError extends CodedError<
  | { code: "KEY_WRONG_PASSWORD"; file: string }
  /** Not a key file of this version, or damaged: restore it from a backup. */
  | { code: "KEY_FILE_DAMAGED"; file: string }
  /** Others may read it: chmod 600. */
  | { code: "KEY_FILE_PERMISSIONS"; file: string; mode: string }
> {}

export interface EncryptedSecret {
  readonly version: 4;
  readonly uuid: string;
  /** Substrate's four letters, such as `smpx`. */
  readonly description: string;
  readonly path: "";
  /** Hex without prefix. */
  readonly pubkey: string;
  readonly crypto: {
    readonly kdf: { readonly function: "scrypt"; readonly params: { readonly dklen: 32; readonly n: number; readonly r: number; readonly p: number; readonly salt: string }; readonly message: "" };
    readonly checksum: { readonly function: "sha256"; readonly params: object; readonly message: string };
    readonly cipher: { readonly function: "aes-128-ctr"; readonly params: { readonly iv: string }; readonly message: string };
  };
}

const SCRYPT = { n: 262_144, r: 8, p: 1 } as const;
const SCRYPT_MEMORY = 512 * 1_048_576;
/** A file from elsewhere may ask for at most this much work: EIP-2335's own number, 256 MiB. */
const MAX_N = SCRYPT.n;

/** EIP-2335: NFKD, without control codes. */
function passwordBytes(password: string): Buffer {
  return Buffer.from([...password.normalize("NFKD")].filter((char) => !/[\u0000-\u001F\u007F-\u009F]/u.test(char)).join(""), "utf8");
}

function deriveKey(password: string, salt: Buffer, { n, r, p }: { readonly n: number; readonly r: number; readonly p: number }): Buffer {
  return scryptSync(passwordBytes(password), salt, 32, { N: n, r, p, maxmem: SCRYPT_MEMORY });
}

/** What a new file is encrypted with. */
export interface FileKey {
  readonly salt: Buffer;
  readonly derived: Buffer;
}

/** Takes about a second, off the main thread: a validator must not miss a vote for it. */
export function newFileKey(password: string): Promise<FileKey> {
  const salt = randomBytes(32);
  const { n: N, r, p } = SCRYPT;
  return new Promise((resolve, reject) => {
    scrypt(passwordBytes(password), salt, 32, { N, r, p, maxmem: SCRYPT_MEMORY }, (error, derived) => (error === null ? resolve({ salt, derived }) : reject(error)));
  });
}

function checksumOf(key: Buffer, message: Buffer): string {
  return createHash("sha256").update(key.subarray(16, 32)).update(message).digest("hex");
}

export function encryptSecret(secret: string, { salt, derived }: FileKey, key: { readonly type: string; readonly publicKey: Uint8Array }): EncryptedSecret {
  const iv = randomBytes(16);
  const cipher = createCipheriv("aes-128-ctr", derived.subarray(0, 16), iv);
  const message = Buffer.concat([cipher.update(secret, "utf8"), cipher.final()]);
  return {
    version: 4,
    uuid: randomUUID(),
    description: key.type,
    path: "",
    pubkey: Buffer.from(key.publicKey).toString("hex"),
    crypto: {
      kdf: { function: "scrypt", params: { dklen: 32, ...SCRYPT, salt: salt.toString("hex") }, message: "" },
      checksum: { function: "sha256", params: {}, message: checksumOf(derived, message) },
      cipher: { function: "aes-128-ctr", params: { iv: iv.toString("hex") }, message: message.toString("hex") },
    },
  };
}

/** scrypt takes powers of two only. */
function isScryptN(n: number): boolean {
  return Number.isInteger(n) && n > 1 && n <= MAX_N && (n & (n - 1)) === 0;
}

/** Checks the shape of a key file. Throws KeyFileError. */
export function parseEncrypted(text: string, file: string): EncryptedSecret {
  try {
    const parsed = JSON.parse(text) as EncryptedSecret;
    const { kdf, checksum, cipher } = parsed.crypto;
    const { n, r, p, dklen, salt } = kdf.params;
    const numbers = isScryptN(n) && r === SCRYPT.r && Number.isInteger(p) && p >= 1 && p <= 4 && dklen === 32 && typeof parsed.description === "string";
    const hex = [salt, checksum.message, cipher.params.iv, cipher.message, parsed.pubkey].every((value) => typeof value === "string" && /^([0-9a-f]{2})*$/.test(value));
    if (parsed.version === 4 && kdf.function === "scrypt" && checksum.function === "sha256" && cipher.function === "aes-128-ctr" && numbers && hex && cipher.params.iv.length === 32) return parsed;
  } catch {
    // Falls through to the one refusal.
  }
  throw new KeyFileError({ code: "KEY_FILE_DAMAGED", file }, `${file} is not an intact key file of version 4 (scrypt, aes-128-ctr)`);
}

/** Throws KeyFileError when the password is wrong. */
export function decryptSecret({ crypto }: EncryptedSecret, password: string, file: string): string {
  const derived = deriveKey(password, Buffer.from(crypto.kdf.params.salt, "hex"), crypto.kdf.params);
  const message = Buffer.from(crypto.cipher.message, "hex");
  if (checksumOf(derived, message) !== crypto.checksum.message) throw new KeyFileError({ code: "KEY_WRONG_PASSWORD", file }, `the password does not open ${file}`);
  const decipher = createDecipheriv("aes-128-ctr", derived.subarray(0, 16), Buffer.from(crypto.cipher.params.iv, "hex"));
  return Buffer.concat([decipher.update(message), decipher.final()]).toString("utf8");
}
