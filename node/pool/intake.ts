/** A transaction on its way into the pool. */
export interface Incoming {
  /** Latin1 of the hash. */
  readonly id: string;
  /** Latin1 of the sender's account. */
  readonly account: string | undefined;
  readonly bytes: number;
}

/** One transaction's place among its sender's. */
export interface Turn {
  readonly incoming: Incoming;
  /** Resolves when the sender's earlier transactions have come in or have been refused; undefined when there are none. */
  readonly earlier: Promise<void> | undefined;
  readonly own: Promise<void> | undefined;
  finish(): void;
}

const nothing = (): void => {};

/**
 * Transactions on their way into the pool: bounded, each hash once, and one sender's in the order of their arrival, however
 * the verifiers finish. Without that order a pipelined batch would fill the future queue and fall out of it.
 * Whoever begins a turn waits for `earlier`, also after a failure, and ends the turn.
 */
export class Intake {
  readonly #countMax: number;
  readonly #bytesMax: number;
  readonly #ids = new Set<string>();
  /** The last turn of each account that has one. */
  readonly #last = new Map<string, Promise<void>>();
  #bytes = 0;

  constructor(countMax: number, bytesMax: number) {
    this.#countMax = countMax;
    this.#bytesMax = bytesMax;
  }

  has(id: string): boolean {
    return this.#ids.has(id);
  }

  hasRoomFor(bytes: number): boolean {
    return this.#ids.size < this.#countMax && this.#bytes + bytes <= this.#bytesMax;
  }

  begin(incoming: Incoming): Turn {
    this.#ids.add(incoming.id);
    this.#bytes += incoming.bytes;
    const { account } = incoming;
    if (account === undefined) return { incoming, earlier: undefined, own: undefined, finish: nothing };
    const earlier = this.#last.get(account);
    let finish = nothing;
    const own = new Promise<void>((resolve) => (finish = resolve));
    this.#last.set(account, own);
    return { incoming, earlier, own, finish };
  }

  end({ incoming, own, finish }: Turn): void {
    this.#ids.delete(incoming.id);
    this.#bytes -= incoming.bytes;
    finish();
    if (incoming.account !== undefined && this.#last.get(incoming.account) === own) this.#last.delete(incoming.account);
  }
}
