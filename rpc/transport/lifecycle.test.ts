import assert from "node:assert/strict";
import { test } from "node:test";
import { CodedError } from "../../runtime/primitives/errors.ts";
import { Client, call, echo, heldTicks, http, post, serve, upgradeStatus } from "./testing.ts";

const CALL = { jsonrpc: "2.0", id: 1, method: "echo", params: ["x"] };
const never = call("never", () => new Promise(() => {}));

test("a taken port is named in the error", async (t) => {
  const { port } = await serve(t, {});
  await assert.rejects(serve(t, {}, { port }), (error) => {
    assert.ok(error instanceof CodedError);
    assert.deepEqual(error.detail, { code: "RPC_PORT_IN_USE", port });
    assert.match(error.message, new RegExp(`port ${port} .*already in use.*--rpc-port`));
    return true;
  });
  await assert.rejects(serve(t, {}, { host: "192.0.2.1" }), { code: "RPC_LISTEN_FAILED" });
});

test("by default the listener is on loopback only, and external opens it", async (t) => {
  assert.equal((await serve(t, {})).server.host, "127.0.0.1");
  assert.equal((await serve(t, {}, { host: "localhost" })).server.host, "127.0.0.1");
  assert.equal((await serve(t, {}, { external: true })).server.host, "0.0.0.0");
});

test("close: WebSockets get 1001, subscriptions end, new clients are refused", async (t) => {
  const { subscription, sinks } = heldTicks();
  const { server, url, port } = await serve(t, { methods: [echo], subscriptions: [subscription] });
  const client = await Client.open(t, url);
  await client.request("ticks_subscribe");
  await server.close();
  assert.deepEqual(await client.untilClosed(), { code: 1001, reason: "server is shutting down" });
  assert.equal(sinks[0]!.closed, true);
  assert.equal(server.connectionCount, 0);
  await assert.rejects(post(port, CALL));
  await assert.rejects(upgradeStatus(port));
  await server.close();
});

test("close lets a reply under way finish", async (t) => {
  let release = (_result: string): void => {};
  const slow = call("slow", () => new Promise<string>((resolve) => (release = resolve)));
  const { server, port } = await serve(t, { methods: [slow] });
  const reply = post(port, { ...CALL, method: "slow" }, { connection: "keep-alive" });
  await new Promise((resolve) => setTimeout(resolve, 50));
  const closed = server.close({ deadlineMs: 5000 });
  setTimeout(() => release("in time"), 50);
  assert.equal((await reply).json.result, "in time");
  await closed;
});

test("close ends by its deadline whatever clients and handlers do", async (t) => {
  const { server, port, url } = await serve(t, { methods: [never, echo] });
  const client = await Client.open(t, url);
  client.ws.pause();
  client.send({ ...CALL, method: "never" });
  const cutOff = assert.rejects(post(port, { ...CALL, method: "never" }));
  await new Promise((resolve) => setTimeout(resolve, 50));
  await server.close({ deadlineMs: 100 });
  await cutOff;
  assert.equal(server.connectionCount, 0);
});

test("an HTTP caller that leaves aborts the signal of its call, one that stays does not", async (t) => {
  const signals: AbortSignal[] = [];
  const watch = call("watch", (_params, ctx) => {
    signals.push(ctx.signal);
    assert.equal(ctx.connection, undefined);
    return new Promise((resolve) => ctx.signal.addEventListener("abort", resolve));
  });
  const quick = call("quick", (_params, ctx) => signals.push(ctx.signal));
  const { port } = await serve(t, { methods: [watch, quick] });
  await post(port, { ...CALL, method: "quick" });
  const controller = new AbortController();
  const left = fetch(`http://127.0.0.1:${port}`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...CALL, method: "watch" }),
    signal: controller.signal,
  });
  await new Promise((resolve) => setTimeout(resolve, 50));
  controller.abort();
  await assert.rejects(left);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(signals.map((signal) => signal.aborted), [false, true]);
});

test("readiness is served while JSON-RPC calls hang", async (t) => {
  const { port } = await serve(t, { methods: [never] });
  void post(port, { ...CALL, method: "never" }).catch(() => undefined);
  assert.equal((await http(port, { method: "GET", path: "/health/readiness" })).status, 200);
});
