import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { openPool, type WorkerPool } from "../../src/workers/pool.ts";
import { watchHealth } from "../../src/workers/health.ts";
import { prune } from "../../src/workers/prune.ts";
import { copyTemplate, type TestDatabase } from "../support/database.ts";
import { keptLog } from "../support/log.ts";

let database: TestDatabase;
let pool: WorkerPool;

beforeAll(async () => {
  database = await copyTemplate();
  const logger = keptLog();
  pool = openPool({ connectionString: database.url }, watchHealth(logger));
});
afterAll(async () => {
  await pool.close(1_000);
  await database.drop();
});

async function addOldEvents(count: number): Promise<void> {
  await pool.executeSql(
    `insert into lastgood.audit_log (log_time, log_type, log_type_name, severity, message)
     select now() - interval '500 days', t.log_type, t.log_type_name, t.severity, ''
     from lastgood.event_type as t
     cross join generate_series(1, $1::integer)
     where t.log_type = 9110`,
    [count],
  );
}

async function countEvents(): Promise<number> {
  const { rows } = await pool.executeSql("select count(*) from lastgood.audit_log");
  return Number(rows[0]?.["count"]);
}

/** Counts the statements, each of which is a transaction of its own. */
function counted(): { database: Pick<WorkerPool, "executeSql">; count: () => number } {
  let count = 0;
  const executeSql = async (text: string): ReturnType<WorkerPool["executeSql"]> => {
    count += 1;
    return await pool.executeSql(text);
  };
  return { database: { executeSql }, count: () => count };
}

test("old events are deleted batch by batch, each in a transaction of its own", async () => {
  await addOldEvents(20_001);
  const { database: statements, count } = counted();
  const logger = keptLog();
  await prune.run({ database: statements, logger, signal: new AbortController().signal });
  expect(await countEvents()).toBe(0);
  // Three with something in them, and one that finds nothing left.
  expect(count()).toBe(4);
  expect(logger.count("deleted events")).toBe(1);
});

test("a worker that is stopping leaves the rest for the next day", async () => {
  await addOldEvents(10_001);
  const stopping = new AbortController();
  const context = {
    logger: keptLog(),
    signal: stopping.signal,
    database: {
      executeSql: async (text: string) => {
        stopping.abort();
        return await pool.executeSql(text);
      },
    },
  };
  await prune.run(context);
  expect(await countEvents()).toBe(1);
  onTestFinished(async () => {
    await pool.executeSql("delete from lastgood.audit_log");
  });
});
