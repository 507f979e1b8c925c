import type { Extrinsic } from "../../runtime/frame/extrinsic.ts";
import { toLatin1 } from "../../runtime/primitives/bytes.ts";
import type { Sender } from "./entry.ts";

interface Turn {
  /** Resolves when the sender's earlier transactions have come in, or have been refused. */
  readonly previous: Promise<void> | undefined;
  finish(): void;
}

/**
 * Transactions on their way into the pool: bounded, each hash once, and one sender's in the order of their arrival, however
 * the verifiers finish. Without that order a pipelined batch would fill the future queue and fall out of it.
 */
export class Intake {
  readonly #countMax: number;
  readonly #bytesMax: number;
  readonly #ids = new Set<string>();
  readonly #turns = new Map<string, Promise<void>>();
  #bytes = 0;

  constructor(countMax: number, bytesMax: number) {
    this.#countMax = countMax;
    this.#bytesMax = bytesMax;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  hasRoomFor({ encoded }: Extrinsic): boolean {
    return this.#ids.size < this.#countMax && this.#bytes + encoded.length <= this.#bytesMax;
  }

  /** @param work - gets what to await before it changes the pool. */
  async run<T>(extrinsic: Extrinsic, sender: Sender | undefined, work: (earlier: Promise<void> | undefined) => Promise<T>): Promise<T> {
    const id = toLatin1(extrinsic.hash);
    this.#ids.add(id);
    this.#bytes += extrinsic.encoded.length;
    const turn = this.#takeTurn(sender && toLatin1(sender.account));
    try {
      return await work(turn.previous);
    } finally {
      this.#ids.delete(id);
      this.#bytes -= extrinsic.encoded.length;
      turn.finish();
    }
  }

  #takeTurn(account: string | undefined): Turn {
    if (account === undefined) return { previous: undefined, finish: () => {} };
    const previous = this.#turns.get(account);
    let resolve = (): void => {};
    const own = new Promise<void>((done) => (resolve = done));
    const turn = previous === undefined ? own : previous.then(() => own);
    this.#turns.set(account, turn);
    const finish = (): void => {
      resolve();
      if (this.#turns.get(account) === turn) this.#turns.delete(account);
    };
    return { previous, finish };
  }
}
