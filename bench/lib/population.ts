// A chain with many accounts: its genesis, written without going through a chain spec, and random transfers between them.
import { blake2b256 } from "#hash";
import { genesisForNode } from "../../genesis/genesis-state.ts";
import { presetSpec } from "../../genesis/presets.ts";
import type { Genesis } from "../../node/chain/chain.ts";
import { encodeExtrinsic } from "../../runtime/frame/extrinsic.ts";
import type { Runtime } from "../../runtime/frame/runtime.ts";
import { TotalIssuance } from "../../runtime/pallets/balances/storage.ts";
import { Account } from "../../runtime/pallets/system/storage.ts";
import { AccountInfoTy, EMPTY_ACCOUNT, NEW_LOGIC_FLAG } from "../../runtime/pallets/system/types.ts";
import { compareBytes, equalBytes, utf8 } from "../../runtime/primitives/bytes.ts";
import { decode, encode, u128 } from "../../runtime/primitives/codec/index.ts";
import { IMMORTAL } from "../../runtime/primitives/era.ts";
import { AccountId } from "../../runtime/primitives/types.ts";
import type { MultiSignature } from "../../runtime/primitives/types.ts";

const ENDOWMENT = 1_000_000_000_000_000n;

export function accountId(index: number): AccountId {
  return AccountId(blake2b256(utf8(`account ${index}`)));
}

/** The development chain's first state with `count` accounts more. */
export function populated(count: number, idOf: (index: number) => AccountId = accountId): Genesis {
  const base = genesisForNode(presetSpec("dev"));
  const issuanceKey = TotalIssuance.item.keyBytes(undefined);
  const info = encode(AccountInfoTy, { ...EMPTY_ACCOUNT, providers: 1, data: { free: ENDOWMENT, reserved: 0n, frozen: 0n, flags: NEW_LOGIC_FLAG } });
  const entries: (readonly [Uint8Array, Uint8Array])[] = base.entries.map(([key, value]) =>
    equalBytes(key, issuanceKey) ? [key, encode(u128, (decode(u128, value) as bigint) + BigInt(count) * ENDOWMENT)] : [key, value],
  );
  for (let i = 0; i < count; i++) entries.push([Account.keyBytes(idOf(i)), info]);
  return { entries: entries.sort((a, b) => compareBytes(a[0], b[0])), stateVersion: base.stateVersion };
}

/** xorshift: the same run each time. */
export function randomSource(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const NO_SIGNATURE: MultiSignature = { type: "Ed25519", value: new Uint8Array(64).fill(1) };

/** Transfers between random accounts, one after the other valid. Their signatures are not: for benches that do not check them. */
export class TransferSource {
  readonly #runtime: Runtime;
  readonly #nonces: Uint32Array;
  readonly #random: (below: number) => number;

  constructor(runtime: Runtime, accounts: number, seed = 1) {
    this.#runtime = runtime;
    this.#nonces = new Uint32Array(accounts);
    this.#random = randomSource(seed + 0x9e3779b9);
  }

  next(): Uint8Array {
    const count = this.#nonces.length;
    const from = this.#random(count);
    const to = (from + 1 + this.#random(count - 1)) % count;
    const values: Readonly<Record<string, unknown>> = { CheckMortality: IMMORTAL, CheckNonce: this.#nonces[from]!++, ChargeTransactionPayment: 0n, CheckMetadataHash: { mode: { type: "Disabled" } } };
    const extras = this.#runtime.extensions.map(({ identifier }) => values[identifier]);
    const call = { type: "Balances", value: { type: "transfer_keep_alive", value: { dest: { type: "Id", value: accountId(to) }, value: 1_000_000_000n } } };
    return encodeExtrinsic(this.#runtime, { type: "Signed", address: { type: "Id", value: accountId(from) }, signature: NO_SIGNATURE, extras }, call);
  }
}
