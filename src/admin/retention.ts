import type { Queryable } from "../dao/queryable.ts";
import type { CatalogueCopy } from "./described.ts";

/** A backup that its schedule keeps no longer. */
export interface ExpiredBackup {
  readonly backup_id: number;
  readonly name: string;
  /** Why it goes, in words. */
  readonly reason: string;
}

/** A copy whose bytes are to be removed: a row of `lastgood.copy_status`. */
export interface LeftCopy extends CatalogueCopy {
  readonly backup_id: number;
  /** The id of the installation that the place belongs to. */
  readonly installation: string;
}

export interface Expiry {
  readonly backups: readonly ExpiredBackup[];
  /** Those of these backups, and what was left of others before. */
  readonly copies: readonly LeftCopy[];
}

/** What schedules keep. Which backups go is decided in SQL; `RetentionDao` explains it. */
export class Retention {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /**
   * Begins to delete what a schedule, by its id or name, keeps no longer, and again what could not be
   * deleted before. Safe to repeat, and to be called by several at once.
   *
   * @throws a database error LG074 or LG075 where there is no such schedule, or several
   */
  async expire(schedule: number | string): Promise<Expiry> {
    const { rows } = await this.#db.query<{ readonly value: Expiry }>(
      `select lastgood.expire_backups(
         p_schedule_id => lastgood.find_schedule(p_ref => $1::text)) as value`,
      [String(schedule)],
    );
    return rows[0]?.value ?? { backups: [], copies: [] };
  }
}
