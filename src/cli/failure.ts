import {
  InterruptedError,
  isDatabaseError,
  LastgoodError,
  UnreachableError,
  UsageError,
} from "../errors.ts";
import { exit } from "../exit.ts";
import { type Io, print, remark } from "../io.ts";
import { PlaceError } from "../providers/provider.ts";

interface Failure {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly status: number;
}

const installHint = "Is the schema there, in this version? Run: lastgood install";

/** What to do about errors of PostgreSQL itself that have a usual cause here, by SQLSTATE. */
const hints: Readonly<Record<string, string>> = {
  "3F000": installHint,
  "42P01": installHint,
  "42883": installHint,
  "42501": "Let the role do this: lastgood grant ROLE --as reader, or operator for changes.",
  "22007": "Write a time as 2030-01-31T08:00:00Z.",
  "22008": "Write a time as 2030-01-31T08:00:00Z.",
};

/** Errors of ours that say that an argument cannot be what it is; see docs/errors.md. */
const usageCodes: ReadonlySet<string> = new Set(["LG021", "LG070", "LG072", "LG073", "LG079"]);

function describe(error: unknown): Failure {
  if (error instanceof LastgoodError) {
    const { code, message, hint } = error;
    return { code, message, status: statusOf(error), ...(hint ? { hint } : {}) };
  }
  if (isDatabaseError(error)) {
    const { code, message } = error;
    const hint = hints[code] ?? error.hint;
    // Class 22: a value that the server could not read, such as a time.
    const isUsage = code.startsWith("22") || usageCodes.has(code);
    const status = isUsage ? exit.usage : exit.failed;
    return { code, message, status, ...(hint ? { hint } : {}) };
  }
  const message = error instanceof Error ? error.message : String(error);
  const status = error instanceof RangeError ? exit.usage : exit.failed;
  return { code: "FAILED", message, status };
}

function statusOf(error: LastgoodError): number {
  const isAway = error instanceof PlaceError && error.trouble === "unreachable";
  if (error instanceof UnreachableError || isAway) {
    return exit.undetermined;
  }
  return error instanceof UsageError ? exit.usage : exit.failed;
}

/** How a command's output is read, and so how it fails: plugins speak on stdout. */
export type FailureFormat = "text" | "json" | "plugin";

/** The one line of a monitoring plugin that could not find out. */
export function pluginFailure(message: string): string {
  return `LASTGOOD UNKNOWN - ${message.replaceAll(/[\p{Cc}|]/gu, " ")}`;
}

/** Work that is given up throws the reason of its signal. */
function orInterrupted({ signal }: Io, error: unknown): unknown {
  if (!signal.aborted || error !== signal.reason) return error;
  return new InterruptedError(`it was ended by ${String(signal.reason)}`, {
    cause: error,
    hint: "Start it again. What it had begun does not count, and the next run removes it.",
  });
}

/** Says what went wrong and what to do about it; returns the exit status. */
export function reportFailure(io: Io, error: unknown, format: FailureFormat): number {
  const { status, ...failure } = describe(orInterrupted(io, error));
  if (format === "json") {
    print(io, JSON.stringify({ error: failure }));
    return status;
  }
  if (format === "plugin") {
    print(io, pluginFailure(failure.message));
  }
  remark(io, `lastgood: ${failure.message}`);
  if (failure.hint) {
    remark(io, `hint: ${failure.hint}`);
  }
  return status;
}
