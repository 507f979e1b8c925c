// @polkadot/api and the pool: nonces, replacement, mortality, what a refused signature is told, what a watcher hears.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { ApiPromise } from "@polkadot/api";
import type { KeyringPair } from "@polkadot/keyring/types";
import { startDevNode } from "../support/dev-node.ts";
import type { DevNode } from "../support/dev-node.ts";
import { MESI, connect, find, free, freshPair, fund, pair, signOffline, toFinalized, watch } from "./pjs-support.ts";
import type { Connection, Tx } from "./pjs-support.ts";

let node: DevNode;
let connection: Connection;
let api: ApiPromise;
before(async () => {
  node = await startDevNode();
  connection = await connect(node.wsUrl);
  api = connection.api;
});
after(async () => {
  await connection?.close();
  await node?.stop();
});

async function account(): Promise<KeyringPair> {
  const fresh = freshPair();
  await fund(api, [fresh]);
  return fresh;
}

async function blocks(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await toFinalized(api.tx.system.remark("0x00"), pair("//Bob"));
}

const remark = (text = "0x00"): Tx => api.tx.system.remark(text);

interface RpcRefusal {
  readonly code: number;
  readonly message: string;
  readonly data: string;
}
async function refusal(tx: Tx): Promise<RpcRefusal> {
  let caught: unknown;
  await connection.provider.send("author_submitExtrinsic", [tx.toHex()]).catch((error: unknown) => (caught = error));
  assert.ok(caught, "was accepted");
  return caught as RpcRefusal;
}

describe("nonces", () => {
  test("a used nonce is outdated, also to a watcher", async () => {
    const from = await account();
    await toFinalized(remark(), from);
    const { code, message, data } = await refusal(signOffline(api, remark(), from, 0));
    assert.equal(code, 1010);
    assert.equal(data, "Transaction is outdated");
    assert.match(message, /Invalid Transaction/);
    await assert.rejects(watch(signOffline(api, remark(), from, 0)).reached(({ isFinalized }) => isFinalized), /1010: .*outdated/);
  });

  test("a transaction ahead of its nonce waits as future and follows once the gap is filled", async () => {
    const from = await account();
    const ahead = watch(signOffline(api, remark("0x01"), from, 1));
    await ahead.reached(({ status }) => status.isFuture);
    assert.equal((await api.rpc.system.accountNextIndex(from.address)).toNumber(), 0);
    await toFinalized(remark("0x02"), from);
    await ahead.reached(({ isFinalized }) => isFinalized);
    assert.equal(ahead.seen[0], "Future");
    assert.equal((await api.query.system.account(from.address)).nonce.toNumber(), 2);
  });

  test("nonce -1 counts what still waits in the pool, so many can be sent at once", async () => {
    const from = await account();
    const watched = [];
    for (let i = 0; i < 5; i++) watched.push(watch(signOffline(api, remark(`0x0${i}`), from, i)));
    await Promise.all(watched.map((each) => each.reached(({ isFinalized }) => isFinalized)));
    const sent = await remark("0x05").signAsync(from, { nonce: -1 });
    assert.equal(sent.nonce.toNumber(), 5);
    await watch(sent).reached(({ isFinalized }) => isFinalized);
    assert.equal((await api.rpc.system.accountNextIndex(from.address)).toNumber(), 6);
  });

  test("the next index of an account counts its ready transactions, and pending lists them", async () => {
    const from = await account();
    const submitted = signOffline(api, remark(), from, 0);
    // In one packet after a new block, while the next one is not due yet.
    for (let attempt = 0; ; attempt++) {
      assert.ok(attempt < 20, "the transaction was never seen waiting");
      const tx = attempt === 0 ? submitted : signOffline(api, remark(), from, attempt);
      await blocks(1);
      await api.rpc.author.submitExtrinsic(tx);
      const [pending, next] = await Promise.all([api.rpc.author.pendingExtrinsics(), api.rpc.system.accountNextIndex(from.address)]);
      assert.equal(next.toNumber(), attempt + 1);
      if (pending.some(({ hash }) => hash.eq(tx.hash))) break;
    }
  });
});

describe("replacement", () => {
  test("a higher tip takes the place, a lower one is told 1014, and the winner is included", async () => {
    const from = await account();
    const with_tip = (tip: bigint, text: string) => signOffline(api, remark(text), from, 1, { tip });
    const slow = watch(with_tip(0n, "0x01"));
    await slow.reached(({ status }) => status.isFuture);
    const fast = with_tip(MESI, "0x02");
    const winner = watch(fast);
    const usurped = await slow.reached(({ status }) => status.isUsurped);
    assert.equal(usurped.status.asUsurped.toHex(), fast.hash.toHex());
    await winner.reached(({ status }) => status.isFuture);

    const { code, message } = await refusal(with_tip(MESI / 2n, "0x03"));
    assert.equal(code, 1014);
    assert.match(message, /Priority is too low: \(\d+ vs \d+\)/);
    assert.equal((await refusal(fast)).code, 1013);

    await toFinalized(remark(), from);
    const result = await winner.reached(({ isFinalized }) => isFinalized);
    assert.equal(find(result, "transactionPayment.TransactionFeePaid").data[2]!.toString(), MESI.toString());
  });
});

describe("mortality", () => {
  const era = (current: number, period: number) => api.registry.createType("ExtrinsicEra", { current, period });

  test("a transaction is refused when its era is over, and within it is not", async () => {
    const from = await account();
    const birth = await api.rpc.chain.getHeader();
    const options = { blockHash: birth.hash, era: era(birth.number.toNumber(), 4) };
    const expired = signOffline(api, remark("0x01"), from, 0, options);
    await blocks(5);
    const { code, data } = await refusal(expired);
    assert.equal(code, 1010);
    const hint = `the signature covers CheckMortality ${birth.hash.toHex()}, this chain expects 0x[0-9a-f]{64}`;
    assert.match(data, new RegExp(`^Transaction has a bad signature: ${hint}$`));
    const head = await api.rpc.chain.getHeader();
    const live = signOffline(api, remark("0x02"), from, 0, { blockHash: head.hash, era: era(head.number.toNumber(), 64) });
    await watch(live).reached(({ isFinalized }) => isFinalized);
  });

  test("an era whose first block the chain does not know has an ancient birth block", async () => {
    const from = await account();
    const head = await api.rpc.chain.getHeader();
    const ahead = era(head.number.toNumber() + 1000, 65_536);
    const { code, data } = await refusal(signOffline(api, remark(), from, 0, { blockHash: head.hash, era: ahead }));
    assert.deepEqual([code, data], [1010, "Transaction has an ancient birth block"]);
  });

  test("one that waits in the pool past its era is given up, and its watcher is told", async () => {
    const from = await account();
    const head = await api.rpc.chain.getHeader();
    const waiting = watch(signOffline(api, remark(), from, 1, { blockHash: head.hash, era: era(head.number.toNumber(), 4) }));
    await waiting.reached(({ status }) => status.isFuture);
    await blocks(6);
    const end = await waiting.reached(({ status }) => status.isInvalid || status.isDropped);
    assert.ok(end.isError);
  });
});

describe("a refused signature is told which signed part is wrong", () => {
  const zero = `0x${"00".repeat(32)}`;
  const other = `0x${"12".repeat(32)}`;
  const version = { specVersion: 1, transactionVersion: 1 };
  const covers = (part: string, expected: string): RegExp => new RegExp(`the signature covers ${part}, this chain expects ${expected}$`);
  const cases: readonly (readonly [title: string, overrides: Record<string, unknown>, expected: RegExp])[] = [
    ["the spec version", { runtimeVersion: { ...version, specVersion: 2 } }, covers("CheckSpecVersion 2", "1")],
    ["the transaction version", { runtimeVersion: { ...version, transactionVersion: 7 } }, covers("CheckTxVersion 7", "1")],
    ["the genesis hash", { genesisHash: zero }, covers(`CheckGenesis ${zero}`, "0x[0-9a-f]{64}")],
    ["the hash of the era's first block", { blockHash: zero }, covers(`CheckMortality ${zero}`, "0x[0-9a-f]{64}")],
    ["another chain", { genesisHash: other, blockHash: other }, /no single signed part explains it: .*CheckGenesis=0x[0-9a-f]{64}/],
  ];
  for (const [title, overrides, expected] of cases) {
    test(title, async () => {
      const from = await account();
      const { code, data } = await refusal(signOffline(api, remark(), from, 0, overrides));
      assert.equal(code, 1010);
      assert.match(data, /^Transaction has a bad signature: /);
      assert.match(data, expected);
      // Nothing is banned on a development chain: corrected, it goes through.
      await toFinalized(remark(), from);
    });
  }
});

test("one without money, and bytes that are no transaction, are refused with their own words", async () => {
  const { code, data } = await refusal(signOffline(api, remark(), freshPair(), 0));
  assert.deepEqual([code, data], [1010, "Inability to pay some fees (e.g. account balance too low)"]);
  await assert.rejects(connection.provider.send("author_submitExtrinsic", ["0x1004ffffff"]), /1001: .*invalid format/);
});

/** What the node itself says, without what the client makes of it. */
function rawStatuses(hex: string): Promise<unknown[]> {
  return new Promise((resolve, reject) => {
    const seen: unknown[] = [];
    connection.provider
      .subscribe("author_extrinsicUpdate", "author_submitAndWatchExtrinsic", [hex], (error, status: unknown) => {
        if (error) return reject(error);
        seen.push(status);
        if (typeof status === "object" && status !== null && "finalized" in status) resolve(seen);
      })
      .catch(reject);
  });
}

test("a watcher hears ready, inBlock and finalized, in this order and for the same block", async () => {
  const from = await account();
  const statuses = await rawStatuses(signOffline(api, remark(), from, 0).toHex());
  const [first, second, third] = statuses as [string, { inBlock: string }, { finalized: string }];
  assert.equal(statuses.length, 3);
  assert.equal(first, "ready");
  assert.match(second.inBlock, /^0x[0-9a-f]{64}$/);
  assert.equal(second.inBlock, third.finalized);
});

test("a hundred accounts pay at once, and each payment becomes final", async () => {
  const pairs = Array.from({ length: 100 }, () => freshPair());
  await fund(api, pairs);
  const to = freshPair();
  await fund(api, [to], MESI);
  const sent = pairs.map((from) => watch(signOffline(api, api.tx.balances.transferKeepAlive(to.address, MESI), from, 0)));
  await Promise.all(sent.map((each) => each.reached(({ isFinalized }) => isFinalized)));
  assert.equal(await free(api, to), 101n * MESI);
});
