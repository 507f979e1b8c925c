// Starts a node from its settings, tells the user what he has got, and stops it on a signal.
import { performance } from "node:perf_hooks";
import { toHex } from "../runtime/primitives/bytes.ts";
import type { NodeOptions, RunningNode } from "../node/node.ts";
import { startNode } from "../node/node.ts";
import { devAccountList } from "../genesis/presets.ts";
import { formatAmount } from "./amount.ts";
import type { CommandContext } from "./command.ts";
import { ExitCode } from "./exit-codes.ts";
import { nodeOptions } from "./node-options.ts";
import { nodeSettings } from "./node-settings.ts";
import { table } from "./output.ts";
import type { Settings } from "./settings.ts";

const CLOSE_DEADLINE_MS = 9_000;

/** Runs until a signal or a fatal error. @returns the exit code */
export async function runNode(ctx: CommandContext, settings: Settings): Promise<number> {
  const parsed = nodeSettings(settings, ctx.io.env);
  for (const warning of parsed.warnings) ctx.out.warn(warning);
  let fail: (error: unknown) => void = () => {};
  const failed = new Promise<never>((_, reject) => (fail = reject));
  // Heard by the race below; until then it must not count as unhandled.
  failed.catch(() => {});
  const options = await nodeOptions(ctx, parsed, fail);
  const signals = listenForSignals(ctx);
  try {
    const node = await startNode(options);
    try {
      announce(ctx, options, node);
      await Promise.race([signals.first, failed]);
      ctx.out.note("stopping");
      return ExitCode.Ok;
    } finally {
      await node.close(CLOSE_DEADLINE_MS);
    }
  } finally {
    signals.ignore();
  }
}

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/** `first` resolves at the first signal; a second Ctrl-C ends the process at once. */
function listenForSignals(ctx: CommandContext): { readonly first: Promise<void>; ignore(): void } {
  let resolve: () => void = () => {};
  const first = new Promise<void>((done) => (resolve = done));
  let asked = false;
  const stop = (signal: NodeJS.Signals): void => {
    if (asked && signal === "SIGINT") process.exit(ExitCode.Forced);
    if (asked) return;
    asked = true;
    if (signal === "SIGINT" && ctx.io.stdinIsTty) ctx.out.note("\nfinishing the block; Ctrl-C again stops at once");
    resolve();
  };
  for (const signal of SIGNALS) process.on(signal, stop);
  return {
    first,
    ignore: () => {
      for (const signal of SIGNALS) process.off(signal, stop);
    },
  };
}

/** What the user needs, the endpoints last: they must not scroll away. */
function announce({ out }: CommandContext, { spec, rpc }: NodeOptions, node: RunningNode): void {
  const host = node.rpc.host.includes(":") ? `[${node.rpc.host}]` : node.rpc.host;
  const shown = ["0.0.0.0", "[::]"].includes(host) ? "127.0.0.1" : host;
  const endpoints = {
    ws: `ws://${shown}:${node.rpc.port}`,
    http: `http://${shown}:${node.rpc.port}`,
    metrics: node.metricsPort === undefined ? null : `http://127.0.0.1:${node.metricsPort}/metrics`,
  };
  const readyMs = Math.round(performance.now());
  const dev = spec.chainType === "Development";
  const accounts = dev ? devAccountList((spec.properties["ss58Format"] as number | undefined) ?? 42) : [];
  if (out.globals.format === "json") {
    return out.item({ event: "ready", chain: spec.name, genesisHash: toHex(node.chain.genesisHash), endpoints, accounts, readyMs }, "");
  }
  const lines = [`${spec.name}, block ${node.chain.best.number}`];
  if (accounts.length > 0) {
    const rows = accounts.map(({ suri, address, balance }) => ({ suri, address, balance: formatAmount(balance) }));
    lines.push("", table(rows, [{ key: "suri", title: "ACCOUNT" }, { key: "address", title: "ADDRESS" }, { key: "balance", title: "AT GENESIS", right: true }]), "", out.paint("33", "These keys are public: whatever they hold on a real chain is lost."));
  }
  lines.push("", `ws       ${endpoints.ws}`, `http     ${endpoints.http}`, ...(endpoints.metrics === null ? [] : [`metrics  ${endpoints.metrics}`]), rpc.external ? out.paint("33", "RPC is open to the network") : "", `ready in ${readyMs} ms`);
  out.item(undefined, lines.filter((line, i) => line !== "" || lines[i - 1] !== "").join("\n"));
}
