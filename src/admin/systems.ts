import type { Queryable } from "../dao/queryable.ts";

/** What can be set of a system; undefined leaves it as it is, null follows the config. */
export interface SystemSettings {
  readonly requiredScopes?: readonly string[] | null;
  /** A PostgreSQL interval, such as `36 hours`. */
  readonly alertAfter?: string | null;
  /** Roles that may report; null lets every reporter. */
  readonly reporters?: readonly string[] | null;
}

/** Changes which systems are watched, and how. Each method calls SQL functions that hold the rules. */
export class Systems {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** Watches a system from now on; one that is known already stays as it is. */
  async add(fqdn: string): Promise<void> {
    await this.#db.query("select lastgood.add_system(p_fqdn => $1::text)", [fqdn]);
  }

  /** @throws a database error LG003, LG004, LG005 or LG007 for values that cannot be */
  async set(fqdn: string, settings: SystemSettings): Promise<void> {
    if (settings.requiredScopes !== undefined) {
      await this.#db.query(
        "select lastgood.set_required_scopes(p_fqdn => $1::text, p_required_scopes => $2::text[])",
        [fqdn, settings.requiredScopes],
      );
    }
    if (settings.alertAfter !== undefined) {
      await this.#db.query(
        "select lastgood.set_alert_after(p_fqdn => $1::text, p_alert_after => $2::interval)",
        [fqdn, settings.alertAfter],
      );
    }
    if (settings.reporters !== undefined) {
      await this.#db.query(
        "select lastgood.set_reporters(p_fqdn => $1::text, p_reporters => $2::text[])",
        [fqdn, settings.reporters],
      );
    }
  }

  /** Stops watching: the alerts end, the history stays. */
  async retire(fqdn: string): Promise<void> {
    await this.#db.query("select lastgood.retire_system(p_fqdn => $1::text)", [fqdn]);
  }

  /** Watches a retired system again. */
  async reinstate(fqdn: string): Promise<void> {
    await this.#db.query("select lastgood.reinstate_system(p_fqdn => $1::text)", [fqdn]);
  }
}
