// For tests of pallets that dispatch other calls: a small chain whose invariants are checked after every call.
import { MemoryState } from "../frame/state.ts";
import type { Context } from "../frame/context.ts";
import { signed } from "../frame/pallet.ts";
import type { Origin, OuterTypes, PalletDef, RuntimeCall, RuntimeEvent } from "../frame/pallet.ts";
import { eventsOf, newContext, nextBlock, testRuntime } from "../frame/testing.ts";
import type { DispatchError, DispatchResult } from "../frame/types.ts";
import { DEV_PARAMS } from "../params.ts";
import type { RuntimeParams } from "../params.ts";
import type { Result } from "../primitives/result.ts";
import type { AccountId, Balance } from "../primitives/types.ts";
import { mintInto } from "./balances/credit.ts";
import { balances } from "./balances/pallet.ts";
import { multisig } from "./multisig/pallet.ts";
import { proxy } from "./proxy/pallet.ts";
import { sudo } from "./sudo/pallet.ts";
import { accountOf } from "./system/account.ts";
import { system } from "./system/pallet.ts";
import { utility } from "./utility/pallet.ts";

/** One $MESI. */
export const MESI = 10n ** 12n;

const VERSION = {
  spec_name: "test",
  impl_name: "test",
  authoring_version: 1,
  spec_version: 1,
  impl_version: 1,
  apis: [],
  transaction_version: 1,
  system_version: 1,
};

function pallets(outer: OuterTypes): readonly (readonly [number, PalletDef])[] {
  return [
    [0, system(outer, () => VERSION)],
    [2, balances(outer)],
    [4, utility(outer)],
    [5, multisig(outer)],
    [6, proxy(outer)],
    [7, sudo(outer)],
  ];
}

export class TestChain {
  readonly #base = new MemoryState();
  ctx: Context;

  /** @param more - pallets besides System, Balances, Utility, Multisig, Proxy and Sudo. */
  constructor(params: RuntimeParams = DEV_PARAMS, more: readonly (readonly [number, PalletDef])[] = []) {
    this.ctx = newContext(
      testRuntime((outer) => [...pallets(outer), ...more], params),
      this.#base,
    );
  }

  endow(who: AccountId, amount: Balance): void {
    const minted = mintInto(this.ctx, who, amount);
    if (!minted.ok) throw new Error(`cannot endow: ${minted.error.type}`);
  }

  /** Dispatches as an extrinsic of its own. */
  submit(from: AccountId | Origin, call: RuntimeCall): DispatchResult<DispatchError> {
    this.ctx.extrinsicIndex++;
    const result = this.ctx.dispatch(call, from instanceof Uint8Array ? signed(from) : from);
    for (const pallet of this.ctx.runtime.pallets) pallet.checkState?.(this.ctx.state, this.ctx.params);
    return result;
  }

  /** "ok", or the error's name: `Balances.InsufficientBalance`. */
  outcome(from: AccountId | Origin, call: RuntimeCall): string {
    return this.nameOf(this.submit(from, call));
  }

  nameOf(result: DispatchResult<DispatchError> | Result<undefined, DispatchError>): string {
    return result.ok ? "ok" : this.ctx.runtime.describeError(result.error).name;
  }

  free(who: AccountId): Balance {
    return accountOf(this.ctx.state, who).data.free;
  }

  reserved(who: AccountId): Balance {
    return accountOf(this.ctx.state, who).data.reserved;
  }

  /** The pallet's events of this block, in order. */
  events(pallet: string): readonly RuntimeEvent["value"][] {
    return eventsOf(this.ctx).flatMap((event) => (event.type === pallet ? [event.value] : []));
  }

  lastEvent(pallet: string): RuntimeEvent["value"] | undefined {
    return this.events(pallet).at(-1);
  }

  /** Goes on with the next block, `blocks` later. */
  next(blocks = 1): void {
    for (let i = 0; i < blocks; i++) this.ctx = nextBlock(this.ctx, this.#base);
  }
}

/** `call("Utility.batch", { calls })`. */
export function call(path: `${string}.${string}`, value: Readonly<Record<string, unknown>> = {}): RuntimeCall {
  const [type, name] = path.split(".") as [string, string];
  return { type, value: { type: name, value } };
}

export function id(who: AccountId): { readonly type: "Id"; readonly value: AccountId } {
  return { type: "Id", value: who };
}

export function transferTo(who: AccountId, value: Balance): RuntimeCall {
  return call("Balances.transfer_keep_alive", { dest: id(who), value });
}
