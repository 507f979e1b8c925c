// The programs that docs/app-developers.md shows, run as a reader would run them.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { join } from "node:path";
import { test } from "node:test";
import { promisify } from "node:util";
import { startDevNode } from "../support/dev-node.ts";

const run = promisify(execFile);
const EXAMPLES = join(import.meta.dirname, "../../docs/examples");

test("each example moves one MESI to Bob and reads it back", async () => {
  const node = await startDevNode({ args: ["--tmp"] });
  for (const [i, name] of ["transfer-pjs.mjs", "transfer-papi.mjs"].entries()) {
    const { stdout } = await run(process.execPath, [join(EXAMPLES, name), node.wsUrl], { env: { ...process.env, NODE_OPTIONS: "--experimental-websocket" } });
    assert.match(stdout, new RegExp(`Bob has ${10_000_001 + i} MESI`));
  }
  assert.equal(await node.stop(), 0);
});
