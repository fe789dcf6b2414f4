import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { setTimeout as delay } from "node:timers/promises";
import type { ClientConfig } from "pg";
import { type Claimant, type ClaimedExecution, Executions } from "../admin/executions.ts";
import type { RunEnvironment } from "../backup/environment.ts";
import { expireLivingSchedule } from "../backup/expire.ts";
import { LeaseLostError } from "../backup/lease.ts";
import type { Queryable } from "../dao/queryable.ts";
import { isDatabaseError, messageOf } from "../errors.ts";
import type { Logger } from "../logger.ts";
import type { Env } from "../server/run.ts";
import type { Health } from "./health.ts";
import { isConnectionLoss, openPool } from "./pool.ts";
import { runExecution } from "./run-execution.ts";
import { sweepPlaces } from "./sweeping.ts";

/** What a worker runs of the executions that are due, and how. */
export interface ExecutorOptions {
  readonly env: Env;
  readonly host: string;
  /** It takes only sources whose labels it has. */
  readonly labels: readonly string[];
  /** How many executions may run on this host at once, whatever the number of workers. */
  readonly concurrency: number;
  /** How long a stop waits for what runs before it is handed over, in milliseconds. */
  readonly patienceMs: number;
  /** Between two looks at what is due, in milliseconds. */
  readonly tickMs: number;
  /** How long the database may take to answer about executions, in milliseconds: less than a lease. */
  readonly answerMs: number;
  /** Between two looks at what is left at providers, in milliseconds. */
  readonly sweepMs: number;
}

/** Options of a worker of this host; where nothing is given, those of `lastgood up`. */
export function executorOptions(
  env: Env,
  given: Partial<Pick<ExecutorOptions, "labels" | "concurrency" | "patienceMs">> = {},
): ExecutorOptions {
  const usual = { labels: [], concurrency: 2, patienceMs: 5_000 };
  return {
    env,
    host: hostname(),
    tickMs: 1_000,
    answerMs: 10_000,
    sweepMs: 30_000,
    ...usual,
    ...given,
  };
}

interface ExecutorContext {
  /** For backups. */
  readonly db: Queryable;
  /** For what tells who runs what: a line that is dead must be noticed before a lease has run out. */
  readonly executionDb: Queryable;
  readonly logger: Logger;
  readonly health: Health;
}

/** How long a stop waits for statements that run on, in milliseconds. */
const closeMs = 1_000;

/**
 * Runs executions until it is stopped, through connections of its own: long backups take none from others.
 * Without options it runs none.
 */
export function startExecuting(
  connection: ClientConfig,
  options: ExecutorOptions | undefined,
  { logger, health }: Omit<ExecutorContext, "db" | "executionDb">,
): { stop(): Promise<void> } {
  if (options === undefined) return { stop: () => Promise.resolve() };
  const { concurrency, answerMs } = options;
  // A backup and its lease, each, and what sweeps; the lease of its execution, each, and what looks for more.
  const pool = openPool(connection, health, { max: concurrency * 2 + 1 });
  const own = openPool(connection, health, { max: concurrency + 1, limitMs: answerMs });
  const dbs = { db: pool.queryable, executionDb: own.queryable };
  const executor = new Executor(options, { ...dbs, logger, health });
  return {
    async stop() {
      await executor.stop();
      await Promise.all([pool.close(closeMs), own.close(closeMs)]);
    },
  };
}

/** Less than the lease of a backup has. */
const backupPatienceMs = 50_000;

/** Plans what is due and runs what it may, beside any number of others. Knows nothing but its own runs. */
class Executor {
  readonly #options: ExecutorOptions;
  readonly #context: ExecutorContext;
  readonly #executions: Executions;
  readonly #claimant: Claimant;
  readonly #running = new Set<Promise<void>>();
  /** Ends the looking for more. */
  readonly #stopping = new AbortController();
  /** Ends what runs. */
  readonly #ending = new AbortController();
  readonly #loop: Promise<void>;
  readonly #sweeping: Promise<void>;

  constructor(options: ExecutorOptions, context: ExecutorContext) {
    const { host, labels, concurrency } = options;
    this.#options = options;
    this.#context = context;
    this.#executions = new Executions(context.executionDb);
    const worker = `${host}:${process.pid}:${randomBytes(4).toString("hex")}`;
    this.#claimant = { worker, host, labels, concurrency };
    this.#loop = this.#work();
    this.#sweeping = this.#sweep();
  }

  /** Takes no more, waits for what runs, then hands over what still does. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#loop;
    const { size } = this.#running;
    if (size > 0) {
      const seconds = Math.round(this.#options.patienceMs / 1_000);
      this.#context.logger.info(
        { running: size },
        `backups that run: ${size}; what goes on for longer than ${seconds} s is handed over`,
      );
    }
    const limit = setTimeout(() => this.#ending.abort(), this.#options.patienceMs);
    await Promise.all([this.#sweeping, ...this.#running]);
    clearTimeout(limit);
  }

  async #work(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      let hasMore = false;
      try {
        hasMore = await this.#tick();
        this.#context.health.answered();
      } catch (error) {
        this.#failed(error, "what is due could not be found out");
      }
      if (!hasMore) await delay(this.#options.tickMs, undefined, { signal }).catch(() => undefined);
    }
  }

  /** Whether more may be due: what waits by now is run before. */
  async #tick(): Promise<boolean> {
    const { signal } = this.#stopping;
    const slots = await this.#executions.planSlots();
    for (const id of await this.#executions.reap()) {
      this.#context.logger.warn(
        { execution: id },
        "an execution had stopped half-way, or took too long",
      );
    }
    while (!signal.aborted && this.#running.size < this.#options.concurrency) {
      const claimed = await this.#executions.claim(this.#claimant);
      if (claimed === undefined) break;
      const run = this.#run(claimed).finally(() => this.#running.delete(run));
      this.#running.add(run);
    }
    return slots > 0;
  }

  async #run(execution: ClaimedExecution): Promise<void> {
    const { execution_id: id, source, attempt } = execution;
    const facts = { execution: id, source, attempt };
    const { logger } = this.#context;
    logger.info({ ...facts, slot: execution.slot_at }, `backing up ${source}`);
    try {
      const state = await runExecution(this.#context, execution, this.#environment(facts));
      const level = state === "SUCCESS" ? "info" : "warn";
      const what = state === "QUEUED" ? "is to be made anew" : `ended: ${state}`;
      logger[level]({ ...facts, state }, `the backup of ${source} ${what}`);
      if (state === "SUCCESS") await this.#expire(execution, facts);
    } catch (error) {
      if (error instanceof LeaseLostError || isDatabaseError(error)) {
        logger.warn(facts, `the backup of ${source} is ours no more: ${messageOf(error)}`);
      } else this.#failed(error, `the backup of ${source} could not be ended`);
    }
  }

  /** What is not deleted now is by the next run, or before a provider is called full. */
  async #expire(execution: ClaimedExecution, facts: Record<string, unknown>): Promise<void> {
    const { db, logger } = this.#context;
    const { schedule_id: schedule, source } = execution;
    try {
      for (const { name, state, reason } of await expireLivingSchedule(
        db,
        schedule,
        this.#environment(facts),
      )) {
        logger.info(
          { ...facts, backup: name, state, reason },
          `backup ${name} of ${source}: ${state}`,
        );
      }
    } catch (error) {
      if (this.#ending.signal.aborted) return;
      this.#failed(error, `what ${source} keeps no longer could not be deleted`);
    }
  }

  /** What cannot be removed now is tried again, by whichever worker. */
  async #sweep(): Promise<void> {
    const { signal } = this.#stopping;
    const { labels, sweepMs } = this.#options;
    const environment = { ...this.#environment({}), signal };
    while (!signal.aborted) {
      try {
        await sweepPlaces(this.#context.db, labels, environment);
      } catch (error) {
        if (!signal.aborted) this.#failed(error, "what is left at providers could not be removed");
      }
      await delay(sweepMs, undefined, { signal }).catch(() => undefined);
    }
  }

  #environment(facts: Record<string, unknown>): RunEnvironment {
    const { logger } = this.#context;
    const { env, host } = this.#options;
    const warn = (text: string): void => logger.warn(facts, text);
    return { env, host, logger, warn, signal: this.#ending.signal, patienceMs: backupPatienceMs };
  }

  #failed(error: unknown, message: string): void {
    const { health } = this.#context;
    if (isConnectionLoss(error)) health.lost(error);
    else health.failed(error instanceof Error ? error : new Error(String(error)), message);
  }
}
