import { BackendError } from "./backend.ts";

/** Hears of an error that struck after the reply, so that no caller can be told. `where` is the RPC method. */
export type OnBackgroundError = (error: unknown, where: string) => void;

/** Ends the process, as an error that nobody handles does; `node` gives a handler that logs and decides. */
export const throwLater: OnBackgroundError = (error) => queueMicrotask(() => {
  throw error;
});

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

export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
