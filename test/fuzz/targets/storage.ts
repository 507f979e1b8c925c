import { concatBytes } from "../../../runtime/primitives/bytes.ts";
import { encode, u32 } from "../../../runtime/primitives/codec/index.ts";
import { DecodeError } from "../../../runtime/primitives/errors.ts";
import { decodeCode, encodeCode } from "../../../runtime/params.ts";
import { chosen, runtime, samples } from "../material.ts";
import { canonical, refusable, same } from "../rules.ts";

const items = [...runtime.storageItems.values()];

/** The first byte chooses an item. Its values have one encoding, and a key that reads back is the key of what was read. */
export function fuzz(bytes: Uint8Array): void {
  const item = items[(bytes[0] ?? 0) % (items.length + 1)];
  const rest = bytes.slice(1);
  if (item === undefined) {
    const code = refusable(() => decodeCode(rest), DecodeError);
    if (code !== undefined) same(encodeCode(code.spec_version, code.params), rest, "the code encodes to other bytes");
    return;
  }
  canonical(item.valueType, rest, `a value of ${item.pallet}.${item.name}`);
  const key = concatBytes(item.prefix, rest);
  const args = item.keyOf(key);
  if (args !== undefined) same(item.keyBytes(item.keyTypes.length === 1 ? args[0] : args), key, `a key of ${item.pallet}.${item.name}`);
}

export const seeds = (): Uint8Array[] => [
  ...items.flatMap((item, i) => samples(item.valueType, 3).map((sample) => chosen(i, sample))),
  ...items.flatMap((item, i) => {
    const args = item.keyTypes.flatMap((type) => samples(type, 1));
    if (args.length === 0) return [];
    const parts = item.hashers.flatMap((hasher, at) => [hasher.hash(args[at]), ...(hasher.concat ? [args[at]] : [])]);
    return [chosen(i, concatBytes(...parts))];
  }),
  chosen(items.length, encodeCode(1, runtime.params)),
  ...samples(runtime.outer.event, 60).map((event) => chosen(items.findIndex(({ name }) => name === "Events"), concatBytes(Uint8Array.of(4, 0), encode(u32, 1), event, Uint8Array.of(0)))),
];

