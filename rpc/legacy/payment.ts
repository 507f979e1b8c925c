import { FeeDetailsTy, RuntimeDispatchInfoTy } from "../../runtime/pallets/transaction-payment/fee.ts";
import { concatBytes } from "../../runtime/primitives/bytes.ts";
import { decode, encode, u32 } from "../../runtime/primitives/codec/index.ts";
import type { Backend, ChainBackend } from "../backend.ts";
import { hexNumber } from "../encode.ts";
import type { MethodTable, ParamReader } from "../method.ts";
import { extrinsic, optionalBlock } from "../shapes.ts";
import { frameError } from "./system.ts";

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
  const { weight, class: dispatchClass, partial_fee } = decode(RuntimeDispatchInfoTy, output);
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
