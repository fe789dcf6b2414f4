import type { Command } from "commander";
import type { BackupStatus } from "../dao/backup-status.ts";
import type { SystemStatus } from "../dao/system-status.ts";
import { withDatabase } from "../database.ts";
import type { Io } from "../io.ts";
import { describeUntaken, describeWaiting, queueOf } from "../check/queue.ts";
import { formatFqdn, formatSeconds, formatTime, renderTable } from "../format.ts";
import { readVerdicts, type SystemVerdict } from "../verdict.ts";
import { type CommonOptions, resultCommand, printResult } from "./command.ts";

export function statusCommand(io: Io): Command {
  return resultCommand("status", "Show the verdict of every system, or of one, scope by scope.")
    .argument("[fqdn]", "only this system")
    .action(async (fqdn: string | undefined, options: CommonOptions) => {
      const verdicts = await withDatabase(io, options, (client) => readVerdicts(client, fqdn));
      printResult(io, options, verdicts, renderStatus);
    });
}

function requiredFirst(a: BackupStatus, b: BackupStatus): number {
  return Number(b.is_required) - Number(a.is_required);
}

/** The verdict table for people. */
export function renderStatus(verdicts: readonly SystemVerdict[]): string {
  const [first] = verdicts;
  if (!first) {
    return "No system has ever reported a backup.";
  }
  // Without schedules the deadline is as far away as the age says.
  const isScheduled = verdicts.some(({ scopes }) =>
    scopes.some(({ schedule_state }) => schedule_state !== "none"),
  );
  const rows = verdicts.flatMap((verdict) => [
    [
      ...row(
        formatFqdn(verdict.fqdn),
        verdict,
        verdict.last_full_backup_at,
        verdict.alert_after_seconds,
      ),
      ...(isScheduled ? [due(verdict), ""] : []),
    ],
    ...verdict.scopes
      .toSorted(requiredFirst)
      .map((scope) => [
        ...row(
          `  ${scope.scope}${scope.is_required ? "" : " (optional)"}`,
          scope,
          scope.last_success_at,
          scope.alert_after_seconds,
        ),
        ...(isScheduled ? [due(scope), schedule(scope)] : []),
      ]),
  ]);
  const head = ["SYSTEM", "STATE", "ACTIVITY", "LAST GOOD BACKUP", "AGE", "ALLOWED"];
  head.push(...(isScheduled ? ["DUE", "SCHEDULE"] : []));
  return [renderTable(head, rows), watcherLine(first), ...queueLines(verdicts)].join("\n");
}

/** What waits of the schedules, and what nobody is there for. */
function queueLines(verdicts: readonly SystemVerdict[]): string[] {
  const queue = queueOf(verdicts);
  if (queue === undefined) return [];
  const { longest, longestUntaken, waiting, untaken } = queue;
  const forRoom = waiting - untaken;
  return [
    ...(longestUntaken?.untaken_since
      ? [
          `${describeUntaken(untaken)}: the first, of "${longestUntaken.untaken_schedule}" of ` +
            `${formatFqdn(longestUntaken.fqdn)}, since ${formatTime(longestUntaken.untaken_since)}. ` +
            "Start a worker with the labels of its source: lastgood work.",
        ]
      : []),
    ...(forRoom > 0 && longest?.waiting_since
      ? [
          `${describeWaiting(forRoom)}, beside ${queue.running} that ${queue.running === 1 ? "runs" : "run"}.`,
        ]
      : []),
  ];
}

function row(
  name: string,
  verdict: Pick<SystemStatus, "state" | "activity" | "age_seconds">,
  lastGood: Date | null,
  allowed: number,
): string[] {
  return [
    name,
    verdict.state,
    verdict.activity,
    lastGood ? formatTime(lastGood) : "never",
    verdict.age_seconds === null ? "-" : formatSeconds(verdict.age_seconds),
    formatSeconds(allowed),
  ];
}

function due({ due_at }: Pick<SystemStatus, "due_at">): string {
  return due_at ? formatTime(due_at) : "-";
}

/** By which schedule it is due, or what is the matter with its schedules. */
function schedule({ due_by, schedule_state }: BackupStatus): string {
  const state = schedule_state === "scheduled" && due_by !== null ? null : schedule_state;
  return [due_by, state === "none" ? "-" : state].filter((part) => part !== null).join(", ");
}

function watcherLine({ is_checked, last_check_at }: SystemStatus): string {
  if (!is_checked) {
    return "Checking is off (BackupCheckPeriodInHours is -1): no alerts are raised.";
  }
  return last_check_at
    ? `Last freshness check: ${formatTime(last_check_at)}.`
    : "No freshness check has run yet.";
}
