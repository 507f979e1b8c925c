import { Writer } from "../primitives/codec/index.ts";
import type { AnyTy } from "../primitives/codec/index.ts";
import type { AccountId, MultiSignature, Weight } from "../primitives/types.ts";
import type { RuntimeParams } from "../params.ts";
import type { Origin, RuntimeCall } from "./pallet.ts";
import type { Runtime } from "./runtime.ts";
import type { State } from "./state.ts";
import { PhaseTy } from "./types.ts";
import type { DispatchResult, DispatchError, DispatchInfo, Phase } from "./types.ts";

/** Pure, deterministic functions that the host supplies because they are slow here: their results may be memoised by input. */
export interface Host {
  /** @param signer - the account: the public key itself, or for Ecdsa the blake2b-256 of the recovered key. */
  verifySignature(signature: MultiSignature, message: Uint8Array, signer: AccountId): boolean;
  /** Makes and stores new session keys, from a seed when given; returns their public parts. */
  generateSessionKeys(seed: Uint8Array | undefined): Uint8Array;
}

/** Where dispatch, hooks and runtime calls happen: one block's state, its events so far, and the runtime. */
export class Context {
  readonly state: State;
  readonly runtime: Runtime;
  readonly params: RuntimeParams;
  readonly host: Host;
  readonly events = new EventLog();
  phase: Phase = { type: "Initialization" };
  /** Of the block being executed. */
  blockNumber = 0;
  /** Bytes of all extrinsics so far. */
  extrinsicsLength = 0;
  extrinsicIndex = 0;
  /** ps of signature verification so far: its budget is apart from weight, since workers pay it. */
  signatureTime = 0n;
  /** Weight used so far by class, kept decoded while the block runs. */
  readonly weightUsed: Record<"Normal" | "Operational" | "Mandatory", Weight> = { Normal: ZERO, Operational: ZERO, Mandatory: ZERO };
  /** Encoded implicit values that are the same for every transaction of the block, by extension. */
  readonly implicits: (Uint8Array | undefined)[] = [];
  #dispatchDepth = 0;

  constructor(runtime: Runtime, state: State, host: Host) {
    this.runtime = runtime;
    this.state = state;
    this.host = host;
    this.params = runtime.params;
  }

  /** Records an event of the current phase; it vanishes with the storage transaction it was deposited in. */
  deposit<T>(events: AnyTy & { encodeTo(value: T, writer: Writer): void }, event: T): void {
    this.events.push(this.phase, this.runtime.palletIndexOfEvents(events), events, event);
  }

  /** Runs a call inside a storage transaction of its own, after the origin's filter. */
  dispatch(call: RuntimeCall, origin: Origin): DispatchResult<DispatchError> {
    if (origin.filter !== undefined && !origin.filter(call)) return { ok: false, error: this.runtime.callFilteredError };
    return this.dispatchUnfiltered(call, origin);
  }

  dispatchUnfiltered(call: RuntimeCall, origin: Origin): DispatchResult<DispatchError> {
    return this.transaction(() => this.runtime.run(this, call, origin));
  }

  /** What `body` wrote and deposited is dropped when it fails. */
  transaction<T extends DispatchResult<DispatchError>>(body: () => T): T | DispatchResult<DispatchError> {
    if (this.#dispatchDepth >= MAX_TRANSACTION_DEPTH) return { ok: false, error: { type: "Transactional", value: { type: "LimitReached" } } };
    const mark = this.state.mark();
    const eventMark = this.events.mark();
    this.#dispatchDepth++;
    const result = body();
    this.#dispatchDepth--;
    if (!result.ok) {
      this.state.rollback(mark);
      this.events.rollback(eventMark);
    }
    return result;
  }

  dispatchInfo(call: RuntimeCall): DispatchInfo {
    return this.runtime.dispatchInfo(call);
  }
}

const ZERO: Weight = { ref_time: 0n, proof_size: 0n };
/** FRAME's limit of nested storage layers. */
const MAX_TRANSACTION_DEPTH = 255;

/** The block's events, encoded as they are deposited: what a rollback drops is a tail of bytes. */
export class EventLog {
  readonly #writer = new Writer(4096);
  #count = 0;

  get count(): number {
    return this.#count;
  }

  push<T>(phase: Phase, palletIndex: number, type: { encodeTo(value: T, writer: Writer): void }, event: T): void {
    const writer = this.#writer;
    PhaseTy.encodeTo(phase, writer);
    writer.u8(palletIndex);
    type.encodeTo(event, writer);
    writer.u8(0); // no topics
    this.#count++;
  }

  mark(): readonly [length: number, count: number] {
    return [this.#writer.length, this.#count];
  }

  rollback([length, count]: readonly [length: number, count: number]): void {
    this.#writer.length = length;
    this.#count = count;
  }

  /** `Vec<EventRecord>`. */
  encoded(): Uint8Array {
    const out = new Writer(this.#writer.length + 5);
    out.compact(this.#count);
    out.raw(this.#writer.bytes.subarray(0, this.#writer.length));
    return out.finish();
  }
}
