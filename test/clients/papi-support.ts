// polkadot-api as its users set it up: a provider, the signers of three kinds of keys, a transaction followed to its end.
import { createClient } from "polkadot-api";
import type { PolkadotClient, PolkadotSigner, Transaction, TxEvent, TxFinalized } from "polkadot-api";
import { getPolkadotSigner } from "polkadot-api/signer";
import { SocketEvents, getWsProvider, getWsRawProvider } from "polkadot-api/ws";
import { Keyring } from "@polkadot/keyring";
import { WebSocket } from "ws";

/** "default" repairs known faults of servers on the way; with "raw" the server's own words arrive. */
export const PROVIDERS = ["raw", "default"] as const;
export type ProviderKind = (typeof PROVIDERS)[number];
export const MESI = 1_000_000_000_000n;

/** Without generated descriptors: every value is what the chain's own metadata makes of it. */
type UnsafeApi = ReturnType<PolkadotClient["getUnsafeApi"]>;

export interface Papi {
  readonly client: PolkadotClient;
  readonly api: UnsafeApi;
  /** How the socket was lost, if it was. */
  readonly losses: readonly string[];
  close(): void;
}

const LOSSES: ReadonlySet<string> = new Set([SocketEvents.STALE, SocketEvents.TIMEOUT, SocketEvents.CLOSE, SocketEvents.ERROR]);

/** @param heartbeatMs a socket that says nothing for this long is given up; PAPI's default is 40 s */
export function connectPapi(url: string, kind: ProviderKind, heartbeatMs?: number): Papi {
  const losses: string[] = [];
  const provider = (kind === "raw" ? getWsRawProvider : getWsProvider)(url, {
    websocketClass: WebSocket as unknown as typeof globalThis.WebSocket,
    logger: ({ type }) => {
      if (LOSSES.has(type)) losses.push(type);
    },
    ...(heartbeatMs === undefined ? {} : { heartbeatTimeout: heartbeatMs }),
  });
  const client = createClient(provider);
  return { client, api: client.getUnsafeApi(), losses, close: () => client.destroy() };
}

const SCHEMES = { sr25519: "Sr25519", ed25519: "Ed25519", ecdsa: "Ecdsa" } as const;
export type Scheme = keyof typeof SCHEMES;

export interface Account {
  readonly address: string;
  readonly accountId: Uint8Array;
  readonly signer: PolkadotSigner;
}

/** @param uri a derivation of the development phrase, as `//Alice` */
export function account(uri: string, scheme: Scheme = "sr25519"): Account {
  const pair = new Keyring({ ss58Format: 42, type: scheme }).addFromUri(uri);
  // PAPI calls it public key, but puts it into transactions as the account: for ecdsa these are not the same.
  const signer = getPolkadotSigner(pair.addressRaw, SCHEMES[scheme], (bytes) => pair.sign(bytes));
  return { address: pair.address, accountId: pair.addressRaw, signer };
}

export const to = ({ address }: { readonly address: string }): unknown => ({ type: "Id", value: address });

export const transfer = (api: UnsafeApi, dest: { readonly address: string }, value: bigint): Transaction =>
  api.tx["Balances"]!["transfer_keep_alive"]!({ dest: to(dest), value });

export interface AccountInfo {
  readonly nonce: number;
  readonly data: { readonly free: bigint; readonly reserved: bigint };
}

export async function accountInfo(api: UnsafeApi, { address }: { readonly address: string }, at = "best"): Promise<AccountInfo> {
  return (await api.query["System"]!["Account"]!.getValue(address, { at })) as AccountInfo;
}

/** For `until`: the watched account holds this much. */
export const holds = (amount: bigint) => ({ value }: { readonly value: unknown }): boolean => (value as AccountInfo).data.free === amount;

/** Gives each account this much of Alice's. */
export async function fund(api: UnsafeApi, accounts: readonly { readonly address: string }[], value: bigint): Promise<void> {
  const calls = accounts.map((one) => transfer(api, one, value).decodedCall);
  const { ok } = await api.tx["Utility"]!["batch_all"]!({ calls }).signAndSubmit(account("//Alice").signer);
  if (!ok) throw new Error("Alice could not pay");
}

/** What is used of an Observable, in the form from which TypeScript infers T. */
export interface Stream<T> {
  subscribe(next: (value: T) => void, error: (error: unknown) => void, complete: () => void): { unsubscribe(): void };
}

/** A transaction on its way: what was reported so far, and the report that it is final. Rejects with what PAPI says of a refusal. */
export function follow(stream: Stream<TxEvent>): { readonly seen: readonly string[]; readonly end: Promise<TxFinalized> } {
  const seen: string[] = [];
  const end = new Promise<TxFinalized>((resolve, reject) => {
    const next = (event: TxEvent): void => {
      seen.push(event.type);
      if (event.type === "finalized") resolve(event);
    };
    stream.subscribe(next, reject, () => reject(new Error(`the stream ended after ${seen.join(", ")}`)));
  });
  return { seen, end };
}

/** Values until one is wanted, that one included. Rejects when the stream ends before. */
export function until<T>(stream: Stream<T>, wanted: (value: T) => boolean): Promise<T[]> {
  return new Promise((resolve, reject) => {
    const values: T[] = [];
    let done = false;
    // Some streams give their first values before `subscribe` returns.
    const stop = (): void => void queueMicrotask(() => subscription.unsubscribe());
    const next = (value: T): void => {
      if (done) return;
      values.push(value);
      if (!wanted(value)) return;
      done = true;
      stop();
      resolve(values);
    };
    const subscription = stream.subscribe(next, reject, () => reject(new Error("the stream ended")));
  });
}

/** The values of the transaction's events of one kind, as `Balances.Transfer`. */
export function eventsOf({ events }: Pick<TxFinalized, "events">, kind: string): any[] {
  return events.filter(({ type, value }) => `${type}.${value.type}` === kind).map(({ value }) => value.value);
}

export function feePaid(end: Pick<TxFinalized, "events">): bigint {
  return eventsOf(end, "TransactionPayment.TransactionFeePaid")[0].actual_fee;
}

/** What PAPI rejects with when the node finds a transaction invalid. */
export async function refusal(promise: Promise<unknown>): Promise<{ type: string; value: { type: string } }> {
  try {
    await promise;
  } catch (error) {
    return (error as { error?: { type: string; value: { type: string } } }).error ?? Promise.reject(error as Error);
  }
  throw new Error("it was accepted");
}
