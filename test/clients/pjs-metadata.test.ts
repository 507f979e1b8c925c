// @polkadot/api with each version of the metadata offered alone: the same work must come out the same.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { startDevNode } from "../support/dev-node.ts";
import type { DevNode } from "../support/dev-node.ts";
import { startMetadataProxy } from "../support/metadata-proxy.ts";
import { FUNDS, MESI, connect, errorName, eventNames, feePaid, find, free, freshPair, fund, toFinalized } from "./pjs-support.ts";

let node: DevNode;
before(async () => {
  node = await startDevNode();
});
after(async () => {
  await node?.stop();
});

for (const version of [14, 15, 16] as const) {
  test(`metadata ${version} alone: connect, read, quote a fee, transfer, decode events and a module error`, async () => {
    const proxy = await startMetadataProxy(node.wsUrl, version);
    const { api, warnings, close } = await connect(proxy.url);
    try {
      assert.deepEqual(warnings, []);
      assert.deepEqual([...proxy.served], [version]);
      assert.equal(api.runtimeMetadata.version, version);
      const [from, to] = [freshPair(), freshPair()];
      await fund(api, [from]);
      assert.equal(await free(api, from), FUNDS);

      const transfer = api.tx.balances.transferKeepAlive(to.address, MESI);
      const { partialFee } = await transfer.paymentInfo(from);
      const result = await toFinalized(transfer, from);
      assert.ok(eventNames(result).includes("system.ExtrinsicSuccess"));
      const [payer, payee, amount] = find(result, "balances.Transfer").data;
      assert.deepEqual([payer!.toString(), payee!.toString(), (amount as typeof partialFee).toBigInt()], [from.address, to.address, MESI]);
      const fee = feePaid(api, result);
      assert.ok(fee > 0n && fee <= partialFee.toBigInt(), `paid ${fee}, quoted ${partialFee}`);
      assert.equal(await free(api, from), FUNDS - MESI - fee);
      assert.equal(await free(api, to), MESI);

      const refused = await toFinalized(api.tx.proxy.removeProxy(to.address, "Any", 0), from);
      assert.equal(errorName(api, refused.dispatchError!), "proxy.NotFound");
      assert.deepEqual([...proxy.served], [version]);
    } finally {
      await close();
      await proxy.close();
    }
  });
}
