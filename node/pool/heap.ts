/** A binary heap: `pop` gives the item that comes `before` all others, in O(log n). */
export class Heap<T> {
  readonly #before: (a: T, b: T) => boolean;
  #items: T[];

  constructor(before: (a: T, b: T) => boolean, items: Iterable<T> = []) {
    this.#before = before;
    this.#items = [...items];
    this.#order();
  }

  get size(): number {
    return this.#items.length;
  }

  peek(): T | undefined {
    return this.#items[0];
  }

  push(item: T): void {
    this.#items.push(item);
    this.#rise(this.#items.length - 1);
  }

  pop(): T | undefined {
    const top = this.#items[0];
    const last = this.#items.pop();
    if (this.#items.length > 0) {
      this.#items[0] = last!;
      this.#sink(0);
    }
    return top;
  }

  /** Keeps only what passes; O(n). */
  retain(keep: (item: T) => boolean): void {
    this.#items = this.#items.filter(keep);
    this.#order();
  }

  #order(): void {
    for (let i = (this.#items.length >> 1) - 1; i >= 0; i--) this.#sink(i);
  }

  #rise(start: number): void {
    const items = this.#items;
    const item = items[start]!;
    let i = start;
    while (i > 0) {
      const parent = (i - 1) >> 1;
      if (!this.#before(item, items[parent]!)) break;
      items[i] = items[parent]!;
      i = parent;
    }
    items[i] = item;
  }

  #sink(start: number): void {
    const items = this.#items;
    const item = items[start]!;
    let i = start;
    for (;;) {
      let child = 2 * i + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && this.#before(items[child + 1]!, items[child]!)) child++;
      if (!this.#before(items[child]!, item)) break;
      items[i] = items[child]!;
      i = child;
    }
    items[i] = item;
  }
}

const DEAD_MIN = 64;

/**
 * A heap whose items die elsewhere: dead ones are skipped when they come up, and swept when they are more than half.
 * So removal from the middle costs nothing here, and push and pop are O(log n) amortized. An item may be in it twice.
 */
export class LazyHeap<T> {
  readonly #heap: Heap<T>;
  readonly #alive: (item: T) => boolean;

  constructor(before: (a: T, b: T) => boolean, alive: (item: T) => boolean) {
    this.#heap = new Heap(before);
    this.#alive = alive;
  }

  /** @param living - how many different items are alive now. */
  push(item: T, living: number): void {
    this.#heap.push(item);
    if (this.#heap.size > 2 * living + DEAD_MIN) this.#sweep();
  }

  peek(): T | undefined {
    for (let top = this.#heap.peek(); top !== undefined; top = this.#heap.peek()) {
      if (this.#alive(top)) return top;
      this.#heap.pop();
    }
    return undefined;
  }

  pop(): T | undefined {
    return this.peek() === undefined ? undefined : this.#heap.pop();
  }

  #sweep(): void {
    const seen = new Set<T>();
    this.#heap.retain((item) => this.#alive(item) && !seen.has(item) && seen.add(item) !== undefined);
  }
}
