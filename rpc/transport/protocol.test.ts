import assert from "node:assert/strict";
import { test } from "node:test";
import { InvariantError } from "../../runtime/primitives/errors.ts";
import { RawJson, RpcError } from "../method.ts";
import { Client, call, echo, post, serve, ticks } from "./testing.ts";

const request = (id: unknown, method: string, params?: unknown) => ({ jsonrpc: "2.0", id, method, params });
const code = (reply: any): number => reply.error.code;

test("ids are echoed exactly, over HTTP and WebSocket", async (t) => {
  const { port, url } = await serve(t, {});
  const client = await Client.open(t, url);
  for (const id of [0, 7, -1, Number.MAX_SAFE_INTEGER, "", "a\"b\u2028", null]) {
    const expected = { jsonrpc: "2.0", id, result: "x" };
    assert.deepEqual((await post(port, request(id, "echo", ["x"]))).json, expected);
    client.send(request(id, "echo", ["x"]));
    assert.deepEqual(await client.find((message) => message.id === id), expected);
  }
});

test("an id that could not be echoed exactly is refused with -32600", async (t) => {
  const { port } = await serve(t, {});
  for (const id of ["9007199254740993", "1e400", "0.5", "true", "{}", "[]", JSON.stringify("x".repeat(1025))]) {
    const { json } = await post(port, `{"jsonrpc":"2.0","method":"echo","id":${id}}`);
    assert.equal(code(json), -32600, id);
    assert.equal(json.id, null);
  }
});

test("result is always there: nothing returned is null, RawJson is sent as it is", async (t) => {
  const raw = call("raw", () => new RawJson('{"n":18446744073709551615}'));
  const methods = [raw, call("nothing", () => undefined), call("later", async () => undefined)];
  const { port } = await serve(t, { methods });
  assert.equal((await post(port, request(1, "nothing"))).body, '{"jsonrpc":"2.0","id":1,"result":null}');
  assert.equal((await post(port, request(1, "raw"))).body, '{"jsonrpc":"2.0","id":1,"result":{"n":18446744073709551615}}');
  assert.equal((await post(port, request(1, "later"))).body, '{"jsonrpc":"2.0","id":1,"result":null}');
});

test("malformed JSON of every kind is -32700 with id null, and the connection lives on", async (t) => {
  const { port, url } = await serve(t, {});
  const client = await Client.open(t, url);
  const brackets = ["{", "[", "]", "{]", '{"a":}', "[1,]", '{"jsonrpc":"2.0",}'];
  const malformed = [...brackets, "", " ", "nul", "'a'", '"open', '"\\', "1 2", "\u0000", "NaN", "\ufeff{}"];
  for (const text of malformed) {
    const { status, json } = await post(port, text);
    assert.equal(status, 200);
    assert.equal(code(json), -32700, JSON.stringify(text));
    assert.equal(json.id, null);
    client.send(text);
  }
  const replies = await client.hearAll(malformed.length);
  assert.ok(replies.every((reply) => code(reply) === -32700 && reply.id === null));
  assert.equal((await client.request("echo", "alive")).result, "alive");
});

test("bytes that are not UTF-8 are a parse error, not repaired text", async (t) => {
  const { port, url } = await serve(t, {});
  const bytes = Buffer.from('{"jsonrpc":"2.0","id":1,"method":"echo","params":["??"]}');
  bytes.set([0xc3, 0x28], bytes.indexOf("??"));
  assert.equal(code((await post(port, bytes)).json), -32700);
  const client = await Client.open(t, url);
  client.send(bytes);
  assert.equal(code((await client.hearAll(1))[0]), -32700);
});

test("a binary frame is read as text", async (t) => {
  const { url } = await serve(t, {});
  const client = await Client.open(t, url);
  client.send(Buffer.from(JSON.stringify(request(1, "echo", ["ü"]))));
  assert.equal((await client.hearAll(1))[0].result, "ü");
});

test("what is JSON but no request is -32600, under the id when that can be read", async (t) => {
  const { port } = await serve(t, {});
  for (const text of ["null", "1", "true", '"x"', "{}", '{"jsonrpc":"2.0"}', '{"method":"echo"}', '{"jsonrpc":"1.0","method":"echo"}']) {
    assert.equal(code((await post(port, text)).json), -32600, text);
  }
  for (const wrong of [{ jsonrpc: 2 }, { method: 1 }, { params: "x" }, { params: 1 }]) {
    const { json } = await post(port, { ...request(5, "echo"), ...wrong });
    assert.deepEqual([code(json), json.id], [-32600, 5]);
  }
  assert.equal((await post(port, request(1, "echo", null))).json.result, null);
});

test("an unknown method is -32601, also one named like a property of every object", async (t) => {
  const { port } = await serve(t, {});
  for (const method of ["nope", "constructor", "__proto__", "toString", "x".repeat(5000)]) {
    const { json, body } = await post(port, request(1, method));
    assert.equal(code(json), -32601);
    assert.ok(body.length < 400, "what was sent is cut");
  }
});

test("an RpcError passes unchanged; anything else is masked as -32603 and logged", async (t) => {
  const broken: InvariantError[] = [];
  const methods = [
    call("refuse", () => { throw new RpcError(1010, "Invalid Transaction", "Transaction is outdated"); }),
    call("refuseLater", async () => { throw new RpcError(1012, "Transaction is temporarily banned"); }),
    call("odd", () => { throw new RpcError(1, "odd", 1n); }),
    call("fail", () => { throw new Error("secret path /etc/x"); }),
    call("failLater", async () => { throw new Error("secret"); }),
    call("unserialisable", () => 1n),
    call("broken", () => { throw new InvariantError("X", "y"); }),
  ];
  const { port, logged } = await serve(t, { methods }, { onInvariantBroken: (error) => broken.push(error) });
  const errorOf = async (method: string) => (await post(port, request(1, method))).json.error;
  assert.deepEqual(await errorOf("refuse"), { code: 1010, message: "Invalid Transaction", data: "Transaction is outdated" });
  assert.deepEqual(await errorOf("refuseLater"), { code: 1012, message: "Transaction is temporarily banned" });
  assert.deepEqual(await errorOf("odd"), { code: 1, message: "odd" });
  assert.equal(logged.length, 0);
  for (const method of ["fail", "failLater", "unserialisable", "broken"]) {
    assert.deepEqual(await errorOf(method), { code: -32603, message: "Internal error" });
  }
  assert.equal(logged.length, 4);
  assert.equal(broken.length, 1);
});

test("a notification is carried out and never answered", async (t) => {
  const seen: unknown[] = [];
  const methods = [echo, call("note", (params) => seen.push(params.values[0])), call("fail", () => { throw new Error("x"); })];
  const { port, url } = await serve(t, { methods });
  const reply = await post(port, { jsonrpc: "2.0", method: "note", params: [1] });
  assert.deepEqual([reply.status, reply.body], [204, ""]);
  const client = await Client.open(t, url);
  for (const method of ["note", "fail", "nope"]) client.send({ jsonrpc: "2.0", method, params: [2] });
  await client.request("echo", 1);
  assert.equal(client.heard.length, 1);
  assert.deepEqual(seen, [1, 2]);
});

test("batch answers come in the order of the requests, notifications without a place", async (t) => {
  const slow = call("slow", async (params) => {
    await new Promise((resolve) => setTimeout(resolve, 20));
    return params.values[0];
  });
  const { port, url } = await serve(t, { methods: [echo, slow] });
  const notification = { jsonrpc: "2.0", method: "echo" };
  const calls = [request(1, "slow", ["a"]), request("two", "echo", ["b"])];
  const batch = [...calls, notification, 17, request(3, "nope"), request(4, "echo", ["d"])];
  const client = await Client.open(t, url);
  client.send(batch);
  for (const answers of [(await post(port, batch)).json, (await client.hearAll(1))[0]]) {
    assert.deepEqual(answers.map((answer: any) => answer.id), [1, "two", null, 3, 4]);
    assert.deepEqual(answers.map((answer: any) => answer.result ?? answer.error.code), ["a", "b", -32600, -32601, "d"]);
  }
});

test("a batch of none, of too many, and with batches off has one error; only notifications have no answer", async (t) => {
  const { port, rejected } = await serve(t, {});
  const off = await serve(t, {}, { limits: { disableBatchRequests: true } });
  assert.equal(code((await post(port, [])).json), -32600);
  assert.equal((await post(port, Array.from({ length: 1000 }, (_, id) => request(id, "echo", [id])))).json.length, 1000);
  const tooMany = (await post(port, Array.from({ length: 10_001 }, (_, id) => request(id, "echo", [id])))).json;
  assert.deepEqual(tooMany.error, { code: -32010, message: "The batch request was too large", data: "Exceeded max limit of 1000" });
  assert.deepEqual(rejected, ["batch"]);
  assert.equal((await post(port, [{ jsonrpc: "2.0", method: "echo" }])).status, 204);
  assert.equal(code((await post(off.port, [request(1, "echo")])).json), -32005);
  assert.equal((await post(off.port, request(1, "echo", [1]))).json.result, 1);
});

test("named parameters are mapped where the method names them, and refused with -32602 elsewhere", async (t) => {
  const named = call("sub", (params) => params.u32("a") - (params.optionalU32("b") ?? 0), { params: ["a", "b"] });
  const { port } = await serve(t, { methods: [echo, named] });
  assert.equal((await post(port, request(1, "sub", { b: 2, a: 5 }))).json.result, 3);
  assert.equal((await post(port, request(1, "sub", { a: 5 }))).json.result, 5);
  assert.match((await post(port, request(1, "sub", { a: 5, c: 1 }))).json.error.message, /no parameter "c", there are: a, b/);
  const sly = '{"jsonrpc":"2.0","id":1,"method":"sub","params":{"__proto__":{"a":1}}}';
  assert.match((await post(port, sly)).json.error.message, /no parameter "__proto__"/);
  assert.equal(code((await post(port, request(1, "echo", { a: 5 }))).json), -32602);
});

test("rpc_methods lists every name that works, sorted, and nothing else", async (t) => {
  const methods = [call("b_one", () => 1, { aliases: ["a_one"] })];
  const subscriptions = [ticks(() => {}, { aliases: ["subscribe_tick"], unsubscribeAliases: ["unsubscribe_tick"] })];
  const { port } = await serve(t, { methods, subscriptions });
  const names = ["a_one", "b_one", "rpc_methods", "subscribe_tick", "ticks_subscribe", "ticks_unsubscribe", "unsubscribe_tick"];
  assert.deepEqual((await post(port, request(1, "rpc_methods", []))).json.result, { methods: names });
  assert.equal((await post(port, request(1, "a_one"))).json.result, 1);
});

test("two entries with one name stop the start", async (t) => {
  await assert.rejects(serve(t, { methods: [echo, call("other", () => 1, { aliases: ["echo"] })] }), /two RPC methods are called echo/);
});

test("unsafe methods: auto serves them on loopback, safe refuses them, and a network listener refuses them even with unsafe", async (t) => {
  const methods = [call("danger", () => "done", { safety: "unsafe" as const }), call("may", (_params, ctx) => ctx.unsafeAllowed)];
  const outcome = async (options: object) => {
    const { port } = await serve(t, { methods }, options);
    const { json } = await post(port, request(1, "danger"));
    assert.equal((await post(port, request(1, "may"))).json.result, json.error === undefined);
    if (json.error !== undefined) assert.deepEqual(json.error, { code: -32601, message: "RPC call is unsafe to be called externally" });
    return json.error === undefined;
  };
  assert.equal(await outcome({}), true);
  assert.equal(await outcome({ rpcMethods: "unsafe" }), true);
  assert.equal(await outcome({ rpcMethods: "safe" }), false);
  assert.equal(await outcome({ external: true }), false);
  assert.equal(await outcome({ external: true, unsafeExternal: true }), false);
  assert.equal(await outcome({ external: true, rpcMethods: "unsafe" }), false);
  assert.equal(await outcome({ external: true, rpcMethods: "unsafe", unsafeExternal: true }), true);
});

test("what a proxy passes on is not this machine: unsafe methods need rpcMethods unsafe there", async (t) => {
  const methods = [call("danger", () => "done", { safety: "unsafe" as const })];
  const auto = await serve(t, { methods });
  const headers = { "x-forwarded-for": "192.0.2.1" };
  assert.equal((await post(auto.port, request(1, "danger"))).json.result, "done");
  assert.equal(code((await post(auto.port, request(1, "danger"), headers)).json), -32601);
  const client = await Client.open(t, auto.url, headers);
  assert.equal(code(await client.request("danger")), -32601);
  const chosen = await serve(t, { methods }, { rpcMethods: "unsafe" });
  assert.equal((await post(chosen.port, request(1, "danger"), headers)).json.result, "done");
});

test("metrics see every call once, with its outcome; unknown names never reach them", async (t) => {
  const calls: string[] = [];
  const metrics = {
    callStarted: (method: string) => calls.push(`start ${method}`),
    callFinished: (method: string, ok: boolean, micros: number) => {
      calls.push(`${ok ? "ok" : "failed"} ${method} ${Number.isInteger(micros)}`);
    },
    wsConnections: (count: number) => calls.push(`ws ${count}`),
    rejected: () => undefined,
  };
  const later = call("later", async () => { throw new RpcError(1, "no"); });
  const { port, url } = await serve(t, { methods: [echo, later] }, { metrics });
  await post(port, [request(1, "echo"), request(2, "later"), request(3, "nope")]);
  assert.deepEqual(calls, ["start echo", "ok echo true", "start later", "failed later true"]);
  const client = await Client.open(t, url);
  client.ws.close();
  await client.untilClosed();
  assert.deepEqual(calls.slice(4), ["ws 1", "ws 0"]);
});
