import type { Queryable } from "../dao/queryable.ts";
import type { RestoreReport } from "../sources/source.ts";
import type { VerificationResult } from "../dao/backup.ts";
import type { CatalogueCopy, StartedRestore } from "./described.ts";

export type { StartedRestore };

export interface StartRestore {
  readonly backupId: number;
  /** The provider whose copy is read; without it the one that is proven best. */
  readonly from?: string | undefined;
  /** Empty for all of it. */
  readonly picked?: readonly string[] | undefined;
  /** As people named it, without a password. */
  readonly target: string;
  readonly host?: string | undefined;
  /** A PostgreSQL interval; 60 seconds without it. */
  readonly lease?: string | undefined;
}

/**
 * Starts and ends restores. Each method calls one SQL function that holds the rules. Those that take a
 * token throw a database error LG035 where the restore was taken over or has ended.
 */
export class Restores {
  readonly #db: Queryable;

  constructor(db: Queryable) {
    this.#db = db;
  }

  /** While it runs the backup cannot be deleted. @throws a database error LG038 or LG049 */
  async start(options: StartRestore): Promise<StartedRestore> {
    return await this.#value(
      `lastgood.start_restore(p_backup_id => $1::bigint, p_picked => $2::text[],
         p_target => $3::text, p_host => $4::text,
         p_lease => coalesce($5::interval, '60 seconds'), p_provider => $6::text)`,
      [
        options.backupId,
        options.picked ?? [],
        options.target,
        options.host ?? null,
        options.lease ?? null,
        options.from ?? null,
      ],
    );
  }

  /**
   * What to read instead of a copy that could not be used; null where none is left. A `corrupt` or
   * `missing` one counts as good no more.
   */
  async nextCopy(
    { restore_id: restoreId, token }: Pick<StartedRestore, "restore_id" | "token">,
    tried: readonly number[],
    found: { readonly result: VerificationResult; readonly reason: string },
  ): Promise<CatalogueCopy | null> {
    return await this.#value(
      `lastgood.next_restore_copy(p_restore_id => $1::bigint, p_token => $2::uuid,
         p_tried => $3::bigint[], p_result => $4::text, p_reason => $5::text)`,
      [restoreId, token, tried, found.result, found.reason],
    );
  }

  /** False where the restore was taken over or has ended. */
  async renewLease(restoreId: number, token: string, lease = "60 seconds"): Promise<boolean> {
    return await this.#value(
      `lastgood.renew_restore_lease(p_restore_id => $1::bigint, p_token => $2::uuid,
         p_lease => $3::interval)`,
      [restoreId, token, lease],
    );
  }

  async complete(
    restoreId: number,
    token: string,
    report: Pick<RestoreReport, "actions" | "bytes">,
  ): Promise<void> {
    await this.#value(
      `lastgood.complete_restore(p_restore_id => $1::bigint, p_token => $2::uuid,
         p_bytes => $3::bigint, p_actions => $4::text[])`,
      [restoreId, token, report.bytes, report.actions],
    );
  }

  async fail(restoreId: number, token: string, reason: string): Promise<void> {
    await this.#value(
      `lastgood.fail_restore(p_restore_id => $1::bigint, p_token => $2::uuid,
         p_reason => $3::text)`,
      [restoreId, token, reason],
    );
  }

  async #value<T>(call: string, values: readonly unknown[]): Promise<T> {
    const { rows } = await this.#db.query<{ readonly value: T }>(`select ${call} as value`, [
      ...values,
    ]);
    return rows[0]?.value as T;
  }
}
