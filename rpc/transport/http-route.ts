import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import type { IncomingHttpHeaders } from "node:http";
import type { CallContext } from "../method.ts";
import type { Caller, Dispatcher, Reply } from "./dispatcher.ts";
import { INTERNAL_ERROR, SERVER_IS_BUSY, overLimit } from "./errors.ts";
import type { LimitName, RpcLimits, RpcLog } from "./limits.ts";
import { clientAddress } from "./rate-limit.ts";
import type { RateLimiter, TakeCall } from "./rate-limit.ts";
import { encodeError } from "./request.ts";
import { decodeUtf8 } from "./utf8.ts";
import { refuse } from "./web-guard.ts";

export interface HttpRouteOptions {
  readonly limits: RpcLimits;
  readonly dispatcher: Dispatcher;
  readonly rateLimiter: RateLimiter;
  readonly allowsUnsafe: (headers: IncomingHttpHeaders) => boolean;
  readonly rejected: (limit: LimitName) => void;
  readonly log: RpcLog;
}

const JSON_BODY = "application/json; charset=utf-8";

/**
 * JSON-RPC as `POST /`. Whatever the call's outcome the status is 200, as with Substrate; 204 answers notifications; 413, 503 and
 * 400 say that no call was read. Give it a scope of its own: it replaces the body parsers.
 */
export function installHttpRoute(scope: FastifyInstance, options: HttpRouteOptions): void {
  const { limits, dispatcher } = options;
  const budget = new ByteBudget(limits.maxPendingHttpBytes);
  scope.removeAllContentTypeParsers();
  scope.addContentTypeParser("application/json", { parseAs: "buffer", bodyLimit: limits.maxRequestSize }, (_request, body, done) => {
    done(null, body);
  });
  scope.setErrorHandler((error: FastifyError, request, reply) => answerFailure(error, request, reply, options));
  scope.post("/", {
    onRequest: (request, reply, done) => {
      if (budget.reserve(Math.min(claimedBytes(request) ?? limits.maxRequestSize, limits.maxRequestSize), reply)) return done();
      void sendBusy(reply, options);
    },
    handler: (request, reply) => {
      const caller = new HttpCaller(request, reply, options);
      const outcome = dispatcher.dispatch(decodeUtf8((request.body as Buffer | undefined) ?? EMPTY_BODY), caller);
      const answer = ({ text }: Reply): FastifyReply => {
        return text === undefined ? reply.code(204).send() : sendReply(text, reply, budget, options);
      };
      return outcome instanceof Promise ? outcome.then(answer) : answer(outcome);
    },
  });
}

const EMPTY_BODY = Buffer.alloc(0);

/** One request, for the calls in it. */
class HttpCaller implements Caller, CallContext {
  readonly connection = undefined;
  readonly subscriptions = undefined;
  readonly unsafeAllowed: boolean;
  readonly takeCall: TakeCall;
  private readonly reply: FastifyReply;
  private aborter: AbortController | undefined;

  constructor(request: FastifyRequest, reply: FastifyReply, options: HttpRouteOptions) {
    this.reply = reply;
    this.unsafeAllowed = options.allowsUnsafe(request.headers);
    const trust = options.limits.rateLimitTrustProxyHeaders;
    this.takeCall = options.rateLimiter.forRequest(clientAddress(request.socket.remoteAddress, request.headers, trust));
  }

  get ctx(): CallContext {
    return this;
  }

  /** Made when first asked for: most calls answer at once. */
  get signal(): AbortSignal {
    if (this.aborter === undefined) {
      const aborter = (this.aborter = new AbortController());
      const { raw } = this.reply;
      if (raw.destroyed) aborter.abort();
      else raw.once("close", () => raw.writableFinished || aborter.abort());
    }
    return this.aborter.signal;
  }
}

/** Bytes held at one moment over all sockets: without it a few hundred sockets with large bodies fill the memory. */
class ByteBudget {
  private left: number;

  constructor(bytesMax: number) {
    this.left = bytesMax;
  }

  /** False when there is not so much left; otherwise given back when the reply is out or the client gone. */
  reserve(bytes: number, reply: FastifyReply): boolean {
    if (bytes > this.left) return false;
    this.left -= bytes;
    reply.raw.once("close", () => (this.left += bytes));
    return true;
  }
}

function claimedBytes(request: FastifyRequest): number | undefined {
  const header = request.headers["content-length"];
  return header === undefined ? undefined : Number(header);
}

function answerFailure(error: FastifyError, request: FastifyRequest, reply: FastifyReply, options: HttpRouteOptions): FastifyReply {
  if (error.statusCode === 413) {
    options.rejected("request_size");
    // Fastify closes at once, and the reset would overtake this answer. A body of a plausible size is read and thrown away instead.
    if ((claimedBytes(request) ?? Infinity) <= 4 * options.limits.maxRequestSize) {
      reply.removeHeader("connection");
      // Also for a client that asked to close after the answer: it will, once it has read it.
      reply.raw.shouldKeepAlive = true;
    }
    return sendJson(reply.code(413), encodeError(null, overLimit("OVERSIZED_REQUEST", options.limits.maxRequestSize)));
  }
  if (error.statusCode !== undefined && error.statusCode < 500) return refuse(reply, error.statusCode, "RPC_BAD_REQUEST", error.message);
  options.log.error({ event: "rpc_http_error", err: error }, "HTTP request failed");
  return sendJson(reply.code(500), encodeError(null, INTERNAL_ERROR));
}

/** Replies from this length on are counted and timed. */
const LARGE_REPLY_CHARS = 64 * 1024;

/** A large reply waits in memory for as long as its reader likes: it is charged to the budget, and a reader that stops is cut off. */
function sendReply(text: string, reply: FastifyReply, budget: ByteBudget, options: HttpRouteOptions): FastifyReply {
  if (text.length >= LARGE_REPLY_CHARS) {
    if (!budget.reserve(text.length, reply)) return sendBusy(reply, options);
    reply.raw.socket?.setTimeout(options.limits.requestTimeoutMs);
  }
  return sendJson(reply, text);
}

function sendBusy(reply: FastifyReply, options: HttpRouteOptions): FastifyReply {
  options.rejected("pending_http");
  return sendJson(reply.code(503).header("retry-after", "1"), encodeError(null, SERVER_IS_BUSY));
}

function sendJson(reply: FastifyReply, text: string): FastifyReply {
  return reply.header("content-type", JSON_BODY).send(text);
}
