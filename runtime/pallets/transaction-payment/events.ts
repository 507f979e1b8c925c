import { v } from "../../primitives/codec/index.ts";
import { AccountIdTy, BalanceTy } from "../../primitives/types.ts";
import { events } from "../../frame/pallet.ts";

export const TransactionPaymentEvent = events("pallet_transaction_payment", {
  TransactionFeePaid: v(
    0,
    { who: AccountIdTy, actual_fee: BalanceTy, tip: BalanceTy },
    "A transaction fee `actual_fee`, of which `tip` was added to the minimum inclusion fee,\nhas been paid by `who`.",
  ),
});
