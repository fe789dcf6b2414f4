import { messageOf } from "../../errors.ts";
import { PlaceError, type PlaceTrouble } from "../provider.ts";

/** What may be over when it is tried again; the error is what counts when it is not. */
export class TemporaryError extends Error {
  readonly error: PlaceError;
  /** How long the server asks to wait. */
  readonly waitMs: number | undefined;

  constructor(error: PlaceError, waitMs?: number) {
    super(error.message, { cause: error });
    this.error = error;
    this.waitMs = waitMs;
  }
}

interface Meaning {
  readonly trouble: PlaceTrouble;
  readonly hint?: string;
}

const meanings: Readonly<Record<number, Meaning>> = {
  401: {
    trouble: "failed",
    hint: "Check the settings user and key, and the secret that key names.",
  },
  403: {
    trouble: "failed",
    hint: "The user of the settings lacks rights: let it read and write there.",
  },
  404: { trouble: "unreachable", hint: "Is the container there? Check the settings." },
  413: { trouble: "full", hint: "Raise the quota, or delete backups that are no longer needed." },
  422: { trouble: "failed", hint: "Bytes change on their way there. Look at what lies between." },
  507: { trouble: "full" },
};

/** Answers after which the same request may do better. */
const temporary: ReadonlySet<number> = new Set([408, 429, 498, 499, 500, 502, 503, 504]);

/** An answer that is not what was hoped for; `what` was tried. Nothing of its body is told. */
export function statusError(status: number, what: string): PlaceError {
  const says = `${what}: Swift answered ${status}`;
  const meaning = meanings[status];
  if (meaning !== undefined) {
    const { trouble, hint } = meaning;
    return new PlaceError(trouble, says, hint === undefined ? {} : { hint });
  }
  return new PlaceError(temporary.has(status) || status >= 500 ? "unreachable" : "failed", says);
}

/** The same, as one that may be tried again where that may help. */
export function answerError(
  status: number,
  headers: NodeJS.Dict<string | string[]>,
  what: string,
): PlaceError | TemporaryError {
  const error = statusError(status, what);
  return temporary.has(status) ? new TemporaryError(error, retryAfter(headers)) : error;
}

/** No answer came, or not all of it. */
export function connectionError(cause: unknown, what: string): PlaceError {
  return new PlaceError("unreachable", `${what}: ${messageOf(cause)}`, {
    cause,
    ...(isDistrusted(cause) ? { hint: "Name the certificate that signed its own: ca_file." } : {}),
  });
}

/** Whether trying again is in vain: its certificate is not one to trust. */
export function isDistrusted(cause: unknown): boolean {
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  return /CERT|^ERR_TLS|SIGNATURE|ISSUER|CRL/.test(code);
}

function retryAfter(headers: NodeJS.Dict<string | string[]>): number | undefined {
  const given = headers["retry-after"];
  if (typeof given !== "string") return undefined;
  const ms = /^\d{1,6}$/.test(given) ? Number(given) * 1000 : Date.parse(given) - Date.now();
  return Number.isFinite(ms) && ms >= 0 ? ms : undefined;
}
