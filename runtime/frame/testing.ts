// For tests of pallets: a context over an empty state, and a runtime of just the pallets that a test names.
import { DEV_PARAMS } from "../params.ts";
import type { RuntimeParams } from "../params.ts";
import { AccountId } from "../primitives/types.ts";
import { decode, struct, vec } from "../primitives/codec/index.ts";
import { HashTy } from "../primitives/types.ts";
import { Context } from "./context.ts";
import type { Host } from "./context.ts";
import type { OuterTypes, PalletDef, RuntimeEvent } from "./pallet.ts";
import { Runtime } from "./runtime.ts";
import { MemoryState, State } from "./state.ts";
import { PhaseTy } from "./types.ts";
import type { Phase } from "./types.ts";

/** Accepts every signature whose first byte is not 0: enough to test both ways without keys. */
export const TEST_HOST: Host = {
  verifySignature: (signature) => signature.value[0] !== 0,
  generateSessionKeys: () => new Uint8Array(48),
};

const VERSION = { spec_name: "test", impl_name: "test", authoring_version: 1, spec_version: 1, impl_version: 1, transaction_version: 1, system_version: 1 };

export function testRuntime(pallets: (outer: OuterTypes) => readonly (readonly [number, PalletDef])[], params: RuntimeParams = DEV_PARAMS): Runtime {
  return new Runtime({ params, version: VERSION, crate: "creator_runtime", pallets, extensions: [] });
}

/** A context in block 1 of a chain whose state is `state`. */
export function newContext(runtime: Runtime, state: MemoryState = new MemoryState()): Context {
  const ctx = new Context(runtime, new State(state, runtime.storageItems), TEST_HOST);
  ctx.blockNumber = 1;
  ctx.phase = { type: "ApplyExtrinsic", value: 0 };
  return ctx;
}

/** A fresh context on what `ctx` wrote: the next block. */
export function nextBlock(ctx: Context, base: MemoryState): Context {
  base.apply(ctx.state.changes());
  const next = newContext(ctx.runtime, base);
  next.blockNumber = ctx.blockNumber + 1;
  return next;
}

/** The account whose bytes all are `n`. */
export function account(n: number): AccountId {
  return AccountId(new Uint8Array(32).fill(n));
}

export interface EventRecord {
  readonly phase: Phase;
  readonly event: RuntimeEvent;
  readonly topics: readonly Uint8Array[];
}

export function eventsOf(ctx: Context): readonly RuntimeEvent[] {
  const record = struct("frame_system::EventRecord", { phase: PhaseTy, event: ctx.runtime.outer.event, topics: vec(HashTy) });
  return decode(vec(record), ctx.events.encoded()).map(({ event }) => event as RuntimeEvent);
}
