import { daySeconds, type WorkContext, type WorkQueue } from "./queue.ts";

/** Deletes events that are past their retention, a batch a transaction. */
export const prune: WorkQueue = {
  name: "prune",
  settings: {
    expireInSeconds: daySeconds / 4,
    heartbeatSeconds: 60,
    retryLimit: 3,
    retryDelay: 60,
    retryBackoff: true,
    retryDelayMax: 3_600,
    retentionSeconds: daySeconds,
    deleteAfterSeconds: 7 * daySeconds,
  },
  run: pruneEvents,
};

/** Every day, in UTC. */
export const pruneRule = "FREQ=DAILY;BYHOUR=3;BYMINUTE=20;BYSECOND=0";

async function pruneEvents({ database, logger, signal }: WorkContext): Promise<void> {
  let total = 0;
  for (let pruned = 1; pruned > 0 && !signal.aborted; total += pruned) {
    const { rows } = await database.executeSql("select lastgood.prune_events() as pruned");
    pruned = Number(rows[0]?.["pruned"] ?? 0);
  }
  logger.info({ events: total }, "deleted events past their retention");
}
