import { type Io, remark } from "../io.ts";
import type { Logger } from "../logger.ts";

/** A log for a person who watches: the time, the message and why. */
export function lineLogger(io: Io): Logger {
  const line = (fields: object, message: string): void => {
    const time = new Date().toTimeString().slice(0, 8);
    remark(io, `${time}  ${message}${reasonOf(fields)}`);
  };
  return { debug: () => undefined, info: line, warn: line, error: line };
}

function reasonOf(fields: { readonly err?: unknown; readonly reason?: unknown }): string {
  const { err, reason } = fields;
  const text = err instanceof Error ? err.message : reason;
  return typeof text === "string" ? `: ${text}` : "";
}
