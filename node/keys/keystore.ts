// The node's own keys: one file per key, named by key type and public key, or only memory on a chain that is thrown away.
import { randomBytes } from "node:crypto";
import { chmodSync, closeSync, fsyncSync, mkdirSync, openSync, readFileSync, readdirSync, renameSync, statSync, writeSync } from "node:fs";
import { join } from "node:path";
import { equalBytes, toHex } from "../../runtime/primitives/bytes.ts";
import { CodedError } from "../../runtime/primitives/errors.ts";
import type { KeyBackend } from "../../rpc/backend.ts";
import { KeyFileError, decryptSecret, encryptSecret, newFileKey, parseEncrypted } from "./encrypted-file.ts";
import { SIMPLEX_KEY_TYPE, SIMPLEX_PUBLIC_BYTES, simplexPublicKey } from "./session.ts";

export class KeystoreError extends CodedError<
  /** Start the node with --password-filename or --password-interactive. */
  | { code: "KEYSTORE_NO_PASSWORD" }
  /** This node has keys of one type: smpx. */
  | { code: "KEYSTORE_UNKNOWN_TYPE"; keyType: string }
  /** The secret belongs to another public key than the one given. */
  | { code: "KEYSTORE_KEY_MISMATCH"; expected: string }
  /** Others may read the folder: chmod 700. */
  | { code: "KEYSTORE_PERMISSIONS"; directory: string; mode: string }
> {}

export interface KeystoreOptions {
  readonly directory: string;
  /** Undefined: keys stay in memory when `memory`, and cannot be made otherwise. */
  readonly password: string | undefined;
  /** Nothing is written. */
  readonly memory: boolean;
}

export interface StoredKey {
  readonly keyType: string;
  readonly publicKey: Uint8Array;
}

const SHARED_BITS = 0o077;

/** Opens the folder of keys. Throws KeystoreError, and KeyFileError for a file that others may read or that is damaged. */
export async function openKeystore(options: KeystoreOptions): Promise<Keystore> {
  const keystore = new Keystore(options);
  keystore.load();
  return keystore;
}

export class Keystore implements KeyBackend {
  readonly #options: KeystoreOptions;
  /** Secret SURI by key type and public key; undefined while it is still encrypted. */
  readonly #keys = new Map<string, { readonly key: StoredKey; suri: string | undefined }>();

  constructor(options: KeystoreOptions) {
    this.#options = options;
  }

  /** Reads names and public keys; secrets are decrypted when they are needed. */
  load(): void {
    const { directory, memory } = this.#options;
    if (memory) return;
    let names: string[];
    try {
      names = readdirSync(directory);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
      throw error;
    }
    requirePrivateDirectory(directory);
    for (const name of names.filter((entry) => entry.endsWith(".json"))) {
      const { description, pubkey } = readKeyFile(join(directory, name));
      const key = { keyType: description, publicKey: new Uint8Array(Buffer.from(pubkey, "hex")) };
      this.#keys.set(nameOf(key.keyType, key.publicKey), { key, suri: undefined });
    }
  }

  list(): readonly StoredKey[] {
    return [...this.#keys.values()].map(({ key }) => key);
  }

  /** The SURI of a key. Undefined when there is no such key. Throws KeystoreError, KeyFileError. */
  secret(keyType: string, publicKey: Uint8Array): string | undefined {
    const entry = this.#keys.get(nameOf(keyType, publicKey));
    if (entry === undefined) return undefined;
    if (entry.suri === undefined) {
      const file = join(this.#options.directory, `${nameOf(keyType, publicKey)}.json`);
      const suri = decryptSecret(readKeyFile(file), this.#password(), file);
      // A file that was renamed or edited must not make this node sign with another key than it says.
      if (!equalBytes(simplexPublicKey(suri), publicKey)) throw new KeyFileError({ code: "KEY_FILE_DAMAGED", file }, `${file} holds the secret of another key than its name says`);
      entry.suri = suri;
    }
    return entry.suri;
  }

  async rotateKeys(): Promise<Uint8Array> {
    const suri = toHex(randomBytes(32));
    const publicKey = simplexPublicKey(suri);
    await this.#store({ keyType: SIMPLEX_KEY_TYPE, publicKey }, suri);
    return publicKey;
  }

  async insertKey(keyType: string, suri: string, publicKey: Uint8Array): Promise<void> {
    requireSimplex(keyType);
    const derived = simplexPublicKey(suri);
    if (!equalBytes(derived, publicKey)) {
      throw new KeystoreError({ code: "KEYSTORE_KEY_MISMATCH", expected: toHex(derived) }, `the secret belongs to the public key ${toHex(derived)}, not to the one given`);
    }
    await this.#store({ keyType, publicKey }, suri);
  }

  async hasKey(publicKey: Uint8Array, keyType: string): Promise<boolean> {
    return this.#keys.has(nameOf(keyType, publicKey));
  }

  async hasSessionKeys(sessionKeys: Uint8Array): Promise<boolean> {
    return sessionKeys.length === SIMPLEX_PUBLIC_BYTES && this.hasKey(sessionKeys, SIMPLEX_KEY_TYPE);
  }

  #password(): string {
    const { password } = this.#options;
    if (password === undefined) throw new KeystoreError({ code: "KEYSTORE_NO_PASSWORD" }, "the keystore is encrypted: start the node with --password-filename or --password-interactive");
    return password;
  }

  async #store(key: StoredKey, suri: string): Promise<void> {
    if (!this.#options.memory) await this.#write(key, suri);
    this.#keys.set(nameOf(key.keyType, key.publicKey), { key, suri });
  }

  /** Complete and durable under its name, or not there at all. */
  async #write(key: StoredKey, suri: string): Promise<void> {
    const { directory } = this.#options;
    const fileKey = await newFileKey(this.#password());
    const content = JSON.stringify(encryptSecret(suri, fileKey, { type: key.keyType, publicKey: key.publicKey }), undefined, 2);
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    requirePrivateDirectory(directory);
    const file = join(directory, `${nameOf(key.keyType, key.publicKey)}.json`);
    const partial = `${file}.partial`;
    const descriptor = openSync(partial, "w", 0o600);
    try {
      writeSync(descriptor, content);
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
    chmodSync(partial, 0o600);
    renameSync(partial, file);
    const folder = openSync(directory, "r");
    fsyncSync(folder);
    closeSync(folder);
  }
}

function requireSimplex(keyType: string): void {
  if (keyType !== SIMPLEX_KEY_TYPE) throw new KeystoreError({ code: "KEYSTORE_UNKNOWN_TYPE", keyType }, `key type "${keyType.slice(0, 20)}" is not used by this node: expected ${SIMPLEX_KEY_TYPE}`);
}

function nameOf(keyType: string, publicKey: Uint8Array): string {
  return `${keyType}-${Buffer.from(publicKey).toString("hex")}`;
}

function readKeyFile(file: string): ReturnType<typeof parseEncrypted> {
  const mode = statSync(file).mode & 0o777;
  if ((mode & SHARED_BITS) !== 0) throw new KeyFileError({ code: "KEY_FILE_PERMISSIONS", file, mode: mode.toString(8) }, `${file} has mode ${mode.toString(8)}: others may read it; chmod 600`);
  return parseEncrypted(readFileSync(file, "utf8"), file);
}

function requirePrivateDirectory(directory: string): void {
  const mode = statSync(directory).mode & 0o777;
  if ((mode & SHARED_BITS) !== 0) throw new KeystoreError({ code: "KEYSTORE_PERMISSIONS", directory, mode: mode.toString(8) }, `${directory} has mode ${mode.toString(8)}: others may look into it; chmod 700`);
}
