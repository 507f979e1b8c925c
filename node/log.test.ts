import assert from "node:assert/strict";
import { test } from "node:test";
import { createLog } from "./log.ts";
import type { LogOptions, NodeLog } from "./log.ts";

function capture(options: Partial<LogOptions> & { readonly isTTY?: boolean } = {}): { readonly log: NodeLog; take(): string } {
  let text = "";
  const write = ((chunk: string) => {
    text += chunk;
    return true;
  }) as NodeJS.WriteStream["write"];
  const { isTTY = false, ...rest } = options;
  const log = createLog({ format: "auto", directives: [], env: {}, destination: { write, isTTY, columns: 60 }, ...rest });
  return {
    log,
    take: () => {
      const taken = text;
      text = "";
      return taken;
    },
  };
}

const ESCAPE = "\u001B[";

test("elsewhere than on a terminal each event is one line of JSON with its name, level, target and time", () => {
  const { log, take } = capture();
  log.child("pool").info({ event: "taken", hash: "0x12" }, "taken\nin");
  const lines = take().split("\n");
  assert.equal(lines.length, 2);
  const { time, ...fields } = JSON.parse(lines[0]!) as Record<string, unknown>;
  assert.deepEqual(fields, { level: "info", target: "pool", event: "taken", hash: "0x12", msg: "taken\nin" });
  assert.ok(!Number.isNaN(Date.parse(time as string)));
});

test("on a terminal it is text, with colours unless NO_COLOR asks for none", () => {
  const coloured = capture({ isTTY: true });
  coloured.log.warn({ event: "x", depth: 3 }, "look");
  const text = coloured.take();
  assert.match(text, /look/);
  assert.match(text, /depth/);
  assert.ok(text.includes(ESCAPE));
  for (const env of [{ NO_COLOR: "1" }, { TERM: "dumb" }]) {
    const plain = capture({ isTTY: true, env });
    plain.log.warn({ event: "x" }, "look");
    assert.ok(!plain.take().includes(ESCAPE));
  }
  const empty = capture({ isTTY: true, env: { NO_COLOR: "" } });
  empty.log.warn({ event: "x" }, "look");
  assert.ok(empty.take().includes(ESCAPE));
});

test("the format can be asked for", () => {
  const json = capture({ isTTY: true, format: "json" });
  json.log.info({ event: "x" }, "m");
  assert.equal((JSON.parse(json.take()) as { msg: string }).msg, "m");
  const pretty = capture({ format: "pretty" });
  pretty.log.info({ event: "x" }, "m");
  const text = pretty.take();
  assert.throws(() => JSON.parse(text));
  assert.ok(!text.includes(ESCAPE));
});

test("levels are set by target, by the target's parents, and by default", () => {
  const { log, take } = capture({ directives: ["warn,rpc=debug", "rpc::ws=error"] });
  const said = (target: string, level: "debug" | "info" | "warn" | "error"): boolean => {
    log.child(target)[level]({ event: "x" }, "m");
    return take() !== "";
  };
  assert.deepEqual([said("pool", "info"), said("pool", "warn")], [false, true]);
  assert.deepEqual([said("rpc", "debug"), said("rpc::http", "debug"), said("rpc::ws", "warn"), said("rpc::ws", "error")], [true, true, false, true]);
  assert.equal(said("rpcx", "info"), false);
});

test("filters added while running hold for logs that exist already, and are taken back by reset", () => {
  const { log, take } = capture({ directives: ["pool=warn"] });
  const pool = log.child("pool");
  const debug = (): boolean => {
    pool.debug({ event: "x" }, "m");
    return take() !== "";
  };
  assert.equal(debug(), false);
  log.addFilter("pool=debug, rpc=trace");
  assert.equal(debug(), true);
  log.addFilter("pool=off");
  pool.error({ event: "x" }, "m");
  assert.equal(take(), "");
  log.addFilter("pool");
  assert.equal(debug(), true);
  log.resetFilter();
  assert.equal(debug(), false);
  pool.warn({ event: "x" }, "m");
  assert.notEqual(take(), "");
});

test("bad filters are refused whole, with a code that names the part", () => {
  const { log, take } = capture();
  for (const bad of ["pool=loud", "a=b=c", "=debug", "pool=", "po ol=debug", "x".repeat(200)]) {
    assert.throws(() => log.addFilter(`rpc=debug,${bad}`), { code: "LOG_FILTER" }, bad);
  }
  log.child("rpc").debug({ event: "x" }, "m");
  assert.equal(take(), "");
  assert.throws(() => capture({ directives: ["pool=loud"] }), { code: "LOG_FILTER" });
  assert.throws(() => log.addFilter(Array.from({ length: 300 }, (_, i) => `t${i}=info`).join(",")), { code: "LOG_FILTERS_TOO_MANY" });
});

test("errors are logged with code, message and stack", () => {
  const { log, take } = capture();
  log.error({ event: "x", err: Object.assign(new Error("boom"), { code: "BOOM" }) }, "failed");
  const { err } = JSON.parse(take()) as { err: { message: string; code: string; stack: string } };
  assert.equal(err.message, "boom");
  assert.equal(err.code, "BOOM");
  assert.match(err.stack, /log\.test/);
});

test("a live line stays below what is logged, and is nowhere when nobody looks", () => {
  const { log, take } = capture({ isTTY: true, env: { NO_COLOR: "1" } });
  assert.notEqual(log.live, undefined);
  log.live!.show("Idle");
  assert.equal(take(), "Idle");
  log.info({ event: "x" }, "hello");
  assert.match(take(), /^\r\u001B\[2K[^\r]*hello\nIdle$/);
  log.live!.show("x".repeat(100));
  assert.equal(take(), `\r\u001B[2K${"x".repeat(58)}…`);
  log.live!.clear();
  assert.equal(take(), "\r\u001B[2K");
  log.info({ event: "x" }, "after");
  assert.ok(!take().includes(ESCAPE));
  assert.equal(capture({ format: "pretty" }).log.live, undefined);
  assert.equal(capture({ isTTY: true, format: "json" }).log.live, undefined);
  assert.equal(capture({ isTTY: true, env: { TERM: "dumb" } }).log.live, undefined);
});
