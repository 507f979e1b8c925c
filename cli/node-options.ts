// From settings to what the node takes.
import { readFileSync } from "node:fs";
import { createLog } from "../node/log.ts";
import type { NodeOptions } from "../node/node.ts";
import { genesisForNode } from "../genesis/genesis-state.ts";
import { loadChainSpec } from "../genesis/load.ts";
import { DEV_ACCOUNTS } from "../genesis/presets.ts";
import type { RuntimeParams } from "../runtime/params.ts";
import type { CommandContext } from "./command.ts";
import { CliError } from "./errors.ts";
import type { NodeSettings, PasswordSource } from "./node-settings.ts";
import { askSecret } from "./prompt.ts";
import { VERSION } from "./version.ts";

/** Clients drop a socket that is silent for 40 s. */
const MAX_IDLE_MS = 20_000;

/** @throws CliError, ChainSpecError, LogError */
export async function nodeOptions(ctx: CommandContext, settings: NodeSettings, onFatal: (error: unknown) => void): Promise<NodeOptions> {
  const spec = loadChainSpec(settings.chain);
  const genesis = genesisForNode(spec);
  const password = settings.keystore.password && (await readPassword(ctx, settings.keystore.password));
  const { banSeconds, ...pool } = settings.pool;
  return {
    spec: { name: spec.name, id: spec.id, chainType: spec.chainType, properties: spec.properties, genesis },
    basePath: settings.basePath,
    nodeName: settings.name ?? settings.authority ?? "mesi",
    nodeKey: settings.nodeKey,
    version: VERSION,
    authority: DEV_ACCOUNTS.find(({ name }) => name === settings.authority)?.account,
    sealing: sealingOf(genesis.params),
    statePruning: settings.statePruning,
    blocksPruning: settings.blocksPruning,
    databaseCacheMib: settings.databaseCacheMib,
    keystore: { password, memory: settings.basePath === undefined && password === undefined, ...(settings.keystore.path === undefined ? {} : { directory: settings.keystore.path }) },
    pool: banSeconds === undefined ? pool : { ...pool, banSeconds },
    rpc: rpcOptions(settings),
    metrics: settings.metrics,
    statusLine: !ctx.out.globals.quiet,
    log: createLog({ format: settings.log.format, directives: ctx.out.globals.quiet ? ["warn", ...settings.log.directives] : settings.log.directives }),
    onFatal,
  };
}

/** The runtime refuses blocks closer together than this. */
function sealingOf({ minimum_period }: RuntimeParams): NodeOptions["sealing"] {
  return { minIntervalMs: 2 * Number(minimum_period), maxIdleMs: MAX_IDLE_MS };
}

function rpcOptions({ rpc }: NodeSettings): NodeOptions["rpc"] {
  return {
    port: rpc.port,
    external: rpc.external,
    unsafeExternal: rpc.unsafeExternal,
    rpcMethods: rpc.methods,
    ...(rpc.cors === undefined ? {} : { cors: rpc.cors }),
    ...(rpc.hosts.length === 0 ? {} : { hosts: rpc.hosts }),
    limits: {
      maxConnections: rpc.maxConnections,
      maxRequestSize: rpc.maxRequestBytes,
      maxResponseSize: rpc.maxResponseBytes,
      maxSubscriptionsPerConnection: rpc.maxSubscriptionsPerConnection,
      messageBufferCapacity: rpc.messageBufferCapacity,
      maxBatchRequestLen: rpc.maxBatchRequestLen,
      disableBatchRequests: rpc.disableBatchRequests,
      rateLimit: rpc.rateLimit,
      rateLimitWhitelistedIps: rpc.rateLimitWhitelistedIps,
      rateLimitTrustProxyHeaders: rpc.rateLimitTrustProxyHeaders,
    },
  };
}

/** @throws CliError */
export async function readPassword(ctx: CommandContext, source: PasswordSource): Promise<string> {
  switch (source.type) {
    case "text":
      return source.password;
    case "ask":
      return askSecret(ctx, "password of the key store");
    case "file":
      try {
        // Editors end a file with a newline; no password does.
        return readFileSync(source.path, "utf8").replace(/\r?\n$/, "");
      } catch (error) {
        throw new CliError("FILE_UNREADABLE", `--password-filename ${source.path} cannot be read: ${(error as Error).message}`, { cause: error });
      }
  }
}
