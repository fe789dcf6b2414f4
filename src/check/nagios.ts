import { formatFqdn, formatSeconds } from "../format.ts";
import type { BackupStatus, ScheduleState } from "../dao/backup-status.ts";
import type { QueueStatus } from "../dao/queue-status.ts";
import { checkStatusOf, type SystemVerdict } from "../verdict.ts";
import { describeUntaken, describeWaiting, queueOf } from "./queue.ts";
import type { CheckVerdict } from "./verdict.ts";

const statusNames = ["OK", "WARNING", "CRITICAL"];
const scheduleTroubles: Partial<Record<ScheduleState, string>> = {
  "never ran": "its schedule never ran",
  failing: "the runs of its schedule fail",
  disabled: "its schedule is disabled",
  ended: "its schedule has ended",
};
/** A monitoring system shows one line; the rest is counted. */
const namedSystems = 5;

/** One line for a monitoring plugin: the verdict with ages and limits, then performance data. */
export function renderNagios(verdict: CheckVerdict): string {
  const name = statusNames[verdict.check_status] ?? "UNKNOWN";
  const ages = verdict.systems
    .flatMap((system) => system.scopes)
    .filter((scope) => scope.is_required)
    .map(perfdatum);
  const perfdata = [...ages, ...queuePerfdata(verdict.systems)];
  const line = `LASTGOOD ${name} - ${describe(verdict)}`;
  return perfdata.length > 0 ? `${line} | ${perfdata.join(" ")}` : line;
}

function describe(verdict: CheckVerdict): string {
  if (!verdict.summary.is_checked) {
    return "checking is off (BackupCheckPeriodInHours is -1)";
  }
  if (verdict.systems.length === 0) {
    return "no system has ever reported a backup";
  }
  const worst = verdict.systems.filter((system) => checkStatusOf(system) > 0);
  if (worst.length === 0) {
    const oldest = Math.max(...verdict.systems.map((system) => system.age_seconds ?? 0));
    const count = verdict.systems.length;
    return `${count} ${count === 1 ? "system" : "systems"} fresh, oldest full backup ${formatSeconds(oldest)} ago`;
  }
  const named = worst
    .toSorted((a, b) => checkStatusOf(b) - checkStatusOf(a))
    .slice(0, namedSystems)
    .map(describeSystem);
  const rest = worst.length - named.length;
  return named.join("; ") + (rest > 0 ? `; and ${rest} more` : "");
}

function describeSystem({ scopes, queue }: SystemVerdict): string {
  const details = scopes
    .filter((scope) => scope.is_required && isNoteworthy(scope))
    .map(
      (scope) =>
        `${oneLine(formatFqdn(scope.fqdn))}/${oneLine(scope.scope)} ${describeScope(scope)} (limit ${describeLimit(scope)})`,
    );
  if (queue !== null && queue.check_status > 0) details.push(describeQueue(queue));
  return details.join(", ");
}

function describeQueue(queue: QueueStatus): string {
  const isTaken = queue.untaken === 0;
  const what = isTaken ? describeWaiting(queue.due + queue.queued) : describeUntaken(queue.untaken);
  const length = (isTaken ? queue.waited_seconds : queue.untaken_for_seconds) ?? 0;
  return `${oneLine(formatFqdn(queue.fqdn))}: ${what}, the first for ${formatSeconds(length)}`;
}

function isNoteworthy(scope: BackupStatus): boolean {
  return (
    scope.state !== "ok" ||
    isAhead(scope) ||
    scope.activity === "stuck" ||
    scope.activity === "failing" ||
    scope.last_attempt_passed === false
  );
}

/** Made when the clock was ahead of what it says now. */
function isAhead({ age_seconds }: BackupStatus): boolean {
  return age_seconds !== null && age_seconds < 0;
}

function describeScope(scope: BackupStatus): string {
  const parts = [describeAge(scope.age_seconds)];
  if (scope.activity === "stuck" || scope.activity === "failing") {
    parts.push(scope.activity);
  } else if (scope.last_attempt_passed === false) {
    parts.push("last attempt failed");
  }
  const schedule = scheduleTroubles[scope.schedule_state];
  if (schedule !== undefined) {
    parts.push(schedule);
  }
  return parts.join(", ");
}

function describeLimit(scope: BackupStatus): string {
  const limit = formatSeconds(scope.alert_after_seconds);
  return scope.due_by === null ? limit : `${limit} by schedule ${scope.due_by}`;
}

function describeAge(seconds: number | null): string {
  if (seconds === null) {
    return "has no good backup";
  }
  return seconds < 0
    ? `last good lies ${formatSeconds(-seconds)} ahead of the clock`
    : `last good ${formatSeconds(seconds)} ago`;
}

/** `'label'=value[UOM];warn;crit;min`; a scope that was never backed up has no value: U. */
function perfdatum(scope: BackupStatus): string {
  const label = `${oneLine(scope.fqdn)}/${oneLine(scope.scope)} age`.replaceAll(/['=|]/g, "_");
  const value = scope.age_seconds === null ? "U" : `${Math.max(0, Math.floor(scope.age_seconds))}s`;
  return `'${label}'=${value};;${Math.floor(scope.alert_after_seconds)};0`;
}

function queuePerfdata(systems: readonly SystemVerdict[]): string[] {
  const queue = queueOf(systems);
  if (queue === undefined) return [];
  const longest = Math.floor(queue.longest?.waited_seconds ?? 0);
  return [
    `'waiting runs'=${queue.waiting};;;0`,
    `'untaken runs'=${queue.untaken};;;0`,
    `'longest wait'=${Math.max(0, longest)}s;;;0`,
  ];
}

/** Names come from reporters; a line break or a pipe in one must not forge plugin output. */
function oneLine(text: string): string {
  return text.replaceAll(/[\p{Cc}|]/gu, "?");
}
