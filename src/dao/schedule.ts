import { NotFoundError } from "../errors.ts";
import type { ExecutionState } from "./execution.ts";
import { type Queryable, toNumber } from "./queryable.ts";

/** When a source is backed up by itself: a row of `lastgood.schedule_status`, in Trove's words. */
export interface Schedule {
  readonly id: number;
  readonly name: string;
  /** The name of the source. */
  readonly instance: string;
  readonly source_id: number;
  readonly fqdn: string;
  readonly scope: string;
  readonly description: string;
  /** Five fields of cron, in the time zone `tz`. */
  readonly pattern: string;
  readonly tz: string;
  /** Null where it does not run again, such as while it is disabled. */
  readonly next_execution_time: Date | null;
  readonly kind: "full" | "incremental";
  /** On which backup all of its backups build; null is the latest one, where they do. */
  readonly parent_id: number | null;
  /** What is made where there is nothing to build on: a full backup, or none. */
  readonly on_missing_parent: "full" | "fail";
  /** How many backups may build on one another; null is as many as `BackupMaxChainLength` says. */
  readonly max_chain: number | null;
  /** Names; none is the only provider that keeps bytes. */
  readonly providers: readonly string[];
  readonly is_enabled: boolean;
  readonly first_at: Date | null;
  readonly until_at: Date | null;
  readonly max_runs: number | null;
  /** How many of its slots became runs: what `max_runs` limits. */
  readonly runs: number;
  readonly overlap: "skip" | "queue";
  readonly missed: "skip" | "once" | "all";
  readonly missed_cap: number;
  readonly retries: number;
  readonly backoff_seconds: number;
  readonly timeout_seconds: number | null;
  readonly grace_seconds: number;
  readonly keep_last: number | null;
  readonly keep_hourly: number | null;
  readonly keep_daily: number | null;
  readonly keep_weekly: number | null;
  readonly keep_monthly: number | null;
  readonly keep_yearly: number | null;
  readonly keep_proven: number;
  readonly created_at: Date;
  readonly created_by: string;
  /** Null until it is changed. */
  readonly updated_at: Date | null;
  /** What it was asked for with. */
  readonly input: ScheduleInput;
  readonly last_execution_id: number | null;
  /** Null where the newest execution was asked for by somebody. */
  readonly last_slot_at: Date | null;
  readonly last_state: ExecutionState | null;
  readonly running_execution_id: number | null;
  readonly last_success_at: Date | null;
  /** Runs that ended without SUCCESS since the last one that had it. */
  readonly consecutive_failures: number;
}

export interface ScheduleInput {
  readonly instance: string;
  readonly name: string;
  readonly description: string;
  readonly parent_id: number | null;
}

/** A run to come. */
export interface NextRun {
  readonly run_at: Date;
  /** The same in the time zone of the schedule, in ISO 8601 with its offset from UTC. */
  readonly local: string;
}

export interface PreviewOptions {
  /** Runs after this moment; without it after now. */
  readonly from?: Date | string | undefined;
  /** How many at most, 1 to 1000; 5 without it. */
  readonly count?: number | undefined;
}

type Ids = "source_id" | "parent_id" | "last_execution_id" | "running_execution_id";
type Numbers = "backoff_seconds" | "timeout_seconds" | "grace_seconds" | "consecutive_failures";
type Row = Omit<Schedule, "id" | "input" | Ids | Numbers> & { readonly schedule_id: string } & {
  readonly [K in Ids | Numbers]: string | null;
};

const columns = `schedule_id, name, source as instance, source_id, fqdn, scope, description,
  pattern, tz, next_run_at as next_execution_time, kind, parent_id, on_missing_parent, max_chain,
  providers, is_enabled, first_at, until_at, max_runs, runs, overlap, missed, missed_cap, retries,
  extract(epoch from backoff) as backoff_seconds, extract(epoch from timeout) as timeout_seconds,
  extract(epoch from grace) as grace_seconds, keep_last, keep_hourly, keep_daily, keep_weekly,
  keep_monthly, keep_yearly, keep_proven, created_at, created_by, updated_at, last_execution_id,
  last_slot_at, last_state, running_execution_id, last_success_at, consecutive_failures`;

function toSchedule({ schedule_id: id, ...row }: Row): Schedule {
  const { instance, name, description } = row;
  const parentId = toNumber(row.parent_id);
  return {
    id: Number(id),
    ...row,
    source_id: Number(row.source_id),
    parent_id: parentId,
    backoff_seconds: Number(row.backoff_seconds),
    timeout_seconds: toNumber(row.timeout_seconds),
    grace_seconds: Number(row.grace_seconds),
    input: { instance, name, description, parent_id: parentId },
    last_execution_id: toNumber(row.last_execution_id),
    running_execution_id: toNumber(row.running_execution_id),
    consecutive_failures: Number(row.consecutive_failures),
  };
}

/** Reads the schedules; deleted ones are left out. It has no way to write. */
export class ScheduleDao {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** Those of one source or, without its id, of all, the next to run first. */
  async getSchedules(sourceId?: number): Promise<Schedule[]> {
    const { rows } = await this.#db.query<Row>(
      `select ${columns}
       from lastgood.schedule_status
       where $1::bigint is null or source_id = $1
       order by next_run_at nulls last, schedule_id`,
      [sourceId ?? null],
    );
    return rows.map(toSchedule);
  }

  /**
   * One schedule by its id or name.
   *
   * @throws NotFoundError for a deleted one, a database error LG074 where there is none, LG075 where
   *   several have the name
   */
  async getSchedule(ref: number | string): Promise<Schedule> {
    const { rows } = await this.#db.query<Row>(
      `select ${columns}
       from lastgood.schedule_status
       where schedule_id = lastgood.find_schedule(p_ref => $1::text)`,
      [String(ref)],
    );
    const [row] = rows;
    if (!row) {
      throw new NotFoundError(`schedule ${ref} was deleted`, {
        hint: `See what became of its runs with: lastgood execution list ${ref}`,
      });
    }
    return toSchedule(row);
  }

  /**
   * The next runs of a cron pattern.
   *
   * @throws a database error LG070 for a pattern or a zone that cannot be, LG079 for the count
   */
  async getRunsOf(pattern: string, tz = "UTC", options: PreviewOptions = {}): Promise<NextRun[]> {
    return await this.#readRuns(
      `select r.run_at, to_char(r.run_at at time zone $2, 'YYYY-MM-DD"T"HH24:MI:SS') as local
       from lastgood.preview_runs(
         p_pattern => $1::text, p_tz => $2::text, p_from => $3::timestamptz, p_count => $4::integer
       ) as r(run_at)`,
      [pattern, tz],
      options,
    );
  }

  /**
   * The next runs of a schedule, within its first and last time and as many as it still may have.
   * Of a disabled one those that it would have.
   *
   * @throws what {@link getSchedule} and {@link getRunsOf} do
   */
  async getRuns(ref: number | string, options: PreviewOptions = {}): Promise<NextRun[]> {
    const { id } = await this.getSchedule(ref);
    return await this.#readRuns(
      `select r.run_at, to_char(r.run_at at time zone s.tz, 'YYYY-MM-DD"T"HH24:MI:SS') as local
       from lastgood.schedule_status as s
       cross join lateral lastgood.preview_runs(
         p_pattern => s.pattern,
         p_tz => s.tz,
         -- Of a limited number those before the moment have to be counted too.
         p_from => greatest(
           case when s.max_runs is null then coalesce($2::timestamptz, lastgood.clock())
             else lastgood.clock() end,
           s.first_at - interval '1 microsecond'
         ),
         p_count => case when s.max_runs is null then $3::integer else 1000 end
       ) with ordinality as r(run_at, number)
       where s.schedule_id = $1::bigint and (r.run_at > s.until_at) is not true
         and (r.number > s.max_runs - s.runs) is not true and (r.run_at <= $2) is not true
       order by r.number
       limit $3`,
      [id],
      options,
    );
  }

  async #readRuns(
    statement: string,
    subject: readonly (string | number)[],
    { from, count = 5 }: PreviewOptions,
  ): Promise<NextRun[]> {
    const { rows } = await this.#db.query<NextRun>(statement, [...subject, from ?? null, count]);
    return rows.map(({ run_at, local }) => ({ run_at, local: local + offsetOf(run_at, local) }));
  }

  /** What people should know of a schedule before they rely on it; mostly nothing. */
  async getWarnings(id: number): Promise<string[]> {
    const { rows } = await this.#db.query<{ readonly warning: string }>(
      `select w.warning
       from lastgood.schedule_status as s
       cross join lateral lastgood.schedule_warnings(
         p_pattern => s.pattern, p_tz => s.tz, p_source_id => s.source_id
       ) as w(warning)
       where s.schedule_id = $1::bigint`,
      [id],
    );
    return rows.map(({ warning }) => warning);
  }
}

/** How far a local time is from UTC, such as `-03:00`, by the zones of the server. */
function offsetOf(time: Date, local: string): string {
  const difference = Date.parse(`${local}Z`) - time.getTime();
  const sign = difference < 0 ? "-" : "+";
  return sign + new Date(Math.abs(difference)).toISOString().slice(11, 16);
}
