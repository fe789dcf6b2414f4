import type { CheckSummary } from "../dao/check-summary.ts";
import type { ExecutionCount } from "../dao/execution.ts";
import type { Schedule } from "../dao/schedule.ts";
import { type Metric, seconds } from "./metric.ts";

/** Name, help and value of what there is to say of each schedule. */
const scheduleValues: readonly (readonly [string, string, (schedule: Schedule) => number])[] = [
  [
    "lastgood_schedule_next_run_timestamp_seconds",
    "When the schedule runs next; 0 when it does not, such as while it is disabled.",
    (schedule) => seconds(schedule.next_execution_time),
  ],
  [
    "lastgood_schedule_last_success_timestamp_seconds",
    "When the newest run that was a SUCCESS ended; 0 when there is none.",
    (schedule) => seconds(schedule.last_success_at),
  ],
  [
    "lastgood_schedule_consecutive_failures",
    "How many runs ended without a SUCCESS since the last one.",
    (schedule) => schedule.consecutive_failures,
  ],
  [
    "lastgood_schedule_enabled",
    "1 when the schedule runs by itself, 0 while it is disabled.",
    (schedule) => Number(schedule.is_enabled),
  ],
];

/** As many series as there are schedules that were not deleted: nothing that runs adds one. */
export function scheduleMetrics(schedules: readonly Schedule[]): Metric[] {
  return scheduleValues.map(([name, help, value]) => ({
    name,
    help,
    labels: ["system", "source", "schedule"],
    series: schedules.map(
      (schedule) => [[schedule.fqdn, schedule.instance, schedule.name], value(schedule)] as const,
    ),
  }));
}

export function queueMetrics(summary: CheckSummary): Metric[] {
  const values = [
    ["lastgood_runs_waiting", "How many scheduled runs are due and wait.", summary.waiting],
    [
      "lastgood_runs_waiting_since_timestamp_seconds",
      "Since when the first of the runs waits that are due; 0 when none does.",
      seconds(summary.waiting_since),
    ],
    ["lastgood_runs_untaken", "How many of the runs that wait no worker takes.", summary.untaken],
    [
      "lastgood_runs_untaken_since_timestamp_seconds",
      "Since when the first of the runs waits that no worker takes; 0 when there is none.",
      seconds(summary.untaken_since),
    ],
  ] as const;
  return values.map(([name, help, value]) => ({ name, help, labels: [], series: [[[], value]] }));
}

export function executionMetric(counts: readonly ExecutionCount[]): Metric {
  return {
    name: "lastgood_executions",
    help: "How many executions wait and run now, and how many ended within the last hour.",
    labels: ["state"],
    series: counts.map(({ state, executions }) => [[state], executions]),
  };
}
