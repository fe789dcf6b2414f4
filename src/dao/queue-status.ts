import { type Queryable, toNumber } from "./queryable.ts";

/** What waits and runs of the schedules of one system: a row of `lastgood.queue_status`. */
export interface QueueStatus {
  readonly fqdn: string;
  /** Slots that are due for more than a minute and that no worker has seen. */
  readonly due: number;
  /** Runs that wait for a worker, or for room at one. */
  readonly queued: number;
  /** Runs that failed and wait for their next attempt. */
  readonly retrying: number;
  readonly running: number;
  /** Since when the first of those that are due or queued waits; null where none does. */
  readonly waiting_since: Date | null;
  readonly waited_seconds: number | null;
  /** The schedule of that one. */
  readonly waiting_schedule: string | null;
  /** How many of them no worker takes: none is there, or none has the labels of the source. */
  readonly untaken: number;
  readonly untaken_since: Date | null;
  readonly untaken_for_seconds: number | null;
  readonly untaken_schedule: string | null;
  /** 1 where one waits for longer than it should: see BackupUntakenAfterMinutes; else 0. */
  readonly check_status: number;
}

type Numbers = "due" | "queued" | "retrying" | "running" | "untaken";
type Lengths = "waited_seconds" | "untaken_for_seconds";
type Row = Omit<QueueStatus, Numbers | Lengths> & { readonly [K in Numbers]: string } & {
  readonly [K in Lengths]: string | null;
};

/** Reads what waits for workers. It has no way to write. */
export class QueueStatusDao {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** Of every system with something that waits or runs, or of one, by name. */
  async getQueues(fqdn?: string): Promise<QueueStatus[]> {
    const { rows } = await this.#db.query<Row>(
      `select fqdn, due, queued, retrying, running, waiting_since,
              extract(epoch from waited) as waited_seconds, waiting_schedule, untaken,
              untaken_since, extract(epoch from untaken_for) as untaken_for_seconds,
              untaken_schedule, check_status
       from lastgood.queue_status
       where $1::text is null or fqdn = $1
       order by fqdn`,
      [fqdn ?? null],
    );
    return rows.map((row) => ({
      ...row,
      due: Number(row.due),
      queued: Number(row.queued),
      retrying: Number(row.retrying),
      running: Number(row.running),
      waited_seconds: toNumber(row.waited_seconds),
      untaken: Number(row.untaken),
      untaken_for_seconds: toNumber(row.untaken_for_seconds),
    }));
  }
}
