import type { Execution, ExecutionOutput } from "../dao/execution.ts";
import type { Schedule } from "../dao/schedule.ts";
import { formatSeconds, formatTime, renderTable } from "../format.ts";
import { textOf } from "./properties.ts";

/** Always shown, also without a value: what Trove shows of a schedule. */
const troveProperties = new Set([
  "created_at",
  "id",
  "input",
  "instance",
  "name",
  "next_execution_time",
  "parent_id",
  "pattern",
  "updated_at",
]);

/** A schedule for people, a line a property, by name. */
export function renderSchedule(schedule: Schedule): string {
  const rows = Object.entries(schedule)
    .filter(([name, value]) => value !== null || troveProperties.has(name))
    .map(([name, value]): [string, string] => [
      name.replace(/_seconds$/, ""),
      propertyOf(name, value),
    ])
    .toSorted(([one], [other]) => (one < other ? -1 : 1));
  return renderTable(["Property", "Value"], rows);
}

function propertyOf(name: string, value: unknown): string {
  if (value === null) return "-";
  if (name === "input") return JSON.stringify(value);
  return name.endsWith("_seconds") ? formatSeconds(Number(value)) : textOf(value);
}

/** Schedules for people; where they are of several sources, with these. */
export function renderSchedules(schedules: readonly Schedule[], isOfOneSource: boolean): string {
  if (schedules.length === 0) return "There is no schedule.";
  const rows = schedules.map((schedule) => [
    String(schedule.id),
    schedule.name,
    schedule.pattern,
    nextOf(schedule),
    ...(isOfOneSource ? [] : [schedule.instance]),
  ]);
  const head = ["ID", "Name", "Pattern", "Next Execution Time"];
  return renderTable(isOfOneSource ? head : [...head, "Source"], rows);
}

function nextOf({ next_execution_time: time, is_enabled: isEnabled }: Schedule): string {
  if (time !== null) return formatTime(time);
  return isEnabled ? "never" : "disabled";
}

/** Executions for people, in the order of their page. */
export function renderExecutions(executions: readonly Execution[]): string {
  if (executions.length === 0) return "There is no execution.";
  const rows = executions.map(({ id, execution_time: time, state, output }) => [
    String(id),
    formatTime(time),
    state,
    output === null ? "-" : outputOf(output),
  ]);
  return renderTable(["ID", "Execution Time", "State", "Output"], rows);
}

/** The database does not keep the order. */
function outputOf({ status, backup_id, error }: ExecutionOutput): string {
  return JSON.stringify({ status, backup_id, error });
}
