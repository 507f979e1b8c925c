// Runs test files, each in a process of its own, and ends with a line that machines read: `N passed, N failed, N skipped`.
//   npm test                      everything below, types and lint included
//   npm run test:some -- GLOB...  test files whose path contains one of the words
import { readdirSync } from "node:fs";
import { run } from "node:test";
import { spec } from "node:test/reporters";

const ROOTS = ["runtime", "consensus", "genesis", "circuits", "p2p", "rpc", "indexer", "node", "cli", "test", "scripts"];
/** These start nodes and clients: one at a time keeps their timing honest on two cores. */
const CONCURRENCY = 2;
/** A file that hangs must not hang the run. */
const FILE_TIMEOUT_MS = 300_000;

function testFiles(words: readonly string[]): string[] {
  const files = ROOTS.flatMap((root) => {
    try {
      return readdirSync(root, { recursive: true, encoding: "utf8" }).map((name) => `${root}/${name}`);
    } catch {
      return [];
    }
  });
  return files.filter((name) => name.endsWith(".test.ts") && (words.length === 0 || words.some((word) => name.includes(word)))).sort();
}

const files = testFiles(process.argv.slice(2));
if (files.length === 0) {
  console.error("no test file matches");
  process.exit(1);
}
process.env["NODE_OPTIONS"] = `${process.env["NODE_OPTIONS"] ?? ""} --import tsx`.trim();
const counts = { passed: 0, failed: 0, skipped: 0 };
const failures: string[] = [];

const stream = run({ files, concurrency: CONCURRENCY, timeout: FILE_TIMEOUT_MS });
stream.on("test:pass", (event) => {
  if (event.details.type === "suite") return;
  if (event.skip !== undefined || event.todo !== undefined) counts.skipped++;
  else counts.passed++;
});
stream.on("test:fail", (event) => {
  if (event.details.type === "suite" && event.details.error.message.includes("subtest")) return;
  counts.failed++;
  failures.push(`${event.file ?? ""}: ${event.name}`);
});
stream.compose(new spec()).pipe(process.stdout);
stream.on("end", () => {
  setImmediate(() => {
    for (const failure of failures) console.log(`failed: ${failure}`);
    console.log(`${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`);
    process.exit(counts.failed > 0 ? 1 : 0);
  });
});

