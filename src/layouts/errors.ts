import { type ErrorDetails, LastgoodError } from "../errors.ts";

/** What is stored is not what was stored. */
export class CorruptError extends LastgoodError {
  readonly code = "CORRUPT";

  constructor(message: string, details: ErrorDetails = {}) {
    super(message, {
      hint: "lastgood backup verify finds the extent; another copy or an older backup may be whole.",
      ...details,
    });
  }
}

/** A copy is encrypted, and no identity at hand opens it. Says nothing about the copy. */
export class KeyMissingError extends LastgoodError {
  readonly code = "KEY_MISSING";
}
