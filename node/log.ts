// Logs: one line per event with a stable `event` name, readable on a terminal, NDJSON otherwise; always to stderr.
import pino from "pino";
import type { Logger } from "pino";
import pretty from "pino-pretty";
import { LiveLine } from "./live-line.ts";
import { CodedError } from "../runtime/primitives/errors.ts";

export type Level = "trace" | "debug" | "info" | "warn" | "error" | "silent";
/** Substrate's names. */
const FILTER_LEVELS = ["trace", "debug", "info", "warn", "error", "off"] as const;
const TARGETS_MAX = 256;

export class LogError extends CodedError<
  /** Neither LEVEL, TARGET nor TARGET=LEVEL. */
  | { code: "LOG_FILTER"; directive: string }
  /** Filters are added for more targets than a node has. */
  | { code: "LOG_FILTERS_TOO_MANY"; limit: number }
> {}

export interface LogOptions {
  readonly format: "auto" | "pretty" | "json";
  /** `level` or `target=level`, as in `-l info,rpc=debug`. */
  readonly directives: readonly string[];
  readonly destination?: Pick<NodeJS.WriteStream, "write" | "columns" | "isTTY">;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

export interface NodeLog {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
  /** The log of a part of the node; its level is set by `-l target=level`. */
  child(target: string): NodeLog;
  /** Adds directives while running (`system_addLogFilter`). Throws LogError. */
  addFilter(directives: string): void;
  resetFilter(): void;
  /** Where a status can be shown in place; undefined when the log is not read on a terminal. */
  readonly live: LiveLine | undefined;
}

interface Filter {
  readonly base: Level;
  readonly targets: ReadonlyMap<string, Level>;
}

function refuse(directive: string): never {
  const levels = FILTER_LEVELS.join(", ");
  throw new LogError({ code: "LOG_FILTER", directive }, `"${directive.slice(0, 80)}" is not a log filter: expected LEVEL, TARGET or TARGET=LEVEL with a level of ${levels}`);
}

function levelOf(text: string): Level | undefined {
  if (!(FILTER_LEVELS as readonly string[]).includes(text)) return undefined;
  return text === "off" ? "silent" : (text as Level);
}

/** As Substrate's: a target alone means all of it. Later directives win. */
function parseFilter(directives: readonly string[], start: Filter): Filter {
  let { base } = start;
  const targets = new Map(start.targets);
  for (const directive of directives.flatMap((text) => text.split(",")).map((text) => text.trim())) {
    if (directive === "") continue;
    const [, target, level] = /^([\w:.-]{1,64})(?:=(\w+))?$/.exec(directive) ?? refuse(directive);
    if (level !== undefined) targets.set(target!, levelOf(level) ?? refuse(directive));
    else if (levelOf(target!) !== undefined) base = levelOf(target!)!;
    else targets.set(target!, "trace");
  }
  if (targets.size > TARGETS_MAX) throw new LogError({ code: "LOG_FILTERS_TOO_MANY", limit: TARGETS_MAX }, `log filters name more than ${TARGETS_MAX} targets: reset them first`);
  return { base, targets };
}

/** The level of `rpc::ws` is that of its own filter, else of `rpc`, else the base. */
function levelFor(target: string, { base, targets }: Filter): Level {
  for (let name = target; ; name = name.slice(0, name.lastIndexOf("::"))) {
    const level = targets.get(name);
    if (level !== undefined) return level;
    if (!name.includes("::")) return base;
  }
}

const START: Filter = { base: "info", targets: new Map() };
const PLAIN_TARGET = "node";

/** Throws LogError for a bad directive. */
export function createLog(options: LogOptions): NodeLog {
  const destination = options.destination ?? process.stderr;
  const env = options.env ?? process.env;
  const terminal = destination.isTTY === true;
  const asText = options.format === "pretty" || (options.format === "auto" && terminal);
  const colorize = terminal && (env["NO_COLOR"] ?? "") === "" && env["TERM"] !== "dumb";
  const live = asText && terminal && env["TERM"] !== "dumb" ? new LiveLine(destination) : undefined;
  const stream = asText ? textStream(colorize, live, destination) : destination;
  const initial = parseFilter(options.directives, START);
  let filter = initial;
  const made = new Map<string, Logger>();
  // Children get the lowest level and are narrowed one by one, so that a filter can be widened while running.
  const root = pino({ level: "trace", base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } }, stream);
  const applyLevels = (): void => {
    for (const [target, logger] of made) logger.level = levelFor(target, filter);
  };
  const loggerOf = (target: string): Logger => {
    let logger = made.get(target);
    if (logger === undefined) made.set(target, (logger = root.child({ target })));
    applyLevels();
    return logger;
  };
  const wrap = (target: string): NodeLog => {
    const logger = loggerOf(target);
    return {
      debug: (fields, message) => logger.debug(fields, message),
      info: (fields, message) => logger.info(fields, message),
      warn: (fields, message) => logger.warn(fields, message),
      error: (fields, message) => logger.error(fields, message),
      child: wrap,
      live,
      addFilter: (directives) => {
        filter = parseFilter([directives], filter);
        applyLevels();
      },
      resetFilter: () => {
        filter = initial;
        applyLevels();
      },
    };
  };
  return wrap(PLAIN_TARGET);
}

/** Formats on the calling thread: the last lines before a crash are those that matter. */
function textStream(colorize: boolean, live: LiveLine | undefined, destination: Pick<NodeJS.WriteStream, "write">): { write(line: string): void } {
  const format = pretty.prettyFactory({ colorize, translateTime: "SYS:HH:MM:ss.l", ignore: "pid,hostname,target,event", messageFormat: "{msg}", singleLine: true });
  return {
    write: (line) => {
      const text = format(line);
      if (live !== undefined) live.print(text);
      else destination.write(text);
    },
  };
}
