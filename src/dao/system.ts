import { type Queryable, toNumber } from "./queryable.ts";

/** A system as it is registered: a row of `lastgood.system`. */
export interface System {
  readonly fqdn: string;
  /** Null follows the config key BackupRequiredScopes. */
  readonly required_scopes: readonly string[] | null;
  /** Null follows the config key BackupAlertPeriodInDays. */
  readonly alert_after_seconds: number | null;
  /** Roles that may report; null means every reporter. */
  readonly reporters: readonly string[] | null;
  readonly is_self_registered: boolean;
  readonly registered_at: Date;
  readonly retired_at: Date | null;
}

/** Reads the registered systems, retired ones too. It has no way to write. */
export class SystemDao {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** One system or, without `fqdn`, all of them by name. */
  async getSystems(fqdn?: string): Promise<System[]> {
    const { rows } = await this.#db.query<
      Omit<System, "alert_after_seconds"> & { readonly alert_after_seconds: string | null }
    >(
      `select fqdn, required_scopes, extract(epoch from alert_after) as alert_after_seconds,
              reporters, is_self_registered, registered_at, retired_at
       from lastgood.system
       where $1::text is null or fqdn = $1
       order by fqdn`,
      [fqdn ?? null],
    );
    return rows.map((row) => ({ ...row, alert_after_seconds: toNumber(row.alert_after_seconds) }));
  }
}
