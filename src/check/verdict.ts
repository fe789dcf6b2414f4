import { CheckSummaryDao, type CheckSummary } from "../dao/check-summary.ts";
import type { Queryable } from "../dao/queryable.ts";
import { checkStatusOf, readVerdicts, type SystemVerdict } from "../verdict.ts";

/** All that a check prints, as SQL decided it. */
export interface CheckVerdict {
  readonly check_status: number;
  readonly summary: CheckSummary;
  readonly systems: readonly SystemVerdict[];
}

/**
 * Reads the verdict of all systems, or of one.
 *
 * @throws NotFoundError for a system that is not watched
 */
export async function readCheckVerdict(db: Queryable, fqdn?: string): Promise<CheckVerdict> {
  const systems = await readVerdicts(db, fqdn);
  const summary = await new CheckSummaryDao(db).getSummary();
  const [system] = systems;
  const status =
    fqdn === undefined || system === undefined ? summary.check_status : checkStatusOf(system);
  return { check_status: status, summary, systems };
}
