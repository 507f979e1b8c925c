import { RuntimeApiError } from "../../../runtime/frame/apis.ts";
import { TEST_HOST } from "../../../runtime/frame/testing.ts";
import { concatBytes, fromLatin1 } from "../../../runtime/primitives/bytes.ts";
import { bytes as bytesTy, encode, u64 } from "../../../runtime/primitives/codec/index.ts";
import type { AnyTy } from "../../../runtime/primitives/codec/index.ts";
import { apis, chosen, extrinsics, header, lab, samples } from "../material.ts";
import { refusable } from "../rules.ts";
import { HeaderTy } from "../../../runtime/primitives/types.ts";

const methods = apis.definitions.flatMap(({ name, methods: made }) => Object.entries(made).map(([key, { inputs }]) => ({ name: `${name}_${key}`, types: Object.values(inputs) as AnyTy[] })));
const env = { state: lab.state, block: { hash: lab.hashes[lab.number]!, number: lab.number }, host: TEST_HOST };

/** The first byte chooses a runtime function, as state_call does by name: any input is answered or refused. */
export function fuzz(bytes: Uint8Array): void {
  const { name } = methods[(bytes[0] ?? 0) % methods.length]!;
  refusable(() => apis.call(name, bytes.slice(1), env), RuntimeApiError);
}

export function seeds(): Uint8Array[] {
  const body = concatBytes(Uint8Array.of(4 * extrinsics().length), ...extrinsics());
  const inherents = concatBytes(Uint8Array.of(4), fromLatin1("timstap0"), encode(bytesTy, encode(u64, 1_700_000_000_000n)));
  const block = concatBytes(encode(HeaderTy, { ...header, parent_hash: env.block.hash, number: env.block.number + 1 }), body);
  const special: Record<string, Uint8Array[]> = {
    Core_execute_block: [block],
    Core_initialize_block: [encode(HeaderTy, header)],
    BlockBuilder_inherent_extrinsics: [inherents],
    BlockBuilder_check_inherents: [concatBytes(block, inherents)],
    BlockBuilder_apply_extrinsic: extrinsics(),
    TaggedTransactionQueue_validate_transaction: extrinsics().map((extrinsic) => concatBytes(Uint8Array.of(2), extrinsic, env.block.hash)),
    TransactionPaymentApi_query_info: extrinsics().map((extrinsic) => concatBytes(extrinsic, Uint8Array.of(100, 0, 0, 0))),
    TransactionPaymentApi_query_fee_details: extrinsics().map((extrinsic) => concatBytes(extrinsic, Uint8Array.of(255, 255, 255, 255))),
  };
  return methods.flatMap(({ name, types }, i) => {
    const generated = [0, 1, 2].map((n) => concatBytes(...types.map((type) => samples(type, 3)[n] ?? new Uint8Array(0))));
    return [...(special[name] ?? []), ...generated].map((input) => chosen(i, input));
  });
}
