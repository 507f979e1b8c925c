// What this chain is: its pallets with their indices, its transaction extensions, its version. Indices are wire values, never reused.
import { InvariantError } from "./primitives/errors.ts";
import { RuntimeApis, withApis } from "./frame/apis.ts";
import { Runtime } from "./frame/runtime.ts";
import type { RuntimeConfig } from "./frame/runtime.ts";
import { balances } from "./pallets/balances/pallet.ts";
import { multisig } from "./pallets/multisig/pallet.ts";
import { proxy } from "./pallets/proxy/pallet.ts";
import { sudo } from "./pallets/sudo/pallet.ts";
import { checkMortality } from "./pallets/system/extensions/check-mortality.ts";
import { checkNonce } from "./pallets/system/extensions/check-nonce.ts";
import { checkGenesis, checkMetadataHash, checkNonZeroSender, checkSpecVersion, checkTxVersion } from "./pallets/system/extensions/check-version.ts";
import { checkWeight } from "./pallets/system/extensions/check-weight.ts";
import { system } from "./pallets/system/pallet.ts";
import { template } from "./pallets/template/pallet.ts";
import { timestamp } from "./pallets/timestamp/pallet.ts";
import { chargeTransactionPayment } from "./pallets/transaction-payment/charge.ts";
import { transactionPayment } from "./pallets/transaction-payment/pallet.ts";
import { utility } from "./pallets/utility/pallet.ts";
import type { RuntimeParams } from "./params.ts";
import { decodeCode } from "./params.ts";

const VERSION = {
  spec_name: "creator",
  impl_name: "creator-chain",
  authoring_version: 1,
  spec_version: 1,
  impl_version: 1,
  transaction_version: 1,
  /** State version 1; extrinsics root version 0. */
  system_version: 1,
} as const;
export const SPEC_VERSION = VERSION.spec_version;

function config(params: RuntimeParams): RuntimeConfig {
  return {
    params,
    version: VERSION,
    crate: "creator_runtime",
    pallets: (outer) => [
      [0, system(outer, () => withApis(VERSION))],
      [1, timestamp],
      [2, balances(outer)],
      [3, transactionPayment],
      [4, utility(outer)],
      [5, multisig(outer)],
      [6, proxy(outer)],
      [7, sudo(outer)],
      [63, template],
    ],
    extensions: [
      checkNonZeroSender,
      checkSpecVersion,
      checkTxVersion,
      checkGenesis,
      checkMortality,
      checkNonce,
      checkWeight,
      chargeTransactionPayment,
      checkMetadataHash,
    ],
  };
}

/** The whole runtime for one chain's parameters. */
export function createRuntime(params: RuntimeParams): RuntimeApis {
  return new RuntimeApis(new Runtime(config(params)));
}

/** The runtime that `:code` names; undefined when this node does not have that version. */
export function runtimeForCode(code: Uint8Array): RuntimeApis | undefined {
  const { spec_version, params } = decodeCode(code);
  if (spec_version > SPEC_VERSION) return undefined;
  if (spec_version < SPEC_VERSION) throw new InvariantError("RUNTIME_RETIRED", `runtime version ${spec_version} is no longer part of this node`);
  return createRuntime(params);
}
