import type { ClientConfig } from "pg";
import { PgBoss, type ConstructorOptions } from "pg-boss";
import { isDatabaseError } from "../errors.ts";
import { installLock } from "../install.ts";
import type { Logger } from "../logger.ts";
import { listenForConfig } from "./config-listener.ts";
import { type ExecutorOptions, startExecuting } from "./executor.ts";
import { freshnessCheck } from "./freshness-check.ts";
import { watchHealth, type Health } from "./health.ts";
import { openPool, type WorkerPool } from "./pool.ts";
import { explainStart, insufficientPrivilege, queueSchema } from "./preflight.ts";
import { prune, pruneRule } from "./prune.ts";
import type { WorkContext, WorkQueue } from "./queue.ts";
import { keepSchedule, oneAtATime, readCheckRule } from "./schedule.ts";

/** How often a worker looks at what is in the database, in seconds. */
export interface Pace {
  /** For schedules that are due. One worker of all does it. */
  readonly cron: number;
  /** For jobs. */
  readonly poll: number;
  /** For jobs whose worker died. */
  readonly supervise: number;
  /** For config keys whose change was not heard. */
  readonly config: number;
}

export const defaultPace: Pace = { cron: 5, poll: 2, supervise: 10, config: 15 };

export interface WorkerOptions {
  readonly connection: ClientConfig;
  readonly logger: Logger;
  readonly pace?: Pace;
  /** What it runs of schedules; without it nothing. */
  readonly executor?: ExecutorOptions | undefined;
  /** When the check is due; without it, as the config says. */
  readonly readRule?: (database: Pick<WorkerPool, "executeSql">) => Promise<string | null>;
}

export interface RunningWorker {
  /** Lets running jobs end, for some seconds, and closes all connections. Safe to repeat. */
  stop(): Promise<void>;
}

/** pg-boss' own, in which what is due waits for its queue; a worker may die while it hands a job on. */
const dueQueue = "__pgboss__send-it";

/** How long a stop waits for a running job. */
const patienceMs = 5_000;

/**
 * Starts a worker in this process: a check at once, then one a period among all workers, and daily
 * pruning. It goes on through restarts of the database; nothing that happens there ends the process.
 *
 * The schema must be in place: see `requireSchema`. The first start of all creates the schema of the
 * queue, for which the role needs `create` on the database.
 *
 * @throws InstallError when the role lacks a right, UnreachableError when the database is away
 */
export async function startWorker(options: WorkerOptions): Promise<RunningWorker> {
  const { connection, logger, pace = defaultPace } = options;
  const health = watchHealth(logger);
  const executing = startExecuting(connection, options.executor, { logger, health });
  const database = openPool(connection, health);
  const boss = new PgBoss({ ...bossSettings(pace), db: database });
  const stopping = new AbortController();
  reportFailures(boss, health, logger, stopping.signal);
  const stop = async (): Promise<void> => {
    stopping.abort();
    await executing.stop();
    // On a line that is dead its own statements would not end.
    const limit = setTimeout(() => void database.close(0), 2 * patienceMs);
    try {
      await boss.stop({ timeout: patienceMs, graceful: true });
    } finally {
      clearTimeout(limit);
      await database.close(patienceMs / 5);
    }
  };
  try {
    await boss.start();
    await grantQueue(database, logger);
    const context = { database, logger, signal: stopping.signal };
    const schedule = scheduler(boss, options, database);
    for (const queue of [freshnessCheck, prune]) await makeQueue(boss, queue);
    await boss.updateQueue(dueQueue, freshnessCheck.settings);
    await schedule();
    await boss.send(freshnessCheck.name, { trigger: "start" });
    for (const queue of [freshnessCheck, prune]) {
      await takeJobs(boss, queue, context, { pace, health });
    }
    const listener = followConfig(connection, pace, stopping.signal, schedule, health);
    let stopped: Promise<void> | undefined;
    return { stop: () => (stopped ??= Promise.all([stop(), listener]).then(() => undefined)) };
  } catch (error) {
    await stop();
    throw explainStart(error);
  }
}

function bossSettings(pace: Pace): ConstructorOptions {
  return {
    schema: queueSchema,
    cronMonitorIntervalSeconds: pace.cron,
    cronWorkerIntervalSeconds: pace.poll,
    superviseIntervalSeconds: pace.supervise,
    monitorIntervalSeconds: pace.supervise,
    monitorVacuum: false,
    persistWarnings: false,
  };
}

/** pg-boss tells its failures by events; without somebody who listens they would end the process. */
function reportFailures(boss: PgBoss, health: Health, logger: Logger, signal: AbortSignal): void {
  boss.on("error", (error) => {
    if (!signal.aborted) health.failed(error, `the queue reported: ${error.message}`);
  });
  boss.on("warning", ({ message, data }) => logger.warn({ data }, `the queue warned: ${message}`));
}

/** Roles that dump this database must be able to read the queue's tables, or their dumps fail. */
async function grantQueue(database: WorkerPool, logger: Logger): Promise<void> {
  try {
    const { rows } = await database.executeSql(
      `with locked as materialized (select pg_advisory_xact_lock(${installLock}))
       select g.statement
       from locked
       cross join lateral lastgood.apply_grants() as g(statement)`,
    );
    if (rows.length > 0) {
      const statements = rows.map(({ statement }) => statement);
      logger.info({ statements }, "some grants are left for the owner of the database");
    }
  } catch (error) {
    // A role that is no owner may not grant; whoever installs next does.
    const isExpected = isDatabaseError(error) && error.code === insufficientPrivilege;
    const level = isExpected ? "debug" : "error";
    logger[level]({ err: error }, "roles that dump this database may lack rights on the queue");
  }
}

async function makeQueue(boss: PgBoss, { name, settings }: WorkQueue): Promise<void> {
  await boss.createQueue(name, settings);
  await boss.updateQueue(name, settings);
}

async function takeJobs(
  boss: PgBoss,
  queue: WorkQueue,
  context: WorkContext,
  { pace, health }: { readonly pace: Pace; readonly health: Health },
): Promise<void> {
  await boss.work(queue.name, { pollingIntervalSeconds: pace.poll, batchSize: 1 }, async () => {
    try {
      await queue.run(context);
    } catch (error) {
      // pg-boss keeps the error with the job, and has it done again.
      health.failed(error as Error, `${queue.name} failed`);
      throw error;
    }
  });
}

function scheduler(
  boss: PgBoss,
  options: WorkerOptions,
  database: WorkerPool,
): () => Promise<void> {
  const { logger, readRule = readCheckRule } = options;
  return oneAtATime(async () => {
    await keepSchedule(boss, freshnessCheck, await readRule(database), logger);
    await keepSchedule(boss, prune, pruneRule, logger);
  });
}

/** Keeps the schedule as the config says: told by the database where it can, by looking where not. */
async function followConfig(
  connection: ClientConfig,
  pace: Pace,
  signal: AbortSignal,
  schedule: () => Promise<void>,
  health: Health,
): Promise<void> {
  const refresh = (): void => {
    schedule().catch((error: Error) => {
      if (!signal.aborted) health.failed(error, `the schedule could not be kept: ${error.message}`);
    });
  };
  const poll = setInterval(refresh, pace.config * 1_000);
  try {
    await listenForConfig(connection, signal, refresh);
  } finally {
    clearInterval(poll);
  }
}
