import { BackupStatusDao, type BackupStatus } from "./dao/backup-status.ts";
import type { Queryable } from "./dao/queryable.ts";
import { NotFoundError } from "./errors.ts";
import { QueueStatusDao, type QueueStatus } from "./dao/queue-status.ts";
import { SystemStatusDao, type SystemStatus } from "./dao/system-status.ts";

/** A system's verdict with those of its scopes. */
export interface SystemVerdict extends SystemStatus {
  readonly scopes: readonly BackupStatus[];
  /** What waits and runs of its schedules; null where nothing does. */
  readonly queue: QueueStatus | null;
}

/** What a check makes of a system: of its verdict and of what waits, as SQL decided them, the worse. */
export function checkStatusOf({ check_status: status, queue }: SystemVerdict): number {
  return Math.max(status, queue?.check_status ?? 0);
}

/**
 * The verdict of every system, or of one, scope by scope. Turns JIT off in the session.
 *
 * @throws NotFoundError for a system that is not watched
 */
export async function readVerdicts(client: Queryable, fqdn?: string): Promise<SystemVerdict[]> {
  await client.query("set jit = off");
  const filter = fqdn === undefined ? {} : { fqdn };
  const systems = await new SystemStatusDao(client).getSystems(filter);
  if (fqdn !== undefined && systems.length === 0) {
    throw new NotFoundError(`system "${fqdn}" is not watched`, {
      hint: "See the names with: lastgood system list",
    });
  }
  const scopes = Map.groupBy(
    await new BackupStatusDao(client).getScopes(filter),
    (scope) => scope.fqdn,
  );
  const queues = await new QueueStatusDao(client).getQueues(fqdn);
  const queueOf = new Map(queues.map((queue) => [queue.fqdn, queue]));
  return systems.map((system) => ({
    ...system,
    scopes: scopes.get(system.fqdn) ?? [],
    queue: queueOf.get(system.fqdn) ?? null,
  }));
}
