import { LastgoodError } from "../errors.ts";

/** What is stored is not what was stored. */
export class CorruptError extends LastgoodError {
  readonly code = "CORRUPT";
}

/** A copy is encrypted, and no identity at hand opens it. Says nothing about the copy. */
export class KeyMissingError extends LastgoodError {
  readonly code = "KEY_MISSING";
}
