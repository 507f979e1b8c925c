declare module "@polkadot/wasm-crypto-wasm/cjs/bytes" {
  /** zlib-compressed, then base64. */
  export const bytes: string;
}
