import { pageLimit, type Queryable, toNumber } from "./queryable.ts";

export type State = "ok" | "outdated" | "missing";
/** How the schedules of a scope are; `none` where it has none. */
export type ScheduleState = "none" | "scheduled" | "never ran" | "failing" | "disabled" | "ended";
export type Activity = "idle" | "running" | "stuck" | "failing";

/** The verdict of one scope of one system: a row of `lastgood.backup_status`. */
export interface BackupStatus {
  readonly fqdn: string;
  readonly scope: string;
  readonly is_required: boolean;
  readonly state: State;
  readonly activity: Activity;
  readonly last_success_at: Date | null;
  readonly age_seconds: number | null;
  readonly last_attempt_at: Date | null;
  readonly last_attempt_passed: boolean | null;
  readonly running_since: Date | null;
  readonly proof_level: number | null;
  /** Until `due_at`, from the newest success. */
  readonly alert_after_seconds: number;
  /** When it is outdated; null without a success. */
  readonly due_at: Date | null;
  /** The schedule that says so; null where the period of the system does. */
  readonly due_by: string | null;
  readonly schedule_state: ScheduleState;
}

export interface BackupStatusFilter {
  readonly fqdn?: string;
  /** Scopes that come after this one; the last row of the page before. */
  readonly after?: Pick<BackupStatus, "fqdn" | "scope">;
  /** How many rows at most, 1 to 1000; all of them without it. */
  readonly limit?: number;
}

/** Reads the verdicts of scopes. It has no way to write. */
export class BackupStatusDao {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /**
   * The verdicts of every required or reported scope of watched systems, by system and scope.
   *
   * @throws RangeError for a limit outside 1 to 1000
   */
  async getScopes(filter: BackupStatusFilter = {}): Promise<BackupStatus[]> {
    const { rows } = await this.#db.query<
      Omit<BackupStatus, "age_seconds" | "alert_after_seconds"> & {
        readonly age_seconds: string | null;
        readonly alert_after_seconds: string;
      }
    >(
      `select fqdn, scope, is_required, state, activity, last_success_at,
              extract(epoch from age) as age_seconds, last_attempt_at, last_attempt_passed,
              running_since, proof_level, extract(epoch from alert_after) as alert_after_seconds,
              due_at, due_by, schedule_state
       from lastgood.backup_status
       where ($1::text is null or fqdn = $1)
         and ($2::text is null or (fqdn, scope collate "C") > ($2, $3::text))
       order by fqdn, scope collate "C"
       limit $4`,
      [
        filter.fqdn ?? null,
        filter.after?.fqdn ?? null,
        filter.after?.scope ?? null,
        pageLimit(filter, null),
      ],
    );
    return rows.map((row) => ({
      ...row,
      age_seconds: toNumber(row.age_seconds),
      alert_after_seconds: Number(row.alert_after_seconds),
    }));
  }
}
