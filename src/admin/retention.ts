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
   * deleted before. One that was deleted is known by its id, and keeps what it kept. Safe to repeat,
   * and to be called by several at once.
   *
   * @throws a database error LG074 or LG075 where there is no such schedule, or several
   */
  async expire(schedule: number | string): Promise<Expiry> {
    return await this.#expire(
      `select lastgood.expire_backups(
         p_schedule_id => lastgood.find_schedule(p_ref => $1::text)) as value`,
      schedule,
    );
  }

  /** As {@link expire}, by itself: of a schedule that was deleted only people let backups go. */
  async expireLiving(schedule: number): Promise<Expiry> {
    return await this.#expire(
      `select lastgood.expire_backups(p_schedule_id => s.schedule_id) as value
       from lastgood.schedule_status as s
       where s.schedule_id = $1::bigint`,
      schedule,
    );
  }

  /**
   * Schedules, by their ids, that hold more than they keep at a provider that is full. Once they have
   * expired, others may have come to: what they built on stayed until then.
   */
  async getSchedulesToExpire(): Promise<number[]> {
    const { rows } = await this.#db.query<{ readonly id: string }>(
      "select s as id from lastgood.schedules_to_expire() as s",
    );
    return rows.map(({ id }) => Number(id));
  }

  async #expire(statement: string, schedule: number | string): Promise<Expiry> {
    const { rows } = await this.#db.query<{ readonly value: Expiry }>(statement, [
      String(schedule),
    ]);
    return rows[0]?.value ?? { backups: [], copies: [] };
  }
}
