import type { Queryable } from "../dao/queryable.ts";

/**
 * Changes the config, under the rules of `sql/`. Every method may be repeated: a value that is there
 * already leaves no event. Each waits for other sessions that are changing the same key.
 *
 * Errors are the database's: LG001 for an unknown key, LG002 for a bad value, LG011 for a merge into
 * a key that holds no list, 42501 for a role that is no operator.
 */
export class ConfigValues {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** @returns the value as stored */
  async set(name: string, value: string): Promise<string> {
    return await this.#value(
      "select lastgood.set_config_value(p_name => $1::text, p_value => $2::text) as value",
      [name, value],
    );
  }

  /** Adds to a value that is a list. @returns the whole value as stored */
  async merge(name: string, value: string): Promise<string> {
    return await this.#value(
      "select lastgood.merge_config_value(p_name => $1::text, p_value => $2::text) as value",
      [name, value],
    );
  }

  /** @returns the default, which holds again */
  async reset(name: string): Promise<string> {
    return await this.#value("select lastgood.reset_config_value(p_name => $1::text) as value", [
      name,
    ]);
  }

  async #value(statement: string, values: readonly string[]): Promise<string> {
    const { rows } = await this.#db.query<{ readonly value: string }>(statement, [...values]);
    return rows[0]?.value ?? "";
  }
}
