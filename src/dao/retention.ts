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

type Row = Omit<RetentionRow, "id"> & { readonly backup_id: string };

/** Reads what schedules keep. It has no way to write. */
export class RetentionDao {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** Every backup of the schedule that has bytes, newest first. */
  async getPlan(scheduleId: number): Promise<RetentionRow[]> {
    const { rows } = await this.#db.query<Row>(
      `select backup_id, name, ended_at, is_kept, reason
       from lastgood.retention_plan(p_schedule_id => $1::bigint)`,
      [scheduleId],
    );
    return rows.map(({ backup_id: id, ...row }) => ({ id: Number(id), ...row }));
  }
}
