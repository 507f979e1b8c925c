import { utf8 } from "../../../runtime/primitives/bytes.ts";
import { decodeSs58, encodeSs58 } from "../../../runtime/primitives/ss58.ts";
import { account } from "../../../runtime/frame/testing.ts";
import { textOf } from "../rules.ts";

export const lengthMax = 200;

/** An account has one address per prefix. */
export function fuzz(bytes: Uint8Array): void {
  const text = textOf(bytes);
  if (text === undefined) return;
  const decoded = decodeSs58(text);
  if (!decoded.ok) return;
  const { account: who, format } = decoded.value;
  if (encodeSs58(who, format) !== text) throw new Error(`${JSON.stringify(text)} is taken, but the address is ${encodeSs58(who, format)}`);
}

export const seeds = (): Uint8Array[] => [0, 2, 42, 63, 64, 255, 256, 5231, 16_383].map((format) => utf8(encodeSs58(account(format % 250), format)));
export const words = ["1", "11111111111111111111111111111111", "z", "0", " "];
