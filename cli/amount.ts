import { usage } from "./errors.ts";

export const DECIMALS = 12;
export const SYMBOL = "MESI";

/** `1.5 MESI` as base units; a whole number without a unit already is base units. */
export function parseAmount(text: string, flag: string): bigint {
  const match = /^\s*([0-9][0-9_]*)(?:\.([0-9]+))?\s*([A-Za-z]*)\s*$/.exec(text);
  if (match === null) throw usage(`${flag} "${text}" is not an amount`, "write 1.5 MESI, or a whole number of base units");
  const [, whole, fraction = "", unit] = match;
  if (unit === "" && fraction === "") return BigInt(whole!.replaceAll("_", ""));
  if (unit !== "" && unit!.toUpperCase() !== SYMBOL) throw usage(`${flag} "${text}" has the unit "${unit}"; this chain's is ${SYMBOL}`, `write 1.5 ${SYMBOL}, or a whole number of base units`);
  if (fraction.length > DECIMALS) throw usage(`${flag} "${text}" has ${fraction.length} decimals; ${SYMBOL} has ${DECIMALS}`, `use ${whole}.${fraction.slice(0, DECIMALS)} ${SYMBOL}`);
  return BigInt(whole!.replaceAll("_", "")) * 10n ** BigInt(DECIMALS) + BigInt(fraction.padEnd(DECIMALS, "0"));
}

/** `1,234.5 MESI`: every digit that counts, none that does not. */
export function formatAmount(units: bigint): string {
  const sign = units < 0n ? "-" : "";
  const digits = (units < 0n ? -units : units).toString().padStart(DECIMALS + 1, "0");
  const whole = digits.slice(0, -DECIMALS).replace(/\B(?=(\d{3})+$)/g, ",");
  const fraction = digits.slice(-DECIMALS).replace(/0+$/, "");
  return `${sign}${whole}${fraction === "" ? "" : `.${fraction}`} ${SYMBOL}`;
}

/** How amounts stand in JSON: base units as a string, and the same for people. */
export function amountJson(units: bigint): { readonly units: string; readonly formatted: string } {
  return { units: units.toString(), formatted: formatAmount(units) };
}
