import { test } from "node:test";
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Keyring } from "@polkadot/keyring";
import { cryptoWaitReady } from "@polkadot/util-crypto";
import { State, MemoryState } from "../runtime/frame/state.ts";
import { checkInvariants } from "../runtime/frame/executive.ts";
import { createRuntime } from "../runtime/construct.ts";
import { fromHex, toHex, toLatin1 } from "../runtime/primitives/bytes.ts";
import { trieRoot } from "../runtime/trie/build.ts";
import { totalBalance } from "../runtime/pallets/balances/view.ts";
import { newContext } from "../runtime/frame/testing.ts";
import { Key as SudoKey } from "../runtime/pallets/sudo/pallet.ts";
import { chainSpecJson, parseChainSpec } from "./chain-spec.ts";
import { ChainSpecError } from "./errors.ts";
import { genesisForNode, genesisOf, toRaw } from "./genesis-state.ts";
import { loadChainSpec } from "./load.ts";
import { DEV_ACCOUNTS, DEV_BALANCE, DEV_PHRASE, presetSpec } from "./presets.ts";

const FIXTURES = process.env["CREATOR_FIXTURES"] ?? fileURLToPath(new URL("../../shared/fixtures", import.meta.url));
const REAL_CHAINS = [
  ["westend", "0xe143f23803ac50e8f6f8e62695d1ce9e4e1d68aa36c1cd2cfd15340213f3423e"],
  ["paseo", "0x77afd6190f1554ad45fd0d31aee62aacc33c6db0ea801129acb813f913e0764f"],
] as const;

function spec(fields: object): unknown {
  return { name: "Test", id: "test", chainType: "Local", genesis: { runtimeGenesis: { patch: {} } }, ...fields };
}

function codeOf(run: () => unknown): { code: string; message: string } {
  try {
    run();
  } catch (error) {
    return { code: (error as { code?: string }).code ?? "none", message: (error as Error).message };
  }
  return { code: "nothing thrown", message: "" };
}

for (const [name, expected] of REAL_CHAINS) {
  const file = `${FIXTURES}/genesis-raw/${name}-raw.json`;
  test(`the raw chain spec of ${name} has the genesis hash of the real chain`, { skip: existsSync(file) ? false : "1 case: no fixtures" }, () => {
    const { genesisHash } = genesisOf(loadChainSpec(file, { foreign: true }), 0);
    assert.equal(toHex(genesisHash), expected);
  });
}

test("development accounts are those that the development phrase derives", async () => {
  await cryptoWaitReady();
  const keyring = new Keyring({ type: "sr25519" });
  for (const { suri, account } of DEV_ACCOUNTS) assert.deepEqual(keyring.addFromUri(DEV_PHRASE + suri).publicKey, account, suri);
});

for (const preset of ["dev", "local"] as const) {
  test(`preset ${preset} gives every development account its balance, and keeps every pallet's invariants`, () => {
    const { entries, params } = genesisForNode(presetSpec(preset));
    const { runtime } = createRuntime(params);
    const memory = new MemoryState();
    for (const [key, value] of entries) memory.entries.set(toLatin1(key), value);
    const ctx = newContext(runtime, memory);
    for (const { account } of DEV_ACCOUNTS) assert.equal(totalBalance(ctx, account), DEV_BALANCE);
    assert.deepEqual(SudoKey.get(ctx.state), DEV_ACCOUNTS[0]!.account);
    checkInvariants(runtime, new State(memory, runtime.storageItems));
  });

  test(`preset ${preset} has one genesis hash in all forms, through JSON and back`, () => {
    const made = presetSpec(preset);
    const forms = [made, toRaw(made)].map((form) => parseChainSpec(JSON.parse(JSON.stringify(chainSpecJson(form)))));
    const hashes = [made, ...forms].map((form) => toHex(genesisOf(form, 1).genesisHash));
    assert.equal(new Set(hashes).size, 1);
    assert.deepEqual(genesisForNode(forms[0]!).entries, genesisForNode(forms[1]!).entries);
  });
}

test("entries of a genesis ascend by key, as the trie takes them", () => {
  const { entries } = genesisForNode(presetSpec("dev"));
  assert.doesNotThrow(() => trieRoot(entries, 1));
});

test("a patch changes what it names and leaves the rest at its default", () => {
  const alice = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
  const patch = { balances: { balances: [[alice, "5000000000"]] }, params: { block_hash_count: 64 } };
  const { params } = genesisForNode(parseChainSpec(spec({ genesis: { runtimeGenesis: { patch } } })));
  assert.equal(params.block_hash_count, 64);
  assert.equal(params.existential_deposit, 1_000_000_000n);
});

test("a Live chain with sudo is refused, as a patch and as raw", () => {
  const key = "5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY";
  const patched = parseChainSpec(spec({ chainType: "Live", genesis: { runtimeGenesis: { patch: { sudo: { key } } } } }));
  assert.equal(codeOf(() => genesisForNode(patched)).code, "SPEC_LIVE_SUDO");
  const allowed = parseChainSpec(spec({ chainType: "Live", genesis: { runtimeGenesis: { patch: { params: { sudo_allowed: true } } } } }));
  assert.equal(codeOf(() => genesisForNode(allowed)).code, "SPEC_LIVE_SUDO");
  const raw = { ...toRaw(presetSpec("dev")), chainType: "Live" as const };
  assert.equal(codeOf(() => genesisForNode(raw)).code, "SPEC_LIVE_SUDO");
  assert.doesNotThrow(() => genesisForNode(parseChainSpec(spec({ chainType: "Live" }))));
});

test("a child trie is part of the state root under its prefixed key, and an empty one leaves no trace", () => {
  const top = { "0x01": "0x02" };
  const root = (raw: object): string => toHex(genesisOf(parseChainSpec(spec({ genesis: { raw } })), 1).stateRoot);
  const child = { "0xaa": "0xbb" };
  const prefixed = toHex(new TextEncoder().encode(":child_storage:default:x"));
  const childRoot = toHex(trieRoot([[fromHex("0xaa"), fromHex("0xbb")]], 1));
  assert.equal(root({ top, childrenDefault: { "0x78": child } }), root({ top: { ...top, [prefixed]: childRoot }, childrenDefault: {} }));
  assert.equal(root({ top, childrenDefault: { "0x78": {} } }), root({ top }));
  const own = parseChainSpec(spec({ genesis: { raw: { top, childrenDefault: { "0x78": child } } } }));
  assert.equal(codeOf(() => genesisForNode(own)).code, "SPEC_CHILD_TRIES");
});

const MISTAKES: readonly (readonly [name: string, file: unknown, code: string, says: RegExp])[] = [
  ["a mistyped field", spec({ bootnodes: [] }), "SPEC_INVALID", /did you mean "bootNodes"/],
  ["a missing name", { id: "x", genesis: { raw: { top: {} } } }, "SPEC_INVALID", /name: expected a string, got nothing/],
  ["a bad chain type", spec({ chainType: "Main" }), "SPEC_INVALID", /chainType/],
  ["no genesis", spec({ genesis: undefined }), "SPEC_INVALID", /genesis: expected an object/],
  ["two genesis forms", spec({ genesis: { raw: { top: {} }, stateRootHash: "0x" } }), "SPEC_INVALID", /exactly one of/],
  ["an odd hex digit", spec({ genesis: { raw: { top: { "0x1": "0x" } } } }), "SPEC_INVALID", /0x-prefixed hex/],
  ["a key in two spellings", spec({ genesis: { raw: { top: { "0xAA": "0x", "0xaa": "0x" } } } }), "SPEC_INVALID", /stands twice/],
  ["a Wasm runtime", spec({ genesis: { runtimeGenesis: { code: "0x00", patch: {} } } }), "SPEC_NOT_RAW", /convert it to raw/],
  ["a rounded amount", spec({ genesis: { runtimeGenesis: { patch: { balances: { balances: [["5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY", 1e19]] } } } } }), "SPEC_INVALID", /write it as a string/],
  ["a mistyped pallet", spec({ genesis: { runtimeGenesis: { patch: { balance: {} } } } }), "JSON_UNKNOWN_FIELD", /did you mean "balances"/],
  ["another address format", spec({ properties: { ss58Format: 0 } }), "SPEC_INVALID", /prefix 42/],
  ["a foreign runtime", spec({ genesis: { raw: { top: { "0x3a636f6465": "0x0061736d" } } } }), "SPEC_FOREIGN_RUNTIME", /no Wasm/],
  ["a state root alone", spec({ genesis: { stateRootHash: `0x${"11".repeat(32)}` } }), "SPEC_STATE_MISSING", /not the state/],
];
for (const [name, file, code, says] of MISTAKES) {
  test(`a spec with ${name} is refused with ${code}`, () => {
    const thrown = codeOf(() => genesisForNode(parseChainSpec(file)));
    assert.equal(thrown.code, code, thrown.message);
    assert.match(thrown.message, says);
  });
}

test("an unknown chain name is answered with the nearest preset, a missing file with its path", () => {
  assert.throws(() => loadChainSpec("locall"), (error) => error instanceof ChainSpecError && error.code === "SPEC_UNKNOWN_CHAIN" && /"local"/.test(error.message));
  assert.throws(() => loadChainSpec("./no/such.json"), (error) => error instanceof ChainSpecError && error.code === "SPEC_UNREADABLE");
});
