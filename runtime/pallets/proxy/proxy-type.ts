// What a delegate of each type may do. The one place that says so.
import { v, variant } from "../../primitives/codec/index.ts";
import type { TypeOf } from "../../primitives/codec/index.ts";
import type { RuntimeCall } from "../../frame/pallet.ts";

export const ProxyTypeTy = variant("creator_runtime::ProxyType", {
  Any: v(0),
  NonTransfer: v(1),
  Governance: v(2),
  Staking: v(3),
  Content: v(4),
});
export type ProxyType = TypeOf<typeof ProxyTypeTy>;
type Name = ProxyType["type"];

/** Calls by pallet: all of it, or those named. A pallet that this chain does not have matches nothing. */
type CallSet = Readonly<Record<string, "all" | readonly string[]>>;

/** A batch only repeats the filter for what is inside, so these open nothing that the type does not allow by itself. */
const BATCHES = ["batch", "batch_all", "force_batch"];

const RULES: Readonly<Record<Name, { readonly only?: CallSet; readonly except?: CallSet }>> = {
  Any: {},
  // Whatever pays somebody directly. Sudo is out as well: root can move any balance.
  NonTransfer: { except: { Balances: "all", Vesting: ["vested_transfer", "force_vested_transfer"], Sudo: "all" } },
  Governance: { only: { Preimage: "all", Referenda: "all", ConvictionVoting: "all", Treasury: "all", Utility: BATCHES } },
  Staking: { only: { Staking: "all", Session: "all", Utility: "all" } },
  Content: { only: { Content: "all", Credentials: "all", Utility: BATCHES } },
};

function includes(set: CallSet, call: RuntimeCall): boolean {
  // Not `set[call.type]`: a pallet's name is data, and must not find what every object inherits.
  const calls = Object.hasOwn(set, call.type) ? set[call.type]! : [];
  return calls === "all" || calls.includes(call.value.type);
}

/** Whether a delegate of this type may make the call. */
export function allows(type: ProxyType, call: RuntimeCall): boolean {
  const { only, except } = RULES[type.type];
  return (only === undefined || includes(only, call)) && (except === undefined || !includes(except, call));
}

/** Whether `a` allows everything that `b` does: a delegate may add and remove delegates of such types. */
export function isSuperset(a: ProxyType, b: ProxyType): boolean {
  if (a.type === b.type || a.type === "Any") return true;
  return a.type === "NonTransfer" && b.type !== "Any";
}

export const PROXY_TYPES: readonly ProxyType[] = (Object.keys(RULES) as Name[]).map((type) => ({ type }));
