import type { EventStatus, ReportedEvent } from "./event.ts";

/*
 * An event on disk, as bin/log-backup-event.sh writes and reads it too: lines NAME=VALUE, where the
 * further lines of a value start with "+". Nothing is quoted or escaped, so that a plain sh can read
 * it byte for byte. `required_scopes` is a PostgreSQL array with every element in double quotes.
 * Unknown names are passed over; another `format` is for another version, and left alone.
 */

const format = "1";

export interface SpooledEvent {
  readonly event: ReportedEvent;
  /** The database it is for, see `targetOf`; empty when none was known, then any will do. */
  readonly target: string;
}

export function renderSpoolFile({ event, target }: SpooledEvent): string {
  const fields: readonly (readonly [string, string])[] = [
    ["format", format],
    ["target", target],
    ["event_id", event.eventId],
    ["run_id", event.runId ?? ""],
    ["scope", event.scope],
    ["done_at", event.doneAt],
    ["status", String(event.status)],
    ["fqdn", event.fqdn],
    ["log_path", event.logPath],
    ["required_scopes", arrayLiteral(event.requiredScopes)],
    ["message", event.message],
  ];
  return fields.map(([name, value]) => `${name}=${value.replaceAll("\n", "\n+")}\n`).join("");
}

/** Undefined for a file that is cut short or was never an event; "newer" for one of another format. */
export function parseSpoolFile(text: string): SpooledEvent | "newer" | undefined {
  const fields = readFields(text);
  const get = (name: string): string => fields.get(name) ?? "";
  if (get("format") !== format) return fields.has("format") ? "newer" : undefined;
  const status = statusOf(get("status"));
  if (status === undefined || !fields.has("message") || !isUuid(get("event_id"))) return undefined;
  return {
    target: get("target"),
    event: {
      eventId: get("event_id"),
      runId: get("run_id") || null,
      scope: get("scope"),
      doneAt: get("done_at"),
      status,
      fqdn: get("fqdn"),
      logPath: get("log_path"),
      requiredScopes: readArrayLiteral(get("required_scopes")),
      message: get("message"),
    },
  };
}

function readFields(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  let name = "";
  for (const line of text.replace(/\n$/, "").split("\n")) {
    if (line.startsWith("+")) {
      fields.set(name, `${fields.get(name) ?? ""}\n${line.slice(1)}`);
    } else {
      const end = line.indexOf("=");
      name = line.slice(0, Math.max(0, end));
      fields.set(name, line.slice(end + 1));
    }
  }
  return fields;
}

function statusOf(text: string): EventStatus | undefined {
  const statuses: Readonly<Record<string, EventStatus>> = { "0": 0, "1": 1, "-1": -1 };
  return statuses[text];
}

function isUuid(text: string): boolean {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text);
}

function arrayLiteral(elements: readonly string[] | null): string {
  if (elements === null) return "";
  return `{${elements.map((text) => `"${text.replaceAll(/["\\]/g, String.raw`\$&`)}"`).join(",")}}`;
}

function readArrayLiteral(literal: string): readonly string[] | null {
  if (literal === "") return null;
  const elements = literal.matchAll(/"((?:[^"\\]|\\.)*)"/gs);
  return [...elements].map(([, text = ""]) => text.replaceAll(/\\(.)/gs, "$1"));
}
