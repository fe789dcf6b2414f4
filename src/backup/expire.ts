import { type ExpiredBackup, type Expiry, Retention } from "../admin/retention.ts";
import { BackupDao } from "../dao/backup.ts";
import type { Queryable } from "../dao/queryable.ts";
import { LastgoodError, messageOf } from "../errors.ts";
import type { RunEnvironment } from "./environment.ts";
import { reap } from "./reap.ts";
import { removeCopies } from "./remove-copies.ts";

/** A backup that its schedule keeps no longer, with what became of it. */
export interface ExpiryOutcome extends ExpiredBackup {
  /** DELETED, or DELETE_FAILED: then it is tried again by the next expiry. */
  readonly state: string;
}

/**
 * Deletes what a schedule, by its id or name, keeps no longer, and what could not be deleted before; one
 * that was deleted keeps what it kept. Bytes that cannot be removed are no reason to throw: the backup is
 * DELETE_FAILED, and a warning says why. Safe to repeat, to be killed anywhere, and to be done by several
 * at once.
 *
 * @param db in no transaction
 * @throws a database error; LG074 where there is no such schedule
 */
export async function expireSchedule(
  db: Queryable,
  schedule: number | string,
  environment: RunEnvironment,
): Promise<readonly ExpiryOutcome[]> {
  await reap(db, environment);
  return await removeExpired(db, await new Retention(db).expire(schedule), environment);
}

/** As {@link expireSchedule}, unasked: nothing goes of a schedule that was deleted. */
export async function expireLivingSchedule(
  db: Queryable,
  schedule: number,
  environment: RunEnvironment,
): Promise<readonly ExpiryOutcome[]> {
  await reap(db, environment);
  return await removeExpired(db, await new Retention(db).expireLiving(schedule), environment);
}

async function removeExpired(
  db: Queryable,
  { backups, copies }: Expiry,
  environment: RunEnvironment,
): Promise<readonly ExpiryOutcome[]> {
  try {
    await removeCopies(db, copies, environment);
  } catch (error) {
    environment.signal.throwIfAborted();
    if (!(error instanceof LastgoodError)) throw error;
    environment.warn(`not all that is kept no longer could be deleted: ${messageOf(error)}`);
  }
  const dao = new BackupDao(db);
  const outcomes: ExpiryOutcome[] = [];
  for (const backup of backups) {
    outcomes.push({ ...backup, state: (await dao.getBackup(backup.backup_id)).state });
  }
  return outcomes;
}
