import type { Queryable } from "../dao/queryable.ts";

export interface NewSource {
  readonly name: string;
  readonly type: string;
  /** The system that it belongs to; a new one is watched from now on. */
  readonly fqdn: string;
  readonly scope: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Words that a worker must have, too, to take its backups. */
  readonly labels?: readonly string[] | undefined;
}

/** Who may run the backups of a source, and how many at once; what is not given stays. */
export interface SourceLimits {
  readonly labels?: readonly string[] | undefined;
  /** How many of its scheduled backups may run at once, 1 or more. */
  readonly maxRunning?: number | undefined;
}

/** Changes what lastgood backs up. Each method calls one SQL function that holds the rules. */
export class Sources {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /**
   * @returns its id
   * @throws a database error LG003, LG006, LG020, LG021, LG022, LG025 or LG071 for what cannot be
   */
  async add(source: NewSource): Promise<number> {
    const { rows } = await this.#db.query<{ readonly id: string }>(
      `select lastgood.add_source(p_name => $1::text, p_type => $2::text, p_fqdn => $3::text,
         p_scope => $4::text, p_settings => $5::jsonb,
         p_labels => $6::text[]) as id`,
      [
        source.name,
        source.type,
        source.fqdn,
        source.scope,
        JSON.stringify(source.settings ?? {}),
        source.labels ?? [],
      ],
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

  /** @throws a database error LG028 for an unknown one, LG071 for labels, LG079 for a number */
  async setLimits(name: string, { labels, maxRunning }: SourceLimits): Promise<void> {
    await this.#db.query(
      "select lastgood.set_source_limits(p_name => $1::text, p_limits => $2::jsonb)",
      [name, JSON.stringify({ labels, max_running: maxRunning })],
    );
  }

  /**
   * Its backups stay. With `force` its schedules are deleted, too; their executions stay.
   *
   * @throws a database error LG028 for an unknown one, LG029 while it runs or has schedules
   */
  async delete(
    name: string,
    options: { readonly force?: boolean | undefined } = {},
  ): Promise<void> {
    await this.#db.query(
      "select lastgood.delete_source(p_name => $1::text, p_force => $2::boolean)",
      [name, options.force ?? false],
    );
  }
}
