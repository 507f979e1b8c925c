import { equalBytes, toHex } from "../../primitives/bytes.ts";
import { InvariantError } from "../../primitives/errors.ts";
import type { State } from "../../frame/state.ts";
import { compareDefinitions } from "./delegates.ts";
import { Announcements, Proxies } from "./storage.ts";

/** Entries looked at; a deposit for each keeps their number small. */
const CHECKED_MAX = 100_000;

/** No empty list is stored, every list has its deposit, delegates are sorted without repetition and nobody is their own. */
export function checkState(state: State): void {
  for (const [real, [definitions, paid]] of Proxies.entries(state, CHECKED_MAX)) {
    const sorted = definitions.every((each, i) => i === 0 || compareDefinitions(definitions[i - 1]!, each) < 0);
    const own = definitions.some(({ delegate }) => equalBytes(delegate, real));
    if (definitions.length === 0 || paid <= 0n || !sorted || own)
      throw new InvariantError("PROXY_LIST", `the delegates of ${toHex(real)} are inconsistent`);
  }
  for (const [delegate, [pending, paid]] of Announcements.entries(state, CHECKED_MAX)) {
    if (pending.length === 0 || paid <= 0n)
      throw new InvariantError("PROXY_ANNOUNCEMENTS", `the announcements of ${toHex(delegate)} are inconsistent`);
  }
}
