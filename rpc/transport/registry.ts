import { InvariantError } from "../../runtime/primitives/errors.ts";
import { RawJson } from "../method.ts";
import type { Method, MethodTable, Subscription } from "../method.ts";

/** What a method name leads to. */
export type Entry =
  | { readonly kind: "call"; readonly name: string; readonly method: Method }
  | { readonly kind: "subscribe"; readonly name: string; readonly subscription: Subscription }
  | { readonly kind: "unsubscribe"; readonly name: string; readonly subscription: Subscription };

/** Every name a caller may use, aliases and unsubscribe names included, with what it does. `rpc_methods` is added here. */
export type Registry = ReadonlyMap<string, Entry>;

/** @throws InvariantError when two entries claim one name: a mistake in the table, found at start. */
export function buildRegistry(table: MethodTable): Registry {
  const registry = new Map<string, Entry>();
  const add = (names: readonly string[], entryFor: (name: string) => Entry): void => {
    for (const name of names) {
      if (registry.has(name)) throw new InvariantError("RPC_DUPLICATE_METHOD", `two RPC methods are called ${name}`);
      registry.set(name, entryFor(name));
    }
  };
  for (const method of [...table.methods, rpcMethods(registry)]) {
    add([method.name, ...(method.aliases ?? [])], (name) => ({ kind: "call", name, method }));
  }
  for (const subscription of table.subscriptions) {
    const { name, aliases = [], unsubscribe, unsubscribeAliases = [] } = subscription;
    add([name, ...aliases], (alias) => ({ kind: "subscribe", name: alias, subscription }));
    add([unsubscribe, ...unsubscribeAliases], (alias) => ({ kind: "unsubscribe", name: alias, subscription }));
  }
  return registry;
}

/** Clients delete from their API whatever is not in this list, so it is made from the registry itself. */
function rpcMethods(registry: Registry): Method {
  let reply: RawJson | undefined;
  const list = (): string[] => [...registry.keys()].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  return { name: "rpc_methods", safety: "safe", handler: () => (reply ??= new RawJson(JSON.stringify({ methods: list() }))) };
}
