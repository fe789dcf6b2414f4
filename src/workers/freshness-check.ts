import { daySeconds, type WorkContext, type WorkQueue } from "./queue.ts";

/** Raises and ends alerts, however the check was called for. */
export const freshnessCheck: WorkQueue = {
  name: "freshness-check",
  settings: {
    expireInSeconds: 300,
    heartbeatSeconds: 15,
    retryLimit: 5,
    retryDelay: 5,
    retryBackoff: true,
    retryDelayMax: 300,
    retentionSeconds: daySeconds,
    deleteAfterSeconds: 7 * daySeconds,
  },
  run: checkFreshness,
};

async function checkFreshness({ database, logger }: WorkContext): Promise<void> {
  const { rows } = await database.executeSql(
    `select c.fqdn, c.change, c.log_type_name, c.audit_log_id, c.message
     from lastgood.check_backup_freshness() as c`,
  );
  for (const change of rows) {
    const level = change["change"] === "raised" ? "warn" : "info";
    logger[level](change, `alert ${String(change["change"])}: ${String(change["message"])}`);
  }
  logger.info({ changes: rows.length }, "checked the freshness of all backups");
}
