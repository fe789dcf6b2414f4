import { Backups, type StartBackup } from "../admin/backups.ts";
import type { StartedBackup } from "../admin/described.ts";
import { type ClaimedExecution, Executions } from "../admin/executions.ts";
import { Retention } from "../admin/retention.ts";
import { BackupDao } from "../dao/backup.ts";
import type { Queryable } from "../dao/queryable.ts";
import { isDatabaseError, LastgoodError, messageOf } from "../errors.ts";
import type { RunEnvironment } from "./environment.ts";
import { expireLivingSchedule } from "./expire.ts";
import { removeCopies } from "./remove-copies.ts";

/** What is asked of one backup, by a person or by a schedule. */
export type BackupRequest =
  | Omit<StartBackup, "host" | "lease">
  | { readonly execution: Pick<ClaimedExecution, "execution_id" | "token"> };

/**
 * Starts a backup. Where a provider has no room for it, what any schedule keeps no longer at a provider
 * that is full goes first, and what is left at providers of backups that failed or could not be deleted.
 *
 * @throws a database error; LG053 where there is no room then either
 */
export async function startBackup(
  db: Queryable,
  request: BackupRequest,
  environment: RunEnvironment,
): Promise<StartedBackup> {
  const { host } = environment;
  const start = async (): Promise<StartedBackup> =>
    "execution" in request
      ? await new Executions(db).startBackup(request.execution, host)
      : await new Backups(db).start({ ...request, host });
  try {
    return await start();
  } catch (error) {
    if (!isDatabaseError(error) || error.code !== "LG053") throw error;
  }
  await expireWhereFull(db, environment);
  await removeLeftovers(db, environment);
  return await start();
}

/** One schedule may let go of what another one's backups were built on: as long as something goes. */
async function expireWhereFull(db: Queryable, environment: RunEnvironment): Promise<void> {
  const retention = new Retention(db);
  for (let gone = 1; gone > 0;) {
    gone = 0;
    for (const schedule of await retention.getSchedulesToExpire()) {
      const outcomes = await expireLivingSchedule(db, schedule, environment);
      gone += outcomes.filter(({ state }) => state === "DELETED").length;
    }
  }
}

async function removeLeftovers(db: Queryable, environment: RunEnvironment): Promise<void> {
  try {
    await removeCopies(db, await new BackupDao(db).getLeftCopies(), environment);
  } catch (error) {
    environment.signal.throwIfAborted();
    if (!(error instanceof LastgoodError)) throw error;
    environment.warn(`not all that nobody needs could be removed: ${messageOf(error)}`);
  }
}
