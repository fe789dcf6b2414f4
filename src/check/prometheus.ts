import { Gauge, Registry } from "prom-client";
import type { BackupStatus } from "../dao/backup-status.ts";
import type { SystemStatus } from "../dao/system-status.ts";
import { type Metric, seconds } from "./metric.ts";
import type { CheckVerdict } from "./verdict.ts";
import { executionMetric, queueMetrics, scheduleMetrics } from "./schedule-metrics.ts";
import type { ExecutionCount } from "../dao/execution.ts";
import type { Schedule } from "../dao/schedule.ts";

const alertNames = ["ENGINE_NO_FULL_BACKUP", "ENGINE_NO_WARM_BACKUP"];
const activities = ["running", "stuck", "failing"];
const scheduleTroubles = ["never ran", "failing", "disabled", "ended"];

/** What is printed for Prometheus. */
export interface Metrics {
  readonly verdict: CheckVerdict;
  readonly schedules: readonly Schedule[];
  readonly executions: readonly ExecutionCount[];
}

/** The verdict as Prometheus metrics: timestamps, not ages, and a 0 for what never happened. */
export async function renderPrometheus({
  verdict,
  schedules,
  executions,
}: Metrics): Promise<string> {
  const registry = new Registry();
  const metrics = [
    ...scopeMetrics(verdict.systems.flatMap((system) => system.scopes)),
    alertMetric(verdict.systems),
    ...scheduleMetrics(schedules),
    ...checkMetrics(verdict),
    ...queueMetrics(verdict.summary),
    executionMetric(executions),
  ];
  for (const { name, help, labels, series } of metrics) {
    const gauge = new Gauge({ name, help, labelNames: [...labels], registers: [registry] });
    for (const [values, value] of series) {
      gauge.set(
        Object.fromEntries(labels.map((label, index) => [label, values[index] ?? ""])),
        value,
      );
    }
  }
  return await registry.metrics();
}

/** Name, help and value of what there is to say of each scope. */
const scopeValues: readonly (readonly [string, string, (scope: BackupStatus) => number])[] = [
  [
    "lastgood_backup_last_success_timestamp_seconds",
    "When the newest good backup was made; 0 when there is none.",
    (scope) => seconds(scope.last_success_at),
  ],
  [
    "lastgood_backup_last_attempt_timestamp_seconds",
    "When the newest attempt ended, good or bad; 0 when none did.",
    (scope) => seconds(scope.last_attempt_at),
  ],
  [
    "lastgood_backup_expected_interval_seconds",
    "How old the newest good backup may be.",
    (scope) => scope.alert_after_seconds,
  ],
  [
    "lastgood_backup_due_timestamp_seconds",
    "When the newest good backup is too old; 0 when there is none.",
    (scope) => seconds(scope.due_at),
  ],
  [
    "lastgood_backup_required",
    "1 when the scope is part of a full backup of its system.",
    (scope) => Number(scope.is_required),
  ],
];

function scopeMetrics(scopes: readonly BackupStatus[]): Metric[] {
  const labels = ["system", "scope"];
  const values = scopeValues.map(([name, help, value]) => ({
    name,
    help,
    labels,
    series: scopes.map((scope) => [[scope.fqdn, scope.scope], value(scope)] as const),
  }));
  const activity = scopes.flatMap((scope) =>
    activities.map(
      (name) => [[scope.fqdn, scope.scope, name], Number(scope.activity === name)] as const,
    ),
  );
  return [
    ...values,
    {
      name: "lastgood_backup_activity",
      help: "1 for what is going on now.",
      labels: [...labels, "activity"],
      series: activity,
    },
    {
      name: "lastgood_backup_schedule_state",
      help: "1 for what is the matter with the schedules of the scope.",
      labels: [...labels, "state"],
      series: scopes.flatMap((scope) =>
        scheduleTroubles.map(
          (name) =>
            [[scope.fqdn, scope.scope, name], Number(scope.schedule_state === name)] as const,
        ),
      ),
    },
  ];
}

function alertMetric(systems: readonly SystemStatus[]): Metric {
  return {
    name: "lastgood_alert_active",
    help: "1 when the state of the system deserves this alert; dismissing does not change it.",
    labels: ["system", "event"],
    series: systems.flatMap((system) =>
      alertNames.map((event) => [[system.fqdn, event], Number(system.alert === event)] as const),
    ),
  };
}

function checkMetrics({ summary }: CheckVerdict): Metric[] {
  return [
    {
      name: "lastgood_systems",
      help: "How many systems are in each state.",
      labels: ["state"],
      series: (["ok", "outdated", "missing"] as const).map((state) => [[state], summary[state]]),
    },
    {
      name: "lastgood_unwatched_systems",
      help: "How many systems report without being watched: no alert is ever raised for them.",
      labels: [],
      series: [[[], summary.unwatched]],
    },
    {
      name: "lastgood_check_enabled",
      help: "0 when checking is off, and no alert is raised.",
      labels: [],
      series: [[[], Number(summary.is_checked)]],
    },
    {
      name: "lastgood_check_period_seconds",
      help: "How often freshness is checked; 0 when checking is off.",
      labels: [],
      series: [[[], summary.check_period_seconds ?? 0]],
    },
    {
      name: "lastgood_check_last_run_timestamp_seconds",
      help: "When a freshness check last ran to its end; 0 when none did.",
      labels: [],
      series: [[[], seconds(summary.last_check_at)]],
    },
  ];
}
