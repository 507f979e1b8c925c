// Everything that commands print: data to stdout, all else to stderr.
import { entryOf } from "./error-table.ts";
import { CliError } from "./errors.ts";
import { ExitCode } from "./exit-codes.ts";

/** The outside world as a command sees it; tests replace it. */
export interface Io {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdinIsTty: boolean;
  readonly stdoutIsTty: boolean;
  readonly stderrIsTty: boolean;
  readonly cwd: string;
}

export type Format = "text" | "json" | "env";

export interface Globals {
  readonly format: Format;
  readonly quiet: boolean;
  readonly color: boolean;
  readonly yes: boolean;
  readonly url: string;
  readonly timeoutMs: number;
  /** Stack traces of bugs are shown. */
  readonly debug: boolean;
}

export interface Column {
  readonly key: string;
  readonly title: string;
  readonly right?: boolean;
}

type Row = Readonly<Record<string, unknown>>;

export class Output {
  readonly io: Io;
  readonly globals: Globals;
  constructor(io: Io, globals: Globals) {
    this.io = io;
    this.globals = globals;
  }

  /** The command's answer: one JSON document, NAME=value lines, or `text`. */
  result(data: unknown, text: string): void {
    const { format } = this.globals;
    if (format === "json") this.#line(stringify({ ok: true, data }));
    else if (format === "env") for (const line of envLines(data)) this.#line(line);
    else if (text !== "") this.#line(text);
  }

  /** The answer as a list. */
  list(rows: readonly Row[], columns: readonly Column[]): void {
    this.result(rows, table(rows, columns));
  }

  /** One item of a stream: NDJSON, or a line of text. */
  item(data: unknown, text: string): void {
    this.#line(this.globals.format === "json" ? stringify(data) : text);
  }

  /** News about the work, not its result. */
  note(text: string): void {
    if (!this.globals.quiet) this.io.stderr(`${text}\n`);
  }

  /** Shown even with --quiet. */
  warn(text: string): void {
    this.io.stderr(`${this.paint("33", "warning:")} ${text}\n`);
  }

  paint(code: string, text: string): string {
    return this.globals.color ? `\u001B[${code}m${text}\u001B[0m` : text;
  }

  #line(text: string): void {
    this.io.stdout(text.endsWith("\n") ? text : `${text}\n`);
  }
}

/** JSON with bigint as decimal strings and bytes as hex. */
export function stringify(data: unknown): string {
  return JSON.stringify(data, function (this: Readonly<Record<string, unknown>>, key, value: unknown) {
    // A Buffer has already become an object of its own here.
    const raw = this[key];
    if (raw instanceof Uint8Array) return `0x${Buffer.from(raw).toString("hex")}`;
    return typeof value === "bigint" ? value.toString() : value;
  });
}

function envLines(data: unknown, prefix = ""): string[] {
  if (typeof data !== "object" || data === null) return prefix === "" ? [String(data)] : [`${prefix}=${shellQuote(data === null ? "" : String(data))}`];
  return Object.entries(data).flatMap(([key, value]) => {
    const name = key.replace(/([a-z0-9])([A-Z])/g, "$1_$2").replace(/[^A-Za-z0-9]+/g, "_").toUpperCase();
    return envLines(value, prefix === "" ? name : `${prefix}_${name}`);
  });
}

function shellQuote(text: string): string {
  return /^[\w./:@%+,-]*$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}

/** Columns as wide as their widest cell. */
export function table(rows: readonly Row[], columns: readonly Column[]): string {
  if (rows.length === 0) return "(none)";
  const cells = [columns.map(({ title }) => title), ...rows.map((row) => columns.map(({ key }) => String(row[key] ?? "")))];
  const widths = columns.map((_, i) => Math.max(...cells.map((line) => line[i]!.length)));
  return cells.map((line) => line.map((cell, i) => (columns[i]!.right ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!))).join("  ").trimEnd()).join("\n");
}

/** `name  value` lines. */
export function facts(pairs: readonly (readonly [name: string, value: unknown])[]): string {
  const width = Math.max(...pairs.map(([name]) => name.length));
  return pairs.map(([name, value]) => `${name.padEnd(width)}  ${String(value)}`).join("\n");
}

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
  readonly details: unknown;
  readonly exit: ExitCode;
}

/** Any error as the user should hear of it. */
export function failureOf(error: unknown): Failure {
  const code = (error as { code?: unknown }).code;
  const known = typeof code === "string" ? entryOf(code) : undefined;
  const message = error instanceof Error ? error.message : String(error);
  if (known === undefined) return { code: "UNEXPECTED", message, hint: entryOf("UNEXPECTED")!.hint, details: undefined, exit: ExitCode.Bug };
  const own = error instanceof CliError ? error : undefined;
  const detail = (error as { detail?: object }).detail;
  return { code: code as string, message, hint: own?.hint ?? known.hint, details: own?.details ?? withoutCode(detail), exit: known.exit };
}

function withoutCode(detail: object | undefined): unknown {
  if (detail === undefined) return undefined;
  const { code: _code, ...rest } = detail as { code?: string };
  return Object.keys(rest).length === 0 ? undefined : rest;
}

const WORD: Partial<Record<ExitCode, string>> = { [ExitCode.Refused]: "refused", [ExitCode.Bug]: "unexpected error" };

/** Prints the failure in the chosen form and returns the exit code. */
export function report(io: Io, globals: Pick<Globals, "format" | "color" | "debug">, error: unknown): ExitCode {
  const { code, message, hint, details, exit } = failureOf(error);
  if (globals.format === "json") io.stdout(`${stringify({ ok: false, error: { code, message, hint: hint ?? null, details: details ?? null }, exit })}\n`);
  else {
    const word = `${WORD[exit] ?? "error"}:`;
    io.stderr(`${globals.color ? `\u001B[31m${word}\u001B[0m` : word} ${message}\n`);
    if (hint !== undefined) io.stderr(`  hint: ${hint}\n`);
  }
  if (exit === ExitCode.Bug && globals.debug && error instanceof Error) io.stderr(`${error.stack ?? ""}\n`);
  return exit;
}
