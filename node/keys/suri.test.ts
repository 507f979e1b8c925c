import assert from "node:assert/strict";
import { test } from "node:test";
import { Keyring } from "@polkadot/keyring";
import { cryptoWaitReady, mnemonicGenerate, mnemonicToMiniSecret } from "@polkadot/util-crypto";
import fc from "fast-check";
import { DEV_ACCOUNTS, DEV_PHRASE } from "../../genesis/presets.ts";
import { toHex, utf8 } from "../../runtime/primitives/bytes.ts";
import { verifySignature } from "../verifier/verify.ts";
import { chainCode, keyPairFromSuri, parseSuri } from "./suri.ts";
import type { KeyScheme } from "./suri.ts";

await cryptoWaitReady();
const SCHEMES: readonly KeyScheme[] = ["sr25519", "ed25519", "ecdsa"];
const publicKey = (suri: string, scheme: KeyScheme): string => toHex(keyPairFromSuri(suri, scheme).publicKey);
const oracle = (suri: string, scheme: KeyScheme): string => toHex(new Keyring().createFromUri(suri, {}, scheme).publicKey);

test("Alice is who she is everywhere", () => {
  assert.equal(publicKey("//Alice", "sr25519"), "0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d");
  assert.equal(publicKey("//Alice", "ed25519"), "0x88dc3417d5058ec4b4503e0c12ea1a0a89be200fe98922423d4334014fa6b0ee");
  assert.equal(publicKey("//Alice", "ecdsa"), "0x020a1091341fe5664bfa1782d5e04779689068c916b04cb365ec3153755684d9a1");
});

test("subkey's documented keys: the development phrase, a seed, a password", () => {
  assert.equal(publicKey(DEV_PHRASE, "sr25519"), "0x46ebddef8cd9bb167dc30878d7113b7e168e6f0646beffd77d69d39bad76b47a");
  assert.equal(publicKey("0xfac7959dbfe72f052e5a0c3c8d6530f202b02fd8f9f5ca3580ec8deb7797479e", "sr25519"), publicKey(DEV_PHRASE, "sr25519"));
  assert.equal(publicKey("//Alice///password", "sr25519"), publicKey(`${DEV_PHRASE}//Alice///password`, "sr25519"));
  assert.notEqual(publicKey("//Alice///password", "sr25519"), publicKey("//Alice", "sr25519"));
});

test("the development accounts of the genesis are those of their SURIs", () => {
  assert.equal(DEV_ACCOUNTS.length, 12);
  for (const { suri, account } of DEV_ACCOUNTS) assert.deepEqual(keyPairFromSuri(suri, "sr25519").account, account, suri);
});

test("phrases, passwords and junctions give the keys that the polkadot keyring gives", () => {
  const word = fc.oneof(fc.constantFrom("Alice", "stash", "0", "1", "42", "4294967296", "polkadot js", "a-b_c.d", "ünï", "x".repeat(31), "x".repeat(32), "x".repeat(80)), fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9]{0,12}$/));
  const phrases = [DEV_PHRASE, mnemonicGenerate(12), mnemonicGenerate(24), `0x${"5a".repeat(32)}`];
  const junction = fc.tuple(fc.boolean(), word);
  fc.assert(
    fc.property(fc.constantFrom(...phrases), fc.array(junction, { maxLength: 4 }), fc.constantFrom("", "secret", "a/b c"), fc.constantFrom(...SCHEMES), (phrase, path, password, scheme) => {
      const junctions = path.map(([hard, text]) => `${hard || scheme !== "sr25519" ? "//" : "/"}${text}`).join("");
      const suri = `${phrase}${junctions}${password === "" ? "" : `///${password}`}`;
      assert.equal(publicKey(suri, scheme), oracle(suri, scheme), suri);
    }),
    { numRuns: 60 },
  );
});

test("mini secrets are those of the polkadot keyring", () => {
  const phrase = mnemonicGenerate(15);
  assert.equal(publicKey(`${phrase}///pw`, "ed25519"), publicKey(toHex(mnemonicToMiniSecret(phrase, "pw")), "ed25519"));
});

test("what a pair signs, the chain accepts from its account", () => {
  for (const scheme of SCHEMES) {
    const pair = keyPairFromSuri("//Bob//stash", scheme);
    for (const message of [utf8("hello"), new Uint8Array(0), new Uint8Array(400)]) {
      assert.equal(verifySignature({ signature: pair.sign(message), message, signer: pair.account }), true);
    }
  }
});

test("numbers are u64 junctions, and what is no u64 is text", () => {
  assert.equal(toHex(chainCode("1")), `0x01${"00".repeat(31)}`);
  assert.equal(toHex(chainCode("18446744073709551615")), `0x${"ff".repeat(8)}${"00".repeat(24)}`);
  assert.equal(toHex(chainCode("18446744073709551616")), toHex(Uint8Array.of(20 << 2, ...utf8("18446744073709551616"), ...new Uint8Array(11))));
  assert.equal(chainCode("x".repeat(200)).length, 32);
});

test("bad SURIs are refused with a code and without their secret", () => {
  const secret = "zebra zebra zebra zebra zebra zebra zebra zebra zebra zebra zebra zebra";
  for (const [suri, scheme, code] of [
    [secret, "sr25519", "SURI_PHRASE"],
    ["Alice", "sr25519", "SURI_PHRASE"],
    [`0x${"00".repeat(31)}`, "sr25519", "SURI_PHRASE"],
    [`0x${"0g".repeat(32)}`, "sr25519", "SURI_PHRASE"],
    [`0x${"00".repeat(32)}`, "ecdsa", "SURI_PHRASE"],
    [`0x${"ff".repeat(32)}`, "ecdsa", "SURI_PHRASE"],
    ["//Alice/soft", "ed25519", "SURI_SOFT"],
    ["//Alice/soft", "ecdsa", "SURI_SOFT"],
    ["//Alice//", "sr25519", "SURI_FORM"],
    ["bad!phrase", "sr25519", "SURI_FORM"],
    ["a".repeat(2000), "sr25519", "SURI_FORM"],
  ] as const) {
    assert.throws(() => keyPairFromSuri(suri, scheme), (error: { code?: string; message: string }) => error.code === code && !error.message.includes("zebra"), suri);
  }
  assert.deepEqual(parseSuri("//a/b///p//q"), { phrase: DEV_PHRASE, junctions: [{ hard: true, text: "a" }, { hard: false, text: "b" }], password: "p//q" });
});
