import assert from "node:assert/strict";
import { connect } from "node:net";
import { test } from "node:test";
import { DEFAULT_CORS } from "../server.ts";
import { Client, http, post, serve, upgradeStatus } from "./testing.ts";

const CALL = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "echo", params: ["x"] });

test("a POST without Content-Type: application/json is 415, and the body says what is right", async (t) => {
  const { port, rejected } = await serve(t, {});
  const formTypes = ["text/plain", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"];
  const types = [...formTypes, undefined, "", "application/jsonx", "text/plain; application/json", "application/json; charset=utf-16"];
  for (const type of types) {
    const { status, json } = await http(port, { body: CALL, headers: type === undefined ? {} : { "content-type": type } });
    assert.equal(status, 415, type);
    assert.match(json.error.message, /Content-Type: application\/json/);
  }
  assert.equal(rejected.length, types.length);
  for (const type of ["application/json", "Application/JSON", "application/json;charset=utf-8", 'application/json; charset="UTF-8"']) {
    assert.equal((await post(port, CALL, { "content-type": type })).json.result, "x", type);
  }
  assert.equal((await post(port, CALL, { "content-encoding": "gzip" })).status, 415);
});

test("on loopback, only loopback and configured names are served as Host, on every path and on upgrades", async (t) => {
  const { port, rejected } = await serve(t, {}, { hosts: ["Node.example"] });
  for (const host of ["localhost", "LOCALHOST:1", `127.0.0.1:${port}`, "[::1]", "[::1]:9944", "localhost.", "node.example:9944"]) {
    assert.equal((await post(port, CALL, { host })).status, 200, host);
    assert.equal(await upgradeStatus(port, { host }), 101, host);
  }
  const malformed = ["localhost:1:2", "user@localhost", "localhost/", "[::1"];
  const foreign = [...malformed, "evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "127.0.0.2", "0.0.0.0"];
  for (const host of foreign) {
    const { status, json } = await post(port, CALL, { host });
    assert.deepEqual([status, json.error.code], [403, "RPC_HOST"], host);
    assert.equal(await upgradeStatus(port, { host }), 403, host);
    assert.equal((await http(port, { method: "GET", path: "/health", headers: { host } })).status, 403);
    assert.equal((await http(port, { method: "GET", path: "/nowhere", headers: { host } })).status, 403);
  }
  assert.ok(rejected.every((limit) => limit === "host"));
  for (const start of ["GET /health HTTP/1.0\r\n\r\n", "GET /health HTTP/1.1\r\nHost: \r\nConnection: close\r\n\r\n"]) {
    assert.match(await raw(port, start), /^HTTP\/1\.1 403/, "no name at all");
  }
});

function raw(port: number, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = "";
    const socket = connect(port, "127.0.0.1", () => void socket.write(text));
    socket.on("data", (chunk) => (heard += chunk.toString()));
    socket.on("error", reject).on("close", () => resolve(heard));
  });
}

test("a listener for the network takes any Host unless names are configured", async (t) => {
  const open = await serve(t, {}, { external: true });
  assert.equal((await post(open.port, CALL, { host: "rpc.example" })).status, 200);
  const named = await serve(t, {}, { external: true, hosts: ["rpc.example"] });
  assert.equal((await post(named.port, CALL, { host: "rpc.example" })).status, 200);
  assert.equal((await post(named.port, CALL, { host: "evil.example" })).status, 403);
});

test("by default pages of this machine and polkadot.js.org may call; others get 403 on POST, preflight and upgrade", async (t) => {
  const { port } = await serve(t, {});
  const local = ["http://localhost", "http://localhost:3000", "https://localhost:3000", "http://127.0.0.1:8080", "http://[::1]:5173"];
  const allowed = [...local, "https://polkadot.js.org"];
  for (const origin of allowed) {
    const reply = await post(port, CALL, { origin });
    assert.deepEqual([reply.status, reply.headers["access-control-allow-origin"], reply.headers["vary"]], [200, origin, "Origin"]);
    assert.equal(await upgradeStatus(port, { origin }), 101, origin);
  }
  const lookalikes = ["https://polkadot.js.org.evil.example", "http://polkadot.js.org", "https://polkadot.js.org:8443"];
  const tricks = ["http://localhost.evil.example", "http://localhost:3000@evil.example", "http://localhost:*", "null", "file://", ""];
  const foreign = ["http://evil.example", "http://evil.example:80", ...lookalikes, ...tricks];
  for (const origin of foreign) {
    for (const method of ["POST", "OPTIONS"]) {
      const body = method === "POST" ? CALL : undefined;
      const { status, headers, json } = await http(port, { method, body, headers: { origin, "content-type": "application/json" } });
      assert.deepEqual([status, json.error.code], [403, "RPC_ORIGIN"], origin);
      assert.ok(Object.keys(headers).every((name) => !name.startsWith("access-control-")));
    }
    assert.equal(await upgradeStatus(port, { origin }), 403, origin);
  }
});

test("the page of a rebound name is stopped by its Host even when its Origin agrees with it", async (t) => {
  const { port } = await serve(t, {}, { hosts: ["node.example"] });
  assert.equal((await post(port, CALL, { host: "evil.example:9944", origin: "http://evil.example:9944" })).status, 403);
  assert.equal((await post(port, CALL, { host: "node.example:9944", origin: "http://node.example:9944" })).status, 200, "our own page");
  const open = await serve(t, {}, { external: true });
  assert.equal((await post(open.port, CALL, { host: "evil.example", origin: "http://evil.example" })).status, 403);
});

test("a preflight from an allowed page is answered, for private networks too", async (t) => {
  const { port } = await serve(t, {});
  const headers = {
    origin: "https://polkadot.js.org",
    "access-control-request-method": "POST",
    "access-control-request-headers": "content-type",
    "access-control-request-private-network": "true",
  };
  const reply = await http(port, { method: "OPTIONS", headers });
  assert.equal(reply.status, 204);
  assert.equal(reply.headers["access-control-allow-origin"], "https://polkadot.js.org");
  assert.match(reply.headers["access-control-allow-methods"]!, /POST/);
  assert.match(reply.headers["access-control-allow-headers"]!, /content-type/);
  assert.equal(reply.headers["access-control-allow-private-network"], "true");
  assert.equal((await http(port, { method: "OPTIONS" })).status, 204, "no page");
});

test("the allow-list is a choice: all, or rules with any port, exact ports and null", async (t) => {
  const all = await serve(t, {}, { cors: "all" });
  const reply = await post(all.port, CALL, { origin: "http://evil.example" });
  assert.deepEqual([reply.status, reply.headers["access-control-allow-origin"]], [200, "*"]);
  const { port } = await serve(t, {}, { cors: ["https://a.example", "http://b.example:81", "https://c.example:*", "null"] });
  const status = async (origin: string) => (await post(port, CALL, { origin })).status;
  const listed = ["https://a.example", "https://A.example", "http://b.example:81", "https://c.example", "https://c.example:9", "null"];
  for (const origin of listed) assert.equal(await status(origin), 200, origin);
  const unlisted = ["http://a.example", "https://a.example:9", "http://b.example", "http://localhost:3000"];
  for (const origin of unlisted) assert.equal(await status(origin), 403, origin);
});

test("a rule that is no origin stops the start with a message about it", async (t) => {
  for (const rule of ["localhost", "https://a.example/path", "*", "https://*.example", ""]) {
    await assert.rejects(serve(t, {}, { cors: [rule] }), { code: "RPC_BAD_CORS" }, rule);
  }
  await assert.doesNotReject(serve(t, {}, { cors: DEFAULT_CORS }));
});

test("a plain GET of / is told what to do; unknown paths are 404 in JSON", async (t) => {
  const { port } = await serve(t, {});
  const get = await http(port, { method: "GET" });
  assert.equal(get.status, 405);
  assert.match(get.json.error.message, /POST application\/json/);
  assert.equal((await http(port, { method: "GET", path: "/nowhere" })).json.error.code, "RPC_NO_ROUTE");
  assert.equal(await upgradeStatus(port), 101);
  const withHome = await serve(t, {}, { home: (_request, reply) => reply.type("text/html").send("<h1>") });
  assert.equal((await http(withHome.port, { method: "GET" })).body, "<h1>");
  assert.equal(await upgradeStatus(withHome.port), 101);
});

test("health: 200 while live, readiness 503 while not ready, both name the failing check", async (t) => {
  const checks = [{ name: "sync", ok: false, detail: "41 blocks behind" }, { name: "disk", ok: true, detail: "80 GiB free" }];
  let report: any = { ready: false, checks };
  const { port } = await serve(t, {}, { health: () => report });
  const get = (path: string) => http(port, { method: "GET", path });
  assert.deepEqual((await get("/health")).json, { status: "ok", live: true, ready: false, failing: ["sync"], checks });
  const readiness = await get("/health/readiness");
  assert.deepEqual([readiness.status, readiness.json.status, readiness.json.failing], [503, "failing", ["sync"]]);
  report = { ready: true, checks: [checks[1]] };
  assert.equal((await get("/health/readiness")).status, 200);
  report = { live: false, ready: true, checks };
  assert.deepEqual([(await get("/health")).status, (await get("/health/readiness")).status], [503, 503]);
});

test("mounted routes stand behind the same guard and keep their own body parser", async (t) => {
  const { port } = await serve(t, {}, {
    mount: (app) => {
      app.post("/graphql", (request) => ({ got: request.body }));
      app.get("/page", (_request, reply) => reply.type("text/html").send("<p>"));
      app.get("/fails", () => { throw new Error("secret"); });
    },
  });
  const graphql = (headers: Record<string, string>) => http(port, { path: "/graphql", body: '{"a":1}', headers });
  assert.deepEqual((await graphql({ "content-type": "application/json" })).json, { got: { a: 1 } });
  assert.equal((await graphql({ "content-type": "text/plain" })).status, 415);
  assert.equal((await graphql({ "content-type": "application/json", origin: "http://evil.example" })).status, 403);
  assert.equal((await http(port, { method: "GET", path: "/page" })).body, "<p>");
  const failed = await http(port, { method: "GET", path: "/fails" });
  assert.deepEqual([failed.status, failed.json.error.message], [500, "Internal error"]);
  assert.equal(await upgradeStatus(port, { host: "localhost" }), 101);
});

test("HTTP and WebSocket answer the same on one port", async (t) => {
  const { port, url } = await serve(t, {});
  const client = await Client.open(t, url);
  client.send(CALL);
  assert.deepEqual((await client.hearAll(1))[0], (await post(port, CALL)).json);
});
