import type { Client } from "pg";
import { onTestFinished } from "vitest";
import { type RunningWorker, startWorker, type WorkerOptions } from "../../src/workers/index.ts";
import type { Pace } from "../../src/workers/index.ts";
import { keptLog, type KeptLog } from "../support/log.ts";
import { waitFor } from "../support/wait.ts";

/** As quick as pg-boss allows. */
export const quick: Pace = { cron: 1, poll: 1, supervise: 1, config: 60 };

export interface TestWorker extends RunningWorker {
  readonly log: KeptLog;
}

/** A worker in this process, stopped after the test. */
export async function worker(
  url: string,
  options: Partial<WorkerOptions> = {},
): Promise<TestWorker> {
  const log = keptLog();
  const connection = { connectionString: url };
  const running = await startWorker({ connection, logger: log, pace: quick, ...options });
  onTestFinished(() => running.stop());
  return { ...running, log };
}

export interface Job {
  readonly id: string;
  readonly trigger: string;
  readonly state: string;
}

/** The checks that were called for, oldest first; none before the first worker has made its queue. */
export async function jobs(client: Client): Promise<Job[]> {
  const there = await client.query("select to_regclass('lastgood_queue.job') as job");
  if (there.rows[0]?.job === null) return [];
  const { rows } = await client.query<Job>(
    `select j.id, j.data ->> 'trigger' as trigger, j.state::text
     from lastgood_queue.job as j
     where j.name = 'freshness-check'
     order by j.created_on`,
  );
  return rows;
}

/** Waits until a check that was called for so is done; how many of them there are. */
export async function doneChecks(client: Client, trigger: string, least = 1): Promise<number> {
  return await waitFor(
    async () => {
      const done = (await jobs(client)).filter(
        (job) => job.trigger === trigger && job.state === "completed",
      );
      return done.length >= least ? done.length : undefined;
    },
    { what: `${least} checks by ${trigger}` },
  );
}

/** Puts a job into the queue as the scheduler does. */
export async function sendCheck(client: Client, trigger: string): Promise<void> {
  await client.query(
    `insert into lastgood_queue.job (name, data, retry_limit, expire_seconds, heartbeat_seconds)
     values ('freshness-check', jsonb_build_object('trigger', $1::text), 5, 300, 15)`,
    [trigger],
  );
}

/** The stored rule of the freshness check; null for none. */
export async function storedRule(client: Client): Promise<string | null> {
  const { rows } = await client.query<{ cron: string }>(
    "select s.cron from lastgood_queue.schedule as s where s.name = 'freshness-check'",
  );
  return rows[0]?.cron ?? null;
}
