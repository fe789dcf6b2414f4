import type { Queryable } from "../dao/queryable.ts";

export interface NewProvider {
  readonly name: string;
  readonly type: string;
  readonly settings?: Readonly<Record<string, unknown>>;
  /** Without it the first layout of the type. */
  readonly layout?: string | undefined;
  /** For whom new copies are encrypted; layout `pack` alone. */
  readonly recipients?: readonly string[];
  /** Whose items alone are kept there; without it all of the installation. */
  readonly group?: string | undefined;
}

/** How much a provider takes; null lifts a limit, what is not given stays. */
export interface ProviderLimits {
  /** How many scheduled backups may write there at once. */
  readonly maxRunning?: number | null | undefined;
  /** How many backups may lie there. */
  readonly maxBackups?: number | null | undefined;
  /** How many bytes may lie there. */
  readonly maxBytes?: number | null | undefined;
}

/** A backup without a copy that is known. */
export interface StrandedBackup {
  readonly id: number;
  readonly name: string;
  readonly source: string;
  readonly fqdn: string;
  readonly scope: string;
}

/** Changes which places keep backups. Each method calls one SQL function that holds the rules. */
export class Providers {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /**
   * @returns its id
   * @throws a database error LG020 to LG025 for what cannot be
   */
  async add(provider: NewProvider): Promise<number> {
    const { rows } = await this.#db.query<{ readonly id: string }>(
      `select lastgood.add_provider(p_name => $1::text, p_type => $2::text,
         p_settings => $3::jsonb, p_layout => $4::text, p_recipients => $5::text[],
         p_group => $6::text) as id`,
      [
        provider.name,
        provider.type,
        JSON.stringify(provider.settings ?? {}),
        provider.layout ?? null,
        provider.recipients ?? [],
        provider.group ?? null,
      ],
    );
    return Number(rows[0]?.id);
  }

  /** @throws a database error LG026 for an unknown one, LG079 for a number that cannot be */
  async setLimits(name: string, limits: ProviderLimits): Promise<void> {
    const { maxRunning, maxBackups, maxBytes } = limits;
    await this.#db.query(
      "select lastgood.set_provider_limits(p_name => $1::text, p_limits => $2::jsonb)",
      [
        name,
        JSON.stringify({ max_running: maxRunning, max_backups: maxBackups, max_bytes: maxBytes }),
      ],
    );
  }

  /** @throws a database error LG026 for an unknown one, LG027 while a copy lies there */
  async delete(name: string): Promise<void> {
    await this.#db.query("select lastgood.delete_provider(p_name => $1::text)", [name]);
  }

  /**
   * Forgets a provider and what lies there, and keeps the bytes.
   *
   * @returns the backups that are kept nowhere else, and so are good no more
   * @throws a database error LG026 for an unknown one, LG058 while something runs there
   */
  async detach(name: string): Promise<readonly StrandedBackup[]> {
    const { rows } = await this.#db.query<{ readonly gone: readonly StrandedBackup[] }>(
      "select lastgood.detach_provider(p_name => $1::text) as gone",
      [name],
    );
    return rows[0]?.gone ?? [];
  }
}
