import { BackendError } from "./backend.ts";

/**
 * Hears of an error that struck after the reply, so that no caller can be told. `where` is the RPC method. An InvariantError among
 * them should stop the node, as one thrown before the reply does.
 */
export type OnBackgroundError = (error: unknown, where: string) => void;

/** A block that was dropped or whose state was pruned meanwhile: ordinary, the next one will do. */
export function isLostBlock(error: unknown): boolean {
  return error instanceof BackendError;
}

/**
 * Runs `fn` once the reply to the present call is written. The transport writes the reply of a handler that did not wait in the
 * same turn, so the next one is late enough.
 */
export function afterReply(fn: () => void): void {
  setImmediate(fn);
}
