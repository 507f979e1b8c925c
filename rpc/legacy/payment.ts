import { DispatchClassTy } from "../../runtime/frame/types.ts";
import { concatBytes } from "../../runtime/primitives/bytes.ts";
import { decode, encode, option, struct, u32 } from "../../runtime/primitives/codec/index.ts";
import { BalanceTy, WeightTy } from "../../runtime/primitives/types.ts";
import type { Backend, ChainBackend } from "../backend.ts";
import { hexNumber } from "../encode.ts";
import type { MethodTable, ParamReader } from "../method.ts";
import { extrinsic, optionalBlock } from "../shapes.ts";
import { frameError } from "./system.ts";

// What the two runtime APIs return. Written here as the wire format that the legacy methods promise, whatever the runtime's own types become.
const DispatchInfoTy = struct("pallet_transaction_payment::types::RuntimeDispatchInfo", { weight: WeightTy, class: DispatchClassTy, partial_fee: BalanceTy });
const InclusionFeeTy = struct("pallet_transaction_payment::types::InclusionFee", { base_fee: BalanceTy, len_fee: BalanceTy, adjusted_weight_fee: BalanceTy });
const FeeDetailsTy = struct("pallet_transaction_payment::types::FeeDetails", { inclusion_fee: option(InclusionFeeTy), tip: BalanceTy });

export function paymentMethods({ chain }: Backend): MethodTable {
  const params = ["encoded_xt", "at"];
  return {
    methods: [
      { name: "payment_queryInfo", safety: "safe", params, handler: (reader) => queryInfo(chain, reader) },
      { name: "payment_queryFeeDetails", safety: "safe", params, handler: (reader) => queryFeeDetails(chain, reader) },
    ],
    subscriptions: [],
  };
}

async function queryInfo(chain: ChainBackend, params: ParamReader): Promise<unknown> {
  const output = await ask(chain, params, "TransactionPaymentApi_query_info", "Unable to query dispatch info.");
  const { weight, class: dispatchClass, partial_fee } = decode(DispatchInfoTy, output);
  return {
    weight: { ref_time: Number(weight.ref_time), proof_size: Number(weight.proof_size) },
    class: dispatchClass.type.toLowerCase(),
    partialFee: partial_fee.toString(),
  };
}

async function queryFeeDetails(chain: ChainBackend, params: ParamReader): Promise<unknown> {
  const output = await ask(chain, params, "TransactionPaymentApi_query_fee_details", "Unable to query fee details.");
  const { inclusion_fee: fee } = decode(FeeDetailsTy, output);
  if (fee === undefined) return { inclusionFee: null };
  return {
    inclusionFee: {
      baseFee: hexNumber(fee.base_fee),
      lenFee: hexNumber(fee.len_fee),
      adjustedWeightFee: hexNumber(fee.adjusted_weight_fee),
    },
  };
}

/** Input: the extrinsic as it is, then its length. */
async function ask(chain: ChainBackend, params: ParamReader, method: string, refusal: string): Promise<Uint8Array> {
  const encoded = params.get("encoded_xt", extrinsic);
  const state = await chain.state(optionalBlock(params) ?? chain.best().hash);
  try {
    return await state.call(method, concatBytes(encoded, encode(u32, encoded.length)));
  } catch (error) {
    throw frameError(error, refusal);
  }
}
