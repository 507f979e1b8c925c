// polkadot-api behind a gateway that lists only the old methods: its default provider then makes do with them.
import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { WebSocket, WebSocketServer } from "ws";
import { startDevNode } from "../support/dev-node.ts";
import { MESI, account, connectPapi, eventsOf, follow, holds, refusal, transfer, until } from "./papi-support.ts";

test("with the old methods alone: read, watch, transfer, refusal", async ({ mock }) => {
  const node = await startDevNode();
  const gateway = await startGateway(node.wsUrl);
  const papi = connectPapi(gateway.url, "default");
  try {
    const { api, client } = papi;
    const [alice, friend] = [account("//Alice"), account("//papi//legacy")];
    const { genesisHash } = await client.getChainSpecData();
    assert.ok((await api.query["System"]!["Account"]!.getEntries()).length > 5);
    const watched = until(api.query["System"]!["Account"]!.watchValue(friend.address, { at: "best" }), holds(MESI));
    const followed = follow(transfer(api, friend, MESI).signSubmitAndWatch(alice.signer));
    const end = await followed.end;
    assert.deepEqual(eventsOf(end, "Balances.Transfer"), [{ from: alice.address, to: friend.address, amount: MESI }]);
    assert.equal((await watched).at(-1)!.block.hash, end.block.hash);
    assert.equal(await api.query["System"]!["Number"]!.getValue({ at: genesisHash }), 0);
    assert.equal((await refusal(transfer(api, friend, 1n).signAndSubmit(alice.signer, { nonce: 0 }))).value.type, "Stale");
    assert.deepEqual([...gateway.methods].filter((method) => method.includes("_v1_")), []);
    assert.deepEqual(papi.losses, []);
  } finally {
    mock.method(console, "warn", () => {}); // PAPI prints what it still asked when it is told to leave
    papi.close();
    gateway.close();
    await node.stop();
  }
});

interface Gateway {
  readonly url: string;
  /** What clients called. */
  readonly methods: ReadonlySet<string>;
  close(): void;
}

async function startGateway(nodeUrl: string): Promise<Gateway> {
  const methods = new Set<string>();
  const server = new WebSocketServer({ host: "127.0.0.1", port: 0 });
  server.on("connection", (client) => {
    const upstream = new WebSocket(nodeUrl);
    const opened = new Promise((resolve) => upstream.once("open", resolve));
    let listing: unknown;
    client.on("message", async (data) => {
      const { id, method } = JSON.parse(String(data)) as { id: unknown; method: string };
      methods.add(method);
      if (method === "rpc_methods") listing = id;
      await opened;
      upstream.send(String(data));
    });
    upstream.on("message", (data) => {
      const message = JSON.parse(String(data)) as { id?: unknown; result: { methods: string[] } };
      if (message.id === undefined || message.id !== listing) return client.send(String(data));
      message.result.methods = message.result.methods.filter((method) => !method.includes("_v1_"));
      client.send(JSON.stringify(message));
    });
    client.on("close", () => upstream.terminate());
  });
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `ws://127.0.0.1:${port}`, methods, close: () => server.close() };
}
