import { InvariantError } from "../../primitives/errors.ts";
import { u8 } from "../../primitives/codec/index.ts";
import { constant } from "../../frame/pallet.ts";
import type { PalletDef } from "../../frame/pallet.ts";
import type { State } from "../../frame/state.ts";
import { TransactionPaymentEvent } from "./events.ts";
import { MINIMUM_MULTIPLIER, nextMultiplier } from "./multiplier.ts";
import { OPERATIONAL_FEE_MULTIPLIER } from "./priority.ts";
import { NextFeeMultiplier, StorageVersion } from "./storage.ts";

const OPERATIONAL_DOCS = `A fee multiplier for \`Operational\` extrinsics to compute "virtual tip" to boost their
\`priority\`

This value is multiplied by the \`final_fee\` to obtain a "virtual tip" that is later
added to a tip component in regular \`priority\` calculations.
It means that a \`Normal\` transaction can front-run a similarly-sized \`Operational\`
extrinsic (with no tip), by including a tip value greater than the virtual tip.`;

/** Root may write any multiplier into storage, but the next block brings it back above the minimum. */
function checkState(state: State): void {
  const multiplier = NextFeeMultiplier.get(state);
  if (multiplier < MINIMUM_MULTIPLIER) throw new InvariantError("FEE_MULTIPLIER", `the fee multiplier ${multiplier} is below ${MINIMUM_MULTIPLIER}`);
}

/** Fees: what a transaction costs, and how that follows demand. Who pays is the extension's part. */
export const transactionPayment: PalletDef = {
  name: "TransactionPayment",
  crate: "pallet_transaction_payment",
  storage: [NextFeeMultiplier, StorageVersion],
  events: TransactionPaymentEvent,
  constants: { OperationalFeeMultiplier: constant(u8, OPERATIONAL_FEE_MULTIPLIER, OPERATIONAL_DOCS) },
  hooks: {
    onFinalize(ctx) {
      NextFeeMultiplier.set(ctx.state, nextMultiplier(NextFeeMultiplier.get(ctx.state), ctx.weightUsed.Normal.ref_time));
    },
  },
  checkState,
};
