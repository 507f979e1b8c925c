import type { BlockRef } from "../../rpc/backend.ts";
import { equalBytes } from "../../runtime/primitives/bytes.ts";

/** Which recent block of the best chain holds a transaction, so that one who sends it again gets a clear answer. */
export class Inclusions {
  readonly #blocks = new Map<string, BlockRef>();
  readonly #countMax: number;

  constructor(countMax: number) {
    this.#countMax = countMax;
  }

  find(id: string): BlockRef | undefined {
    return this.#blocks.get(id);
  }

  add(id: string, { hash, number }: BlockRef): void {
    this.#blocks.delete(id);
    this.#blocks.set(id, { hash, number });
    if (this.#blocks.size > this.#countMax) this.#blocks.delete(this.#blocks.keys().next().value!);
  }

  retract(id: string, { hash }: BlockRef): void {
    const block = this.#blocks.get(id);
    if (block !== undefined && equalBytes(block.hash, hash)) this.#blocks.delete(id);
  }
}
