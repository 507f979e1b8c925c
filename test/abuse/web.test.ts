// What a web page can do to a node on its reader's machine, against the real process: nothing, unless its origin is allowed.
import assert from "node:assert/strict";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import { http, upgradeStatus } from "../../rpc/transport/testing.ts";
import type { HttpReply } from "../../rpc/transport/testing.ts";
import { startDevNode } from "../support/dev-node.ts";
import type { DevNode } from "../support/dev-node.ts";
import { within } from "./support.ts";

const CALL = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "system_chain", params: [] });
const JSON_TYPE = { "content-type": "application/json" };
const NAME = "Creator Chain Development";

let node: DevNode;
let port: number;
let metricsPort: number;

before(async () => {
  node = await startDevNode({ args: ["--tmp"] });
  port = Number(new URL(node.httpUrl).port);
  metricsPort = Number(new URL(node.metricsUrl).port);
});
after(() => void node?.process.kill("SIGKILL"));

const postWith = (headers: Record<string, string>): Promise<HttpReply> => http(port, { body: CALL, headers });

/** No page may read the answer, and the call was not run. */
function assertRefused({ status, headers, body }: HttpReply, expected: number, what: string): void {
  assert.equal(status, expected, what);
  assert.ok(!body.includes(NAME), what);
  assert.equal(headers["access-control-allow-origin"], undefined, what);
}

const FOREIGN_HOSTS = ["evil.example", "evil.example:9944", "localhost.evil.example", "127.0.0.1.evil.example", "0.0.0.0", "127.0.0.2", "169.254.169.254", "user@localhost", "[::1", "localhost:1:2", "localhost#", "xn--lcalhost-b1a"];
for (const host of FOREIGN_HOSTS) {
  test(`Host ${host}: refused on calls, upgrades, health and unknown paths`, async () => {
    assertRefused(await postWith({ ...JSON_TYPE, host }), 403, "call");
    assert.equal(await upgradeStatus(port, { host }), 403);
    for (const path of ["/health", "/health/readiness", "/nowhere"]) assertRefused(await http(port, { method: "GET", path, headers: { host } }), 403, path);
  });
}

for (const host of ["localhost", "LOCALHOST:1", "127.0.0.1", "[::1]:9944", "localhost."]) {
  test(`Host ${host}: served`, async () => {
    assert.equal((await postWith({ ...JSON_TYPE, host })).json.result, NAME);
    assert.equal(await upgradeStatus(port, { host }), 101);
  });
}

const FOREIGN_ORIGINS = [
  "http://evil.example", "https://evil.example:443", "http://polkadot.js.org", "https://polkadot.js.org.evil.example", "https://polkadot.js.org:8443", "http://localhost.evil.example",
  "http://localhost@evil.example", "http://localhost:*", "null", "file://", "chrome-extension://abcdef", "http://127.0.0.1.evil.example", "http://[::2]:80",
];
for (const origin of FOREIGN_ORIGINS) {
  test(`Origin ${origin}: refused on calls, preflights and upgrades`, async () => {
    assertRefused(await postWith({ ...JSON_TYPE, origin }), 403, "call");
    assertRefused(await http(port, { method: "OPTIONS", headers: { origin, "access-control-request-method": "POST" } }), 403, "preflight");
    assert.equal(await upgradeStatus(port, { origin }), 403);
  });
}

for (const origin of ["https://polkadot.js.org", "http://localhost:3000", "https://127.0.0.1:8443", "http://[::1]:5173"]) {
  test(`Origin ${origin}: allowed, by name and not by *`, async () => {
    const reply = await postWith({ ...JSON_TYPE, origin });
    assert.deepEqual([reply.status, reply.json.result, reply.headers["access-control-allow-origin"], reply.headers.vary], [200, NAME, origin, "Origin"]);
    assert.equal(reply.headers["access-control-allow-credentials"], undefined);
    const preflight = await http(port, { method: "OPTIONS", headers: { origin, "access-control-request-method": "POST", "access-control-request-headers": "content-type", "access-control-request-private-network": "true" } });
    assert.deepEqual([preflight.status, preflight.headers["access-control-allow-origin"], preflight.headers["access-control-allow-private-network"]], [204, origin, "true"]);
    assert.equal(await upgradeStatus(port, { origin }), 101);
  });
}

const PAGE_TYPES = [undefined, "", "text/plain", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/jsonp", "text/plain; application/json", "application/json, text/plain", "application/json; charset=utf-16"];
for (const type of PAGE_TYPES) {
  test(`Content-Type ${type === undefined ? "absent" : JSON.stringify(type)}: 415, the call is not run`, async () => {
    assertRefused(await postWith(type === undefined ? {} : { "content-type": type }), 415, "call");
  });
}

test("an encoded body is refused: no decompression bomb", async () => {
  for (const encoding of ["gzip", "br", "deflate", "identity, gzip"]) assertRefused(await postWith({ ...JSON_TYPE, "content-encoding": encoding }), 415, encoding);
});

test("a rebound name is refused even when Host and Origin agree", async () => {
  assertRefused(await postWith({ ...JSON_TYPE, host: `evil.example:${port}`, origin: `http://evil.example:${port}` }), 403, "call");
  assert.equal(await upgradeStatus(port, { host: `evil.example:${port}`, origin: `http://evil.example:${port}` }), 403);
});

test("a request without Host, or with two, is not served", async () => {
  for (const head of ["POST / HTTP/1.0\r\n", "POST / HTTP/1.1\r\n", "POST / HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\n", "POST http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n"]) {
    const answer = await within(10_000, head, raw(`${head}Content-Type: application/json\r\nConnection: close\r\nContent-Length: ${CALL.length}\r\n\r\n${CALL}`));
    assert.match(answer, /^HTTP\/1\.1 4\d\d /, head);
    assert.ok(!answer.includes(NAME));
  }
});

test("what a proxy passed on gets no unsafe method, although the proxy is on this machine", async () => {
  const body = JSON.stringify({ jsonrpc: "2.0", id: 1, method: "author_rotateKeys", params: [] });
  assert.equal((await http(port, { body, headers: JSON_TYPE })).json.error, undefined);
  for (const header of ["x-forwarded-for", "forwarded", "x-real-ip"]) {
    assert.equal((await http(port, { body, headers: { ...JSON_TYPE, [header]: "203.0.113.7" } })).json.error.code, -32601, header);
  }
});

test("the metrics port serves metrics and health only", async () => {
  for (const [method, path] of [["POST", "/metrics"], ["GET", "/"], ["GET", "/../etc/passwd"], ["DELETE", "/metrics"], ["POST", "/"]] as const) {
    const { status } = await http(metricsPort, { method, path, headers: JSON_TYPE, body: method === "POST" ? CALL : undefined });
    assert.ok(status === 404 || status === 405 || status === 400, `${method} ${path}: ${status}`);
  }
});

function raw(text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let heard = "";
    const socket = connect(port, "127.0.0.1", () => void socket.write(text));
    socket.on("data", (chunk) => (heard += chunk.toString())).on("error", reject).on("close", () => resolve(heard));
  });
}

test("the node is ready after all that and exits with 0", async () => {
  assert.equal((await http(port, { method: "GET", path: "/health/readiness" })).status, 200);
  assert.equal(await within(15_000, "the end of the process", node.stop()), 0);
});
