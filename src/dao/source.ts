import { NotFoundError } from "../errors.ts";
import type { BackupState } from "./backup.ts";
import { type Queryable, toNumber } from "./queryable.ts";

/** Something that lastgood backs up: a row of `lastgood.source_status`. */
export interface SourceRow {
  readonly id: number;
  readonly name: string;
  readonly type: string;
  readonly fqdn: string;
  readonly scope: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly added_at: Date;
  /** How many backups of it can be restored from. */
  readonly backups: number;
  readonly last_backup_id: number | null;
  readonly last_backup_state: BackupState | null;
  readonly last_good_backup_id: number | null;
  readonly last_good_at: Date | null;
  readonly last_proven_backup_id: number | null;
  /** Words that a worker must have, too, to take its backups. */
  readonly labels: readonly string[];
  /** How many of its scheduled backups may run at once. */
  readonly max_running: number;
}

type Ids = "last_backup_id" | "last_good_backup_id" | "last_proven_backup_id";
type Row = Omit<SourceRow, "id" | "backups" | Ids> & {
  readonly source_id: string;
  readonly backups: string;
} & { readonly [K in Ids]: string | null };

/** Reads the sources; deleted ones are left out. It has no way to write. */
export class SourceDao {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** One source or, without `name`, all of them by name. */
  async getSources(name?: string): Promise<SourceRow[]> {
    return await this.#readSources("$1::text is null or name = $1", name ?? null);
  }

  async #readSources(condition: string, value: string | null): Promise<SourceRow[]> {
    const { rows } = await this.#db.query<Row>(
      `select source_id, name, type, fqdn, scope, settings, added_at, backups, last_backup_id,
              last_backup_state, last_good_backup_id, last_good_at, last_proven_backup_id,
              labels, max_running
       from lastgood.source_status
       where ${condition}
       order by name`,
      [value],
    );
    return rows.map(({ source_id: id, ...row }) => ({
      id: Number(id),
      ...row,
      backups: Number(row.backups),
      last_backup_id: toNumber(row.last_backup_id),
      last_good_backup_id: toNumber(row.last_good_backup_id),
      last_proven_backup_id: toNumber(row.last_proven_backup_id),
    }));
  }

  /** One source by its id or name. @throws NotFoundError where there is none */
  async getSource(ref: number | string): Promise<SourceRow> {
    const [source] = await this.#readSources(
      "case when $1::text ~ '^[0-9]{1,18}$' then source_id = $1::bigint else name = $1 end",
      String(ref),
    );
    if (!source) {
      throw new NotFoundError(`No source with a name or ID of '${ref}' exists.`, {
        hint: "See the names with: lastgood source list",
      });
    }
    return source;
  }
}
