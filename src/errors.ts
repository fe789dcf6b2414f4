export interface ErrorDetails {
  /** What to do about it, as a sentence. */
  readonly hint?: string;
  readonly cause?: unknown;
}

/** Base of every error that lastgood raises itself; `code` is stable, the text is not. */
export abstract class LastgoodError extends Error {
  abstract readonly code: string;
  readonly hint: string | undefined;

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, { cause: details.cause });
    this.name = new.target.name;
    this.hint = details.hint;
  }
}

/** Arguments or settings that cannot be used as they are. */
export class UsageError extends LastgoodError {
  readonly code = "USAGE";
}

/** No database is named anywhere, or none answers. */
export class UnreachableError extends LastgoodError {
  readonly code = "UNREACHABLE";
}

/** A program that is needed is missing, too old or failed. */
export class ProgramError extends LastgoodError {
  readonly code = "PROGRAM";
}

/** The schema could not be installed or is not the one this version works with. */
export class InstallError extends LastgoodError {
  readonly code = "INSTALL";
}

/** Somebody ended it: Ctrl-C, SIGTERM or SIGHUP. */
export class InterruptedError extends LastgoodError {
  readonly code = "INTERRUPTED";
}

/** What is asked for does not exist. */
export class NotFoundError extends LastgoodError {
  readonly code = "NOT_FOUND";
}

/** What an error says; of several addresses that failed, the first stands for all. */
export function messageOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors[0] instanceof Error) {
    return error.errors[0].message;
  }
  return error instanceof Error ? error.message : String(error);
}

/** An error with the fields PostgreSQL sends; recognised by shape, the caller's `pg` may be another copy. */
export interface DatabaseErrorLike extends Error {
  readonly code: string;
  readonly severity: string;
  readonly hint?: string;
  readonly detail?: string;
}

export function isDatabaseError(error: unknown): error is DatabaseErrorLike {
  return (
    error instanceof Error &&
    "severity" in error &&
    "code" in error &&
    typeof error.code === "string" &&
    /^[0-9A-Z]{5}$/.test(error.code)
  );
}
