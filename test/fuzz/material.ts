// Real values of this chain, from which targets make their seeds.
import { concatBytes, utf8 } from "../../runtime/primitives/bytes.ts";
import type { AnyTy } from "../../runtime/primitives/codec/index.ts";
import { mortalEra } from "../../runtime/primitives/era.ts";
import { ZERO_HASH } from "../../runtime/primitives/types.ts";
import type { Header } from "../../runtime/primitives/types.ts";
import { createRuntime } from "../../runtime/construct.ts";
import { encodeExtrinsic } from "../../runtime/frame/extrinsic.ts";
import type { RuntimeCall } from "../../runtime/frame/pallet.ts";
import { account } from "../../runtime/frame/testing.ts";
import { DEV_PARAMS } from "../../runtime/params.ts";
import { Lab } from "../../runtime/testing.ts";
import { Random } from "./random.ts";
import { sampleBytes } from "./sample.ts";

export const apis = createRuntime(DEV_PARAMS);
export const { runtime } = apis;
/** A chain with three blocks, where two accounts have something. */
export const lab = new Lab({ endowed: [[account(1), 10n ** 18n], [account(2), 10n ** 15n]], sudo: account(1) });
lab.skip(3);

export const TRANSFER: RuntimeCall = { type: "Balances", value: { type: "transfer_keep_alive", value: { dest: { type: "Id", value: account(2) }, value: 12_345_678_901n } } };
export const REMARK: RuntimeCall = { type: "System", value: { type: "remark", value: { remark: utf8("remark") } } };
export const BATCH: RuntimeCall = { type: "Utility", value: { type: "batch_all", value: { calls: [TRANSFER, REMARK, { type: "Utility", value: { type: "batch", value: { calls: [REMARK] } } }] } } };

/** Signed by each scheme, bare and general, of several eras. */
export function extrinsics(): Uint8Array[] {
  const signed = [
    lab.sign(account(1), TRANSFER, { nonce: 0 }),
    lab.sign(account(1), BATCH, { nonce: 70, tip: 10n ** 20n, era: mortalEra(64, 3), scheme: "Ed25519" }),
    lab.sign(account(2), REMARK, { nonce: 20_000, era: mortalEra(65_536, 100), scheme: "Ecdsa" }),
  ].map(({ encoded }) => encoded);
  const extras = [undefined, undefined, undefined, undefined, { type: "Immortal" }, 1, undefined, 5n, { mode: { type: "Disabled" } }];
  return [
    ...signed,
    encodeExtrinsic(runtime, { type: "Bare", version: 4 }, { type: "Timestamp", value: { type: "set", value: { now: 1_700_000_000_000n } } }),
    encodeExtrinsic(runtime, { type: "Bare", version: 5 }, REMARK),
    encodeExtrinsic(runtime, { type: "General", extensionVersion: 0, extras }, TRANSFER),
  ];
}

export const header: Header = {
  parent_hash: lab.hashes[2]!,
  number: 3,
  state_root: ZERO_HASH,
  extrinsics_root: ZERO_HASH,
  digest: {
    logs: [
      { type: "PreRuntime", value: [utf8("pow_"), new Uint8Array(32)] },
      { type: "Seal", value: [utf8("smpx"), new Uint8Array(70)] },
      { type: "Other", value: utf8("other") },
      { type: "RuntimeEnvironmentUpdated", value: undefined },
    ],
  },
};

/** `count` values of a type, always the same ones. */
export function samples(type: AnyTy, count: number): Uint8Array[] {
  const random = new Random(count);
  return Array.from({ length: count }, () => sampleBytes(type, random)).filter((sample) => sample !== undefined);
}

/** The bytes with one in front: targets with several decoders choose by it. */
export function chosen(choice: number, bytes: Uint8Array): Uint8Array {
  return concatBytes(Uint8Array.of(choice), bytes);
}
