import { RuntimeApiError } from "../../runtime/frame/apis.ts";
import { CodedError } from "../../runtime/primitives/errors.ts";
import type { Backend, SystemBackend } from "../backend.ts";
import { hex, hexJson } from "../encode.ts";
import { ErrorCode } from "../error-codes.ts";
import { RpcError } from "../method.ts";
import type { Method, MethodTable } from "../method.ts";
import { account, extrinsic, optionalBlock } from "../shapes.ts";
import { invalidParams } from "../transport/errors.ts";

const DIRECTIVES_CHARS_MAX = 4096;

export function systemMethods(backend: Backend): MethodTable {
  return { methods: [...info(backend.system), ...operator(backend.system), accountNextIndex(backend), dryRun(backend)], subscriptions: [] };
}

function info(system: SystemBackend): Method[] {
  const get = (name: string, handler: () => unknown): Method => ({ name, safety: "safe", handler });
  return [
    get("system_name", () => system.implementationName),
    get("system_version", () => system.version),
    get("system_chain", () => system.chainName),
    get("system_chainType", () => system.chainType),
    get("system_properties", () => system.properties),
    get("system_health", () => system.health()),
    get("system_localPeerId", () => system.localPeerId()),
    get("system_localListenAddresses", () => system.listenAddresses()),
    get("system_nodeRoles", () => system.roles),
    get("system_syncState", () => system.syncState()),
  ];
}

function operator(system: SystemBackend): Method[] {
  return [
    {
      name: "system_peers",
      safety: "unsafe",
      handler: () =>
        system.peers().map(({ peerId, roles, bestHash, bestNumber }) => ({ peerId, roles, bestHash: hex(bestHash), bestNumber })),
    },
    {
      name: "system_addLogFilter",
      safety: "unsafe",
      params: ["directives"],
      handler: (params) => addLogFilter(system, params.string("directives", DIRECTIVES_CHARS_MAX)),
    },
    { name: "system_resetLogFilter", safety: "unsafe", handler: () => system.resetLogFilter() },
  ];
}

function addLogFilter(system: SystemBackend, directives: string): void {
  try {
    system.addLogFilter(directives);
  } catch (error) {
    throw error instanceof CodedError ? invalidParams(error.message) : error;
  }
}

function accountNextIndex({ pool }: Backend): Method {
  return {
    name: "system_accountNextIndex",
    aliases: ["account_nextIndex"],
    safety: "safe",
    params: ["account"],
    handler: (params) => pool.nextNonce(params.get("account", account)),
  };
}

function dryRun({ chain }: Backend): Method {
  return {
    name: "system_dryRun",
    aliases: ["system_dryRunAt"],
    safety: "unsafe",
    params: ["extrinsic", "at"],
    handler: async (params) => {
      const encoded = params.get("extrinsic", extrinsic);
      const state = await chain.state(optionalBlock(params) ?? chain.best().hash);
      try {
        return hexJson(await state.call("BlockBuilder_apply_extrinsic", encoded));
      } catch (error) {
        throw frameError(error, "Unable to dry run extrinsic.");
      }
    },
  };
}

/** What FRAME's own RPC modules (system, payment) answer when the runtime cannot: the reason stands in `data`. */
export function frameError(error: unknown, message: string): unknown {
  if (!(error instanceof RuntimeApiError)) return error;
  return new RpcError(error.code === "API_BAD_INPUT" ? ErrorCode.FRAME_DECODE : ErrorCode.FRAME_RUNTIME, message, error.message);
}
