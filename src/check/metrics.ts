import { ExecutionDao } from "../dao/execution.ts";
import type { Queryable } from "../dao/queryable.ts";
import { ScheduleDao } from "../dao/schedule.ts";
import type { Metrics } from "./prometheus.ts";
import { readCheckVerdict } from "./verdict.ts";

/**
 * Reads what is printed for Prometheus, of all systems or of one.
 *
 * @throws NotFoundError for a system that is not watched
 */
export async function readMetrics(db: Queryable, fqdn?: string): Promise<Metrics> {
  const verdict = await readCheckVerdict(db, fqdn);
  const schedules = await new ScheduleDao(db).getSchedules();
  return {
    verdict,
    schedules: schedules.filter((schedule) => fqdn === undefined || schedule.fqdn === fqdn),
    executions: await new ExecutionDao(db).getCounts(),
  };
}
