import { messageOf } from "../../errors.ts";
import { PlaceError, type PlaceTrouble } from "../provider.ts";

interface Meaning {
  readonly trouble: PlaceTrouble;
  readonly hint?: string;
}

const credentials: Meaning = {
  trouble: "failed",
  hint: "Check access_key and secret_key, and what they may do with this bucket.",
};
const region: Meaning = {
  trouble: "failed",
  hint: "Check the settings region and endpoint: the bucket is elsewhere.",
};
const damaged: Meaning = {
  trouble: "failed",
  hint: "What arrived is not what was sent; something on the way changes it. Nothing of it was kept.",
};
const full: Meaning = { trouble: "full" };
const unreachable: Meaning = { trouble: "unreachable" };

/** By the code that a service gives, or by the status where it gives none. */
const meanings: Readonly<Record<string, Meaning>> = {
  NoSuchBucket: {
    trouble: "unreachable",
    hint: "Check the settings bucket and endpoint. lastgood provider add makes a bucket that is not there.",
  },
  AccessDenied: credentials,
  AllAccessDisabled: credentials,
  ExpiredToken: credentials,
  InvalidAccessKeyId: credentials,
  InvalidToken: credentials,
  SignatureDoesNotMatch: credentials,
  CredentialsProviderError: credentials,
  "401": credentials,
  "403": credentials,
  RequestTimeTooSkewed: {
    trouble: "failed",
    hint: "The clock of this machine is wrong, or that of the service: set it by NTP.",
  },
  AuthorizationHeaderMalformed: region,
  IllegalLocationConstraintException: region,
  InvalidLocationConstraint: region,
  PermanentRedirect: region,
  "301": region,
  "307": region,
  BadDigest: damaged,
  XAmzContentSHA256Mismatch: damaged,
  "422": damaged,
  EntityTooLarge: full,
  InsufficientStorage: full,
  QuotaExceeded: full,
  XMinioStorageFull: full,
  "413": full,
  "507": full,
  InvalidObjectState: {
    trouble: "failed",
    hint: "It lies in an archive: restore it there first, and choose a storage class that can be read at once.",
  },
  SlowDown: unreachable,
  TimeoutError: unreachable,
  "429": unreachable,
};

const certificateHint =
  "The certificate of the service is not trusted; the setting ca_file names a file of certificates that are.";

/** What is known of an error of the SDK, by its shape. */
interface ServiceErrorLike extends Error {
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
}

export function statusOf(error: unknown): number | undefined {
  return error instanceof Error ? (error as ServiceErrorLike).$metadata?.httpStatusCode : undefined;
}

/** Whether the service said that there is no such object; an absent bucket is something else. */
export function isNoSuchKey(error: unknown): boolean {
  return error instanceof Error && (error.name === "NoSuchKey" || error.name === "NotFound");
}

/** Whether the service said that there is no such upload: it was ended or given up before. */
export function isNoSuchUpload(error: unknown): boolean {
  return error instanceof Error && error.name === "NoSuchUpload";
}

/** Whether trouble with a place comes from an answer with this code. */
export function isCausedBy(error: unknown, code: string): boolean {
  return error instanceof PlaceError && error.cause instanceof Error && error.cause.name === code;
}

/**
 * An error of the SDK or the network as one of the place; what is no such error stays as it is. Of the
 * error itself only its text goes along: the rest has keys and what was signed.
 */
export function placeError(error: unknown, what: string, secrets: readonly string[]): unknown {
  const meaning = meaningOf(error);
  if (!(error instanceof Error) || meaning === undefined) return error;
  const said = redact(textOf(error), secrets);
  const cause = Object.assign(new Error(said), { name: error.name, ...idOf(error) });
  const { trouble, hint } = meaning;
  return new PlaceError(trouble, `${what}: ${said}`, {
    cause,
    ...(hint === undefined ? {} : { hint }),
  });
}

function meaningOf(error: unknown): Meaning | undefined {
  if (!(error instanceof Error) || error instanceof PlaceError) return undefined;
  const status = statusOf(error);
  const known = find(error.name) ?? find(String(status));
  if (known !== undefined) return known;
  if (status === undefined) return meaningOfNoAnswer(error);
  return status >= 500 ? unreachable : { trouble: "failed" };
}

/** By what sockets, TLS and parsers of HTTP say, and the SDK where it knows that no answer came. */
function meaningOfNoAnswer(error: ServiceErrorLike): Meaning | undefined {
  const code = typeof error.code === "string" ? error.code : "";
  if (/CERT|ERR_TLS|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)/.test(code)) {
    return { trouble: "unreachable", hint: certificateHint };
  }
  return /^(?:E[A-Z0-9_]+|HPE_\w+)$/.test(code) || "$metadata" in error ? unreachable : undefined;
}

function find(name: string): Meaning | undefined {
  return Object.hasOwn(meanings, name) ? meanings[name] : undefined;
}

function textOf(error: Error): string {
  const text = messageOf(error);
  const isTold = text === "" || text === "UnknownError" || text === error.name;
  const status = statusOf(error);
  if (!isTold) return status === undefined ? text : `${text} (${error.name})`;
  return status === undefined ? error.name : `the service answered ${status}`;
}

function idOf(error: ServiceErrorLike): { requestId?: string } {
  const requestId = error.$metadata?.requestId;
  return requestId === undefined ? {} : { requestId };
}

function redact(text: string, secrets: readonly string[]): string {
  return secrets.reduce((cleaned, secret) => cleaned.replaceAll(secret, "***"), text);
}
