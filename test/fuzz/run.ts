// The long form: every target, guided by coverage.
//   npm run fuzz [-- TARGET...]     FUZZ_SECONDS per target (60), SEED to repeat a run, FUZZ_KEEP=1 adds what reached new code to the corpus
import { rmSync } from "node:fs";
import { bundleTargets } from "./bundle.ts";
import { fuzzTarget, keep } from "./campaign.ts";
import { nameOf } from "./engine.ts";
import { chosenSeed } from "./random.ts";
import { targets } from "./targets/index.ts";

const SECONDS = Number(process.env["FUZZ_SECONDS"] ?? 60);
const KEPT_MAX = 12;
const KEPT_BYTES_MAX = 400;

const wanted = process.argv.slice(2);
const names = wanted.length > 0 ? wanted : Object.keys(targets);
const unknown = names.find((name) => targets[name] === undefined);
if (unknown !== undefined) {
  console.error(`there is no target ${unknown}; there are ${Object.keys(targets).join(", ")}`);
  process.exit(2);
}
const seed = chosenSeed();
const bundle = await bundleTargets(true);
console.log(`seed ${seed}, ${bundle.counters} counters, ${SECONDS} s per target`);
let found = 0;
for (const name of names) {
  const { runs, covered, findings, kept } = await fuzzTarget({ bundle, name, seed, ms: SECONDS * 1000 });
  console.log(`${name}: ${runs} runs, ${covered} counters reached, ${kept.length} inputs reached something new, ${findings.length} findings`);
  for (const finding of findings) console.log(`  ${nameOf(finding)} (${finding.input.length} bytes): ${finding.detail.split("\n").slice(0, 6).join("\n    ")}`);
  found += findings.length;
  if (process.env["FUZZ_KEEP"] === "1") {
    const small = kept.filter(({ length }) => length <= KEPT_BYTES_MAX).slice(-KEPT_MAX);
    for (const input of small) keep(name, `new-${nameOf({ kind: "throws", input, detail: "" }).slice(7)}`, input);
  }
}
rmSync(bundle.file, { force: true });
console.log(`${found} findings`);
process.exit(found > 0 ? 1 : 0);
