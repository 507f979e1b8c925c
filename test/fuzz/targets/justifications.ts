import { utf8 } from "../../../runtime/primitives/bytes.ts";
import { encode, option } from "../../../runtime/primitives/codec/index.ts";
import { JustificationsTy } from "../../../node/chain/chain.ts";
import { canonical } from "../rules.ts";

const Ty = option(JustificationsTy);

/** A block's justifications have one encoding. */
export function fuzz(bytes: Uint8Array): void {
  canonical(Ty, bytes, "the justifications");
}

export const seeds = (): Uint8Array[] =>
  [undefined, [], [[utf8("smpx"), new Uint8Array(96)]], [[utf8("smpx"), utf8("one")], [utf8("FRNK"), new Uint8Array(0)]]].map((value) => encode(Ty, value as never));
