// For tests of whole blocks: the chain's real runtime over a state in memory, where every block that is made is also imported.
import { CODE_KEY } from "./frame/storage.ts";
import { MemoryState, State } from "./frame/state.ts";
import { BlockExecution, checkInvariants, contextAfter, createInherents, executeBlock, validateTransaction } from "./frame/executive.ts";
import type { ApplyResult, BlockOutcome } from "./frame/executive.ts";
import { decodeExtrinsic, encodeExtrinsic } from "./frame/extrinsic.ts";
import type { Extrinsic } from "./frame/extrinsic.ts";
import type { Context, Host } from "./frame/context.ts";
import type { RuntimeApis } from "./frame/apis.ts";
import type { RuntimeCall, RuntimeEvent } from "./frame/pallet.ts";
import { TEST_HOST, eventsOf } from "./frame/testing.ts";
import type { TransactionValidityError, Validity, ValidTransaction } from "./frame/types.ts";
import { createRuntime, SPEC_VERSION } from "./construct.ts";
import { DEV_PARAMS, encodeCode } from "./params.ts";
import type { RuntimeParams } from "./params.ts";
import { genesisBalances } from "./pallets/balances/genesis.ts";
import { Key as SudoKey } from "./pallets/sudo/pallet.ts";
import { accountOf } from "./pallets/system/account.ts";
import type { AccountInfo } from "./pallets/system/types.ts";
import { genesisTransactionPayment } from "./pallets/transaction-payment/storage.ts";
import { toHex, utf8 } from "./primitives/bytes.ts";
import { encode } from "./primitives/codec/index.ts";
import { IMMORTAL } from "./primitives/era.ts";
import type { Era } from "./primitives/era.ts";
import { DigestTy, Hash, ZERO_HASH } from "./primitives/types.ts";
import type { AccountId, Balance, Header, MultiSignature } from "./primitives/types.ts";
import { blake2b256 } from "#hash";

export interface SignOptions {
  readonly nonce?: number;
  readonly tip?: Balance;
  readonly era?: Era;
  readonly scheme?: MultiSignature["type"];
  /** A signature that the test host refuses. */
  readonly bad?: boolean;
  readonly mode?: "Disabled" | "Enabled";
}

export interface LabOptions {
  readonly params?: RuntimeParams;
  readonly endowed: readonly (readonly [AccountId, Balance])[];
  readonly sudo?: AccountId;
  readonly host?: Host;
}

/** A chain of blocks whose state is a map; every finished block is executed a second time as another node would. */
export class Lab {
  readonly apis: RuntimeApis;
  readonly host: Host;
  readonly state = new MemoryState();
  /** Of the last block. */
  number = 0;
  /** Of each block, by number. */
  readonly hashes: Hash[];
  timeMs = 1_700_000_000_000n;
  /** Nonces that `sign` has given out in this block. */
  readonly #nonces = new Map<string, number>();

  constructor({ params = DEV_PARAMS, endowed, sudo, host = TEST_HOST }: LabOptions) {
    this.apis = createRuntime(params);
    this.host = host;
    const state = new State(this.state, this.apis.runtime.storageItems);
    state.setRaw(CODE_KEY, encodeCode(SPEC_VERSION, params));
    genesisBalances(state, endowed.map(([account, amount]) => ({ account, amount })), params.existential_deposit);
    genesisTransactionPayment(state);
    if (sudo !== undefined) SudoKey.set(state, sudo);
    this.state.apply(state.changes());
    this.hashes = [Hash(blake2b256(utf8("genesis")))];
  }

  get runtime() {
    return this.apis.runtime;
  }

  /** The state after the last block. */
  view(): State {
    return new State(this.state, this.runtime.storageItems);
  }

  account(who: AccountId): AccountInfo {
    return accountOf(this.view(), who);
  }

  /** The next block, with its inherents. */
  begin(): LabBlock {
    this.#nonces.clear();
    this.timeMs += this.runtime.params.minimum_period;
    return new LabBlock(this, createInherents(this.runtime, { timestampMs: this.timeMs }));
  }

  /** Finished blocks without transactions. */
  skip(blocks: number): void {
    for (let i = 0; i < blocks; i++) this.begin().finish();
  }

  /** A transaction with the account's next nonce in the block that is being made. */
  sign(from: AccountId, call: RuntimeCall, { nonce, tip = 0n, era = IMMORTAL, scheme = "Sr25519", bad = false, mode = "Disabled" }: SignOptions = {}): Extrinsic {
    const id = toHex(from);
    const next = this.#nonces.get(id) ?? this.account(from).nonce;
    if (nonce === undefined) this.#nonces.set(id, next + 1);
    const extras = [undefined, undefined, undefined, undefined, era, nonce ?? next, undefined, tip, { mode: { type: mode } }];
    const value = new Uint8Array(scheme === "Ecdsa" ? 65 : 64).fill(bad ? 0 : 1);
    return this.decode(encodeExtrinsic(this.runtime, { type: "Signed", address: { type: "Id", value: from }, signature: { type: scheme, value }, extras }, call));
  }

  decode(encoded: Uint8Array): Extrinsic {
    return decodeExtrinsic(this.runtime, encoded);
  }

  /** As the pool asks. */
  validate(extrinsic: Extrinsic): Validity<ValidTransaction> {
    const ctx = contextAfter(this.runtime, this.state, this.host, { hash: this.hashes[this.number]!, number: this.number });
    return validateTransaction(ctx, "External", extrinsic);
  }
}

/** What one block's execution is at a moment: equal texts mean equal states, events and counters. */
export interface Trace {
  readonly changes: ReadonlyMap<string, string | undefined>;
  readonly rest: string;
}

export class LabBlock {
  readonly lab: Lab;
  readonly execution: BlockExecution;
  readonly body: Uint8Array[] = [];

  constructor(lab: Lab, inherents: readonly Uint8Array[]) {
    this.lab = lab;
    const start = { parent_hash: lab.hashes[lab.number]!, number: lab.number + 1, digest: { logs: [{ type: "PreRuntime", value: [utf8("pow_"), new Uint8Array(32)] }] } } as const;
    this.execution = new BlockExecution(lab.runtime, lab.state, lab.host, start);
    for (const encoded of inherents) must(this.apply(lab.decode(encoded)).ok, "an inherent is refused");
  }

  get ctx(): Context {
    return this.execution.context;
  }

  apply(extrinsic: Extrinsic): ApplyResult {
    const result = this.execution.apply(extrinsic);
    if (result.ok) this.body.push(extrinsic.encoded);
    return result;
  }

  /** "ok", the dispatch error's name, or `!` and why the extrinsic was refused. */
  outcome(extrinsic: Extrinsic): string {
    const result = this.apply(extrinsic);
    if (!result.ok) return `!${describe(result.error)}`;
    return result.value.ok ? "ok" : this.lab.runtime.describeError(result.value.error).name;
  }

  events(): readonly RuntimeEvent[] {
    return eventsOf(this.ctx);
  }

  trace(): Trace {
    const { ctx } = this;
    const counters = [ctx.extrinsicsLength, ctx.extrinsicIndex, ctx.signatureTime, ctx.events.count, toHex(ctx.events.encoded())];
    const weights = Object.values(ctx.weightUsed).map(({ ref_time, proof_size }) => `${ref_time}/${proof_size}`);
    return { changes: new Map(ctx.state.changes().map(({ key, value }) => [toHex(key), value && toHex(value)])), rest: [...counters, ...weights].join(" ") };
  }

  /** Closes the block, imports it as another node would, compares, and checks every pallet's invariants. */
  finish(): BlockOutcome & { readonly header: Header } {
    const { lab } = this;
    const outcome = this.execution.finalize();
    const number = lab.number + 1;
    const header: Header = { parent_hash: lab.hashes[lab.number]!, number, state_root: ZERO_HASH, extrinsics_root: ZERO_HASH, digest: outcome.digest };
    const imported = executeBlock(lab.runtime, lab.state, lab.host, header, this.body.map((encoded) => lab.decode(encoded)));
    if (!imported.ok) throw imported.error;
    const [authored, executed] = [readable(outcome), readable(imported.value)];
    if (authored !== executed) throw new Error(`importing the block gives another outcome:\n${executed}\nthan authoring it:\n${authored}`);
    lab.state.apply(outcome.changes);
    lab.number = number;
    lab.hashes.push(Hash(blake2b256(utf8(`${toHex(lab.hashes[number - 1]!)} ${number}`))));
    checkInvariants(lab.runtime, lab.view());
    return { ...outcome, header };
  }
}

export function describe(error: TransactionValidityError): string {
  return `${error.type}.${error.value.type}`;
}

function readable({ changes, digest, events }: BlockOutcome): string {
  const lines = changes.map(({ key, value, before }) => `${toHex(key)}: ${before && toHex(before)} -> ${value && toHex(value)}`);
  return [...lines, `digest ${toHex(encode(DigestTy, digest))}`, `events ${toHex(events)}`].join("\n");
}

function must(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}
