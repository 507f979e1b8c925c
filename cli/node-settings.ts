// What the settings mean together: typed, checked against each other, nothing started yet.
import { homedir } from "node:os";
import { join } from "node:path";
import { CliError } from "./errors.ts";
import { DEV_NAMES, UNUSED } from "./node-flags.ts";
import type { Settings } from "./settings.ts";

export interface NodeSettings {
  /** A preset or a file. */
  readonly chain: string;
  /** Undefined: temporary. */
  readonly basePath: string | undefined;
  readonly name: string | undefined;
  /** `Alice` when blocks are to be authored as her. */
  readonly authority: string | undefined;
  readonly nodeKey: { readonly hex: string } | { readonly file: string } | undefined;
  readonly rpc: {
    readonly port: number;
    readonly hosts: readonly string[];
    readonly external: boolean;
    readonly unsafeExternal: boolean;
    readonly methods: "auto" | "safe" | "unsafe";
    readonly cors: "all" | readonly string[] | undefined;
    readonly maxConnections: number;
    readonly maxRequestBytes: number;
    readonly maxResponseBytes: number;
    readonly maxSubscriptionsPerConnection: number;
    readonly messageBufferCapacity: number;
    readonly maxBatchRequestLen: number;
    readonly disableBatchRequests: boolean;
    /** Calls per minute; 0: no limit. */
    readonly rateLimit: number;
    readonly rateLimitWhitelistedIps: readonly string[];
    readonly rateLimitTrustProxyHeaders: boolean;
  };
  readonly metrics: { readonly port: number; readonly external: boolean } | undefined;
  readonly statePruning: number | "archive";
  readonly blocksPruning: number | "archive";
  readonly databaseCacheMib: number;
  readonly pool: { readonly limitCount: number; readonly limitBytes: number; readonly banSeconds: number | undefined };
  readonly keystore: { readonly path: string | undefined; readonly password: PasswordSource | undefined };
  readonly log: { readonly directives: readonly string[]; readonly format: "auto" | "pretty" | "json"; readonly detailed: boolean };
  /** For the user: settings without effect. */
  readonly warnings: readonly string[];
}

export type PasswordSource = { readonly type: "text"; readonly password: string } | { readonly type: "file"; readonly path: string } | { readonly type: "ask" };

const KIB = 1024;
const MIB = 1024 * KIB;

/** Reads settings by name, with the type that their kind promises. */
class Read {
  readonly #settings: Settings;
  constructor(settings: Settings) {
    this.#settings = settings;
  }
  flag(name: string): boolean {
    return this.#settings.get(name)?.value === true;
  }
  number(name: string): number {
    return this.#settings.get(name)!.value as number;
  }
  text(name: string): string | undefined {
    return this.#settings.get(name)?.value as string | undefined;
  }
  list(name: string): readonly string[] {
    return (this.#settings.get(name)?.value as readonly string[] | undefined) ?? [];
  }
  blocks(name: string): number | "archive" {
    const value = this.#settings.get(name)!.value as number | string;
    return typeof value === "number" ? value : "archive";
  }
  origin(name: string): string | undefined {
    return this.#settings.get(name)?.origin;
  }
}

/** Where nodes keep their data unless told otherwise. */
export function defaultBasePath(env: Readonly<Record<string, string | undefined>>): string {
  return join(env["XDG_DATA_HOME"] || join(homedir(), ".local", "share"), "mesi");
}

/** @throws CliError */
export function nodeSettings(settings: Settings, env: Readonly<Record<string, string | undefined>>): NodeSettings {
  const read = new Read(settings);
  const authority = authorityOf(read);
  checkRpc(read, authority !== undefined);
  return {
    chain: read.text("chain")!,
    basePath: basePathOf(read, env),
    name: read.text("name"),
    authority,
    nodeKey: nodeKeyOf(read),
    rpc: rpcOf(read),
    metrics: read.flag("no-prometheus") ? undefined : { port: read.number("prometheus-port"), external: read.flag("prometheus-external") },
    statePruning: read.blocks("state-pruning"),
    blocksPruning: read.blocks("blocks-pruning"),
    databaseCacheMib: read.number("db-cache"),
    pool: { limitCount: read.number("pool-limit"), limitBytes: read.number("pool-kbytes") * KIB, banSeconds: read.origin("tx-ban-seconds") === undefined ? undefined : read.number("tx-ban-seconds") },
    keystore: { path: read.text("keystore-path"), password: passwordOf(read) },
    log: { directives: read.list("log"), format: read.text("log-format") as NodeSettings["log"]["format"], detailed: read.flag("detailed-log-output") },
    warnings: warningsOf(settings),
  };
}

function basePathOf(read: Read, env: Readonly<Record<string, string | undefined>>): string | undefined {
  const given = read.text("base-path");
  if (read.flag("tmp") && given !== undefined) throw conflict("--tmp keeps nothing, and --base-path says where to keep it: leave one out");
  if (read.flag("tmp") || (read.flag("dev") && given === undefined)) return undefined;
  return given ?? defaultBasePath(env);
}

function authorityOf(read: Read): string | undefined {
  const named = DEV_NAMES.filter((name) => read.flag(name));
  if (named.length > 1) throw conflict(`--${named.join(" and --")} contradict each other: a node authors as one account`);
  if (named.length === 1) return named[0]![0]!.toUpperCase() + named[0]!.slice(1);
  if (read.flag("validator")) throw conflict("--validator needs to know whose blocks to author: add one of --alice to --ferdie");
  return undefined;
}

function nodeKeyOf(read: Read): NodeSettings["nodeKey"] {
  const hex = read.text("node-key");
  const file = read.text("node-key-file");
  if (hex !== undefined && file !== undefined) throw conflict("--node-key and --node-key-file both give the identity: leave one out");
  return hex !== undefined ? { hex } : file !== undefined ? { file } : undefined;
}

function passwordOf(read: Read): PasswordSource | undefined {
  const sources: PasswordSource[] = [];
  const password = read.text("password");
  const path = read.text("password-filename");
  if (password !== undefined) sources.push({ type: "text", password });
  if (path !== undefined) sources.push({ type: "file", path });
  if (read.flag("password-interactive")) sources.push({ type: "ask" });
  if (sources.length > 1) throw conflict("--password, --password-interactive and --password-filename exclude each other");
  return sources[0];
}

function rpcOf(read: Read): NodeSettings["rpc"] {
  const cors = read.list("rpc-cors");
  const unsafeExternal = read.flag("unsafe-rpc-external");
  return {
    port: read.number("rpc-port"),
    hosts: read.list("rpc-host"),
    external: read.flag("rpc-external") || unsafeExternal,
    unsafeExternal,
    methods: read.text("rpc-methods") as NodeSettings["rpc"]["methods"],
    cors: cors.length === 0 ? undefined : cors.includes("all") ? "all" : cors.filter((origin) => origin !== "null"),
    maxConnections: read.number("rpc-max-connections"),
    maxRequestBytes: read.number("rpc-max-request-size") * MIB,
    maxResponseBytes: read.number("rpc-max-response-size") * MIB,
    maxSubscriptionsPerConnection: read.number("rpc-max-subscriptions-per-connection"),
    messageBufferCapacity: read.number("rpc-message-buffer-capacity-per-connection"),
    maxBatchRequestLen: read.number("rpc-max-batch-request-len"),
    disableBatchRequests: read.flag("rpc-disable-batch-requests"),
    rateLimit: read.origin("rpc-rate-limit") === undefined ? 0 : read.number("rpc-rate-limit"),
    rateLimitWhitelistedIps: read.list("rpc-rate-limit-whitelisted-ips"),
    rateLimitTrustProxyHeaders: read.flag("rpc-rate-limit-trust-proxy-headers"),
  };
}

/** Substrate's two objections: a validator's RPC is not for everyone, and unsafe methods are for nobody else. */
function checkRpc(read: Read, authors: boolean): void {
  if (read.flag("unsafe-rpc-external")) return;
  if (!read.flag("rpc-external")) return;
  if (read.text("rpc-methods") === "unsafe") throw new CliError("UNSAFE_RPC", "--rpc-methods unsafe with --rpc-external would let anyone control this node", { hint: "leave --rpc-methods out, or, behind a firewall, use --unsafe-rpc-external" });
  if (authors && !read.flag("dev")) throw new CliError("UNSAFE_RPC", "--rpc-external opens an authoring node's RPC to the network", { hint: "run a second node for RPC, or, behind a firewall, use --unsafe-rpc-external" });
}

function warningsOf(settings: Settings): readonly string[] {
  const unused = [...UNUSED].filter((name) => {
    const origin = settings.get(name)?.origin;
    return origin !== undefined && origin !== "default" && !origin.startsWith("--dev") && !origin.startsWith("chain ");
  });
  return unused.length === 0 ? [] : [`without effect in this release: ${unused.map((name) => `--${name}`).join(", ")}`];
}

function conflict(message: string): CliError {
  return new CliError("CONFIG_INVALID", message);
}
