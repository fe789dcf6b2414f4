import { defaultLimit, type Page, pageLimit, type Queryable } from "./queryable.ts";

/** One event: a row of `lastgood.audit_log`. */
export interface AuditEvent {
  readonly audit_log_id: number;
  readonly log_time: Date;
  readonly log_type: number;
  readonly log_type_name: string;
  /** 0 normal, 1 warning, 2 error, 10 alert. */
  readonly severity: number;
  readonly message: string;
  readonly fqdn: string | null;
  readonly scope: string | null;
  readonly deleted: boolean;
  readonly done_at: Date | null;
  readonly run_id: string | null;
  readonly log_path: string | null;
  readonly arrived_at: Date;
  readonly reported_by: string;
}

export interface AuditEventFilter extends Page {
  readonly fqdn?: string;
  readonly scope?: string;
  readonly logTypeName?: string;
}

/** Reads the events. It has no way to write. */
export class AuditLogDao {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /**
   * One page of events, newest first.
   *
   * @throws RangeError for a limit outside 1 to 1000
   */
  async getEvents(filter: AuditEventFilter = {}): Promise<AuditEvent[]> {
    const { rows } = await this.#db.query<
      Omit<AuditEvent, "audit_log_id"> & { readonly audit_log_id: string }
    >(
      `select audit_log_id, log_time, log_type, log_type_name, severity, message, fqdn, scope,
              deleted, done_at, run_id, log_path, arrived_at, reported_by
       from lastgood.audit_log
       where ($1::text is null or fqdn = $1) and ($2::text is null or scope = $2)
         and ($3::text is null or log_type_name = $3)
         and ($4::bigint is null or audit_log_id < $4)
       order by audit_log_id desc
       limit $5`,
      [
        filter.fqdn ?? null,
        filter.scope ?? null,
        filter.logTypeName ?? null,
        filter.before ?? null,
        pageLimit(filter, defaultLimit),
      ],
    );
    return rows.map((row) => ({ ...row, audit_log_id: Number(row.audit_log_id) }));
  }
}
