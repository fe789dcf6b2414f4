import type { Queryable } from "../dao/queryable.ts";
import type { StartedBackup } from "./described.ts";

/** An execution that a worker may run: what `lastgood.claim_execution` returns. */
export interface ClaimedExecution {
  readonly execution_id: number;
  readonly schedule_id: number;
  readonly schedule: string;
  readonly source: string;
  readonly source_type: string;
  /** Null where it was asked for. */
  readonly slot_at: string | null;
  readonly attempt: number;
  /** Proves, with every call, that the execution is still the caller's. */
  readonly token: string;
}

export type OwnExecution = Pick<ClaimedExecution, "execution_id" | "token">;

export interface Claimant {
  /** Names the worker, uniquely. */
  readonly worker: string;
  readonly host: string;
  readonly labels: readonly string[];
  /** How many executions may run on the host at once. */
  readonly concurrency: number;
}

/**
 * Runs executions for workers. Each method calls one SQL function that holds the rules; those that take a
 * token throw a database error LG078 where the execution was taken over or has ended: the caller must stop.
 */
export class Executions {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** Turns slots that are due into executions. @returns how many; where it is not 0, there may be more */
  async planSlots(): Promise<number> {
    return await this.#value("lastgood.plan_slots()", []);
  }

  /** Ends executions whose worker is gone or that are past their timeout. @returns their ids */
  async reap(): Promise<number[]> {
    return await this.#value(
      "(select coalesce(jsonb_agg(e.id), '[]') from lastgood.reap_executions() as e(id))",
      [],
    );
  }

  /** Undefined where there is nothing to do for this worker now. */
  async claim({
    worker,
    host,
    labels,
    concurrency,
  }: Claimant): Promise<ClaimedExecution | undefined> {
    const claimed = await this.#value<ClaimedExecution | null>(
      `lastgood.claim_execution(p_worker => $1::text, p_host => $2::text, p_labels => $3::text[],
         p_concurrency => $4::integer)`,
      [worker, host, labels, concurrency],
    );
    return claimed ?? undefined;
  }

  /** Starts its backup, as `Backups.start` does: its schedule says of what, where to and on what it builds. */
  async startBackup(
    { execution_id: id, token }: OwnExecution,
    host: string,
  ): Promise<StartedBackup> {
    return await this.#value(
      `lastgood.start_execution_backup(p_execution_id => $1::bigint, p_token => $2::uuid,
         p_host => $3::text)`,
      [id, token, host],
    );
  }

  /** False where it was taken over or cancelled, or is past its timeout. */
  async renewLease({ execution_id: id, token }: OwnExecution): Promise<boolean> {
    return await this.#value(
      `lastgood.renew_execution_lease(p_execution_id => $1::bigint, p_token => $2::uuid)`,
      [id, token],
    );
  }

  /** Ends it by what became of its backup. @returns its state, QUEUED where it is tried again */
  async finish(
    { execution_id: id, token }: OwnExecution,
    failure?: { readonly error: string; readonly code: string | undefined },
  ): Promise<string> {
    return await this.#value(
      `lastgood.finish_execution(p_execution_id => $1::bigint, p_token => $2::uuid,
         p_error => $3::text, p_code => $4::text)`,
      [id, token, failure?.error ?? null, failure?.code ?? null],
    );
  }

  /** Gives it back, for another worker to begin it anew at once. @returns its state */
  async handOver({ execution_id: id, token }: OwnExecution): Promise<string> {
    return await this.#value(
      `lastgood.hand_over_execution(p_execution_id => $1::bigint, p_token => $2::uuid)`,
      [id, token],
    );
  }

  async #value<T>(call: string, values: readonly unknown[]): Promise<T> {
    const { rows } = await this.#db.query<{ readonly value: T }>(`select ${call} as value`, [
      ...values,
    ]);
    return rows[0]?.value as T;
  }
}
