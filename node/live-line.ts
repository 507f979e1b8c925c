/** The one line at the foot of a terminal that is rewritten in place; what is printed meanwhile goes above it. */
export class LiveLine {
  readonly #terminal: Pick<NodeJS.WriteStream, "write" | "columns">;
  #text = "";

  constructor(terminal: Pick<NodeJS.WriteStream, "write" | "columns">) {
    this.#terminal = terminal;
  }

  /** Prints whole lines above. */
  print(lines: string): void {
    this.#terminal.write(this.#text === "" ? lines : `${ERASE}${lines}${this.#text}`);
  }

  /** Shows `text` instead of what was shown; it is cut to the width, since a wrapped line could not be erased. */
  show(text: string): void {
    const width = Math.max(1, (this.#terminal.columns ?? 80) - 1);
    const shown = text.length <= width ? text : `${text.slice(0, width - 1)}…`;
    this.#terminal.write(`${this.#text === "" ? "" : ERASE}${shown}`);
    this.#text = shown;
  }

  clear(): void {
    if (this.#text !== "") this.#terminal.write(ERASE);
    this.#text = "";
  }
}

const ERASE = "\r\u001B[2K";
