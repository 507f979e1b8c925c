import { parseError } from "./errors.ts";

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * JSON from outside. Depth is counted before parsing, so that neither the parser nor anything that later walks the value meets
 * a tower of 100,000 arrays.
 *
 * @throws RpcError -32700.
 * Cost: O(length); text shorter than `depthMax` is not scanned, since it cannot be that deep.
 */
export function parseJson(text: string, depthMax: number): unknown {
  if (text.length > depthMax && isDeeperThan(text, depthMax)) throw parseError(`more than ${depthMax} nested arrays and objects`);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw parseError(jsonComplaint(error));
  }
}

/** V8's message quotes up to 10 characters of the input around the fault, or the whole input when that is short: bound it. */
function jsonComplaint(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 120) : "not JSON";
}

/** Whether brackets outside strings nest deeper than `depthMax`. Text that is not JSON gets some answer: the parser refuses it anyway. */
export function isDeeperThan(text: string, depthMax: number): boolean {
  let depth = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === QUOTE) {
      i = endOfString(text, i);
      if (i < 0) return false;
    } else if (code === 0x5b || code === 0x7b) {
      if (++depth > depthMax) return true;
    } else if (code === 0x5d || code === 0x7d) {
      depth--;
    }
  }
  return false;
}

/** Index of the closing quote of the string opened at `open`, or -1. Jumps from quote to quote: hex of megabytes costs next to nothing. */
function endOfString(text: string, open: number): number {
  let from = open + 1;
  for (;;) {
    const quote = text.indexOf('"', from);
    if (quote < 0) return -1;
    let backslashes = 0;
    while (text.charCodeAt(quote - 1 - backslashes) === BACKSLASH && quote - 1 - backslashes > open) backslashes++;
    if (backslashes % 2 === 0) return quote;
    from = quote + 1;
  }
}
