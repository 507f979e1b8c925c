import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { Account, Number as BlockNumber } from "../../runtime/pallets/system/storage.ts";
import { DEV_ACCOUNTS } from "../../genesis/presets.ts";
import { MetaKey, Table, u32be } from "./keys.ts";
import type { Database } from "./database.ts";
import { testChain } from "./testing.ts";
import type { TestChain } from "./testing.ts";
import { verifyDatabase } from "./verify.ts";

const BLOCKS = 12;
let chain: TestChain;
before(async () => {
  chain = await testChain();
  await chain.grow(BLOCKS);
});
after(() => chain.close());

async function failures(database: Database): Promise<string[]> {
  const { checks } = await verifyDatabase(database);
  return checks.filter(({ ok }) => !ok).map(({ name }) => name);
}

test("a database that this node wrote passes every check", async () => {
  const { checks, head } = await verifyDatabase(chain.database);
  assert.equal(head?.number, BLOCKS);
  assert.deepEqual(checks.map(({ name, ok }) => [name, ok]), ["head", "state", "trie", "blocks", "bodies", "history"].map((name) => [name, true]));
});

test("a pruned database passes every check", async () => {
  const pruned = await testChain({ statePruning: 3, blocksPruning: 5 });
  try {
    await pruned.grow(BLOCKS);
    assert.deepEqual(await failures(pruned.database), []);
  } finally {
    await pruned.close();
  }
});

test("a database without a chain fails", async () => {
  const empty = await testChain();
  try {
    await empty.database.write((batch) => batch.del(Table.Meta, new TextEncoder().encode(MetaKey.Head)));
    assert.deepEqual(await failures(empty.database), ["head"]);
  } finally {
    await empty.close();
  }
});

const aliceKey = Account.keyBytes(DEV_ACCOUNTS[0]!.account);
const hashOf = (database: Database, number: number): Uint8Array => database.get(Table.Number, u32be(number))!;

/** One stored entry that is damaged; what must be noticed. */
const DAMAGE: readonly (readonly [what: string, place: (database: Database) => readonly [Table, Uint8Array], change: "drop" | "alter", fails: readonly string[]])[] = [
  ["a balance is altered", () => [Table.State, aliceKey], "alter", ["state"]],
  ["a key of the state is lost", () => [Table.State, aliceKey], "drop", ["state", "trie"]],
  ["the header of a block is lost", (database) => [Table.Header, hashOf(database, 5)], "drop", ["blocks", "bodies"]],
  ["a header is altered", (database) => [Table.Header, hashOf(database, 5)], "alter", ["blocks", "bodies"]],
  ["the hash of a number is lost", () => [Table.Number, u32be(5)], "drop", ["blocks", "bodies"]],
  ["a body is lost", (database) => [Table.Body, hashOf(database, 5)], "drop", ["bodies"]],
  ["a body is altered", (database) => [Table.Body, hashOf(database, 5)], "alter", ["bodies"]],
  ["a list of changes is lost", () => [Table.Changed, u32be(5)], "drop", ["history"]],
  ["the head's header is lost", (database) => [Table.Header, hashOf(database, BLOCKS)], "drop", ["head"]],
];

for (const [what, place, change, fails] of DAMAGE) {
  test(`when ${what}, ${fails.join(" and ")} fail`, async () => {
    const [table, key] = place(chain.database);
    const before = Uint8Array.from(chain.database.get(table, key)!);
    const altered = Uint8Array.from(before);
    altered[altered.length - 1]! ^= 1;
    await chain.database.write((batch) => (change === "drop" ? batch.del(table, key) : batch.put(table, key, altered)));
    try {
      assert.deepEqual(await failures(chain.database), fails);
    } finally {
      await chain.database.write((batch) => batch.put(table, key, before));
    }
  });
}

test("an old value that was altered fails, though today's state is right", async () => {
  const snapshot = chain.database.snapshot();
  const prefix = BlockNumber.item.prefix;
  let found: readonly [Uint8Array, Uint8Array] | undefined;
  for await (const entry of snapshot.entries(Table.History, { gte: prefix })) {
    found = [Uint8Array.from(entry[0]), Uint8Array.from(entry[1])];
    break;
  }
  await snapshot.close();
  const [key, value] = found!;
  await chain.database.write((batch) => batch.put(Table.History, key, Uint8Array.of(1, 9, 9, 9, 9)));
  try {
    assert.deepEqual(await failures(chain.database), ["history"]);
  } finally {
    await chain.database.write((batch) => batch.put(Table.History, key, value));
  }
});
