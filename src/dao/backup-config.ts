import type { Queryable } from "./queryable.ts";

/** A config key with its value: a row of `lastgood.backup_config`. */
export interface BackupConfig {
  readonly name: string;
  readonly value: string;
  readonly type: string;
  readonly valid_values: string | null;
  readonly default_value: string;
  readonly is_default: boolean;
  readonly description: string;
  readonly set_at: Date | null;
  readonly set_by: string | null;
}

/** Reads the config. It has no way to write. */
export class BackupConfigDao {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** One key or, without `name`, all of them by name. */
  async getKeys(name?: string): Promise<BackupConfig[]> {
    const { rows } = await this.#db.query<BackupConfig>(
      `select name, value, type, valid_values, default_value, is_default, description, set_at, set_by
       from lastgood.backup_config
       where $1::text is null or name = $1
       order by name`,
      [name ?? null],
    );
    return rows;
  }
}
