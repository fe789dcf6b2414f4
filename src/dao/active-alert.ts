import type { Queryable } from "./queryable.ts";

/** A live alert: a row of `lastgood.active_alert`. */
export interface ActiveAlert {
  readonly audit_log_id: number;
  readonly log_type_name: string;
  /** Null for an alert that belongs to no system. */
  readonly fqdn: string | null;
  readonly message: string;
  readonly raised_at: Date;
  readonly last_seen_at: Date;
  readonly dismissed_by: string | null;
  readonly dismissed_until: Date | null;
  /** Whether people have hidden it for the time being. */
  readonly is_dismissed: boolean;
}

/** Reads the live alerts. It has no way to write. */
export class ActiveAlertDao {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** All live alerts, dismissed ones among them, oldest first. */
  async getAlerts(): Promise<ActiveAlert[]> {
    const { rows } = await this.#db.query<
      Omit<ActiveAlert, "audit_log_id"> & { readonly audit_log_id: string }
    >(
      `select audit_log_id, log_type_name, fqdn, message, raised_at, last_seen_at, dismissed_by,
              dismissed_until, is_dismissed
       from lastgood.active_alert
       order by audit_log_id`,
    );
    return rows.map((row) => ({ ...row, audit_log_id: Number(row.audit_log_id) }));
  }
}
