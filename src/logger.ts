import type { Writable } from "node:stream";
import { pino } from "pino";

/** What the library asks of a logger; pino's fits, and so does a few lines of one's own. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

export const logLevels = ["debug", "info", "warn", "error", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/** One JSON document a line, for whatever collects logs. */
export function jsonLogger(destination: Writable, level: LogLevel): Logger {
  const formatters = { level: (label: string) => ({ level: label }) };
  return pino({ level, timestamp: pino.stdTimeFunctions.isoTime, formatters }, destination);
}
