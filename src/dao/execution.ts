import { NotFoundError } from "../errors.ts";
import type { BackupState } from "./backup.ts";
import { defaultLimit, pageLimit, type Queryable, toNumber } from "./queryable.ts";

export type ExecutionState =
  | "QUEUED"
  | "RUNNING"
  | "SUCCESS"
  | "PARTIAL"
  | "ERROR"
  | "SKIPPED"
  | "MISSED"
  | "CANCELLED"
  | "INTERRUPTED";

/** One run of one slot of a schedule, whatever became of it: a row of `lastgood.execution_status`. */
export interface Execution {
  readonly id: number;
  readonly schedule_id: number;
  readonly schedule: string;
  /** The name of the source. */
  readonly instance: string;
  readonly fqdn: string;
  readonly scope: string;
  /** The slot or, where somebody asked for it, when that was: the order of lists. */
  readonly execution_time: Date;
  /** When it was due; null where somebody asked for it. */
  readonly slot_at: Date | null;
  readonly queued_at: Date;
  /** A retry waits until then. */
  readonly not_before: Date | null;
  readonly started_at: Date | null;
  readonly finished_at: Date | null;
  /** SUCCESS only when its backup is COMPLETE. */
  readonly state: ExecutionState;
  readonly reason: string | null;
  readonly attempt: number;
  /** Its slot had been missed: it makes up for it. */
  readonly is_late: boolean;
  /** Who runs it, or ran it last. */
  readonly worker: string | null;
  readonly host: string | null;
  /** While it runs, until when its worker is believed to be there. */
  readonly running_until: Date | null;
  readonly timeout_at: Date | null;
  /** Its newest backup. */
  readonly backup_id: number | null;
  readonly backup: string | null;
  readonly backup_state: BackupState | null;
  /** Null until it ends. */
  readonly output: ExecutionOutput | null;
  readonly requested_by: string | null;
}

export interface ExecutionOutput {
  readonly status: string;
  readonly backup_id: number | null;
  readonly error: string | null;
}

/** How many executions are in a state: a row of `lastgood.execution_count`. */
export interface ExecutionCount {
  readonly state: ExecutionState;
  /** Of QUEUED and RUNNING all there are, of other states those that ended within the last hour. */
  readonly executions: number;
}

export interface ExecutionPage {
  /** How many rows at most, 1 to 1000; 50 without it. */
  readonly limit?: number | undefined;
  /** Executions after the one with this id; the last `id` of the page before, also a deleted one. */
  readonly marker?: number | undefined;
}

type Ids = "schedule_id" | "backup_id";
type Row = Omit<Execution, "id" | Ids> & { readonly execution_id: string } & {
  readonly [K in Ids]: string | null;
};

const columns = `execution_id, schedule_id, schedule, source as instance, fqdn, scope,
  listed_at as execution_time, slot_at, queued_at, not_before, started_at, finished_at, state,
  reason, attempt, is_late, worker, host, running_until, timeout_at, backup_id, backup,
  backup_state, output, requested_by`;

function toExecution({ execution_id: id, ...row }: Row): Execution {
  return {
    id: Number(id),
    ...row,
    schedule_id: Number(row.schedule_id),
    backup_id: toNumber(row.backup_id),
  };
}

/** Reads the executions, also those of deleted schedules. It has no way to write. */
export class ExecutionDao {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /**
   * One page of the executions of a schedule, newest first. A deleted schedule is known by its id.
   * What was a row between two pages keeps its place: no row comes twice, none is left out.
   *
   * @throws RangeError for a limit outside 1 to 1000, a database error LG074 or LG075 for the
   *   schedule, LG077 for a marker that is none of its executions
   */
  async getExecutions(schedule: number | string, page: ExecutionPage = {}): Promise<Execution[]> {
    const { limit, marker } = page;
    const { rows } = await this.#db.query<Row>(
      `select ${columns}
       from lastgood.list_executions(
         p_schedule_id => lastgood.find_schedule(p_ref => $1::text), p_marker => $2::bigint,
         p_limit => $3::integer
       )`,
      [
        String(schedule),
        marker ?? null,
        pageLimit(limit === undefined ? {} : { limit }, defaultLimit),
      ],
    );
    return rows.map(toExecution);
  }

  /** How many there are, a row for every state. */
  async getCounts(): Promise<ExecutionCount[]> {
    const { rows } = await this.#db.query<{ state: ExecutionState; executions: string }>(
      "select state, executions from lastgood.execution_count",
    );
    return rows.map(({ state, executions }) => ({ state, executions: Number(executions) }));
  }

  /** @throws NotFoundError where there is none with this id */
  async getExecution(id: number): Promise<Execution> {
    const { rows } = await this.#db.query<Row>(
      `select ${columns} from lastgood.execution_status where execution_id = $1::bigint`,
      [id],
    );
    const [row] = rows;
    if (!row) {
      throw new NotFoundError(`there is no execution ${id}`, {
        hint: "See the ids with: lastgood execution list SCHEDULE",
      });
    }
    return toExecution(row);
  }
}
