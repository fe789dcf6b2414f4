import { randomUUID } from "node:crypto";

export const eventStatus = { started: 0, completed: 1, failed: -1 } as const;

export type EventStatus = (typeof eventStatus)[keyof typeof eventStatus];

/** One report about one scope, as `lastgood.record_event` takes it. */
export interface ReportedEvent {
  /** Makes a repetition of the report harmless; of one's own, and set before the first try. */
  readonly eventId: string;
  /** When it happened, with its zone; set before the first try. */
  readonly doneAt: string;
  readonly scope: string;
  readonly status: EventStatus;
  readonly message: string;
  readonly fqdn: string;
  readonly logPath: string;
  readonly runId: string | null;
  /** What the system must have, should this event make it known; null for the configured default. */
  readonly requiredScopes: readonly string[] | null;
}

export interface NewEvents extends Omit<ReportedEvent, "eventId" | "doneAt" | "scope"> {
  readonly scopes: readonly string[];
  readonly doneAt?: string;
}

const longestMessage = 65_536;

/** The same report for each scope, stamped now. */
export function newEvents({ scopes, doneAt, ...common }: NewEvents): readonly ReportedEvent[] {
  const stamp = doneAt ?? new Date().toISOString();
  return scopes.map((scope) =>
    cleanEvent({ ...common, scope, doneAt: stamp, eventId: randomUUID() }),
  );
}

/** Without what PostgreSQL cannot store, and with a message that is not too long. */
export function cleanEvent(event: ReportedEvent): ReportedEvent {
  const message = firstBytes(cleanText(event.message), longestMessage);
  return { ...mapTexts(event, cleanText), message };
}

/** For a database whose encoding lacks a character: with ? for everything that is not ASCII. */
export function asciiEvent(event: ReportedEvent): ReportedEvent {
  return mapTexts(event, (text) => text.replaceAll(/[\u{80}-\u{10ffff}]/gu, "?"));
}

function mapTexts(event: ReportedEvent, change: (text: string) => string): ReportedEvent {
  return {
    ...event,
    scope: change(event.scope),
    message: change(event.message),
    fqdn: change(event.fqdn),
    logPath: change(event.logPath),
    runId: event.runId === null ? null : change(event.runId),
    requiredScopes: event.requiredScopes?.map(change) ?? null,
  };
}

/** NUL and half characters are what text in PostgreSQL cannot hold. */
function cleanText(text: string): string {
  return text.replaceAll("\0", "").toWellFormed();
}

/** As much of the beginning as fits, whole characters only. */
export function firstBytes(text: string, limit: number): string {
  const bytes = Buffer.from(text);
  if (bytes.length <= limit) return text;
  let end = limit;
  while (isInsideCharacter(bytes, end)) end -= 1;
  return bytes.toString("utf8", 0, end);
}

/** As much of the end as fits, whole characters only. */
export function lastBytes(text: string, limit: number): string {
  const bytes = Buffer.from(text);
  let start = Math.max(0, bytes.length - limit);
  while (start > 0 && isInsideCharacter(bytes, start)) start += 1;
  return bytes.toString("utf8", start);
}

/** In UTF-8 all bytes of a character but its first begin with the bits 10. */
function isInsideCharacter(bytes: Buffer, place: number): boolean {
  const byte = bytes[place];
  return byte !== undefined && (byte & 0xc0) === 0x80;
}
