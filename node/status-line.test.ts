import assert from "node:assert/strict";
import { mock, test } from "node:test";
import { createLog } from "./log.ts";
import { startStatusLine, statusText } from "./status-line.ts";
import type { NetworkFacts } from "./status-line.ts";

const block = (number: number): { hash: Uint8Array; number: number } => ({ number, hash: new Uint8Array(32).fill(number) });
const facts = (future = 0): { chain: { best: { hash: Uint8Array; number: number }; finalized: { hash: Uint8Array; number: number } }; pool: { size: { ready: number; future: number } } } => ({
  chain: { best: block(18), finalized: block(16) },
  pool: { size: { ready: 3, future } },
});
const network = (peers: number, target?: number, bytesIn = 0, bytesOut = 0): NetworkFacts => ({ peers, target, bytesIn, bytesOut });

test("an idle node says what Substrate's says", () => {
  const at = (ms: number, net: NetworkFacts): { at: number; best: number; network: NetworkFacts } => ({ at: ms, best: 18, network: net });
  assert.equal(
    statusText(facts(), at(0, network(0)), at(5000, network(0))),
    "Idle (0 peers), best: #18 (0x1212…1212), finalized #16 (0x1010…1010), 3 ready, ⬇ 0 ⬆ 0",
  );
  assert.equal(
    statusText(facts(2), at(0, network(1)), at(2000, network(1, undefined, 4096, 3 * 1024 * 1024))),
    "Idle (1 peer), best: #18 (0x1212…1212), finalized #16 (0x1010…1010), 3 ready, 2 future, ⬇ 2.0 kiB/s ⬆ 1.5 MiB/s",
  );
});

test("a syncing node says how far it is, how fast, and how long it will take", () => {
  const net = network(4, 1018);
  const text = (before: number): string => statusText(facts(), { at: 0, best: before, network: net }, { at: 1000, best: 18, network: net });
  assert.match(text(8), /^Syncing 1\.7 % at 10\.0 blocks\/s, 2 min left, target=#1018 \(4 peers\), best: #18 /);
  assert.match(text(18), /^Syncing 1\.7 % at 0\.0 blocks\/s, target=#1018 /);
});

test("the status comes every five seconds, in place on a terminal and as a line elsewhere, until it is stopped", () => {
  mock.timers.enable({ apis: ["setInterval"] });
  try {
    for (const isTTY of [true, false]) {
      let out = "";
      const write = ((chunk: string) => {
        out += chunk;
        return true;
      }) as NodeJS.WriteStream["write"];
      const log = createLog({ format: "auto", directives: [], env: {}, destination: { write, isTTY, columns: 200 } });
      const stop = startStatusLine({ ...facts(), log });
      mock.timers.tick(4_999);
      assert.equal(out, "");
      mock.timers.tick(1);
      assert.match(out, /Idle \(0 peers\)/);
      if (!isTTY) {
        const { event, peers, best, finalized, ready } = JSON.parse(out) as Record<string, unknown>;
        assert.deepEqual({ event, peers, best, finalized, ready }, { event: "status", peers: 0, best: 18, finalized: 16, ready: 3 });
      } else assert.ok(!out.includes("\n"));
      stop();
      out = "";
      mock.timers.tick(60_000);
      assert.equal(out, "");
    }
  } finally {
    mock.timers.reset();
  }
});
