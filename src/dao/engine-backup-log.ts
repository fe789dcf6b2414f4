import { defaultLimit, type Page, pageLimit, type Queryable } from "./queryable.ts";

/** An attempt that ended: a row of `lastgood.engine_backup_log`. */
export interface EngineBackupLog {
  readonly audit_log_id: number;
  readonly scope: string;
  readonly done_at: Date;
  readonly is_passed: boolean;
  readonly output_message: string;
  readonly fqdn: string;
  readonly log_path: string;
  /** When it counts from: `done_at`, but never later than its arrival. */
  readonly counts_from: Date;
  readonly run_id: string | null;
  readonly backup_id: number | null;
}

export interface EngineBackupLogFilter extends Page {
  readonly fqdn?: string;
  readonly scope?: string;
}

type Row = Omit<EngineBackupLog, "audit_log_id" | "backup_id"> & {
  readonly audit_log_id: string;
  readonly backup_id: string | null;
};

function toEntity(row: Row): EngineBackupLog {
  const backupId = row.backup_id === null ? null : Number(row.backup_id);
  return { ...row, audit_log_id: Number(row.audit_log_id), backup_id: backupId };
}

/** Reads the log of ended attempts. It has no way to write. */
export class EngineBackupLogDao {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /**
   * The newest success of a scope, of one system or, without `fqdn`, of any; the one query of
   * oVirt's DAO. A few index probes; without `fqdn` a few for every system.
   */
  async getLastSuccessful(scope: string, fqdn?: string): Promise<EngineBackupLog | undefined> {
    const { rows } = await this.#db.query<Row>(
      `select audit_log_id, scope, done_at, is_passed, output_message, fqdn, log_path, counts_from,
              run_id, backup_id
       from lastgood.get_last_successful_engine_backup(p_scope => $1::text, p_fqdn => $2::text)`,
      [scope, fqdn ?? null],
    );
    return rows.map(toEntity)[0];
  }

  /**
   * One page of attempts, newest report first.
   *
   * @throws RangeError for a limit outside 1 to 1000
   */
  async getAttempts(filter: EngineBackupLogFilter = {}): Promise<EngineBackupLog[]> {
    const { rows } = await this.#db.query<Row>(
      `select audit_log_id, scope, done_at, is_passed, output_message, fqdn, log_path, counts_from,
              run_id, backup_id
       from lastgood.engine_backup_log
       where ($1::text is null or fqdn = $1) and ($2::text is null or scope = $2)
         and ($3::bigint is null or audit_log_id < $3)
       order by audit_log_id desc
       limit $4`,
      [
        filter.fqdn ?? null,
        filter.scope ?? null,
        filter.before ?? null,
        pageLimit(filter, defaultLimit),
      ],
    );
    return rows.map(toEntity);
  }
}
