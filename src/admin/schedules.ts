import { type Execution, ExecutionDao, type ExecutionPage } from "../dao/execution.ts";
import type { Queryable } from "../dao/queryable.ts";
import { type Schedule, ScheduleDao } from "../dao/schedule.ts";
import { SourceDao } from "../dao/source.ts";

/**
 * How a schedule runs. Intervals are PostgreSQL's, such as `90 minutes` or `1h`; times are dates or
 * text with a zone. Null takes a setting back.
 */
export interface ScheduleSettings {
  readonly description?: string | undefined;
  /** Every backup builds on this one. It is looked at now and at every run. */
  readonly parentId?: number | undefined;
  /** Every backup builds on the latest one; false makes full backups. */
  readonly incremental?: boolean | undefined;
  /** Where there is nothing to build on: `full` (which the execution then tells), or `fail`. */
  readonly onMissingParent?: "full" | "fail" | undefined;
  /** How many backups may build on one another, 2 to 10000; without it `BackupMaxChainLength`. */
  readonly maxChain?: number | null | undefined;
  /** A name of `pg_timezone_names`; UTC without it. */
  readonly tz?: string | undefined;
  /** Names; without any, the only provider that keeps bytes. */
  readonly providers?: readonly string[] | undefined;
  /** Disabled ones keep their history and do not run by themselves. */
  readonly isEnabled?: boolean | undefined;
  /** No run before. */
  readonly firstAt?: Date | string | null | undefined;
  /** No run after. */
  readonly untilAt?: Date | string | null | undefined;
  /** No further run once so many slots became runs. */
  readonly maxRuns?: number | null | undefined;
  /** What becomes of a slot while an earlier run goes on: `skip` (the default), or `queue` one. */
  readonly overlap?: "skip" | "queue" | undefined;
  /** Which slots that nobody could run in time are made up for: none, the newest (the default), all. */
  readonly missed?: "skip" | "once" | "all" | undefined;
  /** How many of them with `all`, 1 to 1000; 10 without it. */
  readonly missedCap?: number | undefined;
  /** How often a run that failed is tried again, 0 to 100; 0 without it. */
  readonly retries?: number | undefined;
  /** An interval before the first retry, doubled before each further one; 1 minute without it. */
  readonly backoff?: string | undefined;
  /** An interval after which a run is ended; without it never. */
  readonly timeout?: string | null | undefined;
  /** An interval: how long after its second run without a good backup the scope is outdated; 1 hour. */
  readonly grace?: string | undefined;
  /** Which of its backups are kept; without any of these all of them. */
  readonly keepLast?: number | null | undefined;
  readonly keepHourly?: number | null | undefined;
  readonly keepDaily?: number | null | undefined;
  readonly keepWeekly?: number | null | undefined;
  readonly keepMonthly?: number | null | undefined;
  readonly keepYearly?: number | null | undefined;
  /** How many of those that are proven are kept whatever the others say; 1 without it. */
  readonly keepProven?: number | undefined;
}

export interface ScheduleChanges extends ScheduleSettings {
  readonly name?: string | undefined;
  readonly pattern?: string | undefined;
}

/** By which column of `lastgood.schedule` a setting is known; kind and parent go together. */
const columnOf = {
  name: "name",
  pattern: "pattern",
  description: "description",
  onMissingParent: "on_missing_parent",
  maxChain: "max_chain",
  tz: "tz",
  providers: "providers",
  isEnabled: "is_enabled",
  firstAt: "first_at",
  untilAt: "until_at",
  maxRuns: "max_runs",
  overlap: "overlap",
  missed: "missed",
  missedCap: "missed_cap",
  retries: "retries",
  backoff: "backoff",
  timeout: "timeout",
  grace: "grace",
  keepLast: "keep_last",
  keepHourly: "keep_hourly",
  keepDaily: "keep_daily",
  keepWeekly: "keep_weekly",
  keepMonthly: "keep_monthly",
  keepYearly: "keep_yearly",
  keepProven: "keep_proven",
} as const satisfies Record<Exclude<keyof ScheduleChanges, "parentId" | "incremental">, string>;

function columnsOf({ parentId, incremental, ...changes }: ScheduleChanges): string {
  const columns = Object.entries(columnOf).flatMap(([name, column]) => {
    const value = changes[name as keyof typeof columnOf];
    return value === undefined ? [] : [[column, value] as const];
  });
  const isGiven = incremental !== undefined || parentId !== undefined;
  const kind = incremental === false ? "full" : "incremental";
  return JSON.stringify({
    ...Object.fromEntries(columns),
    ...(isGiven ? { kind, parent_id: parentId ?? null } : {}),
  });
}

/**
 * Backs sources up by themselves, with the operations of Trove: schedules, and the executions that
 * their slots became. Each method calls one SQL function that holds the rules.
 *
 * A source or a schedule is named by its id or by its name. For a source that is not there they
 * throw a NotFoundError, for a schedule a database error LG074, or LG075 where several have the name.
 */
export class Schedules {
  readonly #db: Queryable;
  readonly #schedules: ScheduleDao;
  readonly #executions: ExecutionDao;

  constructor(db: Queryable) {
    this.#db = db;
    this.#schedules = new ScheduleDao(db);
    this.#executions = new ExecutionDao(db);
  }

  /**
   * Lets a source be backed up by itself, from its next slot on.
   *
   * @param source its id or name
   * @param pattern five fields of cron, in the time zone `tz`
   * @param name what its backups are called, with the time of their slot; unique for the source
   * @throws a database error LG021 or LG022 for the name, LG026, LG031 or LG055 for the providers,
   *   LG032 or LG033 for the parent, LG070 or LG072 for pattern and zone, LG073 for another setting
   */
  async scheduleCreate(
    source: number | string,
    pattern: string,
    name: string,
    settings: ScheduleSettings = {},
  ): Promise<Schedule> {
    const { name: sourceName } = await new SourceDao(this.#db).getSource(source);
    const id = await this.#value<string>(
      `lastgood.add_schedule(p_source => $1::text, p_pattern => $2::text, p_name => $3::text,
         p_options => $4::jsonb)`,
      [sourceName, pattern, name, columnsOf(settings)],
    );
    return await this.#schedules.getSchedule(Number(id));
  }

  /** Those of a source or, without one, of all, the next to run first; deleted ones are left out. */
  async scheduleList(source?: number | string): Promise<Schedule[]> {
    if (source === undefined) return await this.#schedules.getSchedules();
    const { id } = await new SourceDao(this.#db).getSource(source);
    return await this.#schedules.getSchedules(id);
  }

  /** @throws NotFoundError for a deleted one */
  async scheduleShow(schedule: number | string): Promise<Schedule> {
    return await this.#schedules.getSchedule(schedule);
  }

  /**
   * Changes what is given and leaves the rest. What waits is cancelled where it disables; a schedule
   * that is enabled again starts with its next slot, and makes up for nothing.
   *
   * @throws what {@link scheduleCreate} does
   */
  async scheduleUpdate(schedule: number | string, changes: ScheduleChanges): Promise<Schedule> {
    const { id } = await this.#schedules.getSchedule(schedule);
    await this.#value(
      "lastgood.set_schedule(p_schedule_id => $1::bigint, p_changes => $2::jsonb)",
      [id, columnsOf(changes)],
    );
    return await this.#schedules.getSchedule(id);
  }

  /** What waits is cancelled, what runs goes on to its end, executions and backups stay. */
  async scheduleDelete(schedule: number | string): Promise<void> {
    await this.#value(
      "lastgood.delete_schedule(p_schedule_id => lastgood.find_schedule(p_ref => $1::text))",
      [String(schedule)],
    );
  }

  /**
   * Asks for a run now, also of a disabled schedule. Beside a run that is under way it is SKIPPED, or
   * waits, by the overlap policy.
   */
  async scheduleRun(schedule: number | string): Promise<Execution> {
    const id = await this.#value<string>(
      "lastgood.run_schedule(p_schedule_id => lastgood.find_schedule(p_ref => $1::text))",
      [String(schedule)],
    );
    return await this.#executions.getExecution(Number(id));
  }

  /**
   * One page of the executions of a schedule, newest first; 50 without a limit. The marker is the
   * last id of the page before, and may have been deleted since. A deleted schedule is known by its id.
   *
   * @throws RangeError for a limit outside 1 to 1000, a database error LG077 for a marker that is
   *   none of its executions
   */
  async executionList(schedule: number | string, page: ExecutionPage = {}): Promise<Execution[]> {
    return await this.#executions.getExecutions(schedule, page);
  }

  /** @throws NotFoundError where there is none with this id */
  async executionShow(execution: number): Promise<Execution> {
    return await this.#executions.getExecution(execution);
  }

  /**
   * Cancels one that waits or runs; its backup fails. One whose backup was sealed by then ends by that.
   *
   * @returns the state in which it ended
   * @throws a database error LG077 for an unknown one, LG078 for one that has ended
   */
  async executionCancel(execution: number): Promise<Execution["state"]> {
    return await this.#value("lastgood.cancel_execution(p_execution_id => $1::bigint)", [
      execution,
    ]);
  }

  /**
   * Deletes one from the history; its backup stays. With `force` one that waits or runs is cancelled
   * first.
   *
   * @throws a database error LG077 for an unknown one, LG076 for one that waits or runs
   */
  async executionDelete(
    execution: number,
    options: { readonly force?: boolean | undefined } = {},
  ): Promise<void> {
    await this.#value(
      "lastgood.delete_execution(p_execution_id => $1::bigint, p_force => $2::boolean)",
      [execution, options.force ?? false],
    );
  }

  async #value<T>(call: string, parameters: readonly unknown[]): Promise<T> {
    const { rows } = await this.#db.query<{ readonly value: T }>(`select ${call} as value`, [
      ...parameters,
    ]);
    return rows[0]?.value as T;
  }
}
