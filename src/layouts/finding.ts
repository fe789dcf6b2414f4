import { LastgoodError, messageOf } from "../errors.ts";
import { PlaceError } from "../providers/provider.ts";
import { CorruptError, KeyMissingError } from "./errors.ts";
import type { Finding } from "./layout.ts";

/**
 * What an error says about the thing that was being checked.
 *
 * @throws the error itself where it is not one of ours: a bug or an end by signal finds nothing
 */
export function findingOf(what: string, error: unknown): Finding {
  if (!(error instanceof LastgoodError)) throw error;
  return { result: resultOf(error), what, reason: messageOf(error) };
}

/** Whether an error is about one copy, its place or its key: another copy of the backup may serve. */
export function isAboutCopy(error: unknown): error is LastgoodError {
  return (
    error instanceof PlaceError || error instanceof CorruptError || error instanceof KeyMissingError
  );
}

/** Whether an error tells that something is bad, or only that nobody could look. */
export function resultOf(error: unknown): Finding["result"] {
  if (error instanceof CorruptError) return "corrupt";
  if (error instanceof KeyMissingError) return "unverifiable";
  if (error instanceof PlaceError && error.trouble === "missing") return "missing";
  return "could_not_check";
}
