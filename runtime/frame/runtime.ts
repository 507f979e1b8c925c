import { InvariantError } from "../primitives/errors.ts";
import { toLatin1 } from "../primitives/bytes.ts";
import { lazy, v, variant } from "../primitives/codec/index.ts";
import type { AnyTy, Ty, Variant } from "../primitives/codec/index.ts";
import type { RuntimeParams } from "../params.ts";
import type { Context } from "./context.ts";
import type { AnyExtension } from "./extension.ts";
import type { CallDef, HoldReason, Origin, OriginCaller, OuterTypes, PalletDef, RuntimeCall, RuntimeEvent } from "./pallet.ts";
import { RawOriginTy } from "./types.ts";
import type { CallError, DispatchError, DispatchInfo, DispatchResult, ErrorsDef, RuntimeVersion } from "./types.ts";
import type { StorageItem } from "./storage.ts";

export interface RuntimeConfig {
  readonly params: RuntimeParams;
  readonly version: Omit<RuntimeVersion, "apis">;
  /** The crate name in type paths; ends in `_runtime`, which clients rely on. */
  readonly crate: string;
  /** The pallets with their indices, in the order in which hooks run. */
  pallets(outer: OuterTypes): readonly (readonly [index: number, pallet: PalletDef])[];
  /** In the order in which they stand in a transaction. */
  readonly extensions: readonly AnyExtension[];
}

export interface InstalledPallet extends PalletDef {
  readonly index: number;
  /** The pallet's calls as one enum; undefined when it has none. */
  readonly callType: AnyTy | undefined;
  /** The pallet's errors as one enum; undefined when it has none. */
  readonly errorType: AnyTy | undefined;
}

/** All pallets of one chain, put together: dispatch tables, the outer enums, and what metadata is made of. */
export class Runtime {
  readonly params: RuntimeParams;
  readonly version: Omit<RuntimeVersion, "apis">;
  readonly crate: string;
  readonly pallets: readonly InstalledPallet[];
  readonly extensions: readonly AnyExtension[];
  readonly outer: OuterTypes & { readonly error: AnyTy };
  /** Every storage item by the latin1 of its prefix. */
  readonly storageItems: ReadonlyMap<string, StorageItem>;
  readonly callFilteredError: DispatchError;
  readonly #byName: ReadonlyMap<string, InstalledPallet>;
  readonly #eventIndex: ReadonlyMap<AnyTy, number>;
  readonly #errorIndex: ReadonlyMap<ErrorsDef, number>;

  constructor(config: RuntimeConfig) {
    this.params = config.params;
    this.version = config.version;
    this.crate = config.crate;
    this.extensions = config.extensions;
    const outerTypes = this.#outerTypes();
    this.pallets = config.pallets(outerTypes).map(([index, pallet]) => install(index, pallet));
    this.outer = { ...outerTypes, error: this.#outerEnum("RuntimeError", (pallet) => pallet.errorType) };
    this.#byName = uniqueMap(this.pallets.map((pallet) => [pallet.name, pallet]), "pallet name");
    uniqueMap(this.pallets.map((pallet) => [String(pallet.index), pallet]), "pallet index");
    this.#eventIndex = new Map(this.pallets.flatMap((pallet) => (pallet.events ? [[pallet.events, pallet.index]] : [])));
    this.#errorIndex = new Map(this.pallets.flatMap((pallet) => (pallet.errors ? [[pallet.errors, pallet.index]] : [])));
    this.storageItems = uniqueMap(
      this.pallets.flatMap((pallet) => (pallet.storage ?? []).map(({ item }) => [toLatin1(item.prefix), item] as const)),
      "storage item",
    );
    this.callFilteredError = this.#callFiltered();
  }

  pallet(name: string): InstalledPallet {
    const pallet = this.#byName.get(name);
    if (pallet === undefined) throw new InvariantError("UNKNOWN_PALLET", `there is no pallet "${name}"`);
    return pallet;
  }

  palletIndexOfEvents(events: AnyTy): number {
    const index = this.#eventIndex.get(events);
    if (index === undefined) throw new InvariantError("UNKNOWN_EVENTS", "the pallet of this event is not part of the runtime");
    return index;
  }

  callDef(call: RuntimeCall): CallDef {
    const def = this.#byName.get(call.type)?.calls?.[call.value.type];
    if (def === undefined) throw new InvariantError("UNKNOWN_CALL", `there is no call ${call.type}.${call.value.type}`);
    return def;
  }

  dispatchInfo(call: RuntimeCall): DispatchInfo {
    return this.callDef(call).info(call.value.value as never, this);
  }

  /** Runs a call without a storage transaction of its own; use `ctx.dispatch`. */
  run(ctx: Context, call: RuntimeCall, origin: Origin): DispatchResult<DispatchError> {
    const result = this.callDef(call).run(ctx, origin, call.value.value as never);
    return result.ok ? result : { ok: false, error: this.dispatchError(result.error), post: result.post };
  }

  /** Puts the pallet's index to an error that a pallet returned. */
  dispatchError(error: CallError): DispatchError {
    if (error.type !== "Pallet") return error;
    const index = this.#errorIndex.get(error.errors);
    const entry = error.errors.names[error.name];
    if (index === undefined || entry === undefined) throw new InvariantError("UNKNOWN_ERROR", `error ${error.name} belongs to no pallet here`);
    return { type: "Module", value: { index, error: Uint8Array.of(entry.index, 0, 0, 0) } };
  }

  /** The name of a module error: `Balances.InsufficientBalance`. */
  describeError(error: DispatchError): { readonly name: string; readonly docs: string } {
    if (error.type !== "Module") {
      const inner = (error as { value?: { type?: string } }).value?.type;
      return { name: inner === undefined ? error.type : `${error.type}.${inner}`, docs: "" };
    }
    const pallet = this.pallets.find(({ index }) => index === error.value.index);
    const found = Object.entries(pallet?.errors?.names ?? {}).find(([, { index }]) => index === error.value.error[0]);
    return found && pallet ? { name: `${pallet.name}.${found[0]}`, docs: found[1].docs.join(" ") } : { name: "Module", docs: "" };
  }

  #callFiltered(): DispatchError {
    const system = this.#byName.get("System");
    const entry = system?.errors?.names["CallFiltered"];
    return system && entry ? { type: "Module", value: { index: system.index, error: Uint8Array.of(entry.index, 0, 0, 0) } } : { type: "BadOrigin" };
  }

  #outerTypes(): OuterTypes {
    return {
      call: lazyOnce("RuntimeCall", () => this.#outerEnum("RuntimeCall", (pallet) => pallet.callType) as Ty<RuntimeCall>),
      event: lazyOnce("RuntimeEvent", () => this.#outerEnum("RuntimeEvent", (pallet) => pallet.events) as Ty<RuntimeEvent>),
      originCaller: lazyOnce("OriginCaller", () => variant(`${this.crate}::OriginCaller`, { system: v(this.pallet("System").index, RawOriginTy) }) as Ty<OriginCaller>),
      holdReason: lazyOnce("RuntimeHoldReason", () => this.#outerEnum("RuntimeHoldReason", (pallet) => pallet.holdReason) as Ty<HoldReason>),
      freezeReason: lazyOnce("RuntimeFreezeReason", () => this.#outerEnum("RuntimeFreezeReason", (pallet) => pallet.freezeReason) as Ty<HoldReason>),
    };
  }

  #outerEnum(name: string, part: (pallet: InstalledPallet) => AnyTy | undefined): AnyTy {
    const variants: Record<string, Variant> = {};
    for (const pallet of this.pallets) {
      const type = part(pallet);
      if (type !== undefined) variants[pallet.name] = v(pallet.index, type);
    }
    return variant(`${this.crate}::${name}`, variants) as AnyTy;
  }
}

function lazyOnce<T>(name: string, make: () => Ty<T>): Ty<T> {
  let made: Ty<T> | undefined;
  return lazy(name, () => (made ??= make()));
}

function install(index: number, pallet: PalletDef): InstalledPallet {
  const typeParams = pallet.typeParams ?? ["T"];
  const params = Object.fromEntries(typeParams.map((name) => [name, undefined]));
  const calls = pallet.calls && Object.fromEntries(Object.entries(pallet.calls).map(([name, def]) => [name, { index: def.index, payload: def.fields, docs: def.docs }]));
  const failures = pallet.errors && Object.fromEntries(Object.entries(pallet.errors.names).map(([name, def]) => [name, { index: def.index, payload: undefined, docs: def.docs }]));
  return {
    ...pallet,
    index,
    callType: calls && (variant(`${pallet.crate}::pallet::Call`, calls, { params, typeName: "Call" }) as AnyTy),
    errorType: failures && (variant(`${pallet.crate}::pallet::Error`, failures, { params, typeName: "Error" }) as AnyTy),
  };
}

function uniqueMap<V>(entries: readonly (readonly [string, V])[], what: string): ReadonlyMap<string, V> {
  const map = new Map<string, V>();
  for (const [key, value] of entries) {
    if (map.has(key)) throw new InvariantError("DUPLICATE", `${what} "${key}" is used twice`);
    map.set(key, value);
  }
  return map;
}
