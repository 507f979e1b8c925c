// The REST service api-sidecar 18 in front of the node: as it connects by itself, and with metadata 14 offered alone.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { toHex } from "../../runtime/primitives/bytes.ts";
import { startDevNode } from "../support/dev-node.ts";
import type { DevNode } from "../support/dev-node.ts";
import { startMetadataProxy } from "../support/metadata-proxy.ts";
import type { MetadataProxy } from "../support/metadata-proxy.ts";
import { MESI, account, accountInfo, connectPapi, feePaid, fund, transfer } from "./papi-support.ts";
import type { Papi } from "./papi-support.ts";
import { startSidecar } from "./sidecar-support.ts";
import type { Sidecar } from "./sidecar-support.ts";

const [alice, bob] = [account("//Alice"), account("//Bob")];
/** Spends its money before the checks: what is known of it stays true. */
const past = account("//sidecar//past");
const FUNDS = 100n * MESI;

let node: DevNode;
let proxy: MetadataProxy;
let papi: Papi;
let good: Awaited<ReturnType<ReturnType<typeof transfer>["signAndSubmit"]>>;
let bad: typeof good;
before(async () => {
  node = await startDevNode();
  proxy = await startMetadataProxy(node.wsUrl, 14);
  papi = connectPapi(node.wsUrl, "default");
  await fund(papi.api, [past], FUNDS);
  good = await transfer(papi.api, bob, MESI).signAndSubmit(past.signer, { tip: 5n });
  bad = await transfer(papi.api, bob, 2n * FUNDS).signAndSubmit(past.signer);
});
after(async () => {
  papi.close();
  await proxy.close();
  await node.stop();
});

for (const version of ["its choice", 14] as const) {
  describe(`with metadata of ${version}`, () => {
    let sidecar: Sidecar;
    before(async () => {
      sidecar = await startSidecar(version === 14 ? proxy.url : node.wsUrl);
    });
    after(() => sidecar.stop());
    const signed = async (uri: string, value: bigint): Promise<string> => {
      const from = account(`//sidecar//${version}//${uri}`);
      await fund(papi.api, [from], FUNDS);
      return toHex(await transfer(papi.api, bob, value).sign(from.signer));
    };

    test("the node: version, network, waiting transactions", async () => {
      const about = await sidecar.get("node/version");
      assert.deepEqual([about.clientImplName, about.chain], ["creator-chain", "Creator Chain Development"]);
      assert.match(about.clientVersion, /^\d+\.\d+\.\d+/);
      const network = await sidecar.get("node/network");
      assert.deepEqual([network.nodeRoles, network.isSyncing, network.shouldHavePeers], [[{ authority: null }], false, false]);
      assert.deepEqual(await sidecar.get("node/transaction-pool"), { pool: [] });
    });

    test("the head: block and header, finalized or best, with its author", async () => {
      for (const path of ["blocks/head", "blocks/head?finalized=false"]) {
        const head = await sidecar.get(path);
        assert.deepEqual([head.authorId, head.finalized], [alice.address, true]);
        assert.ok(Number(head.number) >= bad.block.number);
        assert.deepEqual([head.extrinsics[0].method, head.extrinsics[0].success], [{ pallet: "timestamp", method: "set" }, true]);
      }
      const header = await sidecar.get("blocks/head/header");
      assert.match(header.stateRoot, /^0x[0-9a-f]{64}$/);
    });

    test("a block and its transactions: who, what, what came of it, and the fee", async () => {
      for (const id of [good.block.number, good.block.hash]) {
        const block = await sidecar.get(`blocks/${id}`);
        assert.deepEqual([block.hash, block.number, block.authorId], [good.block.hash, String(good.block.number), alice.address]);
      }
      const { extrinsics: tx } = await sidecar.get(`blocks/${good.block.number}/extrinsics/${good.block.index}`);
      assert.deepEqual(tx.method, { pallet: "balances", method: "transferKeepAlive" });
      assert.deepEqual([tx.hash, tx.signature.signer.id, tx.nonce, tx.tip], [good.txHash, past.address, "0", "5"]);
      assert.deepEqual(tx.args, { dest: { id: bob.address }, value: String(MESI) });
      assert.deepEqual([tx.success, tx.paysFee], [true, true]);
      assert.deepEqual(dataOf(tx.events, "Transfer"), [past.address, bob.address, String(MESI)]);
      assert.deepEqual(dataOf(tx.events, "TransactionFeePaid"), [past.address, String(feePaid(good)), "5"]);
      assert.deepEqual(dataOf(tx.events, "ExtrinsicSuccess")![0].class, "Normal");
      const raw = await sidecar.get(`blocks/${good.block.number}/extrinsics-raw`);
      assert.equal(raw.extrinsics.length, good.block.index + 1);
    });

    test("a failed transaction says why", async () => {
      const { extrinsics: tx } = await sidecar.get(`blocks/${bad.block.number}/extrinsics/${bad.block.index}`);
      assert.equal(tx.success, false);
      assert.deepEqual(dataOf(tx.events, "ExtrinsicFailed")![0], { token: "FundsUnavailable" });
      await sidecar.refused(`blocks/${bad.block.number}/extrinsics/9`);
      await sidecar.refused("blocks/4000000");
    });

    test("the runtime: version, metadata, code", async () => {
      const spec = await sidecar.get("runtime/spec");
      assert.deepEqual([spec.specName, spec.specVersion, spec.properties.tokenSymbol], ["creator", "1", ["MESI"]]);
      const { metadata } = await sidecar.get("runtime/metadata");
      assert.ok(metadata.v14.pallets.some(({ name }: { name: string }) => name === "Balances"));
      assert.match((await sidecar.get("runtime/code")).code, /^0x/);
    });

    test("what an offline signer needs", async () => {
      const { genesisHash } = await papi.client.getChainSpecData();
      const material = await sidecar.get("transaction/material?metadata=scale");
      const { specName, specVersion, txVersion } = material;
      assert.deepEqual([material.genesisHash, specName, specVersion, txVersion], [genesisHash, "creator", "1", "1"]);
      assert.match(material.metadata, /^0x6d657461/);
    });

    test("a transaction is priced, tried, and submitted", async () => {
      const tx = await signed("sender", MESI);
      const { body: estimate } = await sidecar.post("transaction/fee-estimate", { tx });
      assert.equal(estimate.class, "Normal");
      const { body: dry } = await sidecar.post("transaction/dry-run", { tx });
      assert.deepEqual([dry.dryRunResult.resultType, dry.dryRunResult.result], ["DispatchOutcome", { ok: [] }]);
      const { status, body } = await sidecar.post("transaction", { tx });
      assert.equal(status, 200, JSON.stringify(body));
      assert.match(body.hash, /^0x[0-9a-f]{64}$/);
      const found = await blockWith(sidecar, body.hash);
      assert.equal(found.success, true);
      const fee = BigInt(dataOf(found.events, "TransactionFeePaid")![1]);
      assert.ok(fee <= BigInt(estimate.partialFee) && fee > 0n, `paid ${fee}, quoted ${estimate.partialFee}`);
    });

    test("a transaction that cannot be is refused with the reason", async () => {
      const failing = await signed("failing", 2n * FUNDS);
      const { body: dry } = await sidecar.post("transaction/dry-run", { tx: failing });
      // FundsUnavailable; dry runs are decoded with types of @polkadot/api's own, in which the first token error still has its old name.
      assert.deepEqual(dry.dryRunResult.result, { err: { token: "NoFunds" } });
      const stale = toHex(await transfer(papi.api, bob, 1n).sign(past.signer, { nonce: 0 }));
      const { body: invalid } = await sidecar.post("transaction/dry-run", { tx: stale });
      assert.deepEqual([invalid.dryRunResult.resultType, invalid.dryRunResult.result], ["TransactionValidityError", { stale: null }]);
      const { status, body } = await sidecar.post("transaction", { tx: stale });
      assert.equal(status, 400);
      assert.match(body.cause, /1010: Invalid Transaction: Transaction is outdated/);
      assert.equal((await sidecar.post("transaction", { tx: "0x0c04fafa" })).status, 400);
    });

    test("the pallets: storage, constants, errors, events, calls", async () => {
      // Of calls the first: Sidecar takes a call's index for its place in the list.
      const expected = {
        "balances/storage": "Locks",
        "balances/consts": "ExistentialDeposit",
        "balances/errors": "InsufficientBalance",
        "balances/events": "Transfer",
        "balances/dispatchables": "transfer_allow_death",
        "system/storage": "Account",
        "system/consts": "BlockHashCount",
        "system/errors": "CallFiltered",
        "system/events": "ExtrinsicSuccess",
        "system/dispatchables": "remark",
      };
      for (const [kind, name] of Object.entries(expected)) {
        const { items } = await sidecar.get(`pallets/${kind}`);
        assert.ok(items.some((item: { name: string }) => item.name === name), `${kind} ${name}`);
        const one = await sidecar.get(`pallets/${kind}/${name}?keys[]=${past.address}&metadata=true`);
        assert.equal(one.metadata.name, name);
      }
      const stored = await sidecar.get(`pallets/system/storage/account?keys[]=${past.address}`);
      assert.deepEqual([stored.value.nonce, stored.value.data.free], ["2", String(await freeOfPast())]);
      const deposit = await sidecar.get("pallets/balances/consts/ExistentialDeposit?metadata=true");
      assert.equal(deposit.metadata.value, "0x00ca9a3b000000000000000000000000");
    });

    test("accounts: address, balance, proxies, and the balance as it was", async () => {
      const valid = await sidecar.get(`accounts/${past.address}/validate`);
      assert.deepEqual([valid.isValid, valid.ss58Prefix, valid.accountId], [true, "42", toHex(past.accountId)]);
      await sidecar.refused(`accounts/${past.address}x/validate`);
      const now = await sidecar.get(`accounts/${past.address}/balance-info`);
      assert.deepEqual([now.nonce, now.tokenSymbol, now.free], ["2", "MESI", String(await freeOfPast())]);
      assert.deepEqual([now.reserved, now.frozen, now.locks], ["0", "0", []]);
      const then = await sidecar.get(`accounts/${past.address}/balance-info?at=${good.block.number - 1}`);
      assert.deepEqual([then.nonce, then.free], ["0", String(FUNDS)]);
      assert.deepEqual((await sidecar.get(`accounts/${past.address}/proxy-info`)).delegatedAccounts, []);
    });
  });
}

test("version 14 went through alone", () => assert.deepEqual([...proxy.served], [14]));

interface RestEvent {
  readonly method: { readonly pallet: string; readonly method: string };
  readonly data: any[];
}

function dataOf(events: readonly RestEvent[], name: string): any[] | undefined {
  return events.find(({ method }) => method.method === name)?.data;
}

async function freeOfPast(): Promise<bigint> {
  return (await accountInfo(papi.api, past)).data.free;
}

/** The transaction in one of the newest blocks; it is there soon. */
async function blockWith(sidecar: Sidecar, hash: string): Promise<{ success: boolean; events: RestEvent[] }> {
  for (let tries = 0; tries < 200; tries++) {
    const { extrinsics } = await sidecar.get("blocks/head");
    const found = extrinsics.find((one: { hash: string }) => one.hash === hash);
    if (found !== undefined) return found;
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`${hash} did not come into a block`);
}
