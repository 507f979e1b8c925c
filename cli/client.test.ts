import { after, before, test } from "node:test";
import assert from "node:assert/strict";
import { createServer } from "node:http";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { WebSocketServer } from "ws";
import { connect } from "./client.ts";

let server: Server;
let url: string;

/** Answers by the method's name: what a node may do to a client. */
function answer(request: { id: number; method: string; params: unknown[] }, send: (reply: object) => void, close: () => void): void {
  const { id, method, params } = request;
  const reply = (result: unknown): void => send({ jsonrpc: "2.0", id, result });
  if (method === "echo") reply(params);
  if (method === "refuse") send({ jsonrpc: "2.0", id, error: { code: 1010, message: "Invalid Transaction", data: "Transaction is outdated" } });
  if (method === "hang_up") close();
  if (method === "subscribe_early") {
    send({ jsonrpc: "2.0", method: "news", params: { subscription: "a", result: 1 } });
    reply("a");
    send({ jsonrpc: "2.0", method: "news", params: { subscription: "a", result: 2 } });
  }
  if (method === "unsubscribe") reply(true);
}

before(async () => {
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => answer(JSON.parse(Buffer.concat(chunks).toString()), (reply) => response.end(JSON.stringify(reply)), () => response.destroy()));
  });
  new WebSocketServer({ server }).on("connection", (socket) => socket.on("message", (data: Buffer) => answer(JSON.parse(data.toString()), (reply) => socket.send(JSON.stringify(reply)), () => socket.close())));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  url = `127.0.0.1:${(server.address() as AddressInfo).port}`;
});
after(() => server.closeAllConnections());
after(() => server.close());

const codeOf = (error: { code?: string }): string | undefined => error.code;

for (const scheme of ["ws", "http"] as const) {
  test(`over ${scheme}, answers come back to whoever asked, and refusals keep the node's words`, async () => {
    const client = await connect(`${scheme}://${url}`, 2_000);
    const answers = await Promise.all([1, 2, 3].map((n) => client.call("echo", [n])));
    assert.deepEqual(answers, [[1], [2], [3]]);
    await assert.rejects(client.call("refuse"), (error: Error & { detail: { number: number } }) => error.detail.number === 1010 && /Transaction is outdated/.test(error.message));
    client.close();
  });

  test(`over ${scheme}, no answer in time is TIMED_OUT and names the method`, async () => {
    const client = await connect(`${scheme}://${url}`, 100);
    await assert.rejects(client.call("silence"), (error: Error) => codeOf(error as never) === "TIMED_OUT" && /silence/.test(error.message));
    client.close();
  });
}

test("an item that overtakes the reply with its subscription's id is not lost", async () => {
  const client = await connect(`ws://${url}`, 2_000);
  const items: unknown[] = [];
  const stop = await client.subscribe("subscribe_early", [], "unsubscribe", (item) => items.push(item), () => {});
  await client.call("echo", []);
  await stop();
  assert.deepEqual(items, [1, 2]);
  client.close();
});

test("a node that hangs up ends calls and subscriptions with CONNECTION_LOST", async () => {
  const client = await connect(`ws://${url}`, 2_000);
  const lost = new Promise((resolve) => void client.subscribe("subscribe_early", [], "unsubscribe", () => {}, resolve));
  await client.call("echo", []);
  await assert.rejects(client.call("hang_up"), (error: Error) => codeOf(error as never) === "CONNECTION_LOST");
  assert.equal(codeOf((await lost) as never), "CONNECTION_LOST");
});

test("nobody at the endpoint is CANNOT_CONNECT, and no endpoint at all is a usage error", async () => {
  for (const scheme of ["ws", "http"]) {
    const attempt = connect(`${scheme}://127.0.0.1:9`, 1_000).then((client) => client.call("echo"));
    await assert.rejects(attempt, (error: Error) => codeOf(error as never) === "CANNOT_CONNECT");
  }
  await assert.rejects(connect("9944", 1_000), (error: Error) => codeOf(error as never) === "USAGE");
});
