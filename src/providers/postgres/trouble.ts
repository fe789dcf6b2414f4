import { type DatabaseErrorLike, isDatabaseError, LastgoodError, messageOf } from "../../errors.ts";
import { CorruptError } from "../../layouts/errors.ts";
import { isConnectionLoss } from "../../postgresql/connection.ts";
import { PlaceError, type PlaceTrouble } from "../provider.ts";

const noTables =
  "Is it the right database? One of lastgood has the schema lastgood_store; without it nothing is read or written there.";

/** By SQLSTATE, or its class. */
const troubles: Readonly<Record<string, { trouble: PlaceTrouble; hint: string }>> = {
  "25006": {
    trouble: "read_only",
    hint: "Is it a standby? Only a primary that takes changes can keep backups.",
  },
  "42501": {
    trouble: "failed",
    hint: "The role has to own the schema lastgood_store and its tables, or, to make them, needs CREATE on the database.",
  },
  "42P01": { trouble: "unreachable", hint: noTables },
  "3F000": { trouble: "unreachable", hint: noTables },
  "53100": {
    trouble: "full",
    hint: "Make room on the disk of that server, or delete backups that are no longer needed.",
  },
  "57014": { trouble: "failed", hint: "Somebody ended the statement. Try again." },
  "53": { trouble: "unreachable", hint: "The server is short of something. Try again later." },
};

/** An error of the database as one of the place; what is neither stays as it is. */
export function placeError(error: unknown, what: string): unknown {
  if (error instanceof PlaceError || error instanceof CorruptError) return error;
  if (isConnectionLoss(error) || isOfSocket(error)) {
    return new PlaceError("unreachable", `${what}: the server went away: ${messageOf(error)}`, {
      cause: error,
    });
  }
  if (error instanceof LastgoodError) return ofConnecting(error);
  return isDatabaseError(error) ? ofStatement(error, what) : error;
}

function ofStatement(cause: DatabaseErrorLike, what: string): LastgoodError {
  const message = `${what}: ${cause.message}`;
  if (/^XX00[12]$/.test(cause.code)) return new CorruptError(message, { cause });
  const known = troubles[cause.code] ?? troubles[cause.code.slice(0, 2)];
  if (known === undefined) return new PlaceError("failed", message, { cause });
  return new PlaceError(known.trouble, message, { cause, hint: known.hint });
}

/** What Node says of a socket, and `pg` of a connection that it had ended already. */
function isOfSocket(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = "code" in error ? String(error.code) : "";
  return /^E[A-Z]{3,}$/.test(code) || error.message.startsWith("Client was closed");
}

/** Its message says which database. A place whose settings are bad is no reason to lose other copies. */
function ofConnecting(error: LastgoodError): PlaceError {
  const trouble = error.code === "UNREACHABLE" ? "unreachable" : "failed";
  return new PlaceError(trouble, error.message, {
    cause: error,
    ...(error.hint === undefined ? {} : { hint: error.hint }),
  });
}

/** Does something in the database; its errors say what was tried. */
export async function attempt<T>(
  what: string,
  signal: AbortSignal,
  act: () => Promise<T>,
): Promise<T> {
  try {
    return await act();
  } catch (error) {
    // Aborting breaks all connections: then that is why.
    signal.throwIfAborted();
    throw placeError(error, what);
  }
}
