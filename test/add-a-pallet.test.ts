// docs/add-a-pallet.md, followed to the letter in a copy of the project.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { decAnyMetadata } from "@polkadot-api/substrate-bindings";
import type * as Construct from "../runtime/construct.ts";
import type * as Params from "../runtime/params.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const copy = mkdtempSync(join(tmpdir(), "add-a-pallet-"));
after(() => rmSync(copy, { recursive: true, force: true }));

for (const name of ["runtime", "docs", "package.json", "tsconfig.json"]) cpSync(join(root, name), join(copy, name), { recursive: true });
symlinkSync(join(root, "node_modules"), join(copy, "node_modules"), "dir");

/** The shell blocks of the page, in order. */
function commands(): string[] {
  const page = readFileSync(join(copy, "docs/add-a-pallet.md"), "utf8");
  return [...page.matchAll(/^```sh\n([\s\S]*?)^```$/gm)].map(([, block]) => block!);
}

/** Each block starts at the project's root, as the page says. Returns what the block printed. */
function run(block: string): string {
  // Without the runner's own variables, so that a test started inside reports as a test of its own.
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith("NODE_TEST")));
  return execFileSync("sh", ["-eu", "-c", block], { cwd: copy, env, encoding: "utf8", timeout: 60_000 });
}

test("the commands of docs/add-a-pallet.md make a pallet that passes its own test and stands in the metadata", async () => {
  const blocks = commands();
  assert.ok(blocks.length >= 8, `${blocks.length} shell blocks`);
  const reports = blocks.map(run).filter((output) => /^# tests/m.test(output));
  assert.equal(reports.length, 2, "the page runs the pallet's test twice");
  for (const report of reports) assert.match(report, /^# fail 0$/m);
  assert.match(reports[1]!, /ok \d+ - appending grows the note/);
  assert.deepEqual(await callsInMetadata("Guestbook"), ["set_note", "clear_note", "append_note"]);
  assert.deepEqual(await callsInMetadata("Template"), ["set_note", "clear_note"]);
});

/** As a client reads them: out of the encoded metadata of the copied project. */
async function callsInMetadata(name: string): Promise<string[]> {
  const { createRuntime } = (await import(pathToFileURL(join(copy, "runtime/construct.ts")).href)) as typeof Construct;
  const { DEV_PARAMS } = (await import(pathToFileURL(join(copy, "runtime/params.ts")).href)) as typeof Params;
  const encoded = createRuntime(DEV_PARAMS).metadata(15);
  const { metadata } = decAnyMetadata(encoded);
  assert.equal(metadata.tag, "v15");
  if (metadata.tag !== "v15") return [];
  const pallet = metadata.value.pallets.find((each) => each.name === name);
  const type = metadata.value.lookup[pallet?.calls ?? -1];
  return type?.def.tag === "variant" ? type.def.value.map((each) => each.name) : [];
}
