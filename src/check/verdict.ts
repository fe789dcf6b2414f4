import { BackupStatusDao, type BackupStatus } from "../dao/backup-status.ts";
import { CheckSummaryDao, type CheckSummary } from "../dao/check-summary.ts";
import type { Queryable } from "../dao/queryable.ts";
import { SystemStatusDao, type SystemStatus } from "../dao/system-status.ts";
import { NotFoundError } from "../errors.ts";

/** All that a check prints, as SQL decided it. */
export interface CheckVerdict {
  readonly check_status: number;
  readonly summary: CheckSummary;
  readonly systems: readonly SystemStatus[];
  readonly scopes: readonly BackupStatus[];
}

/**
 * Reads the verdict of all systems, or of one.
 *
 * @throws NotFoundError for a system that is not watched
 */
export async function getCheckVerdict(db: Queryable, fqdn?: string): Promise<CheckVerdict> {
  await db.query("set jit = off");
  const summary = await new CheckSummaryDao(db).getSummary();
  const systems = await new SystemStatusDao(db).getSystems(fqdn);
  const scopes = await new BackupStatusDao(db).getScopes(fqdn);
  if (fqdn === undefined) {
    return { check_status: summary.check_status, summary, systems, scopes };
  }
  const [system] = systems;
  if (!system) {
    throw new NotFoundError(`system "${fqdn}" is not watched`, {
      hint: "See the names with: lastgood system list",
    });
  }
  return { check_status: system.check_status, summary, systems, scopes };
}
