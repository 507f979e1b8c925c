// JSON-RPC against its worst clients, on the real process. ABUSE=long: every method with every wrong value, and the full counts.
import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import type { Socket } from "node:net";
import { after, before, test } from "node:test";
import type { TestContext } from "node:test";
import { WebSocket } from "ws";
import { Client, http, post, until } from "../../rpc/transport/testing.ts";
import { fromHex } from "../../runtime/primitives/bytes.ts";
import { keyPairFromSuri } from "../../node/keys/suri.ts";
import { startDevNode } from "../support/dev-node.ts";
import type { DevNode } from "../support/dev-node.ts";
import { BlockClock, HAS_PROC, INSPECTABLE, Wire, inspectMemory, mean, median, residentMib, signed, sleep, transfer, within } from "./support.ts";
import type { Memory } from "./support.ts";

const LONG = process.env["ABUSE"] === "long";
const GROWTH_MIB_MAX = 200;
const MIB = 1_048_576;

let node: DevNode;
let port: number;
let quiet: Memory;
/** Makes a block every 100 ms all the while. */
let traffic: Traffic;
let cases = 0;
let peakMib = 0;

before(async () => {
  node = await startDevNode({ args: ["--tmp", "--rpc-max-connections", "2500"], env: INSPECTABLE });
  port = Number(new URL(node.httpUrl).port);
  traffic = await Traffic.start(node);
  await traffic.blocks(20);
  quiet = await inspectMemory(node);
  traffic.mark("quiet");
});
after(() => {
  traffic?.stop();
  node?.process.kill("SIGKILL");
});

/** One honest user, who sends a transfer every 100 ms and counts the blocks. */
class Traffic {
  readonly gaps = new Map<string, number[]>();
  readonly #wire: Wire;
  readonly #clock: BlockClock;
  readonly #timer: NodeJS.Timeout;
  failed: unknown;

  private constructor(wire: Wire, clock: BlockClock, send: () => void) {
    this.#wire = wire;
    this.#clock = clock;
    this.#timer = setInterval(send, 100);
  }

  static async start({ wsUrl }: DevNode): Promise<Traffic> {
    const wire = await Wire.open(wsUrl);
    const genesis = fromHex(await wire.call<string>("chain_getBlockHash", 0));
    const [from, to] = [keyPairFromSuri("//Ferdie", "sr25519"), keyPairFromSuri("//Eve", "sr25519")];
    let nonce = 0;
    const traffic: Traffic = new Traffic(wire, await BlockClock.on(wire), () => {
      wire.call("author_submitExtrinsic", signed(from, transfer(to.account, 10n ** 9n), genesis, { nonce: nonce++ })).catch((error: unknown) => (traffic.failed ??= error));
    });
    return traffic;
  }

  blocks(count: number): Promise<void> {
    return within(30_000, `${count} more blocks`, this.#clock.reach(this.#clock.height + count));
  }

  mark(name: string): void {
    this.gaps.set(name, this.#clock.take());
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#wire.close();
  }
}

/** Blocks still come and nothing went wrong inside. */
async function stillWell(t: TestContext): Promise<void> {
  await traffic.blocks(3);
  traffic.mark(t.name);
  if (HAS_PROC) peakMib = Math.max(peakMib, residentMib(node.process.pid!));
  assert.equal(traffic.failed, undefined);
  assert.equal((await http(port, { method: "GET", path: "/health/readiness" })).status, 200);
}

const request = (method: unknown, params?: unknown, id: unknown = 1): object => ({ jsonrpc: "2.0", id, method, params });

/** What no method expects, at least not everywhere. */
function wrongValues(): readonly unknown[] {
  const large = "ab".repeat(LONG ? MIB / 2 : 50_000);
  const few = [null, -1, 4_294_967_296, "0xzz", "not=a=filter", `0x${"00".repeat(32)}`, [[null]], { a: { b: 1 } }, large];
  const more = [1.5, 1e300, true, "", "0x", "0x1", `0x${"00".repeat(31)}`, "nonsense", `0x${large}`, [], {}, "\u0000", "__proto__", new Array(1_000).fill("0x00")];
  return LONG ? [...few, ...more] : few;
}

test("every method answers every wrong parameter with a result or a code of its own, never with an internal error", { timeout: 300_000 }, async (t) => {
  const { methods } = (await post(port, request("rpc_methods"))).json.result as { methods: string[] };
  const wire = await Client.open(t, node.wsUrl);
  const codes = new Map<number | string, number>();
  let sent = 0;
  for (const method of methods) {
    for (const value of wrongValues()) {
      for (const params of LONG ? [[value], [value, value, value], [`0x${"00".repeat(32)}`, value], { wrong: value }] : [[value, value, value]]) {
        const id = `${method} ${++sent}`;
        wire.send(request(method, params, id));
        const { error } = await within(20_000, `${method} with ${JSON.stringify(params).slice(0, 80)}`, wire.find((message) => message.id === id));
        wire.heard.length = 0;
        const code = error?.code ?? "result";
        codes.set(code, (codes.get(code) ?? 0) + 1);
        assert.notEqual(code, -32603, `${method} with ${JSON.stringify(params).slice(0, 200)}`);
        assert.ok(error === undefined || error.message.length < 2_000, `${method} repeats what it was sent`);
      }
    }
  }
  cases += sent;
  t.diagnostic(`${methods.length} methods, ${sent} calls: ${[...codes].map(([code, times]) => `${code} ${times}`).join(", ")}`);
  await stillWell(t);
});

const MALFORMED: readonly (readonly [string, number])[] = [
  ["", -32700],
  [" ", -32700],
  ["nonsense", -32700],
  ["{", -32700],
  ['{"jsonrpc":"2.0","id":1,"method":"system_name"', -32700],
  ["{'jsonrpc':'2.0'}", -32700],
  ["\u0000", -32700],
  ["[1,]", -32700],
  ["NaN", -32700],
  ["1e999999", -32600],
  ["null", -32600],
  ["true", -32600],
  ["1", -32600],
  ['"text"', -32600],
  ["{}", -32600],
  ["[]", -32600],
  ['{"jsonrpc":"1.0","id":1,"method":"system_name"}', -32600],
  ['{"jsonrpc":2,"id":1,"method":"system_name"}', -32600],
  ['{"id":1,"method":"system_name"}', -32600],
  ['{"jsonrpc":"2.0","id":1}', -32600],
  ['{"jsonrpc":"2.0","id":1,"method":1}', -32600],
  ['{"jsonrpc":"2.0","id":1,"method":null}', -32600],
  ['{"jsonrpc":"2.0","id":{},"method":"system_name"}', -32600],
  ['{"jsonrpc":"2.0","id":[],"method":"system_name"}', -32600],
  ['{"jsonrpc":"2.0","id":1.5,"method":"system_name"}', -32600],
  ['{"jsonrpc":"2.0","id":1e400,"method":"system_name"}', -32600],
  [`{"jsonrpc":"2.0","id":"${"x".repeat(5_000)}","method":"system_name"}`, -32600],
  ['{"jsonrpc":"2.0","id":1,"method":"system_name","params":"text"}', -32600],
  ['{"jsonrpc":"2.0","id":1,"method":"system_name","params":7}', -32600],
  ['{"jsonrpc":"2.0","id":1,"method":""}', -32601],
  ['{"jsonrpc":"2.0","id":1,"method":"no_such"}', -32601],
  ['{"jsonrpc":"2.0","id":1,"method":"__proto__"}', -32601],
  ['{"jsonrpc":"2.0","id":1,"method":"constructor"}', -32601],
  ['{"jsonrpc":"2.0","id":1,"method":"toString"}', -32601],
  [`{"jsonrpc":"2.0","id":1,"method":"${"m".repeat(100_000)}"}`, -32601],
  ['{"jsonrpc":"2.0","id":1,"method":"chain_subscribeNewHeads"}', -32601],
  ['{"jsonrpc":"2.0","id":1,"method":"chain_getBlockHash","params":{"__proto__":1}}', -32602],
  [`${"[".repeat(100_000)}${"]".repeat(100_000)}`, -32700],
  [`${'{"a":'.repeat(100_000)}1${"}".repeat(100_000)}`, -32700],
  [`{"jsonrpc":"2.0","id":1,"method":"system_name","params":${"[".repeat(100_000)}`, -32700],
  [`[${'{"jsonrpc":"2.0","id":1,"method":"system_name"},'.repeat(10_000)}{"jsonrpc":"2.0","id":1,"method":"system_name"}]`, -32010],
];

test("each malformed message gets its code, over HTTP as over WebSocket", async (t) => {
  const client = await Client.open(t, node.wsUrl);
  for (const [body, code] of MALFORMED) {
    const shown = body.slice(0, 100);
    const { status, json } = await post(port, body);
    assert.deepEqual([status, (Array.isArray(json) ? json[0] : json)?.error?.code], [200, code], shown);
    cases++;
    if (body.includes("chain_subscribeNewHeads")) continue;
    client.send(body);
    const [reply] = await client.hearAll(1);
    assert.equal(reply.error?.code, code, `over WebSocket: ${shown}`);
    client.heard.length = 0;
    cases++;
  }
  for (const bytes of [[0xff, 0xfe], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0x22, 0xf8, 0x22]]) {
    assert.equal((await post(port, Buffer.from(bytes))).json.error.code, -32700, "not UTF-8");
    cases++;
  }
  await stillWell(t);
});

test("batches of one and a hundred are answered in order, of none and of 10,001 refused", async (t) => {
  const client = await Client.open(t, node.wsUrl);
  for (const size of [0, 1, 2, 100, 1_000, 1_001, 10_001]) {
    const batch = Array.from({ length: size }, (_, i) => request("system_chain", [], i));
    const expected = size === 0 ? -32600 : size > 1_000 ? -32010 : undefined;
    client.send(batch);
    for (const reply of [(await post(port, batch)).json, (await client.hearAll(1))[0]]) {
      if (expected === undefined) assert.deepEqual(reply.map(({ id, result }: any) => [id, result]), batch.map((_, i) => [i, "Creator Chain Development"]));
      else assert.equal(reply.error.code, expected, `${size}`);
      cases++;
    }
    client.heard.length = 0;
  }
  const mixed = [1, null, request("no_such"), request("system_chain", [], "x"), [], { jsonrpc: "2.0", method: "system_chain" }];
  const codes = (await post(port, mixed)).json.map(({ error, result }: any) => error?.code ?? result);
  assert.deepEqual(codes, [-32600, -32600, -32601, "Creator Chain Development", -32600]);
  assert.equal((await post(port, [{ jsonrpc: "2.0", method: "system_chain" }])).status, 204, "notifications only");
  const large = await post(port, Array.from({ length: 200 }, () => request("state_getMetadata")));
  assert.equal(large.json.error.code, -32011, "a batch whose answer would be too large");
  cases += 3;
  await stillWell(t);
});

test("a message above the limit is refused by its length, and a claim of terabytes at once", async (t) => {
  const body = `{"jsonrpc":"2.0","id":1,"method":"system_name","params":["${"x".repeat(16 * MIB)}"]}`;
  const { status, json } = await post(port, body);
  assert.deepEqual([status, json.error.code], [413, -32007]);
  const client = await Client.open(t, node.wsUrl);
  client.send(body);
  const [refused] = await client.hearAll(1);
  // At most 1 MiB over it is told so; anything larger is cut off by its header.
  if (refused?.error !== undefined) assert.equal(refused.error.code, -32007);
  else assert.equal(client.closed?.code, 1009);
  for (const length of ["1099511627776", "99999999999999999999", "-1", "1e3", "abc"]) {
    const answer = await raw(`POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${length}\r\n\r\n`);
    assert.match(answer, /^HTTP\/1\.1 4(00|13|08) /, length);
    cases++;
  }
  for (const smuggled of ["Content-Length: 2\r\nContent-Length: 3", "Content-Length: 2\r\nTransfer-Encoding: chunked", "Transfer-Encoding: chunked, identity", "Transfer-Encoding: xchunked"]) {
    assert.match(await raw(`POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n${smuggled}\r\n\r\n{}`), /^HTTP\/1\.1 4\d\d /, smuggled);
    cases++;
  }
  cases += 2;
  await stillWell(t);
});

/** Sends bytes; everything that comes until the server closes, or for a second. */
async function raw(text: string | Buffer): Promise<string> {
  const socket = connect(port, "127.0.0.1").on("error", () => undefined);
  let heard = "";
  socket.on("data", (chunk) => (heard += chunk.toString("latin1")));
  socket.write(text);
  await Promise.race([new Promise((resolve) => socket.once("close", resolve)), sleep(1_000)]);
  socket.destroy();
  return heard;
}

test("what is no HTTP closes its own socket and no other", async (t) => {
  const junk = [
    "\r\n\r\n\r\n", "GET\r\n\r\n", "HELO there\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\u0016\u0003\u0001\u0002\u0000", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    `GET /${"a".repeat(100_000)} HTTP/1.1\r\nHost: localhost\r\n\r\n`, `GET / HTTP/1.1\r\nHost: localhost\r\n${"X: y\r\n".repeat(5_000)}\r\n`, `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${"y".repeat(100_000)}\r\n\r\n`,
    "GET / HTTP/1.1\r\nHost: localhost\r\nX: a\u0000b\r\n\r\n", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nZZZZ\r\n",
  ];
  for (const text of junk) {
    assert.doesNotMatch(await raw(text), /^HTTP\/1\.1 (2|5)/, text.slice(0, 40));
    cases++;
  }
  for (const method of ["PUT", "DELETE", "PATCH", "TRACE", "HEAD", "GET"]) {
    const { status } = await http(port, { method, headers: { "content-type": "application/json" } });
    assert.ok([400, 404, 405].includes(status), `${method} ${status}`);
    cases++;
  }
  await stillWell(t);
});

test("broken and hostile WebSocket frames end their own connection only", async (t) => {
  const frames: readonly (readonly number[])[] = [
    [0xff, 0xff], [0x81, 0x05, 1, 2, 3, 4, 5], [0x83, 0x80, 0, 0, 0, 0], [0x81, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff], [0x89, 0xfe, 0x00, 0xff], [0x80, 0x80, 0, 0, 0, 0],
    [0x01, 0x81, 0, 0, 0, 0, 0x7b, 0x81, 0x81, 0, 0, 0, 0, 0x7d], [0x81, 0x82, 0, 0, 0, 0, 0xc3, 0x28], [0x88, 0x81, 0, 0, 0, 0, 1], [0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe7], [0xc1, 0x80, 0, 0, 0, 0],
  ];
  const good = await Client.open(t, node.wsUrl);
  for (const frame of frames) {
    const bad = await Client.open(t, node.wsUrl);
    (bad.ws as unknown as { _socket: Socket })._socket.write(Buffer.from(frame));
    await within(10_000, `the end of a connection with ${frame}`, bad.untilClosed());
    cases++;
  }
  // A message in ten thousand pieces is a message; in far more pieces, and a flood of pings, it is an attack on its own connection.
  const send = (client: Client, pieces: number): void => {
    const text = JSON.stringify(request("system_chain", [], "whole")).padEnd(pieces);
    for (let i = 0; i < text.length; i++) client.ws.send(text[i]!, { fin: i === text.length - 1 });
  };
  const [patient, shredder, pinger] = [await Client.open(t, node.wsUrl), await Client.open(t, node.wsUrl), await Client.open(t, node.wsUrl)];
  send(patient, 10_000);
  assert.equal((await patient.find(({ id }) => id === "whole")).result, "Creator Chain Development");
  send(shredder, 50_000);
  for (let i = 0; i < 10_000; i++) pinger.ws.ping();
  await within(10_000, "the end of both", Promise.all([shredder.untilClosed(), pinger.untilClosed()]));
  assert.equal((await good.request("system_chain")).result, "Creator Chain Development");
  cases += 3;
  await stillWell(t);
});

test("subscriptions beyond the limit are refused, and all end with their connection", { timeout: 120_000 }, async (t) => {
  const limit = 1_024;
  const clients = await Promise.all(Array.from({ length: LONG ? 10 : 1 }, () => Client.open(t, node.wsUrl)));
  for (const client of clients) {
    for (let i = 0; i < limit + 5; i++) client.send(request(i % 2 === 0 ? "state_subscribeRuntimeVersion" : "chain_subscribeFinalizedHeads", [], `s${i}`));
    const last = await within(60_000, "the last answer", client.find(({ id }) => id === `s${limit + 4}`));
    assert.equal(last.error.code, -32006);
    cases += limit + 5;
  }
  await traffic.blocks(3);
  clients.forEach(({ ws }) => ws.terminate());
  await stillWell(t);
});

test("idle connections up to the maximum cost little, and those beyond are told", { timeout: 120_000 }, async (t) => {
  const count = LONG ? 2_000 : 200;
  const idle: WebSocket[] = [];
  t.after(() => idle.forEach((ws) => ws.terminate()));
  for (let i = 0; i < count; i += 100) {
    const opened = Array.from({ length: 100 }, () => new WebSocket(node.wsUrl, { perMessageDeflate: false }));
    idle.push(...opened);
    await within(20_000, "a hundred connections", Promise.all(opened.map((ws) => once(ws, "open"))));
  }
  cases += count;
  const one = await Client.open(t, node.wsUrl);
  assert.equal((await one.request("system_chain")).result, "Creator Chain Development");
  if (HAS_PROC) t.diagnostic(`${count} idle connections: ${Math.round((await inspectMemory(node)).residentMib - quiet.residentMib)} MiB more`);
  await stillWell(t);
});

test("half-sent requests do not keep others from being answered, and are given up", { timeout: 120_000 }, async (t) => {
  const heads = ["", "G", "POST / HTTP/1.1\r\nHost: localhost\r\nX-", "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"];
  const sockets = Array.from({ length: LONG ? 200 : 40 }, (_, i) => {
    const socket = connect(port, "127.0.0.1").on("error", () => undefined);
    socket.write(heads[i % heads.length]!);
    socket.resume();
    return socket;
  });
  t.after(() => sockets.forEach((socket) => socket.destroy()));
  // Header by header, one a moment: what slowloris does.
  const drip = setInterval(() => sockets.filter((_, i) => i % 4 === 2).forEach((socket) => socket.writable && socket.write("a: b\r\nX-")), 200);
  t.after(() => clearInterval(drip));
  for (let i = 0; i < 20; i++) assert.equal((await post(port, request("system_chain"))).json.result, "Creator Chain Development");
  if (LONG) {
    const slow = sockets.filter((_, i) => i % 4 !== 3);
    await within(30_000, "the end of those whose headers never end", until(() => slow.every(({ destroyed }) => destroyed)).catch(() => until(() => slow.every(({ destroyed }) => destroyed))));
  }
  cases += sockets.length;
  await stillWell(t);
});

test("readers that never read are bounded and do not hold up anyone", { timeout: 120_000 }, async (t) => {
  const hoarders = await Promise.all(Array.from({ length: LONG ? 40 : 10 }, () => Client.open(t, node.wsUrl)));
  for (const { ws } of hoarders) {
    ws.pause();
    for (let i = 0; i < 60; i++) ws.send(JSON.stringify(request(i % 2 === 0 ? "state_getMetadata" : "chain_subscribeAllHeads", [], i)));
  }
  const busy = JSON.stringify(request("state_getMetadata"));
  const sockets = Array.from({ length: LONG ? 100 : 20 }, () => connect(port, "127.0.0.1").on("error", () => undefined).pause());
  t.after(() => sockets.forEach((socket) => socket.destroy()));
  for (const socket of sockets) for (let i = 0; i < 20; i++) socket.write(`POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${busy.length}\r\n\r\n${busy}`);
  const one = await Client.open(t, node.wsUrl);
  for (let i = 0; i < 10; i++) assert.equal((await within(10_000, "an answer beside them", one.request("system_chain"))).result, "Creator Chain Development");
  cases += hoarders.length + sockets.length;
  await stillWell(t);
});

test("a flood of pipelined requests is answered completely and in order", { timeout: 120_000 }, async (t) => {
  const count = LONG ? 10_000 : 1_000;
  const socket = connect(port, "127.0.0.1");
  t.after(() => socket.destroy());
  let heard = "";
  socket.setEncoding("utf8").on("data", (chunk: string) => (heard += chunk));
  for (let i = 0; i < count; i++) {
    const body = JSON.stringify(request("system_chain", [], i));
    socket.write(`POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`);
  }
  await within(60_000, "all answers", (async () => {
    while (!heard.includes(`"id":${count - 1},`)) await sleep(20);
  })());
  assert.deepEqual([...heard.matchAll(/"id":(\d+),"result"/g)].map((match) => Number(match[1])), Array.from({ length: count }, (_, i) => i));
  const client = await Client.open(t, node.wsUrl);
  for (let i = 0; i < count; i++) client.send(request("system_chain", [], i));
  await within(60_000, "all answers on the WebSocket", client.hearAll(count));
  assert.deepEqual(client.heard.map(({ id }) => id), Array.from({ length: count }, (_, i) => i));
  cases += 2;
  await stillWell(t);
});

test("after all that: memory within its bound, no error in the log, the honest user lost nothing, exit 0", { timeout: 60_000 }, async (t) => {
  await traffic.blocks(10);
  traffic.mark("after");
  const now = await inspectMemory(node);
  const growth = now.residentMib - quiet.residentMib;
  t.diagnostic(`${cases} cases; memory before ${round(quiet)}, after ${round(now)}, most seen ${peakMib.toFixed(0)} MiB resident`);
  t.diagnostic(`ms between blocks: ${[...traffic.gaps].map(([name, gaps]) => `${name.slice(0, 30)}: mean ${mean(gaps).toFixed(0)}, median ${median(gaps).toFixed(0)}, most ${Math.max(...gaps).toFixed(0)}`).join("; ")}`);
  if (HAS_PROC) assert.ok(growth <= GROWTH_MIB_MAX, `${Math.round(growth)} MiB more than before`);
  assert.doesNotMatch(node.output(), /rpc_internal_error|rpc-background|http_error|rpc_cleanup_failed|InvariantError/);
  traffic.stop();
  assert.equal(await within(15_000, "the end of the process", node.stop()), 0);
});

function round({ heapMib, externalMib, residentMib }: Memory): string {
  return `heap ${heapMib.toFixed(0)}, external ${externalMib.toFixed(0)}, resident ${residentMib.toFixed(0)} MiB`;
}
