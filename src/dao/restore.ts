import { NotFoundError } from "../errors.ts";
import { defaultLimit, pageLimit, type Queryable, toNumber } from "./queryable.ts";

/** One act of bringing items back: a row of `lastgood.restore_status`. */
export interface RestoreRow {
  readonly id: number;
  readonly backup_id: number;
  readonly backup: string;
  readonly state: "RUNNING" | "COMPLETE" | "FAILED";
  /** Empty for all of it. */
  readonly picked: readonly string[];
  readonly target: string;
  /** Where the copy that was read lies; null once that provider is gone. */
  readonly provider: string | null;
  readonly started_at: Date;
  readonly ended_at: Date | null;
  readonly restored_bytes: number | null;
  /** What it did, a line each. */
  readonly actions: readonly string[];
  readonly reason: string | null;
  readonly host: string | null;
}

export interface RestoreFilter {
  readonly backupId?: number | undefined;
  /** How many rows at most, 1 to 1000; 50 without it. */
  readonly limit?: number | undefined;
  /** Restores older than the one with this id; the last `id` of the page before. */
  readonly marker?: number | undefined;
}

type Row = Omit<RestoreRow, "id" | "backup_id" | "restored_bytes"> & {
  readonly restore_id: string;
  readonly backup_id: string;
  readonly restored_bytes: string | null;
};

const columns = `restore_id, backup_id, backup, state, picked, target, provider, started_at,
  ended_at, restored_bytes, actions, reason, host`;

function toRestore({ restore_id: id, ...row }: Row): RestoreRow {
  return {
    id: Number(id),
    ...row,
    backup_id: Number(row.backup_id),
    restored_bytes: toNumber(row.restored_bytes),
  };
}

/** Reads the restores. It has no way to write. */
export class RestoreDao {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /**
   * One page of restores, newest first.
   *
   * @throws RangeError for a limit outside 1 to 1000
   */
  async getRestores(filter: RestoreFilter = {}): Promise<RestoreRow[]> {
    const { backupId, limit, marker } = filter;
    const { rows } = await this.#db.query<Row>(
      `select ${columns}
       from lastgood.restore_status
       where ($1::bigint is null or backup_id = $1) and ($2::bigint is null or restore_id < $2)
       order by restore_id desc
       limit $3`,
      [
        backupId ?? null,
        marker ?? null,
        pageLimit(limit === undefined ? {} : { limit }, defaultLimit),
      ],
    );
    return rows.map(toRestore);
  }

  /** @throws NotFoundError where there is none with this id */
  async getRestore(id: number): Promise<RestoreRow> {
    const { rows } = await this.#db.query<Row>(
      `select ${columns} from lastgood.restore_status where restore_id = $1::bigint`,
      [id],
    );
    const [row] = rows;
    if (!row) {
      throw new NotFoundError(`there is no restore ${id}`, {
        hint: "See the ids with: lastgood restore list",
      });
    }
    return toRestore(row);
  }
}
