import type { Queryable } from "../dao/queryable.ts";

export interface NewSource {
  readonly name: string;
  readonly type: string;
  /** The system that it belongs to; a new one is watched from now on. */
  readonly fqdn: string;
  readonly scope: string;
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** Changes what lastgood backs up. Each method calls one SQL function that holds the rules. */
export class Sources {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /**
   * @returns its id
   * @throws a database error LG003, LG006, LG020, LG021, LG022 or LG025 for what cannot be
   */
  async add(source: NewSource): Promise<number> {
    const { rows } = await this.#db.query<{ readonly id: string }>(
      `select lastgood.add_source(p_name => $1::text, p_type => $2::text, p_fqdn => $3::text,
         p_scope => $4::text, p_settings => $5::jsonb) as id`,
      [source.name, source.type, source.fqdn, source.scope, JSON.stringify(source.settings ?? {})],
    );
    return Number(rows[0]?.id);
  }

  /** In place of all that it has. @throws a database error LG025, or LG028 for an unknown one */
  async setSettings(name: string, settings: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#db.query(
      "select lastgood.set_source_settings(p_name => $1::text, p_settings => $2::jsonb)",
      [name, JSON.stringify(settings)],
    );
  }

  /** Its backups stay. @throws a database error LG028 for an unknown one, LG029 while it runs */
  async delete(name: string): Promise<void> {
    await this.#db.query("select lastgood.delete_source(p_name => $1::text)", [name]);
  }
}
