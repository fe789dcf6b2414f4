import type { Client } from "pg";
import type { Queryable } from "../dao/queryable.ts";
import { asciiEvent, type ReportedEvent } from "./event.ts";

/**
 * Records one event; safe to repeat with the same event.
 *
 * Null means that the server could not keep it, say because it is read-only: report it again later.
 */
export async function recordEvent(db: Queryable, event: ReportedEvent): Promise<number | null> {
  const { rows } = await db.query<{ id: string | null }>(
    `select lastgood.record_event(
       p_scope => $1::text, p_done_at => $2::timestamptz, p_status => $3::integer,
       p_message => $4::text, p_fqdn => $5::text, p_log_path => $6::text,
       p_event_id => $7::uuid, p_run_id => $8::text, p_required_scopes => $9::text[]) as id`,
    [
      event.scope,
      event.doneAt,
      event.status,
      event.message,
      event.fqdn,
      event.logPath,
      event.eventId,
      event.runId,
      event.requiredScopes,
    ],
  );
  const id = rows[0]?.id ?? null;
  return id === null ? null : Number(id);
}

export type Outcome =
  | { readonly kind: "recorded"; readonly auditLogId: number }
  /** The event itself is at fault: it would be refused again. */
  | { readonly kind: "refused"; readonly reason: string }
  /** Not the event's fault, and another one may go through. */
  | { readonly kind: "postponed"; readonly reason: string }
  /** The connection is gone, or nothing can be written: no other event would go through either. */
  | { readonly kind: "away"; readonly reason: string };

/** Characters that are no text in the client's encoding, or do not exist in the database's. */
const encodingErrors = new Set(["22021", "22P05"]);

/** Records one event and says what became of it; never rejects. */
export async function sendEvent(client: Client, event: ReportedEvent): Promise<Outcome> {
  const first = await trySend(client, event);
  if (!encodingErrors.has(first.sqlstate)) return first.outcome;
  return (await trySend(client, asciiEvent(event))).outcome;
}

interface Attempt {
  readonly outcome: Outcome;
  readonly sqlstate: string;
}

/** An event that is not kept comes back as null; why is in the warning that goes with it. */
async function trySend(client: Client, event: ReportedEvent): Promise<Attempt> {
  let warning: object | undefined;
  const keepWarning = (notice: object): void => {
    warning = notice;
  };
  client.on("notice", keepWarning);
  try {
    const auditLogId = await recordEvent(client, event);
    return auditLogId === null
      ? explain(warning ?? {}, "postponed")
      : { outcome: { kind: "recorded", auditLogId }, sqlstate: "00000" };
  } catch (error) {
    return explain(error, "away");
  } finally {
    client.off("notice", keepWarning);
  }
}

/** `otherwise` is for an error without an SQLSTATE. */
function explain(error: unknown, otherwise: "postponed" | "away"): Attempt {
  const said = error instanceof Object && "message" in error ? error.message : undefined;
  const reason = typeof said === "string" ? said : "it did not keep the event";
  const sqlstate = sqlstateOf(error);
  const kind = sqlstate === "" ? otherwise : kindOf(sqlstate);
  return { outcome: { kind, reason }, sqlstate };
}

function sqlstateOf(error: unknown): string {
  const code = error instanceof Object && "code" in error ? error.code : undefined;
  return typeof code === "string" && /^[0-9A-Z]{5}$/.test(code) ? code : "";
}

function kindOf(sqlstate: string): "refused" | "postponed" | "away" {
  if (/^(22|23|54)/.test(sqlstate)) return "refused";
  return /^(08|57P|25006)/.test(sqlstate) ? "away" : "postponed";
}
