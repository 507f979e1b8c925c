import assert from "node:assert/strict";
import { test } from "node:test";
import { RawJson, RpcError } from "../method.ts";
import type { Connection } from "../method.ts";
import { Client, call, echo, heldTicks, post, serve, ticks, until } from "./testing.ts";

const request = (id: unknown, method: string, params: unknown[] = []) => ({ jsonrpc: "2.0", id, method, params });

test("what a handler sends at once arrives after the reply with the id, in order", async (t) => {
  const eager = ticks((_params, sink) => {
    for (let i = 0; i < 100; i++) sink.send(i);
  });
  const { url } = await serve(t, { subscriptions: [eager] });
  const client = await Client.open(t, url);
  client.send(request(1, "ticks_subscribe"));
  const [reply, ...notifications] = await client.hearAll(101);
  assert.equal(reply.id, 1);
  assert.equal(typeof reply.result, "string");
  const tick = (i: number) => ({ jsonrpc: "2.0", method: "ticks_tick", params: { subscription: reply.result, result: i } });
  assert.deepEqual(notifications, Array.from({ length: 100 }, (_, i) => tick(i)));
});

test("in a batch, notifications wait for the answer of the whole batch", async (t) => {
  const slow = call("slow", () => new Promise((resolve) => setTimeout(resolve, 30, "slow")));
  const eager = ticks((_params, sink) => {
    sink.send("now");
    setTimeout(() => sink.send("soon"), 5);
  });
  const { url } = await serve(t, { methods: [slow], subscriptions: [eager] });
  const client = await Client.open(t, url);
  client.send([request(1, "ticks_subscribe"), request(2, "slow"), request(3, "ticks_subscribe")]);
  const [batch, ...notifications] = await client.hearAll(5);
  assert.deepEqual(batch.map((reply: any) => reply.id), [1, 2, 3]);
  const of = (place: number) => notifications.filter((n) => n.params.subscription === batch[place].result).map((n) => n.params.result);
  assert.deepEqual([of(0), of(2)], [["now", "soon"], ["now", "soon"]]);
});

test("an async handler is waited for; one that throws refuses and leaves nothing behind", async (t) => {
  const ended: string[] = [];
  const picky = ticks(async (params, sink) => {
    sink.onClose(() => ended.push("closed"));
    sink.send("early");
    await new Promise((resolve) => setTimeout(resolve, 5));
    if (params.values[0] === "bad") throw new RpcError(1010, "Invalid Transaction", "bad");
  });
  const { url } = await serve(t, { subscriptions: [picky] }, { limits: { maxSubscriptionsPerConnection: 1 } });
  const client = await Client.open(t, url);
  assert.deepEqual((await client.request("ticks_subscribe", "bad")).error, { code: 1010, message: "Invalid Transaction", data: "bad" });
  assert.deepEqual(ended, ["closed"]);
  const { result } = await client.request("ticks_subscribe", "good");
  assert.equal((await client.find((message) => message.method === "ticks_tick")).params.subscription, result);
});

test("unsubscribe ends with true once, under any of its names; an id that is not live gives false", async (t) => {
  let ended = 0;
  const { subscription, sinks } = heldTicks();
  const withCleanup = ticks((params, sink, ctx) => {
    void subscription.handler(params, sink, ctx);
    return () => void ended++;
  }, { unsubscribeAliases: ["unsubscribe_tick"] });
  const other = ticks(() => {}, { name: "other_subscribe", unsubscribe: "other_unsubscribe" });
  const { url } = await serve(t, { methods: [echo], subscriptions: [withCleanup, other] });
  const client = await Client.open(t, url);
  const { result: id } = await client.request("ticks_subscribe");
  assert.equal((await client.request("other_unsubscribe", id)).result, false, "of another kind");
  const stranger = await Client.open(t, url);
  assert.equal((await stranger.request("ticks_unsubscribe", id)).result, false, "of another connection");
  assert.equal(sinks[0]!.closed, false);
  assert.equal((await client.request("unsubscribe_tick", id)).result, true);
  assert.equal((await client.request("ticks_unsubscribe", id)).result, false);
  assert.equal((await client.request("ticks_unsubscribe", 5)).error.code, -32602);
  assert.deepEqual([ended, sinks[0]!.closed], [1, true]);
  const before = client.heard.length;
  sinks[0]!.send("late");
  await client.request("echo", 1);
  assert.equal(client.heard.length, before + 1, "nothing after the end");
});

test("a follow-style subscription: null on unfollow, close from the server's side after the last event", async (t) => {
  let sinkOf: any;
  const follow = ticks((_params, sink) => void (sinkOf = sink), {
    name: "chainHead_v1_follow",
    unsubscribe: "chainHead_v1_unfollow",
    unsubscribeReply: "null",
    notification: "chainHead_v1_followEvent",
    params: ["withRuntime"],
  });
  const { url } = await serve(t, { subscriptions: [follow] });
  const client = await Client.open(t, url);
  const { result: id } = await client.request("chainHead_v1_follow", true);
  const ended = new Promise<void>((resolve) => sinkOf.onClose(resolve));
  sinkOf.send(new RawJson('{"event":"stop"}'));
  sinkOf.close();
  await ended;
  const event = await client.find((message) => message.method !== undefined);
  assert.deepEqual(event, { jsonrpc: "2.0", method: "chainHead_v1_followEvent", params: { subscription: id, result: { event: "stop" } } });
  assert.equal((await client.request("chainHead_v1_unfollow", id)).result, null);
  assert.equal((await client.request("chainHead_v1_unfollow", "nope")).result, null);
});

test("a handler that sends and closes before its reply still delivers what it sent", async (t) => {
  let cleaned = 0;
  const brief = ticks((_params, sink) => {
    sink.send("only");
    sink.close();
    sink.send("too late");
    return () => void cleaned++;
  });
  const { url } = await serve(t, { methods: [echo], subscriptions: [brief] }, { limits: { maxSubscriptionsPerConnection: 1 } });
  const client = await Client.open(t, url);
  await client.request("ticks_subscribe");
  await client.request("echo");
  await client.request("ticks_subscribe");
  const results = client.heard.filter((message) => message.method !== undefined).map((message) => message.params.result);
  assert.equal(results[0], "only");
  assert.ok(!results.includes("too late"));
  assert.equal(cleaned, 2);
});

test("when the connection ends, all that hangs on it learns it once, whatever a cleanup throws", async (t) => {
  const told: string[] = [];
  const connections: Connection[] = [];
  const subscription = ticks((_params, sink) => {
    sink.onClose(() => told.push("onClose"));
    return () => {
      told.push("cleanup");
      throw new Error("in cleanup");
    };
  });
  const broadcast = call("transaction_v1_broadcast", (_params, ctx) => {
    connections.push(ctx.connection!);
    ctx.connection!.onClose(() => told.push("broadcast"));
    const takeBack = ctx.connection!.onClose(() => told.push("taken back"));
    takeBack();
    ctx.signal.addEventListener("abort", () => told.push("signal"));
    return "op";
  });
  const { url, server, logged } = await serve(t, { methods: [broadcast], subscriptions: [subscription] });
  const client = await Client.open(t, url);
  await client.request("ticks_subscribe");
  await client.request("transaction_v1_broadcast");
  client.ws.terminate();
  await until(() => server.connectionCount === 0);
  assert.deepEqual(told.sort(), ["broadcast", "cleanup", "onClose", "signal"]);
  assert.equal(logged.length, 1);
  assert.equal(connections[0]!.closed, true);
  connections[0]!.onClose(() => told.push("after the end, at once"));
  assert.equal(told.length, 5);
});

test("a subscription whose client left during an async handler is cleaned up when the handler returns", async (t) => {
  let cleaned = 0;
  let release = (): void => {};
  const slow = ticks(async () => {
    await new Promise<void>((resolve) => (release = resolve));
    return () => void cleaned++;
  });
  const { url, server } = await serve(t, { subscriptions: [slow] });
  const client = await Client.open(t, url);
  client.send(request(1, "ticks_subscribe"));
  await client.ws.ping();
  await new Promise((resolve) => setTimeout(resolve, 30));
  client.ws.terminate();
  await until(() => server.connectionCount === 0);
  release();
  await until(() => cleaned === 1);
});

test("the limit of subscriptions holds per connection, and ending one makes room", async (t) => {
  const { subscription } = heldTicks();
  const { url, rejected } = await serve(t, { subscriptions: [subscription] });
  const client = await Client.open(t, url);
  for (let id = 1; id <= 10_000; id++) client.send(request(id, "ticks_subscribe"));
  const replies = await client.hearAll(10_000);
  const accepted = replies.filter((reply) => reply.result !== undefined);
  assert.equal(accepted.length, 1024);
  assert.equal(new Set(accepted.map((reply) => reply.result)).size, 1024);
  const error = { code: -32006, message: "Too many subscriptions on the connection", data: "Exceeded max limit of 1024" };
  assert.deepEqual(replies[1024].error, error);
  assert.equal(rejected.length, 10_000 - 1024);
  client.send(request("end", "ticks_unsubscribe", [accepted[5].result]));
  client.send(request("again", "ticks_subscribe"));
  assert.equal(typeof (await client.find((message) => message.id === "again")).result, "string");
});

test("subscribing over HTTP or as a notification starts nothing", async (t) => {
  const { subscription, sinks } = heldTicks();
  const { port, url } = await serve(t, { methods: [echo], subscriptions: [subscription] });
  assert.deepEqual((await post(port, request(1, "ticks_subscribe"))).json.error, {
    code: -32601,
    message: "Subscriptions are not available over HTTP",
    data: "open a WebSocket on the same address and subscribe there",
  });
  const client = await Client.open(t, url);
  client.send({ jsonrpc: "2.0", method: "ticks_subscribe" });
  await client.request("echo");
  assert.equal(sinks.length, 0);
});

test("an unsafe subscription is refused like an unsafe call", async (t) => {
  const { url } = await serve(t, { subscriptions: [ticks(() => {}, { safety: "unsafe" })] }, { rpcMethods: "safe" });
  const client = await Client.open(t, url);
  assert.equal((await client.request("ticks_subscribe")).error.message, "RPC call is unsafe to be called externally");
});
