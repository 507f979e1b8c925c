// What `mesi tx` does.
import { readFileSync } from "node:fs";
import { blake2b256 } from "#hash";
import { loadChainSpec } from "../genesis/load.ts";
import { genesisForNode } from "../genesis/genesis-state.ts";
import { createRuntime } from "../runtime/construct.ts";
import type { RuntimeApis } from "../runtime/frame/apis.ts";
import { decodeExtrinsic } from "../runtime/frame/extrinsic.ts";
import type { RuntimeCall } from "../runtime/frame/pallet.ts";
import { DispatchErrorTy, TransactionValidityErrorTy, resultTy } from "../runtime/frame/types.ts";
import type { DispatchError, TransactionValidityError } from "../runtime/frame/types.ts";
import { CODE_KEY } from "../runtime/frame/storage.ts";
import { fromHex, toHex, tryFromHex } from "../runtime/primitives/bytes.ts";
import { decode, encode, u32, unit } from "../runtime/primitives/codec/index.ts";
import { fromJson, toJson } from "../runtime/primitives/codec/json.ts";
import type { Json } from "../runtime/primitives/codec/json.ts";
import { EraTy, IMMORTAL, eraBirth, mortalEra } from "../runtime/primitives/era.ts";
import { DecodeError } from "../runtime/primitives/errors.ts";
import type { Result } from "../runtime/primitives/result.ts";
import { encodeSs58 } from "../runtime/primitives/ss58.ts";
import { AccountId, Hash } from "../runtime/primitives/types.ts";
import { RuntimeDispatchInfoTy } from "../runtime/pallets/transaction-payment/fee.ts";
import { amountJson, formatAmount, parseAmount } from "./amount.ts";
import { callJson, parseJson, readCall } from "./call.ts";
import { withChain } from "./chain-access.ts";
import { RpcFailure } from "./client.ts";
import type { CommandContext } from "./command.ts";
import { CliError, usage } from "./errors.ts";
import { facts } from "./output.ts";
import { findExtrinsic, positive, readAccount, showExtrinsic } from "./queries.ts";
import { dispatchOutcome, eventJson, nativeRuntime } from "./remote-chain.ts";
import type { RemoteChain } from "./remote-chain.ts";
import { messageToSign, signedExtrinsic } from "./sign.ts";
import type { SigningTerms } from "./sign.ts";
import { suriFrom } from "./signer.ts";
import { keyPairFromSuri } from "../node/keys/suri.ts";
import type { KeyScheme } from "../node/keys/suri.ts";

type Options = Readonly<Record<string, unknown>>;

/** The call of the command line: JSON, with --dest and --value filled in. */
function callOf(apis: RuntimeApis, name: string, args: string | undefined, options: Options): RuntimeCall {
  const json = parseJson(args ?? "{}", "the arguments");
  if (typeof json !== "object" || json === null || Array.isArray(json)) throw usage("the arguments must be a JSON object", `as in '{"dest":"5F...","value":"1000000000000"}'`);
  const full: Record<string, unknown> = { ...json };
  if (options["dest"] !== undefined) full["dest"] = toHex(readAccount(options["dest"] as string));
  if (options["value"] !== undefined) full["value"] = parseAmount(options["value"] as string, "--value").toString();
  if (typeof full["dest"] === "string") full["dest"] = { type: "Id", value: toHex(readAccount(full["dest"])) };
  return readCall(apis, name, full);
}

async function termsOf(chain: RemoteChain, account: AccountId, ss58Prefix: number, options: Options): Promise<SigningTerms> {
  const genesisHash = Hash(fromHex(await chain.client.call<string>("chain_getBlockHash", [0])));
  // The finalized block's era cannot be reorganised away.
  const from = await chain.resolve("finalized");
  const era = eraOf(options["era"] as string, from.number);
  const birth = era.type === "Immortal" ? genesisHash : Hash(fromHex((await chain.resolve(String(eraBirth(era, from.number)))).hash));
  const nonceText = options["nonce"] as string | undefined;
  if (nonceText !== undefined && !/^\d{1,10}$/.test(nonceText)) throw usage(`--nonce "${nonceText}" is not a whole number`);
  const nonce = nonceText === undefined ? await chain.client.call<number>("system_accountNextIndex", [encodeSs58(account, ss58Prefix)]) : Number(nonceText);
  return { genesisHash, era, blockNumber: from.number, birthHash: birth, nonce, tip: parseAmount(options["tip"] as string, "--tip") };
}

function eraOf(text: string, current: number) {
  if (text === "immortal") return IMMORTAL;
  const period = Number(text);
  if (!/^\d{1,5}$/.test(text) || period < 4 || period > 65_536) throw usage(`--era "${text}" is not a number of blocks from 4 to 65536, nor immortal`);
  return mortalEra(period, current);
}

interface Prepared {
  readonly apis: RuntimeApis;
  readonly call: RuntimeCall;
  readonly encoded: Uint8Array;
}

async function prepare(ctx: CommandContext, chain: RemoteChain, name: string, args: string | undefined, options: Options): Promise<Prepared> {
  const apis = await chain.runtime();
  const call = callOf(apis, name, args, options);
  const signer = keyPairFromSuri(suriFrom(options, ctx.io.env), options["scheme"] as KeyScheme);
  const terms = await termsOf(chain, signer.account, apis.runtime.params.ss58_prefix, options);
  const { message } = messageToSign(apis, call, terms);
  const encoded = signedExtrinsic(apis, call, terms, signer.account, signer.sign(message));
  return { apis, call, encoded };
}

async function feeOf(chain: RemoteChain, encoded: Uint8Array): Promise<bigint> {
  const body = new Uint8Array([...encoded, ...encode(u32, encoded.length)]);
  const answer = await chain.client.call<string>("state_call", ["TransactionPaymentApi_query_info", toHex(body)]);
  return (decode(RuntimeDispatchInfoTy, fromHex(answer)) as { partial_fee: bigint }).partial_fee;
}

export function send(ctx: CommandContext, name: string, args: string | undefined, options: Options): Promise<void> {
  return withChain(ctx, async (chain) => {
    const prepared = await prepare(ctx, chain, name, args, options);
    if (options["dryRun"] === true) return tryOut(ctx, chain, prepared.encoded, { fee: amountJson(await feeOf(chain, prepared.encoded)), call: callJson(prepared.apis, prepared.call) });
    await follow(ctx, chain, prepared.encoded, options["wait"] as Stage);
  });
}

/** What `tx build` writes and `tx sign` reads: complete, so that signing needs neither node nor chain. */
interface Built {
  readonly version: 1;
  readonly from: string;
  readonly call: string;
  readonly decoded: Json;
  readonly genesisHash: string;
  readonly blockNumber: number;
  readonly birthHash: string;
  readonly era: Json;
  readonly nonce: number;
  readonly tip: string;
  /** The state's `:code`: which runtime the bytes are for. */
  readonly code: string;
  /** What is signed: above 256 bytes, its blake2b-256. */
  readonly payload: string;
  readonly fee: { readonly units: string; readonly formatted: string };
}

export function build(ctx: CommandContext, name: string, args: string | undefined, options: Options): Promise<void> {
  return withChain(ctx, async (chain) => {
    const apis = await chain.runtime();
    const code = (await chain.client.call<string>("state_getStorage", [toHex(CODE_KEY)]))!;
    const call = callOf(apis, name, args, options);
    const from = readAccount(options["from"] as string);
    const { ss58_prefix } = apis.runtime.params;
    const terms = await termsOf(chain, from, ss58_prefix, options);
    const fake = signedExtrinsic(apis, call, terms, from, { type: "Sr25519", value: new Uint8Array(64).fill(1) });
    const built: Built = {
      version: 1,
      from: encodeSs58(from, ss58_prefix),
      call: toHex(encode(apis.runtime.outer.call, call)),
      decoded: callJson(apis, call),
      genesisHash: toHex(terms.genesisHash),
      blockNumber: terms.blockNumber,
      birthHash: toHex(terms.birthHash),
      era: toJson(EraTy, terms.era),
      nonce: terms.nonce,
      tip: terms.tip.toString(),
      code,
      payload: toHex(messageToSign(apis, call, terms).payload),
      fee: amountJson(await feeOf(chain, fake)),
    };
    ctx.out.result(built, JSON.stringify(built, undefined, 2));
  });
}

function readBuilt(file: string): Built {
  let text: string;
  try {
    text = readFileSync(file === "-" ? 0 : file, "utf8");
  } catch (error) {
    throw new CliError("FILE_UNREADABLE", `${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
  const json = parseJson(text, file) as Built | { readonly ok: true; readonly data: Built };
  const built = "data" in json ? json.data : json;
  const texts = ["from", "call", "genesisHash", "birthHash", "tip", "code", "payload"] as const;
  if (built?.version !== 1 || texts.some((key) => typeof built[key] !== "string")) throw usage(`${file} is not what tx build writes`);
  return built;
}

/** Signs only what it can take apart and put together again to the same bytes. */
export async function sign(ctx: CommandContext, file: string, options: Options): Promise<void> {
  const built = readBuilt(file);
  const apis = nativeRuntime(built.code, file);
  const call = decode(apis.runtime.outer.call, hexOf(built.call, "call"));
  const terms: SigningTerms = {
    genesisHash: Hash(hexOf(built.genesisHash, "genesisHash")),
    era: fromJson(EraTy, built.era, "era"),
    blockNumber: built.blockNumber,
    birthHash: Hash(hexOf(built.birthHash, "birthHash")),
    nonce: built.nonce,
    tip: BigInt(built.tip),
  };
  const { payload, message } = messageToSign(apis, call, terms);
  if (toHex(payload) !== built.payload) throw usage(`${file} contradicts itself: its payload is not that of its call and terms`);
  const shown = { from: built.from, call: callJson(apis, call), genesisHash: built.genesisHash, nonce: terms.nonce, tip: amountJson(terms.tip), era: built.era };
  if (options["dryRun"] === true) return ctx.out.result({ ...shown, payload: toHex(payload) }, `${facts(Object.entries(shown).map(([key, value]) => [key, typeof value === "object" ? JSON.stringify(value) : value]))}\n${toHex(payload)}`);
  const signer = keyPairFromSuri(suriFrom(options, ctx.io.env), options["scheme"] as KeyScheme);
  if (toHex(signer.account) !== toHex(readAccount(built.from))) throw usage(`the secret is of another account than ${built.from}`);
  const encoded = signedExtrinsic(apis, call, terms, signer.account, signer.sign(message));
  ctx.out.result({ extrinsic: toHex(encoded), hash: toHex(blake2b256(encoded)) }, toHex(encoded));
}

function hexOf(text: string, what: string): Uint8Array {
  const bytes = tryFromHex(text);
  if (bytes === undefined) throw usage(`${what} is not 0x-prefixed hex`);
  return bytes;
}

type Stage = "ready" | "inBlock" | "finalized";

export function submit(ctx: CommandContext, hex: string, options: Options): Promise<void> {
  return withChain(ctx, (chain) => follow(ctx, chain, hexOf(hex, "the transaction"), options["wait"] as Stage));
}

type Status = string | { readonly [name: string]: unknown };

/** Submits and reports each step until the stage that was asked for; throws when it ends otherwise. */
async function follow(ctx: CommandContext, chain: RemoteChain, encoded: Uint8Array, stage: Stage): Promise<void> {
  const hash = toHex(blake2b256(encoded));
  if (chain.client.url.startsWith("http")) {
    await refusedAs(chain.client.call("author_submitExtrinsic", [toHex(encoded)]));
    return ctx.out.result({ hash, status: "submitted" }, facts([["hash", hash], ["status", "submitted"]]));
  }
  const reached = await reachStage(ctx, chain, encoded, hash, stage);
  if (reached.block === undefined) return ctx.out.result({ hash, status: reached.status }, facts([["hash", hash], ["status", reached.status]]));
  await outcome(ctx, chain, reached.block, hash, reached.status);
}

async function refusedAs<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    if (!(error instanceof RpcFailure) || error.detail.number < 1000 || error.detail.number >= 2000) throw error;
    const data = typeof error.detail.data === "string" ? error.detail.data : undefined;
    throw new CliError("TX_REJECTED", `the node refused the transaction: ${data ?? error.message}`, { details: { number: error.detail.number, data: error.detail.data ?? null }, cause: error });
  }
}

interface Reached {
  readonly status: string;
  readonly block: string | undefined;
}

function reachStage(ctx: CommandContext, chain: RemoteChain, encoded: Uint8Array, hash: string, stage: Stage): Promise<Reached> {
  const { timeoutMs } = ctx.out.globals;
  let last = "submitted";
  return new Promise<Reached>((resolve, reject) => {
    const timer = setTimeout(() => reject(new CliError("TIMED_OUT", `${hash} was not ${stage} within ${timeoutMs / 1000} s; it is ${last}`, { details: { hash, status: last } })), timeoutMs);
    let settled = false;
    const settle = (run: () => void): void => {
      settled = true;
      clearTimeout(timer);
      run();
    };
    const onItem = (item: unknown): void => {
      if (settled) return;
      const { name, value } = statusOf(item as Status);
      last = name;
      ctx.out.note(`${name}${typeof value === "string" ? ` ${value}` : ""}`);
      if (name === "dropped" || name === "invalid" || name === "usurped" || name === "finalityTimeout") {
        return settle(() => reject(new CliError("TX_DROPPED", `the transaction is ${name}${name === "usurped" ? ` by ${String(value)}` : ""}: it is in no block that counts`, { details: { hash, status: name } })));
      }
      if (name === stage || name === "finalized") settle(() => resolve({ status: name, block: typeof value === "string" ? value : undefined }));
    };
    refusedAs(chain.client.subscribe("author_submitAndWatchExtrinsic", [toHex(encoded)], "author_unwatchExtrinsic", onItem, (error) => settle(() => reject(error)))).catch((error: unknown) => settle(() => reject(error as Error)));
  });
}

function statusOf(status: Status): { readonly name: string; readonly value: unknown } {
  if (typeof status === "string") return { name: status, value: undefined };
  const [name, value] = Object.entries(status)[0]!;
  return { name, value };
}

/** Prints how the call of an included transaction ended. @throws CliError TX_FAILED */
async function outcome(ctx: CommandContext, chain: RemoteChain, blockHash: string, hash: string, status: string): Promise<void> {
  const { header, extrinsics } = await chain.block(blockHash);
  const index = extrinsics.findIndex((hex) => toHex(blake2b256(fromHex(hex))) === hash);
  const apis = await chain.runtime(header.parentHash);
  const events = await chain.events(blockHash);
  const own = events.filter(({ phase }) => phase.type === "ApplyExtrinsic" && phase.value === index).map((record) => eventJson(apis, record));
  const block = { hash: blockHash, number: Number(header.number) };
  const fee = feePaid(own);
  const data = { hash, status, block, index, fee: fee === undefined ? null : amountJson(fee), events: own };
  const result = dispatchOutcome(apis, events, index);
  if (!result.ok) {
    throw new CliError("TX_FAILED", `${result.name}${result.docs === "" ? "" : `: ${result.docs}`}`, { hint: `it is in block ${block.number}, extrinsic ${index}, and paid its fee${fee === undefined ? "" : ` of ${formatAmount(fee)}`}`, details: { error: result.name, ...data } });
  }
  ctx.out.result(data, facts([["hash", hash], ["status", status], ["block", `${block.number} ${blockHash}`], ["index", index], ["fee", fee === undefined ? "-" : formatAmount(fee)], ["result", "success"]]));
}

function feePaid(events: readonly Json[]): bigint | undefined {
  const paid = (events as { pallet: string; event: string; data: { actual_fee: string } }[]).find(({ pallet, event }) => pallet === "TransactionPayment" && event === "TransactionFeePaid");
  return paid === undefined ? undefined : BigInt(paid.data.actual_fee);
}

export function dryRun(ctx: CommandContext, hex: string): Promise<void> {
  return withChain(ctx, (chain) => tryOut(ctx, chain, hexOf(hex, "the transaction"), {}));
}

const ApplyResultTy = resultTy(resultTy(unit, DispatchErrorTy), TransactionValidityErrorTy);

async function tryOut(ctx: CommandContext, chain: RemoteChain, encoded: Uint8Array, more: Record<string, unknown>): Promise<void> {
  const answer = await chain.client.call<string>("system_dryRun", [toHex(encoded)]);
  const result = decode(ApplyResultTy, fromHex(answer)) as Result<Result<undefined, DispatchError>, TransactionValidityError>;
  const { runtime } = await chain.runtime();
  if (!result.ok) throw new CliError("TX_REJECTED", `the transaction would be refused: ${result.error.type}.${result.error.value.type}`, { details: more });
  if (!result.value.ok) {
    const { name, docs } = runtime.describeError(result.value.error);
    throw new CliError("TX_FAILED", `the call would fail: ${name}${docs === "" ? "" : `: ${docs}`}`, { hint: "nothing was submitted", details: { error: name, ...more } });
  }
  const fee = (more["fee"] as { formatted: string } | undefined)?.formatted;
  ctx.out.result({ result: "success", extrinsic: toHex(encoded), ...more }, `it would succeed${fee === undefined ? "" : `, for a fee of at most ${fee}`}; nothing was submitted`);
}

export async function decodeHex(ctx: CommandContext, hex: string, options: Options): Promise<void> {
  const encoded = hexOf(hex, "the transaction");
  const chain = options["chain"] as string | undefined;
  if (chain !== undefined) return showDecoded(ctx, createRuntime(genesisForNode(loadChainSpec(chain)).params), encoded);
  await withChain(ctx, async (remote) => showDecoded(ctx, await remote.runtime(), encoded));
}

function showDecoded(ctx: CommandContext, apis: RuntimeApis, encoded: Uint8Array): void {
  const shown = isExtrinsic(apis, encoded) ? showExtrinsic(apis, encoded, 0) : callJson(apis, decode(apis.runtime.outer.call, encoded));
  const { index: _index, ...data } = shown as Record<string, unknown>;
  ctx.out.result(data, JSON.stringify(data, undefined, 2));
}

/** Otherwise it is read as a call; when it is neither, the call's error says why. */
function isExtrinsic(apis: RuntimeApis, encoded: Uint8Array): boolean {
  try {
    decodeExtrinsic(apis.runtime, encoded);
    return true;
  } catch (error) {
    if (error instanceof DecodeError) return false;
    throw error;
  }
}

/** Looks back, then follows new blocks. */
export function watch(ctx: CommandContext, hash: string, options: Options): Promise<void> {
  if (!/^0x[0-9a-fA-F]{64}$/.test(hash)) throw usage(`"${hash}" is not a transaction's hash`);
  const stage = options["wait"] as "inBlock" | "finalized";
  return withChain(ctx, async (chain) => {
    const deadline = Date.now() + ctx.out.globals.timeoutMs;
    const depth = positive(options["depth"] as string, "--depth");
    const block = (await findExtrinsic(chain, hash, depth))?.block ?? (await nextBlockWith(ctx, chain, hash.toLowerCase(), deadline));
    if (stage === "finalized") await untilFinal(chain, block, deadline);
    await outcome(ctx, chain, block.hash, hash.toLowerCase(), stage);
  });
}

const POLL_MS = 250;
/** Blocks between two looks that are still searched. */
const CATCH_UP = 64;

async function nextBlockWith(ctx: CommandContext, chain: RemoteChain, hash: string, deadline: number): Promise<{ hash: string; number: number }> {
  let seen = "";
  while (Date.now() < deadline) {
    const best = await chain.resolve("best");
    if (best.hash !== seen) {
      const found = await findExtrinsic(chain, hash, CATCH_UP);
      if (found !== undefined) return found.block;
      seen = best.hash;
    }
    await sleep(POLL_MS);
  }
  const pending = await chain.client.call<readonly string[]>("author_pendingExtrinsics");
  const waits = pending.some((hex) => toHex(blake2b256(fromHex(hex))) === hash);
  throw new CliError("TIMED_OUT", `${hash} is in no block; ${waits ? "it waits in the pool" : "the pool does not have it"}`, { details: { hash, pending: waits, waitedMs: ctx.out.globals.timeoutMs } });
}

async function untilFinal(chain: RemoteChain, block: { readonly hash: string; readonly number: number }, deadline: number): Promise<void> {
  for (;;) {
    const finalized = await chain.resolve("finalized");
    if (finalized.number >= block.number) {
      const there = await chain.resolve(String(block.number));
      if (there.hash !== block.hash) throw new CliError("TX_DROPPED", `block ${block.hash} was left: another block ${block.number} is final`);
      return;
    }
    if (Date.now() >= deadline) throw new CliError("TIMED_OUT", `block ${block.number} is not final; the last final block is ${finalized.number}`);
    await sleep(POLL_MS);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
