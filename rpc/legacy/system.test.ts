import assert from "node:assert/strict";
import { test } from "node:test";
import { encodeSs58 } from "../../runtime/primitives/ss58.ts";
import { startNode } from "../testing.ts";
import { post } from "../transport/testing.ts";

test("the node's facts are in Substrate's shapes", async (t) => {
  const { client } = await startNode(t);
  const expected: Record<string, unknown> = {
    system_name: "Test Node",
    system_version: "1.2.3",
    system_chain: "Testing",
    system_chainType: { Custom: "scripted" },
    system_properties: { ss58Format: 42, tokenDecimals: 12, tokenSymbol: "MESI" },
    system_health: { peers: 1, isSyncing: false, shouldHavePeers: true },
    system_peers: [{ peerId: "12D3KooW", roles: "FULL", bestHash: `0x${"00".repeat(32)}`, bestNumber: 4 }],
    system_localPeerId: "12D3KooWlocal",
    system_localListenAddresses: ["/ip4/127.0.0.1/tcp/30333"],
    system_nodeRoles: ["Authority"],
    system_syncState: { startingBlock: 0, currentBlock: 5, highestBlock: 9 },
    system_resetLogFilter: null,
    chainSpec_v1_chainName: "Testing",
    chainSpec_v1_properties: { ss58Format: 42, tokenDecimals: 12, tokenSymbol: "MESI" },
  };
  for (const [method, result] of Object.entries(expected)) assert.deepEqual((await client.request(method)).result, result, method);
  assert.equal((await client.request("system_addLogFilter", "sync=debug")).result, null);
});

test("a nonce is asked for by address or by public key", async (t) => {
  const { client } = await startNode(t);
  const account = new Uint8Array(32).fill(9);
  assert.equal((await client.request("system_accountNextIndex", encodeSs58(account, 42))).result, 9);
  assert.equal((await client.request("account_nextIndex", `0x${"09".repeat(32)}`)).result, 9);
  assert.match((await client.request("system_accountNextIndex", "5nonsense")).error.message, /expected an SS58 address/);
});

test("a dry run gives the runtime's result as it is", async (t) => {
  const { client } = await startNode(t);
  assert.equal((await client.request("system_dryRunAt", "0x0400")).result, "0x0400");
});

test("a fee is asked of the runtime with the extrinsic and its length, and shown in the legacy shape", async (t) => {
  const { client } = await startNode(t);
  const info = (await client.request("payment_queryInfo", "0x0400")).result;
  assert.deepEqual(info, { weight: { ref_time: 1000, proof_size: 0 }, class: "operational", partialFee: "5" });
  const details = (await client.request("payment_queryFeeDetails", "0x0400")).result;
  assert.deepEqual(details, { inclusionFee: { baseFee: "0x1", lenFee: "0x2", adjustedWeightFee: "0x3" } });
});

test("methods that cost or change the node are refused where unsafe ones are not allowed", async (t) => {
  const { client } = await startNode(t, {}, {}, { rpcMethods: "safe" });
  const unsafe = [
    "author_insertKey", "author_rotateKeys", "author_hasKey", "author_hasSessionKeys", "author_removeExtrinsic",
    "system_peers", "system_addLogFilter", "system_resetLogFilter", "system_dryRun", "state_getPairs", "state_queryStorage",
  ];
  for (const method of unsafe) {
    const { error } = await client.request(method);
    assert.deepEqual(error, { code: -32601, message: "RPC call is unsafe to be called externally" }, method);
  }
});

test("rpc_methods lists every alias that clients use", async (t) => {
  const { client, port } = await startNode(t);
  const { methods } = (await client.request("rpc_methods")).result;
  const aliases = [
    "state_callAt", "state_getStorageAt", "state_getStorageHashAt", "state_getStorageSizeAt", "state_getKeysPagedAt", "chain_getHead",
    "chain_getFinalisedHead", "chain_getRuntimeVersion", "chain_subscribeNewHead", "subscribe_newHead", "chain_subscribeFinalisedHeads",
    "chain_subscribeRuntimeVersion", "account_nextIndex", "system_dryRunAt", "unsubscribe_newHead", "chain_unsubscribeNewHead",
    "chain_unsubscribeFinalisedHeads", "chain_unsubscribeRuntimeVersion", "author_unwatchExtrinsic", "chainHead_v1_unfollow",
    "transaction_v1_broadcast", "transaction_v1_stop", "archive_v1_stopStorage", "chainSpec_v1_genesisHash",
  ];
  assert.deepEqual(aliases.filter((name) => !methods.includes(name)), []);
  const call = { jsonrpc: "2.0", id: 1, method: "chainSpec_v1_genesisHash" };
  assert.match((await post(port, call)).json.result, /^0x[0-9a-f]{64}$/);
});
