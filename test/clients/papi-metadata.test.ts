// polkadot-api with each version of the metadata offered alone: the same work must come out the same.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { startDevNode } from "../support/dev-node.ts";
import type { DevNode } from "../support/dev-node.ts";
import { startMetadataProxy } from "../support/metadata-proxy.ts";
import { MESI, PROVIDERS, account, accountInfo, connectPapi, eventsOf, feePaid, follow, fund, to, transfer } from "./papi-support.ts";

let node: DevNode;
before(async () => {
  node = await startDevNode();
});
after(() => node.stop());

for (const version of [14, 15, 16] as const) {
  describe(`metadata ${version} alone`, () => {
    for (const kind of PROVIDERS) {
      test(`with the ${kind} provider: connect, read, quote a fee, transfer, decode events and a module error`, async () => {
        const proxy = await startMetadataProxy(node.wsUrl, version);
        const papi = connectPapi(proxy.url, kind);
        try {
          const { api } = papi;
          const from = account(`//papi//${version}//${kind}//from`);
          const dest = account(`//papi//${version}//${kind}//to`);
          await fund(api, [from], 10n * MESI);
          const tx = transfer(api, dest, MESI);
          const quoted = await tx.getEstimatedFees(from.address);
          const end = await follow(tx.signSubmitAndWatch(from.signer)).end;
          assert.ok(end.ok);
          assert.deepEqual(eventsOf(end, "Balances.Transfer"), [{ from: from.address, to: dest.address, amount: MESI }]);
          assert.ok(feePaid(end) > 0n && feePaid(end) <= quoted);
          assert.equal((await accountInfo(api, dest)).data.free, MESI);
          const entries = await api.query["System"]!["Account"]!.getEntries();
          assert.ok(entries.some(({ keyArgs }) => (keyArgs as unknown[])[0] === dest.address));
          // Version 14 does not describe the runtime's functions.
          if (version > 14) assert.equal(await api.apis["AccountNonceApi"]!["account_nonce"]!(from.address), 1);
          assert.equal(await api.constants["Balances"]!["ExistentialDeposit"]!(), 1_000_000_000n);
          const delegation = { delegate: to(dest), proxy_type: { type: "Any" }, delay: 0 };
          const refused = await api.tx["Proxy"]!["remove_proxy"]!(delegation).signAndSubmit(from.signer);
          assert.equal(JSON.stringify(refused.dispatchError), '{"type":"Module","value":{"type":"Proxy","value":{"type":"NotFound"}}}');
          assert.deepEqual([...proxy.served], [version]);
          assert.deepEqual(papi.losses, []);
        } finally {
          papi.close();
          await proxy.close();
        }
      });
    }
  });
}
