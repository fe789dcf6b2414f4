import type { Queryable } from "./queryable.ts";

/** Whether a schedule keeps one of its backups: a row of `lastgood.retention_plan`. */
export interface RetentionRow {
  readonly id: number;
  readonly name: string;
  /** Null while it runs. */
  readonly ended_at: Date | null;
  readonly is_kept: boolean;
  /** All reasons, in words. */
  readonly reason: string;
}

/** A provider may keep fewer backups than a schedule holds there before it lets go of any. */
export interface QuotaWarning {
  readonly warning: string;
  readonly hint: string;
}

type Row = Omit<RetentionRow, "id"> & { readonly backup_id: string };

/** Reads what schedules keep. It has no way to write. */
export class RetentionDao {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /**
   * Every backup that has bytes of a schedule, which goes by its id or name, newest first.
   *
   * @throws a database error LG074 or LG075 where there is none, or several
   */
  async getPlan(schedule: number | string): Promise<RetentionRow[]> {
    const { rows } = await this.#db.query<Row>(
      `select backup_id, name, ended_at, is_kept, reason
       from lastgood.retention_plan(
         p_schedule_id => lastgood.find_schedule(p_ref => $1::text))`,
      [String(schedule)],
    );
    return rows.map(({ backup_id: id, ...row }) => ({ id: Number(id), ...row }));
  }

  /** Of one schedule, or at one provider, or of all: where a provider may keep too few backups. */
  async getQuotaWarnings(
    of: { readonly schedule?: number | undefined; readonly provider?: string | undefined } = {},
  ): Promise<QuotaWarning[]> {
    const { rows } = await this.#db.query<QuotaWarning>(
      `select warning, hint
       from lastgood.quota_warnings(p_schedule_id => $1::bigint, p_provider => $2::text)`,
      [of.schedule ?? null, of.provider ?? null],
    );
    return rows;
  }
}
