// @polkadot/api sends transactions: three kinds of keys, fees, errors, batches, proxies, multisigs, signed metadata hashes.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import type { ApiPromise } from "@polkadot/api";
import { merkleizeMetadata } from "@polkadot-api/merkleize-metadata";
import { createKeyMulti, encodeAddress, sortAddresses } from "@polkadot/util-crypto";
import { u8aToHex } from "@polkadot/util";
import { startDevNode } from "../support/dev-node.ts";
import type { DevNode } from "../support/dev-node.ts";
import { FUNDS, MESI, connect, errorName, eventNames, feePaid, find, free, freshPair, fund, signOffline, toFinalized } from "./pjs-support.ts";
import type { Connection } from "./pjs-support.ts";

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

/** Accounts with money. */
async function funded(count: number) {
  const pairs = Array.from({ length: count }, () => freshPair());
  await fund(api, pairs);
  return pairs;
}

for (const type of ["sr25519", "ed25519", "ecdsa"] as const) {
  for (const era of [undefined, 0]) {
    test(`${type}: ${era === 0 ? "an immortal" : "a mortal"} transfer becomes final and costs no more than quoted`, async () => {
      const [from, to] = [freshPair(type), freshPair(type)];
      await fund(api, [from]);
      const transfer = api.tx.balances.transferKeepAlive(to.address, MESI);
      const { partialFee, weight } = await transfer.paymentInfo(from, { era });
      assert.ok(weight.refTime.toBigInt() > 0n);
      const result = await toFinalized(transfer, from, { era });
      assert.equal(transfer.era.isMortalEra, era === undefined);
      assert.equal(result.dispatchError, undefined);
      for (const name of ["balances.Withdraw", "balances.Endowed", "balances.Transfer", "system.ExtrinsicSuccess"]) find(result, name);
      const fee = feePaid(api, result);
      assert.ok(fee > 0n && fee <= partialFee.toBigInt(), `paid ${fee}, quoted ${partialFee.toBigInt()}`);
      assert.equal(await free(api, from), FUNDS - MESI - fee);
      assert.equal(await free(api, to), MESI);
    });
  }
}

test("the tip is paid on top of the quoted fee", async () => {
  const [from] = await funded(1);
  const remark = api.tx.system.remark("0x01");
  const { partialFee } = await remark.paymentInfo(from!, { tip: MESI });
  const result = await toFinalized(remark, from!, { tip: MESI });
  const paid = feePaid(api, result);
  assert.ok(paid > MESI && paid <= MESI + partialFee.toBigInt());
  const event = find(result, "transactionPayment.TransactionFeePaid");
  assert.equal(event.data[2]!.toString(), MESI.toString());
});

test("a dry run says what would happen and changes nothing", async () => {
  const [from, to] = await funded(2);
  const good = await api.tx.balances.transferKeepAlive(to!.address, MESI).dryRun(from!);
  assert.ok(good.isOk && good.asOk.isOk, good.toString());
  const poor = await api.tx.proxy.removeProxy(to!.address, "Any", 0).dryRun(from!);
  assert.ok(poor.isOk && poor.asOk.isErr);
  assert.equal(errorName(api, poor.asOk.asErr), "proxy.NotFound");
  const stale = await api.rpc.system.dryRun(signOffline(api, api.tx.system.remark("0x"), from!, 5).toHex());
  assert.ok(stale.isErr && stale.asErr.isInvalid && stale.asErr.asInvalid.isFuture, stale.toString());
  assert.deepEqual([await free(api, from!), await free(api, to!)], [FUNDS, FUNDS]);
});

describe("errors of dispatch are decoded", () => {
  const refusals: readonly (readonly [expected: string, make: (to: string) => ReturnType<typeof api.tx.system.remark>])[] = [
    ["proxy.NotFound", (to) => api.tx.proxy.removeProxy(to, "Any", 0)],
    ["sudo.RequireSudo", () => api.tx.sudo.sudo(api.tx.system.remark("0x"))],
    ["multisig.MinimumThreshold", (to) => api.tx.multisig.asMulti(1, [to], null, api.tx.system.remark("0x"), { refTime: 0, proofSize: 0 })],
    ["BadOrigin", (to) => api.tx.balances.forceSetBalance(to, 1)],
    [JSON.stringify({ token: "FundsUnavailable" }), (to) => api.tx.balances.transferKeepAlive(to, 2n * FUNDS)],
    [JSON.stringify({ token: "BelowMinimum" }), () => api.tx.balances.transferKeepAlive(freshPair().address, 1)],
  ];
  test("by pallet and name, and the fee is paid all the same", async () => {
    const pairs = await funded(refusals.length);
    await Promise.all(refusals.map(async ([expected, make], i) => {
      const result = await toFinalized(make(pairs[(i + 1) % pairs.length]!.address), pairs[i]!);
      assert.equal(errorName(api, result.dispatchError!), expected);
      assert.equal(await free(api, pairs[i]!), FUNDS - feePaid(api, result));
    }));
  });
});

test("batch stops at the failure, batchAll undoes everything, forceBatch goes on", async () => {
  const senders = await funded(3);
  type Outcome = Awaited<ReturnType<typeof outcome>>;
  const outcome = async (kind: "batch" | "batchAll" | "forceBatch", from: (typeof senders)[number]) => {
    const to = [freshPair(), freshPair()];
    const pay = (who: { address: string }) => api.tx.balances.transferKeepAlive(who.address, MESI);
    const bad = api.tx.proxy.removeProxy(from.address, "Any", 0);
    const result = await toFinalized(api.tx.utility[kind]([pay(to[0]!), bad, pay(to[1]!)]), from);
    return { result, balances: [await free(api, to[0]!), await free(api, to[1]!)] };
  };
  const kinds = ["batch", "batchAll", "forceBatch"] as const;
  const [batch, all, force] = (await Promise.all(kinds.map((kind, i) => outcome(kind, senders[i]!)))) as [Outcome, Outcome, Outcome];

  assert.deepEqual(batch.balances, [MESI, 0n]);
  const interrupted = find(batch.result, "utility.BatchInterrupted");
  assert.ok(api.events.utility.BatchInterrupted.is(interrupted));
  assert.equal(interrupted.data.index.toNumber(), 1);
  assert.equal(errorName(api, interrupted.data.error), "proxy.NotFound");

  assert.deepEqual(all.balances, [0n, 0n]);
  assert.equal(errorName(api, all.result.dispatchError!), "proxy.NotFound");
  assert.ok(!eventNames(all.result).includes("balances.Transfer"));

  assert.deepEqual(force.balances, [MESI, MESI]);
  const names = eventNames(force.result);
  const ofUtility = names.filter((name) => name.startsWith("utility.")).map((name) => name.slice("utility.".length));
  assert.deepEqual(ofUtility, ["ItemCompleted", "ItemFailed", "ItemCompleted", "BatchCompletedWithErrors"]);
});

test("a proxy acts within its type and no further", async () => {
  const [owner, delegate] = await funded(2);
  const to = freshPair();
  const executed = async (call: Parameters<typeof api.tx.proxy.proxy>[2]) => {
    const event = find(await toFinalized(api.tx.proxy.proxy(owner!.address, null, call), delegate!), "proxy.ProxyExecuted");
    assert.ok(api.events.proxy.ProxyExecuted.is(event));
    const { result } = event.data;
    return result.isOk ? "Ok" : errorName(api, result.asErr);
  };
  const added = await toFinalized(api.tx.proxy.addProxy(delegate!.address, "NonTransfer", 0), owner!);
  find(added, "proxy.ProxyAdded");
  const [delegates, deposit] = await api.query.proxy.proxies(owner!.address);
  assert.deepEqual([delegates.length, delegates[0]!.delegate.toString(), delegates[0]!.proxyType.toString()], [1, delegate!.address, "NonTransfer"]);
  assert.equal((await api.query.system.account(owner!.address)).data.reserved.toBigInt(), deposit.toBigInt());

  assert.equal(await executed(api.tx.system.remarkWithEvent("0x01")), "Ok");
  const transfer = api.tx.balances.transferKeepAlive(to.address, MESI);
  assert.equal(await executed(transfer), "system.CallFiltered");
  assert.equal(await executed(api.tx.utility.batchAll([transfer])), "system.CallFiltered");
  assert.equal(await free(api, to), 0n);

  const { removeProxy, addProxy } = api.tx.proxy;
  const widen = [removeProxy(delegate!.address, "NonTransfer", 0), addProxy(delegate!.address, "Any", 0)];
  await toFinalized(api.tx.utility.batchAll(widen), owner!);
  assert.equal(await executed(transfer), "Ok");
  assert.equal(await free(api, to), MESI);
});

test("two of three sign a multisig transfer: one approves by hash, the other executes", async () => {
  const [one, two, three] = await funded(3);
  const signatories = [one!, two!, three!].map(({ address }) => address);
  const account = { address: encodeAddress(createKeyMulti(signatories, 2), 42) };
  await fund(api, [account]);
  const others = (who: string) => sortAddresses(signatories.filter((address) => address !== who), 42);
  const to = freshPair();
  const call = api.tx.balances.transferKeepAlive(to.address, MESI);
  const { weight } = await call.paymentInfo(account.address);

  const opened = await toFinalized(api.tx.multisig.approveAsMulti(2, others(one!.address), null, call.method.hash, weight), one!);
  find(opened, "multisig.NewMultisig");
  const open = await api.query.multisig.multisigs(account.address, call.method.hash);
  const { when, approvals } = open.unwrap();
  assert.deepEqual(approvals.map(String), [one!.address]);
  assert.equal(await free(api, to), 0n);

  const done = await toFinalized(api.tx.multisig.asMulti(2, others(two!.address), when, call, weight), two!);
  const event = find(done, "multisig.MultisigExecuted");
  assert.ok(api.events.multisig.MultisigExecuted.is(event));
  assert.ok(event.data.result.isOk, event.data.result.toString());
  assert.equal(event.data.multisig.toString(), account.address);
  assert.equal(await free(api, to), MESI);
  assert.ok((await api.query.multisig.multisigs(account.address, call.method.hash)).isNone);
});

test("a signed metadata hash is checked: the right one is accepted, another refused", async () => {
  const [from] = await funded(1);
  const metadata = await api.call["metadata"]!["metadataAtVersion"]!(15) as unknown as { unwrap(): { toU8a(isBare: boolean): Uint8Array } };
  const digest = merkleizeMetadata(metadata.unwrap().toU8a(true), {
    decimals: api.registry.chainDecimals[0]!,
    tokenSymbol: api.registry.chainTokens[0]!,
  }).digest();
  const to = freshPair();
  const transfer = () => api.tx.balances.transferKeepAlive(to.address, MESI);
  const wrong = signOffline(api, transfer(), from!, 0, { mode: 1, metadataHash: u8aToHex(digest.with(0, digest[0]! ^ 1)) });
  await assert.rejects(api.rpc.author.submitExtrinsic(wrong), /1010: .*bad signature/);
  const right = await toFinalized(transfer(), from!, { mode: 1, metadataHash: u8aToHex(digest) });
  assert.equal(right.dispatchError, undefined);
  assert.equal(await free(api, to), MESI);
});
