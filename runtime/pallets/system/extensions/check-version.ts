import { fixedBytes, option, u32, unit, unitStruct, v, variant, struct } from "../../../primitives/codec/index.ts";
import type { Ty } from "../../../primitives/codec/index.ts";
import { err, ok } from "../../../primitives/result.ts";
import { HashTy } from "../../../primitives/types.ts";
import type { TransactionExtension } from "../../../frame/extension.ts";
import { metadataHash } from "../../../frame/metadata/index.ts";
import type { Runtime } from "../../../frame/runtime.ts";
import { TOKEN } from "../../../params.ts";
import { BlockHash } from "../storage.ts";

const invalid = (type: "BadSigner") => err({ type: "Invalid", value: { type } } as const);
const paramT = { params: { T: undefined } };

/** The zero account has no key: nobody may sign for it. */
export const checkNonZeroSender: TransactionExtension<undefined> = {
  identifier: "CheckNonZeroSender",
  extra: unitStruct("frame_system::extensions::check_non_zero_sender::CheckNonZeroSender", paramT),
  implicit: unit,
  implicitOfBlock: true,
  implicitValue: () => ok(undefined),
  validate: (_ctx, tx) => (tx.signer?.every((byte) => byte === 0) ? invalid("BadSigner") : ok({})),
};

/** Binds a transaction to the runtime version it was made for. */
export const checkSpecVersion: TransactionExtension<undefined> = {
  identifier: "CheckSpecVersion",
  extra: unitStruct("frame_system::extensions::check_spec_version::CheckSpecVersion", paramT),
  implicit: u32,
  implicitOfBlock: true,
  implicitValue: (ctx) => ok(ctx.runtime.version.spec_version),
};

/** Binds a transaction to the transaction format it was made for. */
export const checkTxVersion: TransactionExtension<undefined> = {
  identifier: "CheckTxVersion",
  extra: unitStruct("frame_system::extensions::check_tx_version::CheckTxVersion", paramT),
  implicit: u32,
  implicitOfBlock: true,
  implicitValue: (ctx) => ok(ctx.runtime.version.transaction_version),
};

/** Binds a transaction to this chain. */
export const checkGenesis: TransactionExtension<undefined> = {
  identifier: "CheckGenesis",
  extra: unitStruct("frame_system::extensions::check_genesis::CheckGenesis", paramT),
  implicit: HashTy,
  implicitOfBlock: true,
  implicitValue: (ctx) => ok(BlockHash.get(ctx.state, 0)),
};

const ModeTy = variant("frame_metadata_hash_extension::Mode", { Disabled: v(0), Enabled: v(1) });
interface MetadataHashMode {
  readonly mode: { readonly type: "Disabled" | "Enabled" };
}

const hashes = new WeakMap<Runtime, Uint8Array>();

/** Made once per runtime, at the first transaction that signs it. */
function hashOf(runtime: Runtime): Uint8Array {
  let hash = hashes.get(runtime);
  if (hash === undefined) hashes.set(runtime, (hash = metadataHash(runtime, TOKEN)));
  return hash;
}

/** Wallets may sign the hash of the metadata by which they showed the transaction (RFC 78): then nobody can show them another one. */
export const checkMetadataHash: TransactionExtension<MetadataHashMode> = {
  identifier: "CheckMetadataHash",
  extra: struct("frame_metadata_hash_extension::CheckMetadataHash", { mode: ModeTy }, paramT) as Ty<MetadataHashMode>,
  implicit: option(fixedBytes(32)),
  implicitValue: (ctx, extra) => ok(extra.mode.type === "Disabled" ? undefined : hashOf(ctx.runtime)),
};
