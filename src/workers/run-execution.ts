import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { type ClaimedExecution, Executions } from "../admin/executions.ts";
import { createBackup } from "../backup/create.ts";
import type { RunEnvironment } from "../backup/environment.ts";
import { Lease } from "../backup/lease.ts";
import type { Queryable } from "../dao/queryable.ts";
import { isDatabaseError, LastgoodError, messageOf } from "../errors.ts";
import { isConnectionLoss } from "./pool.ts";

/** Less than the lease of an execution has. */
const patienceMs = 25_000;

/** How long a run that is no longer ours may take to clean up; what hangs longer is left alone. */
const goodbyeMs = 10_000;

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
  { db, executionDb }: { readonly db: Queryable; readonly executionDb: Queryable },
  execution: ClaimedExecution,
  environment: RunEnvironment,
): Promise<string> {
  const executions = new Executions(executionDb);
  using lease = new Lease(async () => executions.renewLease(execution), patienceMs);
  const signal = AbortSignal.any([environment.signal, lease.signal]);
  const attempted = attempt(db, execution, { ...environment, signal });
  const failure = await untilGone(attempted, lease.signal);
  lease.signal.throwIfAborted();
  return await untilTold(lease.signal, async () =>
    failure !== undefined && environment.signal.aborted
      ? executions.handOver(execution)
      : executions.finish(execution, failure),
  );
}

/** Waits for an attempt; where it is ours no more, a statement on a dead line is not waited for. */
async function untilGone<T>(attempted: Promise<T>, lost: AbortSignal): Promise<T | undefined> {
  const ended = new AbortController();
  const gone = async (): Promise<undefined> => {
    await once(AbortSignal.any([lost, ended.signal]), "abort");
    await delay(goodbyeMs, undefined, { signal: ended.signal }).catch(() => undefined);
  };
  try {
    return await Promise.race([attempted, gone()]);
  } finally {
    ended.abort();
  }
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
    const hint = error instanceof LastgoodError ? error.hint : undefined;
    // Of one that is given up or taken over its end tells.
    if (!environment.signal.aborted)
      environment.warn([messageOf(error), hint ?? []].flat().join(". "));
    return { error: messageOf(error), code };
  }
}

/** A database that is away may be back before the lease has run out. What it refuses is refused for good. */
async function untilTold(signal: AbortSignal, tell: () => Promise<string>): Promise<string> {
  for (;;) {
    try {
      return await tell();
    } catch (error) {
      if (!isConnectionLoss(error)) throw error;
      await delay(retryMs);
      signal.throwIfAborted();
    }
  }
}
