// Logs: one line per event with a stable `event` name, readable on a terminal, NDJSON otherwise; always to stderr.
import pino from "pino";
import type { Logger } from "pino";
import pretty from "pino-pretty";
import { CodedError } from "../runtime/primitives/errors.ts";

const LEVELS = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type Level = (typeof LEVELS)[number];

export class LogError extends CodedError<{ code: "LOG_FILTER"; directive: string }> {}

export interface LogOptions {
  readonly format: "auto" | "pretty" | "json";
  /** `level` or `target=level`, as in `-l info,rpc=debug`. */
  readonly directives: readonly string[];
  readonly destination?: NodeJS.WriteStream;
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
}

interface Filter {
  readonly base: Level;
  readonly targets: ReadonlyMap<string, Level>;
}

/** Substrate's level names, with its `off`. */
function levelOf(text: string, directive: string): Level {
  const level = text === "off" ? "silent" : text;
  if (!(LEVELS as readonly string[]).includes(level)) {
    throw new LogError({ code: "LOG_FILTER", directive }, `"${directive.slice(0, 80)}" is not a log filter: expected LEVEL or TARGET=LEVEL with a level of ${LEVELS.slice(0, 5).join(", ")}, off`);
  }
  return level as Level;
}

function parseFilter(directives: readonly string[], start: Filter): Filter {
  let { base } = start;
  const targets = new Map(start.targets);
  for (const directive of directives.flatMap((text) => text.split(",")).filter((text) => text !== "")) {
    const [target, level] = directive.split("=");
    if (level === undefined) base = levelOf(target!, directive);
    else targets.set(target!, levelOf(level, directive));
  }
  return { base, targets };
}

const START: Filter = { base: "info", targets: new Map() };
const PLAIN_TARGET = "node";

/** Throws LogError for a bad directive. */
export function createLog(options: LogOptions): NodeLog {
  const destination = options.destination ?? process.stderr;
  const terminal = destination.isTTY === true;
  const asText = options.format === "pretty" || (options.format === "auto" && terminal);
  const colorize = asText && terminal && process.env["NO_COLOR"] === undefined;
  const stream = asText ? pretty({ colorize, translateTime: "SYS:HH:MM:ss.l", ignore: "pid,hostname,target,event", messageFormat: "{msg}", sync: true, destination }) : destination;
  const initial = parseFilter(options.directives, START);
  let filter = initial;
  const made = new Map<string, Logger>();
  // Children get the lowest level and are narrowed one by one, so that a filter can be widened while running.
  const root = pino({ level: "trace", base: null, timestamp: pino.stdTimeFunctions.isoTime, formatters: { level: (label) => ({ level: label }) } }, stream);
  const applyLevels = (): void => {
    for (const [target, logger] of made) logger.level = filter.targets.get(target) ?? filter.base;
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
