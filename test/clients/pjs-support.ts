// What the tests of @polkadot/api share: connections, accounts of their own, and waiting for a transaction.
import "@polkadot/api/augment";
import assert from "node:assert/strict";
import { ApiPromise, Keyring, WsProvider } from "@polkadot/api";
import type { SubmittableExtrinsic } from "@polkadot/api/types";
import type { KeyringPair } from "@polkadot/keyring/types";
import type { DispatchError, EventRecord } from "@polkadot/types/interfaces";
import type { SpRuntimeDispatchError } from "@polkadot/types/lookup";
import type { ISubmittableResult, SignatureOptions } from "@polkadot/types/types";
import type { KeypairType } from "@polkadot/util-crypto/types";

export const MESI = 1_000_000_000_000n;
/** What `fund` gives to each account. */
export const FUNDS = 1_000n * MESI;

export type Tx = SubmittableExtrinsic<"promise", ISubmittableResult>;

const keyring = new Keyring({ ss58Format: 42 });

export function pair(uri: string, type: KeypairType = "sr25519"): KeyringPair {
  return keyring.createFromUri(uri, {}, type);
}

let fresh = 0;
/** An account that nobody used before: tests do not wait for each other's nonces. */
export function freshPair(type: KeypairType = "sr25519"): KeyringPair {
  return pair(`//pjs//${++fresh}`, type);
}

export interface Connection {
  readonly api: ApiPromise;
  readonly provider: WsProvider;
  /** What the library complained about while it connected, but for what no node can mend. */
  readonly warnings: readonly string[];
  /** Resolves when the socket is closed. */
  close(): Promise<void>;
}

/** It says this of every node that serves the newer RPC groups, and of runtime APIs younger than its own list. */
const KNOWN_WARNINGS: readonly RegExp[] = [
  /RPC methods not decorated: (?:(?:archive|chainHead|chainSpec|transaction|transactionWatch)_v1_\w+(?:, )?)+$/,
  // RuntimeViewFunction; only with metadata 14, which describes no runtime APIs.
  /Not decorating unknown runtime apis: 0xccd9de6396c899ca\/1$/,
];

export async function connect(url: string): Promise<Connection> {
  const warnings: string[] = [];
  const { warn } = console;
  console.warn = (...args: unknown[]) => warnings.push(args.join(" "));
  const provider = new WsProvider(url);
  try {
    const api = await ApiPromise.create({ provider, throwOnConnect: true });
    const complaints = warnings.filter((text) => !KNOWN_WARNINGS.some((known) => known.test(text)));
    return { api, provider, warnings: complaints, close: () => close(api, provider) };
  } finally {
    console.warn = warn;
  }
}

async function close(api: ApiPromise, provider: WsProvider): Promise<void> {
  const closed = new Promise<void>((resolve) => provider.on("disconnected", () => resolve()));
  await api.disconnect();
  await closed;
}

/** @throws when the transaction does not become final: pool errors and every other end. */
export function toFinalized(tx: Tx, signer: KeyringPair, options: Record<string, unknown> = {}): Promise<ISubmittableResult> {
  return until(tx, signer, options, (result) => result.isFinalized);
}

/** Signs, submits, and resolves with the first report that `matches`. */
export async function until(
  tx: Tx, signer: KeyringPair, options: Record<string, unknown>, matches: (result: ISubmittableResult) => boolean,
): Promise<ISubmittableResult> {
  await tx.signAsync(signer, { nonce: -1, ...options });
  return watch(tx).reached(matches);
}

export interface Watched {
  /** The names of all reports so far. */
  readonly seen: readonly string[];
  /** The first report, past or to come, that matches; fails when the transaction ends otherwise, or is refused. */
  reached(matches: (result: ISubmittableResult) => boolean): Promise<ISubmittableResult>;
}

/** Submits a signed transaction. */
export function watch(tx: Tx): Watched {
  const results: ISubmittableResult[] = [];
  const waiting = new Set<() => void>();
  let refusal: unknown;
  tx.send((result) => {
    results.push(result);
    waiting.forEach((look) => look());
  }).catch((error: unknown) => {
    refusal = error;
    waiting.forEach((look) => look());
  });
  const reached: Watched["reached"] = (matches) =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        const hit = results.find(matches);
        const last = results.at(-1);
        if (hit !== undefined) resolve(hit);
        else if (refusal !== undefined) reject(refusal);
        else if (last?.isError || last?.isFinalized || last?.internalError) reject(endedOtherwise(last));
        else return;
        waiting.delete(look);
      };
      waiting.add(look);
      look();
    });
  return {
    get seen() {
      return results.map(({ status }) => status.type);
    },
    reached,
  };
}

function endedOtherwise({ status, internalError }: ISubmittableResult): Error {
  return new Error(`ended with ${status.toString()} ${internalError?.message ?? ""}`);
}

/** Signs without asking the node for anything. Immortal unless the overrides say otherwise. */
export function signOffline(api: ApiPromise, tx: Tx, signer: KeyringPair, nonce: number, overrides: Record<string, unknown> = {}): Tx {
  const { genesisHash, runtimeVersion } = api;
  const options: SignatureOptions = { blockHash: genesisHash, genesisHash, nonce, runtimeVersion, ...overrides };
  tx.sign(signer, options);
  return tx;
}

/** Gives everyone FUNDS, by Alice's sudo. */
export async function fund(api: ApiPromise, pairs: readonly { readonly address: string }[], amount = FUNDS): Promise<void> {
  const calls = pairs.map(({ address }) => api.tx.balances.forceSetBalance(address, amount));
  const result = await toFinalized(api.tx.sudo.sudo(api.tx.utility.batchAll(calls)), pair("//Alice"));
  assert.deepEqual(failures(api, result), []);
}

export async function free(api: ApiPromise, { address }: { readonly address: string }): Promise<bigint> {
  return (await api.query.system.account(address)).data.free.toBigInt();
}

export function eventNames({ events }: { readonly events: readonly EventRecord[] }): string[] {
  return events.map(({ event }) => `${event.section}.${event.method}`);
}

export function find({ events }: { readonly events: readonly EventRecord[] }, name: string): EventRecord["event"] {
  const record = events.find(({ event }) => `${event.section}.${event.method}` === name);
  assert.ok(record, `${name} among ${eventNames({ events }).join(" ")}`);
  return record.event;
}

export function errorName(api: ApiPromise, error: DispatchError | SpRuntimeDispatchError): string {
  if (!error.isModule) return error.toString();
  const { section, name } = api.registry.findMetaError(error.asModule);
  return `${section}.${name}`;
}

/** Of the transaction itself and of what sudo ran. */
export function failures(api: ApiPromise, result: ISubmittableResult): string[] {
  const sudid = result.events.flatMap(({ event }) => (api.events.sudo.Sudid.is(event) && event.data[0].isErr ? [event.data[0].asErr] : []));
  return [...(result.dispatchError ? [result.dispatchError] : []), ...sudid].map((error) => errorName(api, error));
}

/** What was taken for the transaction, tip included. */
export function feePaid(api: ApiPromise, result: ISubmittableResult): bigint {
  const event = find(result, "transactionPayment.TransactionFeePaid");
  assert.ok(api.events.transactionPayment.TransactionFeePaid.is(event));
  return event.data.actualFee.toBigInt();
}
