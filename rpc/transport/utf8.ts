import { isUtf8 } from "node:buffer";

/** Text of bytes from outside. Bytes that are not UTF-8 give a text that no parser takes, rather than silently repaired text. */
export function decodeUtf8(bytes: Buffer): string {
  return isUtf8(bytes) ? bytes.toString("utf8") : NOT_UTF8;
}

const NOT_UTF8 = "\u0000 not UTF-8";
