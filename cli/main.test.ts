import { test } from "node:test";
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { createProgram } from "./program.ts";
import { Shell } from "./command.ts";
import { ERRORS, entryOf } from "./error-table.ts";
import { EXIT_MEANING } from "./exit-codes.ts";
import { withCommand } from "./main.ts";
import { mesi } from "./testing.ts";
import type { Command } from "commander";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

function spawnMesi(script: string): Promise<{ exit: number; out: string; err: string }> {
  const command = `mesi() { node --import tsx cli/mesi.ts "$@"; }; set -o pipefail; ${script}`;
  return new Promise((resolve) => execFile("bash", ["-c", command], { cwd: ROOT, encoding: "utf8" }, (error, out, err) => resolve({ exit: typeof error?.code === "number" ? error.code : 0, out, err })));
}

const MISTAKES: readonly (readonly [argv: string, exit: number, says: RegExp])[] = [
  ["node run --rpc-prot 9945", 2, /unknown flag --rpc-prot; did you mean --rpc-port\?/],
  ["--dev --rpc-prot 9945", 2, /unknown flag --rpc-prot; did you mean --rpc-port\?/],
  ["node run --rpc-port", 2, /--rpc-port <PORT> needs a value/],
  ["node run --rpc-port x", 2, /--rpc-port: "x" is not accepted; expected a whole number from 0 to 65535/],
  ["node run surplus", 2, /too many arguments/],
  ["node run --chain locl", 3, /unknown chain "locl": did you mean "local"\?/],
  ["node run --chain ./none.json", 3, /no such file/],
  ["node run --config /none.yaml", 3, /cannot be read/],
  ["node run --rpc-external --rpc-methods unsafe", 6, /^refused: .*anyone control/],
  ["dev --rpc-cors notanorigin --rpc-port 0 --no-prometheus", 2, /notanorigin/],
  ["dev -l rpc=loud", 2, /"rpc=loud" is not a log filter/],
  ["dev --node-key 12", 3, /node key is 32 bytes/],
  ["quary account", 2, /unknown command "quary"; did you mean query\?/],
  ["query acount x", 2, /did you mean account/],
  ["query account", 2, /argument address is missing/],
  ["query account //Alice --url localhost", 2, /--url "localhost" is not an endpoint/],
  ["query account //Alice --url ws://127.0.0.1:9", 4, /cannot reach ws:\/\/127\.0\.0\.1:9: connection refused/],
  ["query account //Alice --url http://127.0.0.1:9", 4, /cannot reach/],
  ["query raw x {} --url ws://127.0.0.1:9", 4, /cannot reach/],
  ["query account //Alice --timeout soon", 2, /--timeout "soon"/],
  ["query account //Alice -o xml", 2, /--output "xml" is not a format/],
  ["tx decode 0x00 --chain dev", 2, /expected 1 more bytes/],
  ["tx decode xyz --chain dev", 2, /not 0x-prefixed hex/],
  ["tx sign /none.json", 2, /\/none\.json cannot be read/],
  ["keys inspect //", 2, /a secret URI is a phrase or 0x-seed/],
  ["keys inspect 0x1234", 2, /a seed is 0x and 64 hex digits/],
  ["keys generate --words 13", 2, /Allowed choices are 12/],
  ["keys inspect //Alice --network earth", 2, /--network "earth" is not known/],
  ["chain-spec hash dev --state-version 2", 2, /--state-version "2"/],
  ["chain-spec validate /none.json", 3, /cannot be read/],
  ["db stats --base-path /none", 8, /there is no database at \/none\/chains\/creator_local\/db/],
  ["db import-blocks /none --base-path /none", 2, /\/none cannot be read/],
  ["explain 11", 2, /there is no exit code 11/],
  ["explain DB_LOKED", 2, /did you mean DB_LOCKED\?/],
  ["completion tcsh", 2, /use one of bash, zsh, fish/],
];

for (const [argv, exit, says] of MISTAKES) {
  test(`mesi ${argv}: exit ${exit}, in words`, async () => {
    const ran = await mesi(argv.split(" "));
    assert.equal(ran.exit, exit, ran.err);
    assert.match(ran.err, says);
    assert.equal(ran.out, "");
    assert.ok(!/\n\s+at /.test(ran.err), "no stack trace");
  });
}

test("with --json every one of these failures is one document with its exit code", async () => {
  for (const [argv, exit] of MISTAKES.filter(([line]) => !line.includes("-o xml"))) {
    const ran = await mesi([...argv.split(" "), "--json"]);
    const { ok, error, exit: said } = ran.json();
    assert.deepEqual([ok, said, ran.exit], [false, exit, exit], argv);
    assert.ok(error.code in ERRORS, `${argv}: ${error.code}`);
    assert.ok(error.message.length > 0);
  }
});

test("a secret that is refused is not repeated", async () => {
  const ran = await mesi(["keys", "inspect", "legal winner thank year wave sausage worth useful legal winner thank wrong"]);
  assert.equal(ran.exit, 2);
  assert.ok(!ran.err.includes("sausage"));
});

test("flags without a command are the node's, help and global options are not", () => {
  assert.deepEqual(withCommand(["--dev", "--tmp"]), ["node", "run", "--dev", "--tmp"]);
  assert.deepEqual(withCommand(["--json", "--url", "ws://x", "--alice"]), ["--json", "--url", "ws://x", "node", "run", "--alice"]);
  for (const argv of [["--help"], ["-V"], ["--json", "query", "block"], [], ["node", "--dev"]]) assert.deepEqual(withCommand(argv), argv);
});

test("every command has help that names what it takes", async () => {
  const visit = async (command: Command, path: readonly string[]): Promise<void> => {
    const ran = await mesi([...path, "--help"]);
    assert.equal(ran.exit, 0, path.join(" "));
    for (const option of command.options.filter(({ hidden }) => !hidden)) assert.ok(ran.out.includes(option.long!), `${path.join(" ")} ${option.long}`);
    for (const child of command.commands) await visit(child, [...path, child.name()]);
  };
  const shell = new Shell({ stdout: () => {}, stderr: () => {}, env: {}, stdinIsTty: false, stdoutIsTty: false, stderrIsTty: false, cwd: "" });
  await visit(createProgram(shell), []);
});

test("every error code that genesis, node and cli can throw has an exit code", () => {
  const codes = ["genesis", "cli", "node", "rpc/server.ts", "rpc/transport"].flatMap((place) => sources(`${ROOT}/${place}`)).flatMap(declaredCodes);
  assert.ok(codes.length > 30, `${codes.length} found`);
  assert.deepEqual([...new Set(codes)].filter((code) => entryOf(code) === undefined), []);
});

function sources(path: string): string[] {
  if (path.endsWith(".ts")) return [readFileSync(path, "utf8")];
  return readdirSync(path, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts")).map((name) => readFileSync(`${path}/${name}`, "utf8"));
}

/** Codes in the declarations of coded errors: `{ readonly code: "DB_LOCKED"; ...`. */
function declaredCodes(source: string): string[] {
  return [...source.matchAll(/extends CodedError<([\s\S]*?)> \{/g)].flatMap(([, declaration]) => [...declaration!.matchAll(/code: ((?:\s*\|?\s*"[A-Z_]+")+)/g)].flatMap(([, names]) => [...names!.matchAll(/[A-Z_]{3,}/g)].map(([name]) => name)));
}

test("explain knows every exit code and every error code", async () => {
  for (const code of [...Object.keys(EXIT_MEANING), ...Object.keys(ERRORS)]) assert.equal((await mesi(["explain", code, "--json"])).json().ok, true, code);
});

test("chain-spec build writes what validate, show and hash read, in both forms with one genesis hash", async () => {
  const hashes = new Set<unknown>();
  for (const raw of [[], ["--raw"]]) {
    const built = await mesi(["chain-spec", "build", "--chain", "dev", ...raw]);
    const ran = await spawnMesi(`f=$(mktemp) && cat > $f <<'SPEC'\n${built.out}SPEC\nmesi chain-spec hash $f --json && mesi chain-spec validate $f --quiet; rm $f`);
    const [first, second] = ran.out.split("\n");
    hashes.add((JSON.parse(first!) as { data: { genesisHash: string } }).data.genesisHash);
    assert.match(second!, /is valid/);
  }
  hashes.add(((await mesi(["chain-spec", "show", "dev", "--json"])).json().data as { genesisHash: string }).genesisHash);
  assert.equal(hashes.size, 1);
});

test("keys are those of Substrate's tools, in their JSON too", async () => {
  const ran = await mesi(["key", "inspect", "//Alice", "--output-type", "json"]);
  const { ss58Address, publicKey } = JSON.parse(ran.out) as Record<string, string>;
  assert.deepEqual([ss58Address, publicKey], ["5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY", "0xd43593c715fdd31c61141abd04a99fd6822c8558854ccde39a5684e7a56da27d"]);
  const schemes = await Promise.all(["sr25519", "ed25519", "ecdsa"].map(async (scheme) => (await mesi(["keys", "inspect", "//Alice", "--scheme", scheme, "--json"])).json().data as Record<string, string>));
  assert.deepEqual(schemes.map((data) => data["ss58Address"]), ["5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY", "5FA9nQDVg267DEd8m1ZypXLBnvN7SFxYwV7ndqSYGiN9TTpu", "5C7C2Z5sWbytvHpuLTvzKunnnRwQxft1jiqrLD5rhucQ5S9X"]);
});

test("a generated phrase inspects to the same key, and MESI_SURI keeps it off the command line", async () => {
  const made = (await mesi(["keys", "generate", "--words", "24", "--json"])).json().data as Record<string, string>;
  assert.equal(made["secretPhrase"]!.split(" ").length, 24);
  const again = (await mesi(["keys", "inspect", "--json"], { MESI_SURI: made["secretPhrase"]! })).json().data as Record<string, string>;
  const bySeed = (await mesi(["keys", "inspect", made["secretSeed"]!, "--json"])).json().data as Record<string, string>;
  assert.equal(again["publicKey"], made["publicKey"]);
  assert.equal(bySeed["publicKey"], made["publicKey"]);
});

test("completion scripts are valid shell and know commands and flags", async () => {
  const { out } = await mesi(["completion", "bash"]);
  assert.match(out, /"chain-spec"\) words="build show validate hash/);
  assert.match(out, /"node run"\) words=""; flags="[^"]*--rpc-port/);
  const checked = await spawnMesi(`source <(mesi completion bash) && COMP_WORDS=(mesi tx s) COMP_CWORD=2 && _mesi && echo "\${COMPREPLY[*]}"`);
  assert.equal(checked.out.trim(), "send sign submit");
});

test("as a process: help, a wrong flag, a reader that stops reading, and a question without a terminal", async () => {
  const [help, wrong, pipe] = await Promise.all([spawnMesi("mesi --help"), spawnMesi("mesi node run --rpc-prot 1"), spawnMesi("mesi completion bash | head -c 10")]);
  assert.deepEqual([help.exit, help.err], [0, ""]);
  assert.deepEqual([wrong.exit, wrong.out], [2, ""]);
  assert.deepEqual([pipe.exit, pipe.err], [0, ""]);
});
