import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { WebSocket } from "ws";
import { RawJson } from "../method.ts";
import { Client, call, echo, heldTicks, http, post, serve, ticks, until, upgradeStatus } from "./testing.ts";

const MIB = 1024 * 1024;
const request = (id: unknown, method: string, params: unknown[] = []) => ({ jsonrpc: "2.0", id, method, params });
const inAString = (bytes: number): string => JSON.stringify(request(1, "echo", ["x".repeat(bytes)]));

test("JSON 100,000 deep is -32700 over HTTP and WebSocket", async (t) => {
  const { port, url } = await serve(t, {});
  const client = await Client.open(t, url);
  const deep = `{"jsonrpc":"2.0","id":1,"method":"echo","params":${"[".repeat(100_000)}${"]".repeat(100_000)}}`;
  assert.equal((await post(port, deep)).json.error.code, -32700);
  client.send(deep);
  assert.equal((await client.hearAll(1))[0].error.code, -32700);
});

test("a body over 15 MiB is 413 with -32007, with and without a stated length", async (t) => {
  const { port, rejected } = await serve(t, {});
  const tooBig = inAString(16 * MIB);
  const stated = await post(port, tooBig);
  assert.equal(stated.status, 413);
  assert.deepEqual(stated.json.error, { code: -32007, message: "Request is too big", data: `Exceeded max limit of ${15 * MIB}` });
  assert.deepEqual(rejected, ["request_size"]);
  assert.equal((await post(port, inAString(14 * MIB))).json.result.length, 14 * MIB);
});

test("a chunked body is measured as it comes", async (t) => {
  const { port } = await serve(t, {}, { limits: { maxRequestSize: 1000 } });
  const headers = { "content-type": "application/json", "transfer-encoding": "chunked" };
  const { status, json } = await http(port, { headers, body: inAString(5000) });
  assert.deepEqual([status, json.error.code], [413, -32007]);
});

test("a WebSocket message over the limit is told so; one far over closes with 1009 by its header alone", async (t) => {
  const { url } = await serve(t, {});
  const client = await Client.open(t, url);
  client.send(inAString(15 * MIB + 1000));
  const [refusal] = await client.hearAll(1);
  assert.deepEqual([refusal.error.code, refusal.id], [-32007, null]);
  assert.equal((await client.request("echo", 1)).result, 1);
  client.send(inAString(17 * MIB));
  assert.equal((await client.untilClosed()).code, 1009);
});

test("a result over 15 MiB is -32008; a batch that adds up to more is -32011 and its subscriptions end", async (t) => {
  const big = call("big", (params) => new RawJson(`"${"x".repeat(params.u32("bytes"))}"`));
  const wide = call("wide", () => "ü".repeat(8 * MIB));
  const { subscription, sinks } = heldTicks();
  const { port, url } = await serve(t, { methods: [big, wide], subscriptions: [subscription] });
  assert.deepEqual((await post(port, request(1, "big", [15 * MIB]))).json, {
    jsonrpc: "2.0",
    id: 1,
    error: { code: -32008, message: "Response is too big", data: `Exceeded max limit of ${15 * MIB}` },
  });
  assert.equal((await post(port, request(1, "wide"))).json.error.code, -32008, "bytes count, not characters");
  const client = await Client.open(t, url);
  client.send([request(1, "ticks_subscribe"), request(2, "big", [8 * MIB]), request(3, "big", [8 * MIB])]);
  assert.equal((await client.hearAll(1))[0].error.code, -32011);
  assert.equal(sinks[0]!.closed, true);
});

test("a reader that never reads is closed as a slow consumer, and holds bounded memory until then", async (t) => {
  const { subscription, sinks } = heldTicks();
  const { url, server, rejected } = await serve(t, { subscriptions: [subscription] }, { limits: { maxBufferedBytes: MIB } });
  const client = await Client.open(t, url);
  await client.request("ticks_subscribe");
  client.ws.pause();
  const sink = sinks[0]!;
  const line = new RawJson(JSON.stringify("x".repeat(64 * 1024)));
  let sent = 0;
  while (!sink.closed && sent < 2000) {
    sink.send(line);
    sent++;
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.ok(sink.closed, "closed after what the kernel and 1 MiB hold");
  assert.deepEqual(rejected, ["slow_consumer"]);
  client.ws.resume();
  assert.deepEqual(await client.untilClosed(), { code: 1008, reason: "slow consumer" });
  await until(() => server.connectionCount === 0);
});

test("a slow consumer that does not even read the close is cut off", async (t) => {
  const { subscription, sinks } = heldTicks();
  const { url, server } = await serve(t, { subscriptions: [subscription] }, { limits: { maxBufferedBytes: MIB } });
  const client = await Client.open(t, url);
  await client.request("ticks_subscribe");
  client.ws.pause();
  while (!sinks[0]!.closed) {
    sinks[0]!.send("x".repeat(256 * 1024));
    await new Promise((resolve) => setImmediate(resolve));
  }
  await until(() => server.connectionCount === 0);
});

test("one burst larger than the buffer bound does no harm to a client that reads", async (t) => {
  const { subscription, sinks } = heldTicks();
  const { url } = await serve(t, { subscriptions: [subscription] }, { limits: { maxBufferedBytes: MIB, messageBufferCapacity: 64 } });
  const client = await Client.open(t, url);
  await client.request("ticks_subscribe");
  for (let i = 0; i < 500; i++) sinks[0]!.send("x".repeat(3 * 1024));
  await client.hearAll(501);
  assert.equal(client.closed, undefined);
});

test("a reader behind by the message capacity without progress is a slow consumer even below the byte bound", async (t) => {
  const { subscription, sinks } = heldTicks();
  const limits = { maxBufferedBytes: 512 * MIB, messageBufferCapacity: 8, stalledReaderMs: 50 };
  const { url, rejected } = await serve(t, { subscriptions: [subscription] }, { limits });
  const client = await Client.open(t, url);
  await client.request("ticks_subscribe");
  client.ws.pause();
  for (let i = 0; i < 300 && !sinks[0]!.closed; i++) {
    sinks[0]!.send("x".repeat(128 * 1024));
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  assert.deepEqual(rejected, ["slow_consumer"]);
});

test("notifications that pile up while their reply waits are bounded", async (t) => {
  const flood = ticks(async (_params, sink) => {
    while (!sink.closed) {
      for (let i = 0; i < 100; i++) sink.send("x".repeat(1000));
      await new Promise((resolve) => setImmediate(resolve));
    }
  });
  const { url } = await serve(t, { subscriptions: [flood] }, { limits: { maxBufferedBytes: MIB } });
  const client = await Client.open(t, url);
  client.send(request(1, "ticks_subscribe"));
  assert.deepEqual(await client.untilClosed(), { code: 1008, reason: "slow consumer" });
});

test("requests are begun in order and at most so many run at once; the rest waits in the socket", async (t) => {
  const begun: number[] = [];
  const release: (() => void)[] = [];
  const slow = call("slow", (params) => {
    begun.push(params.u32("n"));
    return new Promise<void>((resolve) => release.push(resolve));
  });
  const { url } = await serve(t, { methods: [slow] }, { limits: { maxInFlightCalls: 4 } });
  const client = await Client.open(t, url);
  for (let n = 0; n < 2000; n++) client.send(request(n, "slow", [n]));
  await until(() => begun.length === 4);
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.deepEqual(begun, [0, 1, 2, 3], "no more than the bound");
  for (let served = 0; served < 2000; ) {
    while (served < release.length) release[served++]!();
    await new Promise((resolve) => setImmediate(resolve));
  }
  await client.hearAll(2000);
  assert.deepEqual(begun, Array.from({ length: 2000 }, (_, n) => n));
});

test("a client that asks for much and reads nothing is not served further until it reads", async (t) => {
  let calls = 0;
  const big = call("big", () => {
    calls++;
    return new RawJson(`"${"x".repeat(MIB)}"`);
  });
  const { url } = await serve(t, { methods: [big] });
  const client = await Client.open(t, url);
  client.ws.pause();
  for (let n = 0; n < 200; n++) client.send(request(n, "big"));
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.ok(calls < 50, `${calls} answers in memory`);
  client.ws.resume();
  await client.hearAll(200);
  assert.equal(calls, 200);
});

test("a flood of calls leaves turns to everyone else", async (t) => {
  const busy = call("busy", () => {
    for (const endMs = performance.now() + 2; performance.now() < endMs; );
    return null;
  });
  const order: string[] = [];
  const { url } = await serve(t, { methods: [echo, busy] }, { limits: { sliceMs: 10 } });
  const [flooder, other] = [await Client.open(t, url), await Client.open(t, url)];
  for (let n = 0; n < 300; n++) flooder.send(request(n, "busy"));
  flooder.send(Array.from({ length: 300 }, (_, n) => request(`b${n}`, "busy")));
  void flooder.hearAll(301).then(() => order.push("flooder"));
  await flooder.hearAll(1);
  for (let n = 0; n < 5; n++) await other.request("echo", n);
  order.push("other");
  await flooder.hearAll(301);
  await until(() => order.length === 2);
  assert.deepEqual(order, ["other", "flooder"]);
});

test("the connection after the last free one is refused with 429, and a place given up is free again", async (t) => {
  const { url, port, server, rejected } = await serve(t, {}, { limits: { maxConnections: 3 } });
  const clients = [await Client.open(t, url), await Client.open(t, url), await Client.open(t, url)];
  assert.equal(await upgradeStatus(port), 429);
  assert.deepEqual(rejected, ["connections"]);
  assert.equal((await post(port, request(1, "echo", [1]))).json.result, 1, "HTTP is not locked out");
  clients[0]!.ws.close();
  await until(() => server.connectionCount === 2);
  assert.equal((await (await Client.open(t, url)).request("echo", 2)).result, 2);
});

test("2,000 idle sockets leave the server answering, with no more than its bound open", async (t) => {
  const { url, server } = await serve(t, {}, { limits: { maxConnections: 100, maxHttpSockets: 100 } });
  const first = await Client.open(t, url);
  const idle: WebSocket[] = [];
  t.after(() => idle.forEach((ws) => ws.terminate()));
  for (let round = 0; round < 20; round++) {
    const opened = Array.from({ length: 100 }, () => new WebSocket(url));
    idle.push(...opened);
    await Promise.all(opened.map((ws) => new Promise<void>((resolve) => ws.on("open", resolve).on("error", () => resolve()))));
  }
  assert.equal(server.connectionCount, 100);
  assert.equal((await first.request("echo", "here")).result, "here");
});

test("headers that never end are answered with 408 and the socket is closed, also when nothing is sent at all", async (t) => {
  const { port } = await serve(t, {}, { limits: { headersTimeoutMs: 300, requestTimeoutMs: 600 } });
  for (const start of ["", "POST / HTTP/1.1\r\nHost: localhost\r\nX-Slow: "]) {
    const socket = connect(port, "127.0.0.1");
    const heard: Buffer[] = [];
    socket.on("data", (chunk) => heard.push(chunk));
    socket.write(start);
    const drip = setInterval(() => start !== "" && socket.write("a"), 50);
    socket.on("error", () => undefined);
    await once(socket, "close");
    clearInterval(drip);
    if (start !== "") assert.match(Buffer.concat(heard).toString(), /^HTTP\/1\.1 408/);
  }
});

test("a body that never ends is cut off", async (t) => {
  const { port } = await serve(t, {}, { limits: { headersTimeoutMs: 300, requestTimeoutMs: 500 } });
  const socket = connect(port, "127.0.0.1");
  socket.on("error", () => undefined);
  socket.resume();
  socket.write("POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n[");
  await once(socket, "close");
});

test("bodies of all clients together are bounded: beyond it 503 with -32009, and the budget comes back", async (t) => {
  const { port, rejected } = await serve(t, {}, { limits: { maxRequestSize: MIB, maxPendingHttpBytes: 1.92 * MIB } });
  const holder = connect(port, "127.0.0.1");
  holder.on("error", () => undefined);
  holder.write(`POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${MIB}\r\n\r\n[`);
  await new Promise((resolve) => setTimeout(resolve, 50));
  const refused = await post(port, inAString(0.95 * MIB));
  assert.deepEqual([refused.status, refused.json.error.code], [503, -32009]);
  assert.deepEqual(rejected, ["pending_http"]);
  holder.destroy();
  await new Promise((resolve) => setTimeout(resolve, 50));
  assert.equal((await post(port, inAString(0.95 * MIB))).status, 200);
});

test("large HTTP replies that nobody reads are bounded, and their readers are given up", async (t) => {
  const big = call("big", () => new RawJson(`"${"x".repeat(8 * MIB)}"`));
  const limits = { maxPendingHttpBytes: 20 * MIB, requestTimeoutMs: 500, headersTimeoutMs: 300 };
  const { port } = await serve(t, { methods: [echo, big] }, { limits });
  const body = JSON.stringify(request(1, "big"));
  const readers = [0, 1].map(() => connect(port, "127.0.0.1").pause().on("error", () => undefined));
  t.after(() => readers.forEach((socket) => socket.destroy()));
  for (const socket of readers) {
    socket.write(`POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  }
  await new Promise((resolve) => setTimeout(resolve, 200));
  assert.equal((await post(port, body)).status, 503);
  assert.equal((await post(port, request(1, "echo", [1]))).status, 200, "small ones go on");
  for (let tries = 0; (await post(port, body)).status !== 200; tries++) {
    assert.ok(tries < 100, "the budget comes back");
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
});

test("many clients that read nothing together stay below the total, and one that reads is not the one to go", async (t) => {
  const big = call("big", () => new RawJson(`"${"x".repeat(8 * MIB)}"`));
  const { url, server, rejected } = await serve(t, { methods: [echo, big] }, { limits: { maxBufferedBytesTotal: 32 * MIB } });
  const reader = await Client.open(t, url);
  for (let n = 0; n < 12; n++) {
    const hoarder = await Client.open(t, url);
    hoarder.ws.pause();
    hoarder.send(request(1, "big"));
    assert.equal((await reader.request("echo", n)).result, n);
  }
  assert.equal((await reader.request("big")).result.length, 8 * MIB);
  assert.ok(server.connectionCount <= 9, `${server.connectionCount} left`);
  assert.ok(rejected.length >= 4 && rejected.every((limit) => limit === "slow_consumer"));
});

test("calls under way whose large replies nobody reads end the connection", async (t) => {
  const big = call("big", async () => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return new RawJson(`"${"x".repeat(4 * MIB)}"`);
  });
  const { url, server, rejected } = await serve(t, { methods: [big] }, { limits: { maxBufferedBytes: 8 * MIB } });
  const client = await Client.open(t, url);
  client.ws.pause();
  for (let n = 0; n < 60; n++) client.send(request(n, "big"));
  await until(() => server.connectionCount === 0);
  assert.deepEqual(rejected, ["slow_consumer"]);
});

test("a peer that answers no ping is dropped; one that does stays", async (t) => {
  const { url, server, rejected } = await serve(t, {}, { limits: { pingIntervalMs: 40, pingMissesMax: 3 } });
  const alive = await Client.open(t, url);
  const dead = new WebSocket(url, { autoPong: false });
  t.after(() => dead.terminate());
  await once(dead, "open");
  await once(dead, "close");
  assert.deepEqual([server.connectionCount, rejected], [1, ["dead_peer"]]);
  assert.equal((await alive.request("echo", 1)).result, 1);
});

test("a protocol error in a WebSocket frame closes that connection and nothing else", async (t) => {
  const { url, server } = await serve(t, {});
  const [good, bad] = [await Client.open(t, url), await Client.open(t, url)];
  (bad.ws as any)._socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff]));
  await bad.untilClosed();
  await until(() => server.connectionCount === 1);
  assert.equal((await good.request("echo", 1)).result, 1);
});
