import type { Logger } from "../../src/logger.ts";

/** A logger that keeps what it is told. */
export interface KeptLog extends Logger {
  readonly lines: readonly { readonly level: string; readonly message: string }[];
  /** How many messages contain a text. */
  count(text: string): number;
}

export function keptLog(): KeptLog {
  const lines: { level: string; message: string }[] = [];
  const keep =
    (level: string) =>
    (_fields: object, message: string): void => {
      lines.push({ level, message });
    };
  return {
    lines,
    count: (text) => lines.filter(({ message }) => message.includes(text)).length,
    debug: keep("debug"),
    info: keep("info"),
    warn: keep("warn"),
    error: keep("error"),
  };
}
