// The short form of the decoder fuzz: every input of the corpus, which holds every finding so far, then about a second of mutations.
import assert from "node:assert/strict";
import { rmSync } from "node:fs";
import { after, before, test } from "node:test";
import { decode, encode } from "../../runtime/primitives/codec/index.ts";
import { EraTy } from "../../runtime/primitives/era.ts";
import { DecodeError } from "../../runtime/primitives/errors.ts";
import { bundleTargets } from "./bundle.ts";
import type { Bundle } from "./bundle.ts";
import { fuzzTarget } from "./campaign.ts";
import { Random, chosenSeed } from "./random.ts";
import { sampleBytes } from "./sample.ts";
import { runtime } from "./material.ts";
import { targets } from "./targets/index.ts";

const MS = Number(process.env["FUZZ_MS"] ?? 1_000);
const seed = chosenSeed();
let bundle: Bundle;
before(async () => {
  bundle = await bundleTargets(false);
});
after(() => rmSync(bundle.file, { force: true }));

for (const name of Object.keys(targets)) {
  test(`${name}: no input breaks the decoder's rules`, async (t) => {
    const { runs, findings } = await fuzzTarget({ bundle, name, seed, ms: MS });
    t.diagnostic(`seed ${seed}, ${runs} inputs`);
    assert.ok(runs > 0);
    assert.equal(findings.length, 0, findings.map(({ kind, detail }) => `${kind}: ${detail}`).join("\n"));
  });
}

test("of all 65,792 eras of one or two bytes exactly the canonical ones are taken", () => {
  let taken = 0;
  const inputs = [...Array.from({ length: 256 }, (_, byte) => [byte]), ...Array.from({ length: 65_536 }, (_, pair) => [pair & 255, pair >> 8])];
  for (const input of inputs.map((bytes) => Uint8Array.from(bytes))) {
    try {
      assert.deepEqual(encode(EraTy, decode(EraTy, input)), input);
      taken++;
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
    }
  }
  // Immortal; periods 4 to 4096 have as many phases as blocks; the four longer ones 4096 each.
  assert.equal(taken, 1 + (8192 - 4) + 4 * 4096);
});

test("every call that the runtime has is sampled, so that the fuzz begins inside each of them", () => {
  const random = new Random(seed);
  const wanted = runtime.pallets.flatMap(({ index, calls }) => Object.values(calls ?? {}).map((call) => `${index}.${call.index}`));
  const seen = new Set<string>();
  for (let i = 0; i < 20_000 && seen.size < wanted.length; i++) {
    const call = sampleBytes(runtime.outer.call, random);
    if (call !== undefined) seen.add(`${call[0]}.${call[1]}`);
  }
  assert.deepEqual(wanted.filter((call) => !seen.has(call)), []);
});
