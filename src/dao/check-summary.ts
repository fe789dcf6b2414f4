import { type Queryable, toNumber } from "./queryable.ts";

/** What a monitoring plugin says of all systems: the row of `lastgood.check_summary`. */
export interface CheckSummary {
  /** 0 ok, 1 warning, 2 critical. */
  readonly check_status: number;
  readonly systems: number;
  readonly ok: number;
  readonly outdated: number;
  readonly missing: number;
  readonly warnings: number;
  readonly is_checked: boolean;
  readonly last_check_at: Date | null;
  /** Null while checking is off. */
  readonly check_period_seconds: number | null;
  /** Systems that report and are not watched. */
  readonly unwatched: number;
  /** Scheduled runs that are due and wait, in all. */
  readonly waiting: number;
  /** Since when the first of them waits; null where none does. */
  readonly waiting_since: Date | null;
  /** How many of them no worker takes, and since when. */
  readonly untaken: number;
  readonly untaken_since: Date | null;
  readonly running: number;
}

type Row = {
  readonly [K in keyof CheckSummary]: CheckSummary[K] extends number ? string : CheckSummary[K];
};

/** Reads the summary of all verdicts. It has no way to write. */
export class CheckSummaryDao {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  async getSummary(): Promise<CheckSummary> {
    const { rows } = await this.#db.query<Row>(
      `select check_status, systems, ok, outdated, missing, warnings, is_checked, last_check_at,
              extract(epoch from check_period) as check_period_seconds, unwatched,
              waiting, waiting_since, untaken, untaken_since, running
       from lastgood.check_summary`,
    );
    const [row] = rows;
    if (!row) {
      throw new RangeError("lastgood.last_check has lost its row");
    }
    return {
      check_status: Number(row.check_status),
      systems: Number(row.systems),
      ok: Number(row.ok),
      outdated: Number(row.outdated),
      missing: Number(row.missing),
      warnings: Number(row.warnings),
      is_checked: row.is_checked,
      last_check_at: row.last_check_at,
      check_period_seconds: toNumber(row.check_period_seconds),
      unwatched: Number(row.unwatched),
      waiting: Number(row.waiting),
      waiting_since: row.waiting_since,
      untaken: Number(row.untaken),
      untaken_since: row.untaken_since,
      running: Number(row.running),
    };
  }
}
