import assert from "node:assert/strict";
import { test } from "node:test";
import { DEFAULT_LIMITS } from "./limits.ts";
import { RateLimiter, TokenBucket, clientAddress } from "./rate-limit.ts";
import { Client, post, serve } from "./testing.ts";

const call = (id: number) => ({ jsonrpc: "2.0", id, method: "echo", params: [] });

test("a bucket gives a full minute at once, then refills evenly and never beyond full", () => {
  const bucket = new TokenBucket(60, 0);
  const taken = (count: number, nowMs: number) => Array.from({ length: count }, () => bucket.take(nowMs)).filter(Boolean).length;
  assert.equal(taken(100, 0), 60);
  assert.equal(taken(10, 999), 0);
  assert.equal(taken(10, 3000), 3);
  assert.equal(taken(1000, 10_000_000), 60);
  assert.equal(taken(10, 5), 0, "a clock that went back gives nothing");
});

test("calls beyond the rate get -32999, each call of a batch counted; a new HTTP connection is no new allowance", async (t) => {
  const { port, url, rejected } = await serve(t, {}, { limits: { rateLimit: 5 } });
  const batch = (await post(port, [1, 2, 3, 4].map(call))).json;
  assert.ok(batch.every((reply: any) => reply.result === null));
  assert.equal((await post(port, call(5))).json.result, null);
  assert.deepEqual((await post(port, call(6))).json.error, { code: -32999, message: "RPC rate limit exceeded" });
  assert.deepEqual(rejected, ["rate"]);
  const client = await Client.open(t, url);
  for (let id = 1; id <= 7; id++) client.send(call(id));
  const replies = await client.hearAll(7);
  assert.deepEqual(replies.map((reply) => reply.error === undefined), [true, true, true, true, true, false, false]);
});

test("whitelisted addresses have no limit, and a proxy's header counts only when trusted", async (t) => {
  const limits = { rateLimit: 1, rateLimitWhitelistedIps: ["127.0.0.0/8"] };
  const { port } = await serve(t, {}, { limits });
  for (let id = 0; id < 5; id++) assert.equal((await post(port, call(id))).json.error, undefined);
  const trusting = await serve(t, {}, { limits: { ...limits, rateLimitTrustProxyHeaders: true } });
  const from = async (address: string) => (await post(trusting.port, call(1), { "x-forwarded-for": address })).json.error?.code;
  assert.deepEqual([await from("192.0.2.1"), await from("192.0.2.1"), await from("192.0.2.2")], [undefined, -32999, undefined]);
  assert.equal(await from("127.0.0.9, 192.0.2.1"), -32999, "what the client wrote before the proxy's own entry is not believed");
});

test("the client's address is read from each form of header, else the peer's", () => {
  const of = (headers: Record<string, string>) => clientAddress("::ffff:10.0.0.1", headers, true);
  assert.equal(of({}), "10.0.0.1");
  assert.equal(of({ "x-forwarded-for": "1.2.3.4, 192.0.2.7" }), "192.0.2.7");
  assert.equal(of({ "x-forwarded-for": "[2001:db8::1]:443" }), "2001:db8::1");
  assert.equal(of({ "x-forwarded-for": "unknown", "x-real-ip": "192.0.2.8" }), "192.0.2.8");
  assert.equal(of({ forwarded: 'for=1.1.1.1, for="192.0.2.9:80";proto=http' }), "192.0.2.9");
  assert.equal(of({ "x-forwarded-for": "garbage" }), "10.0.0.1");
  assert.equal(clientAddress("10.0.0.1", { "x-forwarded-for": "192.0.2.7" }, false), "10.0.0.1");
});

test("a whitelist entry that is no address or range stops the start", () => {
  for (const entry of ["localhost", "10.0.0.0/33", "10.0.0.0/", "2001:db8::/129", "10.0.0.0/8/8x", ""]) {
    const limits = { ...DEFAULT_LIMITS, rateLimit: 1, rateLimitWhitelistedIps: [entry] };
    assert.throws(() => new RateLimiter(limits), { code: "RPC_BAD_WHITELIST" }, entry);
  }
});
