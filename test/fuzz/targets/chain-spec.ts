import { utf8 } from "../../../runtime/primitives/bytes.ts";
import { JsonError } from "../../../runtime/primitives/codec/json.ts";
import { GenesisBalancesError } from "../../../runtime/pallets/balances/genesis.ts";
import { chainSpecJson, parseChainSpec } from "../../../genesis/chain-spec.ts";
import { ChainSpecError } from "../../../genesis/errors.ts";
import { genesisForNode, toRaw } from "../../../genesis/genesis-state.ts";
import { presetSpec } from "../../../genesis/presets.ts";
import { jsonOf, refusable } from "../rules.ts";

export const lengthMax = 32_768;

/** A spec is refused with what is wrong in it, or is written and read back the same, and its genesis built. */
export function fuzz(bytes: Uint8Array): void {
  const parsed = jsonOf(bytes);
  if (parsed === undefined) return;
  const spec = refusable(() => parseChainSpec(parsed.json), ChainSpecError);
  if (spec === undefined) return;
  const written = JSON.stringify(chainSpecJson(spec));
  const again = JSON.stringify(chainSpecJson(parseChainSpec(JSON.parse(written))));
  if (again !== written) throw new Error(`the spec is written as ${written.slice(0, 300)} and read back as ${again.slice(0, 300)}`);
  refusable(() => genesisForNode(spec), ChainSpecError, JsonError, GenesisBalancesError);
}

export function seeds(): Uint8Array[] {
  const dev = presetSpec("dev");
  const json = chainSpecJson(dev);
  const small = { ...json, genesis: { runtimeGenesis: { patch: { balances: { balances: [["5GrwvaEF5zXb26Fz9rcQpDWS57CtERHpNehXCPcNoHGKutQY", "1000000000000"]] } } } } };
  const rich = { ...small, bootNodes: ["/dns/a/tcp/1/p2p/12D3"], telemetryEndpoints: [["wss://t", 0]], forkBlocks: [[1, `0x${"11".repeat(32)}`]], badBlocks: [`0x${"22".repeat(32)}`], chainType: { Custom: "x" } };
  return [json, chainSpecJson(toRaw(dev)), small, rich, { ...json, genesis: { stateRootHash: `0x${"00".repeat(32)}` } }].map((value) => utf8(JSON.stringify(value)));
}

export const words = ['"chainType"', '"Live"', '"Custom"', '"patch"', '"config"', '"raw"', '"top"', '"childrenDefault"', '"0x"', '"0x3a636f6465"', '"__proto__"', '"constructor"', '"sudo_allowed"', '"ss58_prefix"'];
