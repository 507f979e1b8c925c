/** The pallets that both this chain and Substrate's example runtime (release polkadot-stable2506) have, under the same name. */
export const FRAME_PALLETS = ["System", "Timestamp", "Balances", "TransactionPayment", "Utility", "Multisig", "Proxy", "Sudo"] as const;

/** By pallet, extension, or "apis". `- x`: FRAME has it and this chain does not. `+ x`: only this chain has it. `! x`: they differ. */
export const KNOWN_DIFFERENCES: Readonly<Record<string, readonly string[]>> = {
  System: [
    // Clients read the block's parts from the extrinsic metadata.
    "- associated type Block",
  ],
  Timestamp: [],
  Balances: [],
  TransactionPayment: [],
  Utility: [],
  Multisig: [],
  Proxy: [],
  Sudo: [],
  // That runtime charges fees with ChargeAssetTxPayment.
  ChargeTransactionPayment: ["FRAME's release has no such extension"],
  apis: [],
};
