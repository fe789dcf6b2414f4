import type { PgBoss } from "pg-boss";
import type { Logger } from "../logger.ts";
import type { WorkerPool } from "./pool.ts";
import type { WorkQueue } from "./queue.ts";

/** When the freshness check is due, as the config says now; null while it is switched off. */
export async function readCheckRule(
  database: Pick<WorkerPool, "executeSql">,
): Promise<string | null> {
  const { rows } = await database.executeSql("select lastgood.freshness_check_rule() as rule");
  const rule = rows[0]?.["rule"];
  return typeof rule === "string" ? rule : null;
}

/**
 * Makes the stored schedule of a queue the wanted one. Writes only where they differ, and every worker
 * wants the same, so workers never fight over it; whoever read an old rule reads again when told of the new.
 */
export async function keepSchedule(
  boss: PgBoss,
  queue: WorkQueue,
  rule: string | null,
  logger: Logger,
): Promise<void> {
  const stored = await boss.getSchedule(queue.name);
  if (stored?.cron === rule || (stored === null && rule === null)) return;
  if (rule === null) {
    await boss.unschedule(queue.name);
  } else {
    // After an outage, one job makes up for all the times that were missed.
    await boss.schedule(queue.name, rule, { trigger: "schedule" }, { tz: "UTC", missed: "once" });
  }
  logger.info({ queue: queue.name, rule }, `${queue.name} is ${describeRule(rule)}`);
}

function describeRule(rule: string | null): string {
  return rule === null ? "no longer scheduled" : `scheduled: ${rule}`;
}

/** Runs `work` once at a time; calls that come meanwhile are answered by one more run after it. */
export function oneAtATime(work: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const start = async (): Promise<void> => {
    try {
      await work();
    } finally {
      running = undefined;
    }
  };
  const startNext = async (): Promise<void> => {
    await running?.catch(() => undefined);
    next = undefined;
    running = start();
    await running;
  };
  return () => {
    if (running === undefined) {
      running = start();
      return running;
    }
    next ??= startNext();
    return next;
  };
}
