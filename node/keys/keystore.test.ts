import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { toHex } from "../../runtime/primitives/bytes.ts";
import { decryptSecret, parseEncrypted } from "./encrypted-file.ts";
import { openKeystore } from "./keystore.ts";
import { simplexPublicKey } from "./session.ts";

const root = mkdtempSync(join(tmpdir(), "mesi-keys-"));
after(() => rmSync(root, { recursive: true, force: true }));
let count = 0;
const folder = (): string => join(root, String(count++));
const code = (expected: string) => (error: unknown) => (error as { code?: string }).code === expected;

// EIP-2335's own test vector: scrypt keystore.
const EIP_2335 = {
  version: 4, uuid: "1d85ae20-35c5-4611-98e8-aa14a633906f", description: "smpx", path: "",
  pubkey: "9612d7a727c9d0a22e185a1c768478dfe919cada9266988cb32359c11f2b7b27f4ae4040902382ae2910c15e2b420d07",
  crypto: {
    kdf: { function: "scrypt", params: { dklen: 32, n: 262144, p: 1, r: 8, salt: "d4e56740f876aef8c010b86a40d5f56745a118d0906a34e69aec8c0db1cb8fa3" }, message: "" },
    checksum: { function: "sha256", params: {}, message: "d2217fe5f3e9a1e34581ef8a78f7c9928e436d36dacc5e846690a5581e8ea484" },
    cipher: { function: "aes-128-ctr", params: { iv: "264daa3f303d7259501c93d997d84fe6" }, message: "06ae90d55fe0a6e9c5c3bc5b170827b2e5cce3929ed3f116c2811e6366dfe20f" },
  },
};

test("EIP-2335's vector opens with its password: control codes are dropped, letters normalized", () => {
  const parsed = parseEncrypted(JSON.stringify(EIP_2335), "vector");
  const password = "\u{1D531}\u{1D522}\u{1D530}\u{1D531}\u{1D52D}\u{1D51E}\u{1D530}\u{1D530}\u{1D534}\u{1D52C}\u{1D52F}\u{1D521}\u{1F511}\u007F";
  // The vector's secret is 32 raw bytes; ours are texts, so only its opening is shown.
  assert.doesNotThrow(() => decryptSecret(parsed, password, "vector"));
  assert.throws(() => decryptSecret(parsed, "testpassword", "vector"), code("KEY_WRONG_PASSWORD"));
});

test("a key survives a restart, encrypted, and only the right password opens it", async () => {
  const directory = folder();
  const first = await openKeystore({ directory, password: "correct horse", memory: false });
  const publicKey = await first.rotateKeys();
  assert.equal(publicKey.length, 48);
  const again = await openKeystore({ directory, password: "correct horse", memory: false });
  assert.equal(await again.hasSessionKeys(publicKey), true);
  assert.deepEqual(simplexPublicKey(again.secret("smpx", publicKey)!), publicKey);
  const wrong = await openKeystore({ directory, password: "battery staple", memory: false });
  assert.throws(() => wrong.secret("smpx", publicKey), code("KEY_WRONG_PASSWORD"));
  const without = await openKeystore({ directory, password: undefined, memory: false });
  assert.throws(() => without.secret("smpx", publicKey), code("KEYSTORE_NO_PASSWORD"));
});

test("files are for the owner alone, hold no secret in the clear, and others' access is refused", async () => {
  const directory = folder();
  const keystore = await openKeystore({ directory, password: "p", memory: false });
  const publicKey = simplexPublicKey("//Alice");
  await keystore.insertKey("smpx", "//Alice", publicKey);
  const [name] = readdirSync(directory);
  const file = join(directory, name!);
  assert.equal(name, `smpx-${toHex(publicKey).slice(2)}.json`);
  assert.equal(statSync(file).mode & 0o777, 0o600);
  assert.equal(statSync(directory).mode & 0o777, 0o700);
  assert.ok(!readFileSync(file, "utf8").includes("Alice"));
  chmodSync(file, 0o644);
  await assert.rejects(openKeystore({ directory, password: "p", memory: false }), code("KEY_FILE_PERMISSIONS"));
  chmodSync(file, 0o600);
  chmodSync(directory, 0o755);
  await assert.rejects(openKeystore({ directory, password: "p", memory: false }), code("KEYSTORE_PERMISSIONS"));
});

test("a damaged file is named, not skipped", async () => {
  const directory = folder();
  const keystore = await openKeystore({ directory, password: "p", memory: false });
  await keystore.rotateKeys();
  const file = join(directory, readdirSync(directory)[0]!);
  const text = readFileSync(file, "utf8");
  for (const damaged of [text.slice(0, -20), text.replace('"n": 262144', '"n": 999999999'), text.replace("scrypt", "argon2"), "{}", ""]) {
    writeFileSync(file, damaged, { mode: 0o600 });
    await assert.rejects(openKeystore({ directory, password: "p", memory: false }), code("KEY_FILE_DAMAGED"));
  }
});

test("insertKey refuses a secret of another key and key types that this node does not use", async () => {
  const keystore = await openKeystore({ directory: folder(), password: undefined, memory: true });
  await assert.rejects(keystore.insertKey("smpx", "//Alice", simplexPublicKey("//Bob")), code("KEYSTORE_KEY_MISMATCH"));
  await assert.rejects(keystore.insertKey("gran", "//Alice", simplexPublicKey("//Alice")), code("KEYSTORE_UNKNOWN_TYPE"));
  assert.equal(keystore.list().length, 0);
});

test("on a chain that is thrown away keys are kept in memory only", async () => {
  const directory = folder();
  const keystore = await openKeystore({ directory, password: undefined, memory: true });
  const publicKey = await keystore.rotateKeys();
  assert.equal(await keystore.hasKey(publicKey, "smpx"), true);
  assert.throws(() => statSync(directory));
});

test("without a password no key is made on disk", async () => {
  const keystore = await openKeystore({ directory: folder(), password: undefined, memory: false });
  await assert.rejects(keystore.rotateKeys(), code("KEYSTORE_NO_PASSWORD"));
});
