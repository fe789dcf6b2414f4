import { type Command, Option } from "commander";
import { findDatabase } from "../database.ts";
import { UsageError } from "../errors.ts";
import { exit } from "../exit.ts";
import { type Io, print } from "../io.ts";
import { eventStatus, type EventStatus, newEvents, type ReportedEvent } from "../report/event.ts";
import type { ReplayResult } from "../report/replay.ts";
import { type Delivery, remarkOtherTargets, replayNow, report } from "../report/report.ts";
import { type CommonOptions, resultCommand, wantsJson } from "./command.ts";
import { checkScopes, fqdnOption, reportingSystem, scopeOption } from "./report-options.ts";

interface LogEventOptions extends CommonOptions {
  readonly scope?: readonly string[];
  readonly status?: string;
  readonly message?: string;
  readonly doneAt?: string;
  readonly fqdn?: string;
  readonly logPath?: string;
  readonly eventId?: string;
  readonly runId?: string;
  readonly replay?: boolean;
  readonly anyDatabase?: boolean;
}

const statuses: Readonly<Record<string, EventStatus>> = {
  ...eventStatus,
  "0": eventStatus.started,
  "1": eventStatus.completed,
  "-1": eventStatus.failed,
};

const help = `
Prints the audit_log_id of the event, a line for each scope. While the database is away the
event is kept on disk, which stderr tells, and the exit status is 0: it is safe, and sent by
a later exec or log-event. Here 1 means that the database refused it, and 3 that it could
neither be recorded nor kept, or (with --replay) that the database is not reachable.

Examples:
  lastgood log-event --scope db --status completed
  lastgood log-event --replay     # from crontab: sends what waits; silent if nothing does`;

export function logEventCommand(io: Io): Command {
  return resultCommand("log-event", "Report that a backup was started, completed or failed.")
    .addOption(scopeOption())
    .addOption(new Option("--status <status>", "what happened").choices(Object.keys(statuses)))
    .option("--message <text>", "what to keep with it, at most 64 kB", "")
    .option("--done-at <time>", "when it happened, in ISO 8601; now without it")
    .addOption(fqdnOption())
    .option("--log-path <file>", "where the backup's log is", "")
    .option("--event-id <uuid>", "reporting the same id again changes nothing")
    .option("--run-id <text>", "what the events of one run have in common")
    .addOption(
      new Option("--replay", "only send the events that wait on disk").conflicts([
        "scope",
        "status",
      ]),
    )
    .option("--any-database", "with --replay: also those that were meant for another database")
    .addHelpText("after", help)
    .action(async (options: LogEventOptions) =>
      options.replay === true ? await replayAll(io, options) : await logEvent(io, options),
    );
}

async function logEvent(io: Io, options: LogEventOptions): Promise<void> {
  const events = await eventsOf(io, options);
  // A database that is not named is wrong usage, one that is away is not.
  await findDatabase(io.env, options);
  const { databaseUrl } = options;
  const deliveries = await report(io, events, { databaseUrl, isReplaying: true });
  if (wantsJson(options)) {
    print(io, JSON.stringify({ events: deliveries.map(toJson) }, null, 2));
  } else {
    for (const { auditLogId } of deliveries) if (auditLogId !== null) print(io, String(auditLogId));
  }
  io.setExitStatus(statusOf(deliveries));
}

async function eventsOf(io: Io, options: LogEventOptions): Promise<readonly ReportedEvent[]> {
  const scopes = checkScopes(options.scope);
  const status = statuses[options.status ?? ""];
  if (status === undefined) {
    throw new UsageError("no status is given", { hint: "Say what happened: --status completed" });
  }
  const { message = "", logPath = "", runId = null, eventId, doneAt } = options;
  const events = newEvents({
    scopes,
    status,
    message,
    logPath,
    runId,
    requiredScopes: null,
    fqdn: await reportingSystem(io.env, options.fqdn),
    ...(doneAt === undefined ? {} : { doneAt: readTime(doneAt) }),
  });
  if (eventId === undefined) return events;
  if (events.length > 1 || !/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(eventId)) {
    throw new UsageError("--event-id is a UUID, and for one scope", {
      hint: "Leave it out: every event gets an id of its own.",
    });
  }
  return events.map((event) => ({ ...event, eventId }));
}

/** With its zone; a time without one is this machine's. */
function readTime(text: string): string {
  const day = /^(\d{4}-\d\d-\d\d)([T ]\d\d:\d\d(:\d\d(\.\d+)?)?\s*(Z|[+-]\d\d(:?\d\d)?)?)?$/.exec(
    text,
  );
  const time = new Date(text.replace(/([+-]\d\d)$/, "$1:00"));
  const isReal = day?.[1] !== undefined && isDay(day[1]);
  if (!isReal || Number.isNaN(time.getTime())) {
    throw new UsageError(`"${text}" is no time`, {
      hint: "Write it as 2026-01-31T23:59:00Z, or with another zone: +02:00.",
    });
  }
  return time.toISOString();
}

/** Dates such as 30 February are not carried over into the next month. */
function isDay(text: string): boolean {
  const time = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text);
}

function statusOf(deliveries: readonly Delivery[]): number {
  if (deliveries.some(({ fate }) => fate === "lost")) return exit.undetermined;
  return deliveries.some(({ fate }) => fate === "refused") ? exit.failed : exit.done;
}

function toJson({ event, fate, auditLogId }: Delivery): object {
  return { scope: event.scope, event_id: event.eventId, fate, audit_log_id: auditLogId };
}

async function replayAll(io: Io, options: LogEventOptions): Promise<void> {
  const { databaseUrl, anyDatabase = false } = options;
  const result = await replayNow(io, { databaseUrl, isForAny: anyDatabase });
  if (result !== undefined) {
    remarkOtherTargets(io, result);
    io.setExitStatus(replayStatus(result));
  }
  if (wantsJson(options)) {
    print(io, JSON.stringify(replayJson(result), null, 2));
  } else if (result === undefined) {
    print(io, "Another process is sending the events that wait.");
  } else if (result.sent + result.refused + result.waiting > 0) {
    const { sent, refused, waiting } = result;
    print(io, `Sent ${sent}, set aside ${refused}, still waiting ${waiting}.`);
    if (result.obstacle !== undefined) print(io, `The database takes no more: ${result.obstacle}`);
  }
}

function replayStatus({ refused, obstacle }: ReplayResult): number {
  if (obstacle !== undefined) return exit.undetermined;
  return refused > 0 ? exit.failed : exit.done;
}

function replayJson(result: ReplayResult | undefined): object {
  if (result === undefined) return { is_running_elsewhere: true };
  const { sent, refused, waiting, otherTargets, obstacle = null } = result;
  return { sent, refused, waiting, other_databases: otherTargets, obstacle };
}
