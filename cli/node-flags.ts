// The settings of a node, each once: flag, environment variable (MESI_RPC_PORT), key of the configuration file (rpc-port).
// Names, meanings and defaults are Substrate's where it has the setting.

export type Kind =
  | { readonly type: "flag" }
  | { readonly type: "int"; readonly min: number; readonly max: number }
  | { readonly type: "text" }
  | { readonly type: "choice"; readonly of: readonly string[] }
  | { readonly type: "list" }
  /** A number of blocks, or one of these words. */
  | { readonly type: "blocks"; readonly words: readonly string[] };

export interface Flag {
  readonly name: string;
  readonly short?: string;
  readonly value?: string;
  readonly kind: Kind;
  readonly help: string;
  readonly default?: boolean | number | string | readonly string[];
}

const PORT: Kind = { type: "int", min: 0, max: 65_535 };
const FLAG: Kind = { type: "flag" };
const TEXT: Kind = { type: "text" };
const LIST: Kind = { type: "list" };
const count = (min = 0, max = 0xffff_ffff): Kind => ({ type: "int", min, max });

export const DEV_NAMES = ["alice", "bob", "charlie", "dave", "eve", "ferdie"] as const;

export const FLAGS: readonly Flag[] = [
  { name: "chain", value: "dev|local|FILE", kind: TEXT, default: "local", help: "the chain: a preset or a chain spec file" },
  { name: "dev", kind: FLAG, help: "--chain dev --alice --force-authoring, temporary unless --base-path is given" },
  { name: "base-path", short: "d", value: "PATH", kind: TEXT, help: "where the node keeps its data" },
  { name: "tmp", kind: FLAG, help: "keep nothing: a temporary folder, removed at the end" },
  { name: "name", value: "NAME", kind: TEXT, help: "the node's name, for people" },
  { name: "validator", kind: FLAG, help: "author blocks" },
  ...DEV_NAMES.map((name): Flag => ({ name, kind: FLAG, help: `author as the development account ${name[0]!.toUpperCase()}${name.slice(1)}` })),
  { name: "force-authoring", kind: FLAG, help: "author even without peers" },

  { name: "port", value: "PORT", kind: PORT, default: 30_333, help: "TCP port of the peer-to-peer network" },
  { name: "listen-addr", value: "ADDR...", kind: LIST, help: "multiaddresses to listen on" },
  { name: "public-addr", value: "ADDR...", kind: LIST, help: "multiaddresses under which others reach this node" },
  { name: "bootnodes", value: "ADDR...", kind: LIST, help: "multiaddresses of nodes to meet first" },
  { name: "reserved-nodes", value: "ADDR...", kind: LIST, help: "multiaddresses of nodes to stay connected with" },
  { name: "reserved-only", kind: FLAG, help: "connect with reserved nodes only" },
  { name: "in-peers", value: "N", kind: count(0, 10_000), default: 32, help: "most incoming connections" },
  { name: "out-peers", value: "N", kind: count(0, 10_000), default: 8, help: "outgoing connections to keep" },
  { name: "node-key", value: "HEX", kind: TEXT, help: "secret ed25519 key of the node's identity; visible to other processes: prefer the file" },
  { name: "node-key-file", value: "FILE", kind: TEXT, help: "file with the secret key of the node's identity" },
  { name: "sync", value: "full|warp", kind: { type: "choice", of: ["full", "warp", "fast"] }, default: "full", help: "how to catch up" },

  { name: "rpc-port", value: "PORT", kind: PORT, default: 9944, help: "port of JSON-RPC over HTTP and WebSocket" },
  { name: "rpc-host", value: "NAME...", kind: LIST, help: "names under which clients may address the node, besides localhost" },
  { name: "rpc-external", kind: FLAG, help: "listen on all interfaces; not for validators" },
  { name: "unsafe-rpc-external", kind: FLAG, help: "as --rpc-external, without the objections" },
  { name: "rpc-methods", value: "auto|safe|unsafe", kind: { type: "choice", of: ["auto", "safe", "unsafe"] }, default: "auto", help: "which methods to serve; auto: unsafe ones only on loopback" },
  { name: "rpc-cors", value: "ORIGINS", kind: LIST, help: "web pages that may call: all, or origins (default: localhost and polkadot.js.org)" },
  { name: "rpc-max-connections", value: "N", kind: count(1, 100_000), default: 100, help: "most WebSocket connections" },
  { name: "rpc-max-request-size", value: "MIB", kind: count(1, 1024), default: 15, help: "largest request" },
  { name: "rpc-max-response-size", value: "MIB", kind: count(1, 1024), default: 15, help: "largest response" },
  { name: "rpc-max-subscriptions-per-connection", value: "N", kind: count(1), default: 1024, help: "most subscriptions of one connection" },
  { name: "rpc-message-buffer-capacity-per-connection", value: "N", kind: count(1), default: 64, help: "unsent notifications that a reader may be behind" },
  { name: "rpc-max-batch-request-len", value: "N", kind: count(1), default: 1000, help: "most calls in one batch" },
  { name: "rpc-disable-batch-requests", kind: FLAG, help: "refuse batches" },
  { name: "rpc-rate-limit", value: "N", kind: count(1), help: "calls per minute of one connection" },
  { name: "rpc-rate-limit-whitelisted-ips", value: "IP...", kind: LIST, help: "addresses or ranges without rate limit" },
  { name: "rpc-rate-limit-trust-proxy-headers", kind: FLAG, help: "take the client's address from the proxy's headers" },
  { name: "graphql-port", value: "PORT", kind: PORT, help: "port of GraphQL, when it is not to be the RPC port" },
  { name: "explorer", kind: FLAG, help: "serve the block explorer on the RPC port" },

  { name: "prometheus-port", value: "PORT", kind: PORT, default: 9615, help: "port of the metrics" },
  { name: "prometheus-external", kind: FLAG, help: "show the metrics on all interfaces" },
  { name: "no-prometheus", kind: FLAG, help: "no metrics" },
  { name: "telemetry-url", value: "URL...", kind: LIST, help: "where to send telemetry: 'URL VERBOSITY'; nothing is sent unless this is given" },
  { name: "no-telemetry", kind: FLAG, help: "send no telemetry, whatever the chain spec says" },

  { name: "state-pruning", value: "N|archive", kind: { type: "blocks", words: ["archive", "archive-canonical"] }, default: 8192, help: "blocks whose state stays readable (dev: archive)" },
  { name: "blocks-pruning", value: "N|archive", kind: { type: "blocks", words: ["archive", "archive-canonical"] }, default: "archive", help: "blocks whose body is kept" },
  { name: "database", value: "auto|level", kind: { type: "choice", of: ["auto", "level", "rocksdb", "paritydb", "paritydb-experimental"] }, default: "auto", help: "there is one kind of database" },
  { name: "db-cache", value: "MIB", kind: count(1, 1_048_576), default: 32, help: "memory for the database's cache" },
  { name: "pool-limit", value: "N", kind: count(1, 10_000_000), default: 8192, help: "most transactions waiting" },
  { name: "pool-kbytes", value: "KIB", kind: count(1, 100_000_000), default: 20_480, help: "most bytes of transactions waiting" },
  { name: "tx-ban-seconds", value: "S", kind: count(0, 100_000_000), help: "how long an invalid transaction is refused unseen (default 1800; dev: 0)" },

  { name: "keystore-path", value: "PATH", kind: TEXT, help: "where the keys are" },
  { name: "password", value: "PASSWORD", kind: TEXT, help: "of the key store; visible to other processes: prefer --password-filename" },
  { name: "password-interactive", kind: FLAG, help: "ask for the key store's password" },
  { name: "password-filename", value: "FILE", kind: TEXT, help: "file with the key store's password" },
  { name: "signer", value: "URL", kind: TEXT, help: "a remote signer instead of the key store" },
  { name: "init-slashing-protection", kind: FLAG, help: "these keys never signed anywhere: begin a new record" },

  { name: "log", short: "l", value: "TARGET=LEVEL...", kind: LIST, help: "log levels: info, or rpc=debug,pool=trace" },
  { name: "log-format", value: "auto|pretty|json", kind: { type: "choice", of: ["auto", "pretty", "json"] }, default: "auto", help: "auto: pretty on a terminal, else one JSON object per line" },
  { name: "detailed-log-output", kind: FLAG, help: "show targets and times in full" },
];

/** Settings for parts that this release does not have yet: taken, and said to be without effect. */
export const UNUSED: ReadonlySet<string> = new Set([
  "port", "listen-addr", "public-addr", "bootnodes", "reserved-nodes", "reserved-only", "in-peers", "out-peers", "sync", "graphql-port", "explorer", "telemetry-url", "force-authoring", "database", "detailed-log-output", "signer", "init-slashing-protection",
]);

/** Substrate's flags that mean nothing here: existing unit files start, with a warning. True: the flag takes a value. */
export const MEANINGLESS: Readonly<Record<string, boolean>> = {
  "wasm-execution": true,
  "wasmtime-instantiation-strategy": true,
  "wasmtime-precompiled": true,
  execution: true,
  "execution-syncing": true,
  "execution-import-block": true,
  "execution-block-construction": true,
  "execution-offchain-worker": true,
  "execution-other": true,
  "max-runtime-instances": true,
  "runtime-cache-size": true,
  "trie-cache-size": true,
  "warm-up-trie-cache": false,
  "state-cache-size": true,
  "offchain-worker": true,
  "enable-offchain-indexing": true,
  "ipfs-server": false,
  "kademlia-disjoint-query-paths": false,
  "kademlia-replication-factor": true,
  "no-mdns": false,
  "discover-local": false,
  "allow-private-ip": false,
  "no-private-ip": false,
  "max-parallel-downloads": true,
  "max-blocks-per-request": true,
  "network-backend": true,
  "no-hardware-benchmarks": false,
  "disable-log-color": false,
  "enable-log-reloading": false,
  "tracing-targets": true,
  "tracing-receiver": true,
  "pool-type": true,
  "node-key-type": true,
  "in-peers-light": true,
  "ws-port": true,
  "ws-max-connections": true,
  "rpc-max-payload": true,
};

/** Substrate's flags on which someone's safety may rest: going on without them would be wrong. */
export const REFUSED: Readonly<Record<string, { readonly takesValue: boolean; readonly why: string }>> = {
  "keystore-uri": { takesValue: true, why: "keys are kept in --keystore-path or with --signer, nowhere else" },
  "unsafe-ws-external": { takesValue: false, why: "HTTP and WebSocket share one port: --unsafe-rpc-external opens it" },
  "ws-external": { takesValue: false, why: "HTTP and WebSocket share one port: --rpc-external opens it" },
  "wasm-runtime-overrides": { takesValue: true, why: "the runtime is this program's own: nothing can replace it" },
  "unsafe-pruning": { takesValue: false, why: "pruning here is always safe: --state-pruning sets it" },
  "unsafe-force-node-key-generation": { takesValue: false, why: "a missing node key is made at the first start, an existing one is never replaced" },
  "insecure-validator-i-know-what-i-do": { takesValue: false, why: "there are no secure-mode checks to turn off" },
  one: { takesValue: false, why: "its keys are not among this chain's development accounts: use --alice to --ferdie" },
  two: { takesValue: false, why: "its keys are not among this chain's development accounts: use --alice to --ferdie" },
};

export const SETTING_NAMES: readonly string[] = FLAGS.map(({ name }) => name);

export function envName(flag: string): string {
  return `MESI_${flag.replaceAll("-", "_").toUpperCase()}`;
}
