import { setTimeout as delay } from "node:timers/promises";
import { type ClaimedExecution, Executions } from "../admin/executions.ts";
import { createBackup } from "../backup/create.ts";
import type { RunEnvironment } from "../backup/environment.ts";
import { Lease } from "../backup/lease.ts";
import type { Queryable } from "../dao/queryable.ts";
import { isDatabaseError, messageOf } from "../errors.ts";

/** Less than the lease of an execution has. */
const patienceMs = 25_000;

/** Between two tries to say how an execution ended, while the database is away. */
const retryMs = 1_000;

/**
 * Runs an execution to its end: what becomes of it is decided in SQL, by what became of its backup. Where
 * the environment is aborted it is handed over to another worker.
 *
 * @returns its state
 * @throws LeaseLostError where somebody else has ended it, or nobody could be told how it ended
 */
export async function runExecution(
  db: Queryable,
  execution: ClaimedExecution,
  environment: RunEnvironment,
): Promise<string> {
  const executions = new Executions(db);
  using lease = new Lease(async () => executions.renewLease(execution), patienceMs);
  const signal = AbortSignal.any([environment.signal, lease.signal]);
  const failure = await attempt(db, execution, { ...environment, signal });
  lease.signal.throwIfAborted();
  return await untilTold(lease.signal, async () =>
    failure !== undefined && environment.signal.aborted
      ? executions.handOver(execution)
      : executions.finish(execution, failure),
  );
}

interface Failure {
  readonly error: string;
  readonly code: string | undefined;
}

/** Undefined where the backup was sealed. */
async function attempt(
  db: Queryable,
  execution: ClaimedExecution,
  environment: RunEnvironment,
): Promise<Failure | undefined> {
  try {
    await createBackup(db, { execution }, environment);
    return undefined;
  } catch (error) {
    const code = isDatabaseError(error) ? error.code : undefined;
    return { error: messageOf(error), code };
  }
}

/** A database that is away may be back before the lease has run out. What SQL refuses is refused for good. */
async function untilTold(signal: AbortSignal, tell: () => Promise<string>): Promise<string> {
  for (;;) {
    try {
      return await tell();
    } catch (error) {
      if (isDatabaseError(error) && error.code.startsWith("LG")) throw error;
      await delay(retryMs);
      signal.throwIfAborted();
    }
  }
}
