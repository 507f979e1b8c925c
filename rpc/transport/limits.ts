const MIB = 1024 * 1024;

/** Bounds of the RPC server. The first block has the names and defaults of Substrate's options; 0 calls per minute means no rate limit. */
export interface RpcLimits {
  /** `--rpc-max-connections`: open WebSocket connections. */
  readonly maxConnections: number;
  /** `--rpc-max-request-size`, in bytes: one HTTP body or one WebSocket message. */
  readonly maxRequestSize: number;
  /** `--rpc-max-response-size`, in bytes: one reply, or all replies of one batch together. */
  readonly maxResponseSize: number;
  /** `--rpc-max-subscriptions-per-connection`. */
  readonly maxSubscriptionsPerConnection: number;
  /** `--rpc-message-buffer-capacity-per-connection`: unsent notifications that a reader may be behind while it takes nothing at all. */
  readonly messageBufferCapacity: number;
  /** `--rpc-max-batch-request-len`. */
  readonly maxBatchRequestLen: number;
  /** `--rpc-disable-batch-requests`. */
  readonly disableBatchRequests: boolean;
  /** `--rpc-rate-limit`: calls per minute for each WebSocket connection, and for each client address over HTTP. */
  readonly rateLimit: number;
  /** `--rpc-rate-limit-whitelisted-ips`: addresses or CIDR ranges without rate limit. */
  readonly rateLimitWhitelistedIps: readonly string[];
  /** `--rpc-rate-limit-trust-proxy-headers`: take the client address from what the nearest proxy wrote. */
  readonly rateLimitTrustProxyHeaders: boolean;

  /** Sockets beside the WebSocket connections: HTTP clients, idle or not. */
  readonly maxHttpSockets: number;
  /** Bytes of HTTP bodies and of large replies that are being received, worked on or sent at one moment, over all clients. */
  readonly maxPendingHttpBytes: number;
  /** Unfinished asynchronous calls per connection; at the bound the socket is not read. */
  readonly maxInFlightCalls: number;
  /** Unsent bytes at which no further request of the connection is begun. */
  readonly responseHighWaterBytes: number;
  /** Unsent bytes of one connection at which a further notification or late reply closes it as a slow consumer. */
  readonly maxBufferedBytes: number;
  /** Unsent bytes over all WebSocket connections; beyond it those that have taken nothing for longest are cut off. */
  readonly maxBufferedBytesTotal: number;
  /** A reader behind by `messageBufferCapacity` and without progress for this long is a slow consumer. */
  readonly stalledReaderMs: number;
  readonly maxJsonDepth: number;
  /** Time to receive all headers of a request, also the first one of a socket. */
  readonly headersTimeoutMs: number;
  /** Time to receive a whole request; also time without progress after which the reader of a large HTTP reply is given up. */
  readonly requestTimeoutMs: number;
  readonly keepAliveTimeoutMs: number;
  readonly pingIntervalMs: number;
  /** Pings without any sign of life after which a peer is dead. */
  readonly pingMissesMax: number;
  /** Uninterrupted work for one connection or batch before other work gets a turn. */
  readonly sliceMs: number;
}

export const DEFAULT_LIMITS: RpcLimits = {
  maxConnections: 100,
  maxRequestSize: 15 * MIB,
  maxResponseSize: 15 * MIB,
  maxSubscriptionsPerConnection: 1024,
  messageBufferCapacity: 64,
  maxBatchRequestLen: 1000,
  disableBatchRequests: false,
  rateLimit: 0,
  rateLimitWhitelistedIps: [],
  rateLimitTrustProxyHeaders: false,
  maxHttpSockets: 256,
  maxPendingHttpBytes: 128 * MIB,
  maxInFlightCalls: 64,
  responseHighWaterBytes: MIB,
  maxBufferedBytes: 16 * MIB,
  maxBufferedBytesTotal: 128 * MIB,
  stalledReaderMs: 20_000,
  maxJsonDepth: 128,
  headersTimeoutMs: 10_000,
  requestTimeoutMs: 60_000,
  keepAliveTimeoutMs: 60_000,
  pingIntervalMs: 30_000,
  pingMissesMax: 3,
  sliceMs: 10,
};

/** Names of limits as `RpcMetrics.rejected` counts them. */
export type LimitName =
  | "connections"
  | "sockets"
  | "request_size"
  | "response_size"
  | "subscriptions"
  | "batch"
  | "rate"
  | "pending_http"
  | "slow_consumer"
  | "dead_peer"
  | "host"
  | "origin"
  | "content_type"
  | "unsafe";

/** Counters and gauges; `node` supplies them. Called on hot paths: must not throw and should be quick. */
export interface RpcMetrics {
  callStarted(method: string): void;
  /** `micros`: time in the handler, waiting included. Unknown methods are not reported. */
  callFinished(method: string, ok: boolean, micros: number): void;
  /** Open WebSocket connections. */
  wsConnections(count: number): void;
  rejected(limit: LimitName): void;
}

/** What the transport needs of a logger; pino fits. */
export interface RpcLog {
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}
