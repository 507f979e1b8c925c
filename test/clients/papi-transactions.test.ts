// polkadot-api sends transactions, through its raw provider and its default one, and learns how each ended.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { withMetadataHash } from "polkadot-api/signer";
import { createKeyMulti, encodeAddress } from "@polkadot/util-crypto";
import { compareBytes } from "../../runtime/primitives/bytes.ts";
import { startDevNode } from "../support/dev-node.ts";
import type { DevNode } from "../support/dev-node.ts";
import { MESI, PROVIDERS, account, accountInfo, connectPapi, eventsOf } from "./papi-support.ts";
import { feePaid, follow, fund, refusal, to, transfer } from "./papi-support.ts";
import type { Account, Papi } from "./papi-support.ts";

const bob = account("//Bob");
/** After the length (2), the version (1), the account (1 + 32) and the scheme (1). */
const SOME_SIGNATURE_BYTE = 40;
const FUNDS = 1_000n * MESI;

let node: DevNode;
before(async () => {
  node = await startDevNode();
});
after(() => node.stop());

for (const kind of PROVIDERS) {
  describe(`with the ${kind} provider`, () => {
    let papi: Papi;
    let api: Papi["api"];
    let client: Papi["client"];
    const me = account(`//papi//${kind}`);
    const byScheme = [me, account(`//papi//${kind}`, "ed25519"), account(`//papi//${kind}`, "ecdsa")];
    const friends = ["one", "two"].map((name) => account(`//papi//${kind}//${name}`));
    before(async () => {
      papi = connectPapi(node.wsUrl, kind);
      ({ api, client } = papi);
      await fund(api, [...byScheme, ...friends], FUNDS);
    });
    after(() => {
      papi.close();
      assert.deepEqual(papi.losses, [], "the socket lived all the time");
    });
    const accountOf = (who: { readonly address: string }, at?: string) => accountInfo(api, who, at);
    const nonceOf = async (who: Account): Promise<number> => (await accountOf(who)).nonce;

    for (const [i, scheme] of ["sr25519", "ed25519", "ecdsa"].entries()) {
      test(`${scheme}: a transfer is signed, seen in a block and final, and costs no more than quoted`, async () => {
        const from = byScheme[i]!;
        const dest = account(`//papi//${kind}//${scheme}`);
        const tx = transfer(api, dest, MESI);
        const before = await accountOf(from);
        const info = await tx.getPaymentInfo(from.address);
        const quoted = await tx.getEstimatedFees(from.address);
        assert.equal(info.partial_fee, quoted);
        assert.equal(info.class.type, "Normal");
        const followed = follow(tx.signSubmitAndWatch(from.signer));
        const end = await followed.end;
        assert.deepEqual(followed.seen, ["signed", "broadcasted", "txBestBlocksState", "finalized"]);
        assert.equal(end.ok, true);
        assert.deepEqual(eventsOf(end, "Balances.Transfer"), [{ from: from.address, to: dest.address, amount: MESI }]);
        assert.equal(eventsOf(end, "System.ExtrinsicSuccess").length, 1);
        const fee = feePaid(end);
        assert.ok(fee > 0n && fee <= quoted, `paid ${fee}, quoted ${quoted}`);
        const now = await accountOf(from, "finalized");
        assert.equal(before.data.free - now.data.free, MESI + fee);
        assert.equal(now.nonce, before.nonce + 1);
      });
    }

    test("many questions and many transactions at once all come to their end", async () => {
      const many = Array.from({ length: 20 }, (_, i) => account(`//papi//${kind}//many${i}`));
      await fund(api, many, MESI);
      const accounts = await Promise.all([...many, ...many, ...many].map((one) => accountOf(one)));
      assert.ok(accounts.every(({ data }) => data.free === MESI));
      const three = ({ signer }: Account) => [2, 0, 1].map((nonce) => transfer(api, bob, 1n).signAndSubmit(signer, { nonce }));
      const ends = await Promise.all(many.flatMap(three));
      assert.ok(ends.every(({ ok }) => ok));
      assert.deepEqual(await Promise.all(many.map(nonceOf)), many.map(() => 3));
    });

    test("a tip is taken on top of the fee", async () => {
      const end = await transfer(api, bob, 1n).signAndSubmit(me.signer, { tip: 7n * MESI });
      const [paid] = eventsOf(end, "TransactionPayment.TransactionFeePaid");
      assert.equal(paid.tip, 7n * MESI);
      assert.ok(paid.actual_fee > 7n * MESI);
    });

    test("what a pallet refuses is named: pallet and error", async () => {
      const poor = account(`//papi//${kind}//poor`);
      await fund(api, [poor], (await api.constants["Proxy"]!["ProxyDepositBase"]!()) as bigint);
      const delegation = { delegate: to(bob), proxy_type: { type: "Any" }, delay: 0 };
      const end = await api.tx["Proxy"]!["add_proxy"]!(delegation).signAndSubmit(poor.signer);
      assert.equal(end.ok, false);
      assert.deepEqual(plain(end.dispatchError), { type: "Module", value: { type: "Balances", value: { type: "InsufficientBalance" } } });
      assert.deepEqual(plain(eventsOf(end, "System.ExtrinsicFailed")[0].dispatch_error), plain(end.dispatchError));
    });

    test("what the balances refuse is named too", async () => {
      const { dispatchError } = await transfer(api, bob, 2n * FUNDS).signAndSubmit(me.signer);
      assert.deepEqual(plain(dispatchError), { type: "Token", value: { type: "FundsUnavailable" } });
    });

    test("a stale nonce is refused", async () => {
      const refused = await refusal(transfer(api, bob, 1n).signAndSubmit(me.signer, { nonce: 0 }));
      assert.deepEqual(plain(refused), { type: "Invalid", value: { type: "Stale" } });
    });

    test("a nonce that is ahead waits for the ones before it", async () => {
      const nonce = await nonceOf(me);
      const ahead = follow(transfer(api, bob, 2n).signSubmitAndWatch(me.signer, { nonce: nonce + 1 }));
      const pending = (): Promise<string[]> => client._request<string[]>("author_pendingExtrinsics", []);
      while (!ahead.seen.includes("broadcasted")) await new Promise((resolve) => setTimeout(resolve, 10));
      assert.deepEqual(await pending(), []);
      const first = await transfer(api, bob, 1n).signAndSubmit(me.signer, { nonce });
      const second = await ahead.end;
      assert.ok(first.ok && second.ok);
      assert.ok(second.block.number > first.block.number || second.block.index > first.block.index);
    });

    test("who cannot pay is refused", async () => {
      const nobody = account(`//papi//${kind}//nobody`);
      const refused = await refusal(transfer(api, bob, 1n).signAndSubmit(nobody.signer));
      assert.deepEqual(plain(refused), { type: "Invalid", value: { type: "Payment" } });
    });

    test("a changed transaction has a bad signature", async () => {
      const signed = await transfer(api, bob, 1n).sign(me.signer);
      signed[SOME_SIGNATURE_BYTE]! ^= 1;
      assert.deepEqual(plain(await refusal(client.submit(signed))), { type: "Invalid", value: { type: "BadProof" } });
    });

    test("a bare transaction is refused, whatever it asks", async () => {
      const bare = await transfer(api, bob, 1n).getBareTx();
      assert.deepEqual(plain(await refusal(client.submit(bare))), { type: "Unknown", value: { type: "NoUnsignedValidator" } });
      const time = await api.tx["Timestamp"]!["set"]!({ now: 1n }).getBareTx();
      assert.deepEqual(plain(await refusal(client.submit(time))), { type: "Invalid", value: { type: "MandatoryValidation" } });
    });

    test("bytes that are no transaction are refused", async () => {
      await assert.rejects(client.submit(Uint8Array.of(12, 4, 250, 250)));
    });

    test("a batch goes on after a failure, and batch_all undoes everything", async () => {
      const dest = account(`//papi//${kind}//batch`);
      const calls = [transfer(api, dest, MESI).decodedCall, transfer(api, dest, 2n * FUNDS).decodedCall];
      const loose = await api.tx["Utility"]!["batch"]!({ calls }).signAndSubmit(me.signer);
      assert.ok(loose.ok);
      assert.equal(eventsOf(loose, "Utility.ItemCompleted").length, 1);
      const [{ index, error }] = eventsOf(loose, "Utility.BatchInterrupted");
      assert.deepEqual([index, plain(error)], [1, { type: "Token", value: { type: "FundsUnavailable" } }]);
      const strict = await api.tx["Utility"]!["batch_all"]!({ calls }).signAndSubmit(me.signer);
      assert.deepEqual(plain(strict.dispatchError), { type: "Token", value: { type: "FundsUnavailable" } });
      assert.equal((await accountOf(dest)).data.free, MESI);
    });

    test("a proxy acts for another account", async () => {
      const [real, delegate] = friends as [Account, Account];
      const delegation = { delegate: to(delegate), proxy_type: { type: "Any" }, delay: 0 };
      const added = await api.tx["Proxy"]!["add_proxy"]!(delegation).signAndSubmit(real.signer);
      assert.ok(added.ok);
      const [[definition], deposit] = (await api.query["Proxy"]!["Proxies"]!.getValue(real.address)) as [[{ delegate: string }], bigint];
      assert.equal(definition.delegate, delegate.address);
      assert.equal((await accountOf(real)).data.reserved, deposit);
      const call = transfer(api, bob, MESI).decodedCall;
      const end = await api.tx["Proxy"]!["proxy"]!({ real: to(real), force_proxy_type: undefined, call }).signAndSubmit(delegate.signer);
      assert.deepEqual(eventsOf(end, "Proxy.ProxyExecuted").map(({ result }) => result.success), [true]);
      assert.deepEqual(eventsOf(end, "Balances.Transfer"), [{ from: real.address, to: bob.address, amount: MESI }]);
      const not = await api.tx["Proxy"]!["proxy"]!({ real: to(bob), force_proxy_type: undefined, call }).signAndSubmit(delegate.signer);
      assert.deepEqual(plain(not.dispatchError), { type: "Module", value: { type: "Proxy", value: { type: "NotProxy" } } });
    });

    test("two of three pay from their common account", async () => {
      const all = [me, ...friends].sort((a, b) => compareBytes(a.accountId, b.accountId));
      const [first, second] = all as [Account, Account];
      const common = { address: encodeAddress(createKeyMulti(all.map(({ accountId }) => accountId), 2), 42) };
      await fund(api, [common], 2n * MESI);
      const inner = transfer(api, bob, MESI);
      const max_weight = (await inner.getPaymentInfo(common.address)).weight;
      const others = (who: Account): string[] => all.filter((one) => one !== who).map(({ address }) => address);
      const approve = (who: Account, maybe_timepoint: unknown) => {
        const args = { threshold: 2, other_signatories: others(who), maybe_timepoint, call: inner.decodedCall, max_weight };
        return api.tx["Multisig"]!["as_multi"]!(args).signAndSubmit(who.signer);
      };
      const open = () => api.query["Multisig"]!["Multisigs"]!.getEntries(common.address);
      const proposed = await approve(first, undefined);
      assert.deepEqual(eventsOf(proposed, "Multisig.NewMultisig").map(({ multisig }) => multisig), [common.address]);
      const [operation] = await open();
      const done = await approve(second, (operation!.value as { when: unknown }).when);
      assert.deepEqual(eventsOf(done, "Multisig.MultisigExecuted").map(({ result }) => result.success), [true]);
      assert.deepEqual(eventsOf(done, "Balances.Transfer"), [{ from: common.address, to: bob.address, amount: MESI }]);
      assert.deepEqual(await open(), []);
    });

    test("a transaction may live for ever or for some blocks, and not a block longer", async () => {
      assert.ok((await transfer(api, bob, 1n).signAndSubmit(me.signer, { mortality: { mortal: false } })).ok);
      assert.ok((await transfer(api, bob, 1n).signAndSubmit(me.signer, { mortality: { mortal: true, period: 4 } })).ok);
      const nonce = (await nonceOf(me)) + 5;
      const short = await transfer(api, bob, 1n).sign(me.signer, { mortality: { mortal: true, period: 4 }, nonce });
      for (let i = 0; i < 5; i++) assert.ok((await transfer(api, bob, 1n).signAndSubmit(me.signer)).ok);
      assert.deepEqual(plain(await refusal(client.submit(short))), { type: "Invalid", value: { type: "BadProof" } });
    });

    test("a hash of the metadata is signed along, and a wrong one is refused", async () => {
      const network = { decimals: 12, tokenSymbol: "MESI", base58Prefix: 42 };
      assert.ok((await transfer(api, bob, 1n).signAndSubmit(withMetadataHash(network, me.signer))).ok);
      const wrong = withMetadataHash({ ...network, decimals: 10 }, me.signer);
      assert.deepEqual(plain(await refusal(transfer(api, bob, 1n).signAndSubmit(wrong))), { type: "Invalid", value: { type: "BadProof" } });
    });
  });
}

/** Without the `value: undefined` of variants that hold nothing. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}
