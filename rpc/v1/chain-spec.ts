import type { Backend } from "../backend.ts";
import { hex } from "../encode.ts";
import type { MethodTable } from "../method.ts";

export function chainSpecMethods({ chain, system }: Backend): MethodTable {
  return {
    methods: [
      { name: "chainSpec_v1_chainName", safety: "safe", handler: () => system.chainName },
      { name: "chainSpec_v1_genesisHash", safety: "safe", handler: () => hex(chain.genesisHash) },
      { name: "chainSpec_v1_properties", safety: "safe", handler: () => system.properties },
    ],
    subscriptions: [],
  };
}
