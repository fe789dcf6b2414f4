import { NotFoundError } from "../errors.ts";
import type { Capabilities, LayoutName } from "../providers/provider.ts";
import { type Queryable, toNumber } from "./queryable.ts";

/** A place that keeps backups: a row of `lastgood.provider_status`. */
export interface ProviderRow {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly keeps: Capabilities["keeps"];
  /** Of new copies; null where nothing is kept. */
  readonly layout: LayoutName | null;
  /** For whom new copies are encrypted. */
  readonly recipients: readonly string[];
  readonly settings: Readonly<Record<string, unknown>>;
  /** What its place is marked with. */
  readonly marker: string;
  readonly is_builtin: boolean;
  /** How many copies lie there, bad ones and leftovers too. */
  readonly copies: number;
  readonly stored_bytes: number;
  readonly newest_backup_id: number | null;
  readonly description: string;
  /** Whose items alone are kept there; null is all of the installation. */
  readonly group_name: string | null;
  /** How many scheduled backups may write there at once; null is as many as like. */
  readonly max_running: number | null;
  /** How many backups, and how many bytes, may lie there; null is no limit. */
  readonly max_backups: number | null;
  readonly max_bytes: number | null;
  /** Keys of manifests there that could not be read when it was attached. */
  readonly unreadable: readonly string[];
  /** Of packs that stay there only as such a manifest may need them. */
  readonly held_bytes: number;
  /** How many copies and packs that nobody needs are still there. */
  readonly leftovers: number;
  /** When a worker tries next to remove them; null where nothing is left, or was seen yet. */
  readonly sweep_at: Date | null;
  /** How often that failed in a row, and why it did the last time. */
  readonly sweep_failures: number;
  readonly sweep_error: string | null;
}

type Row = Omit<
  ProviderRow,
  "id" | "copies" | "stored_bytes" | "newest_backup_id" | "max_bytes" | "held_bytes" | "leftovers"
> & {
  readonly provider_id: string;
  readonly copies: string;
  readonly stored_bytes: string;
  readonly newest_backup_id: string | null;
  readonly max_bytes: string | null;
  readonly held_bytes: string;
  readonly leftovers: string;
};

/** Reads the providers. It has no way to write. */
export class ProviderDao {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** One provider or, without `name`, all of them by name. */
  async getProviders(name?: string): Promise<ProviderRow[]> {
    const { rows } = await this.#db.query<Row>(
      `select provider_id, name, type, keeps, layout, recipients, settings, marker, is_builtin,
              copies, stored_bytes, newest_backup_id, description, group_name, max_running,
              max_backups, max_bytes, unreadable, held_bytes, leftovers, sweep_at, sweep_failures,
              sweep_error
       from lastgood.provider_status
       where $1::text is null or name = $1
       order by name`,
      [name ?? null],
    );
    return rows.map(({ provider_id: id, ...row }) => ({
      id: Number(id),
      ...row,
      copies: Number(row.copies),
      stored_bytes: Number(row.stored_bytes),
      newest_backup_id: toNumber(row.newest_backup_id),
      max_bytes: toNumber(row.max_bytes),
      held_bytes: Number(row.held_bytes),
      leftovers: Number(row.leftovers),
    }));
  }

  /** @throws NotFoundError where there is none of this name */
  async getProvider(name: string): Promise<ProviderRow> {
    const [provider] = await this.getProviders(name);
    if (!provider) {
      throw new NotFoundError(`there is no provider "${name}"`, {
        hint: "See the names with: lastgood provider list",
      });
    }
    return provider;
  }

  /** The id of this installation, which places are marked with. */
  async getInstallation(): Promise<string> {
    const { rows } = await this.#db.query<{ readonly installation_id: string }>(
      "select installation_id from lastgood.installation",
    );
    const [row] = rows;
    if (!row) {
      throw new RangeError("lastgood.installation has lost its row");
    }
    return row.installation_id;
  }
}
