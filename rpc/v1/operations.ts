/** One running `chainHead_v1_body`, `_call` or `_storage`. */
export class Operation {
  readonly id: string;
  readonly slots: number;
  #stopped = false;
  #resume: (() => void) | undefined;

  constructor(id: string, slots: number) {
    this.id = id;
    this.slots = slots;
  }

  /** Nothing more may be sent about it. */
  get stopped(): boolean {
    return this.#stopped;
  }

  /** Resolves when the client continues, or when the operation is stopped. */
  waitForContinue(): Promise<void> {
    if (this.#stopped) return Promise.resolve();
    return new Promise((resolve) => (this.#resume = resolve));
  }

  /** False when it is not waiting. */
  continue(): boolean {
    const resume = this.#resume;
    this.#resume = undefined;
    resume?.();
    return resume !== undefined;
  }

  stop(): void {
    this.#stopped = true;
    this.continue();
  }
}

/** The operations of one follow subscription. Each item of a storage query takes a slot, a body or a call takes one. */
export class Operations {
  readonly #slotsMax: number;
  readonly #running = new Map<string, Operation>();
  #slotsUsed = 0;
  #nextId = 0;

  constructor(slotsMax: number) {
    this.#slotsMax = slotsMax;
  }

  get freeSlots(): number {
    return this.#slotsMax - this.#slotsUsed;
  }

  /** Undefined when it has ended or was stopped. */
  get(id: string): Operation | undefined {
    const operation = this.#running.get(id);
    return operation?.stopped === true ? undefined : operation;
  }

  /** @param slots - at most `freeSlots`. */
  begin(slots: number): Operation {
    const operation = new Operation(String(this.#nextId++), slots);
    this.#running.set(operation.id, operation);
    this.#slotsUsed += slots;
    return operation;
  }

  /** The slots stay taken until the work has really ended: a client that stops and starts in turn gains nothing by it. */
  stop(id: string): void {
    this.#running.get(id)?.stop();
  }

  ended(operation: Operation): void {
    operation.stop();
    if (this.#running.delete(operation.id)) this.#slotsUsed -= operation.slots;
  }

  stopAll(): void {
    for (const operation of this.#running.values()) operation.stop();
  }
}
