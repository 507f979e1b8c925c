import type { Method, MethodTable } from "../method.ts";
import { storageKey } from "../shapes.ts";
import { listOf } from "../transport/params.ts";

const KEYS_MAX = 1000;

/** This chain has no child tries, so every key of every one of them is absent. Parameters: child trie, then key(s), then more. */
export function childStateMethods(): MethodTable {
  const answer = (name: string, result: unknown, ...aliases: string[]): Method => {
    return { name, aliases, safety: "safe", handler: () => result };
  };
  return {
    methods: [
      answer("childstate_getKeys", []),
      answer("childstate_getKeysPaged", [], "childstate_getKeysPagedAt"),
      answer("childstate_getStorage", null),
      answer("childstate_getStorageHash", null),
      answer("childstate_getStorageSize", null),
      {
        name: "childstate_getStorageEntries",
        safety: "safe",
        handler: (params) => {
          params.get("child trie", storageKey);
          return params.get("keys", listOf(storageKey, KEYS_MAX)).map(() => null);
        },
      },
    ],
    subscriptions: [],
  };
}
