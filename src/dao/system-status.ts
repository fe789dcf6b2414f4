import type { Activity, State } from "./backup-status.ts";
import { pageLimit, type Queryable, toNumber } from "./queryable.ts";

/** The verdict of one system: a row of `lastgood.system_status`. */
export interface SystemStatus {
  readonly fqdn: string;
  readonly state: State;
  readonly activity: Activity;
  readonly last_full_backup_at: Date | null;
  readonly age_seconds: number | null;
  readonly alert_after_seconds: number;
  readonly is_checked: boolean;
  readonly last_check_at: Date | null;
  /** The event that the state deserves, or null. */
  readonly alert: string | null;
  /** What a monitoring plugin makes of it: 0 ok, 1 warning, 2 critical. */
  readonly check_status: number;
  /** When the first of its required scopes is outdated; null where none has a success. */
  readonly due_at: Date | null;
}

export interface SystemStatusFilter {
  readonly fqdn?: string;
  /** Systems that come after this one; the last `fqdn` of the page before. */
  readonly after?: string;
  /** How many rows at most, 1 to 1000; all of them without it. */
  readonly limit?: number;
}

/** Reads the verdicts of systems. It has no way to write. */
export class SystemStatusDao {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /**
   * The verdicts of watched systems, by name.
   *
   * @throws RangeError for a limit outside 1 to 1000
   */
  async getSystems(filter: SystemStatusFilter = {}): Promise<SystemStatus[]> {
    const { rows } = await this.#db.query<
      Omit<SystemStatus, "age_seconds" | "alert_after_seconds"> & {
        readonly age_seconds: string | null;
        readonly alert_after_seconds: string;
      }
    >(
      `select fqdn, state, activity, last_full_backup_at, extract(epoch from age) as age_seconds,
              extract(epoch from alert_after) as alert_after_seconds, is_checked, last_check_at,
              alert, check_status, due_at
       from lastgood.system_status
       where ($1::text is null or fqdn = $1) and ($2::text is null or fqdn > $2)
       order by fqdn
       limit $3`,
      [filter.fqdn ?? null, filter.after ?? null, pageLimit(filter, null)],
    );
    return rows.map((row) => ({
      ...row,
      age_seconds: toNumber(row.age_seconds),
      alert_after_seconds: Number(row.alert_after_seconds),
    }));
  }
}
