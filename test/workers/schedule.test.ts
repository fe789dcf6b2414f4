import type { Client } from "pg";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { copyTemplate, type TestDatabase } from "../support/database.ts";
import { skip } from "../support/skip.ts";
import { waitFor } from "../support/wait.ts";
import { doneChecks, quick, storedRule, worker } from "./support.ts";

let database: TestDatabase;
let client: Client;

beforeEach(async () => {
  database = await copyTemplate();
  client = await database.connect();
  onTestFinished(() => database.drop());
});

const everyTwoSeconds = (): Promise<string> => Promise.resolve("FREQ=SECONDLY;INTERVAL=2");

async function setPeriod(hours: number): Promise<void> {
  await client.query("select lastgood.set_config_value('BackupCheckPeriodInHours', $1)", [
    String(hours),
  ]);
}

async function isRule(rule: string | null): Promise<boolean> {
  return (await storedRule(client)) === rule;
}

describe("the freshness check", () => {
  test("runs as soon as a worker starts", async () => {
    await worker(database.url);
    expect(await doneChecks(client, "start")).toBe(1);
    const { rows } = await client.query("select log_type_name from lastgood.active_alert");
    expect(rows).toEqual([{ log_type_name: "ENGINE_NO_FULL_BACKUP" }]);
  });

  test("is due every BackupCheckPeriodInHours", async () => {
    await worker(database.url);
    expect(await storedRule(client)).toBe("FREQ=HOURLY;INTERVAL=6");
  });

  test("runs once for each time that is due, with three workers", async () => {
    await Promise.all([1, 2, 3].map(() => worker(database.url, { readRule: everyTwoSeconds })));
    // The scheduler looks a minute back and fires once a minute at most: one or two times are due.
    await passes(3);
    const { due, slots, checks } = await settled();
    expect(due).toBeGreaterThan(0);
    expect(slots).toBe(due);
    expect(checks).toBe(due);
  });

  test("runs once a minute over two minutes, with three workers", async (context) => {
    if (process.env["LASTGOOD_SLOW_TESTS"] !== "1") skip(context, "set LASTGOOD_SLOW_TESTS=1");
    await Promise.all([1, 2, 3].map(() => worker(database.url, { readRule: everyTwoSeconds })));
    await waitFor(async () => (await ticks()).slots >= 4, { timeoutMs: 140_000 });
    const { due, slots, checks } = await settled();
    expect(slots).toBe(due);
    expect(checks).toBe(due);
  }, 150_000);
});

interface Ticks {
  /** What the scheduler found due, and at how many different times. */
  readonly due: number;
  readonly slots: number;
  /** What became of it. */
  readonly passedOn: number;
  readonly checks: number;
  readonly doneChecks: number;
}

/** All of it at one moment. */
async function ticks(): Promise<Ticks> {
  const { rows } = await client.query<Ticks>(
    `select
       (count(*) filter (where d.is_due))::integer as due,
       (count(distinct j.singleton_on) filter (where d.is_due))::integer as slots,
       (count(*) filter (where d.is_due and j.state = 'completed'))::integer as "passedOn",
       (count(*) filter (where d.is_check))::integer as checks,
       (count(*) filter (where d.is_check and j.state = 'completed'))::integer as "doneChecks"
     from lastgood_queue.job as j
     cross join lateral (
       select
         j.name = '__pgboss__send-it' and j.data ->> 'name' = 'freshness-check' as is_due,
         j.name = 'freshness-check' and j.data ->> 'trigger' = 'schedule' as is_check
     ) as d`,
  );
  const [found] = rows;
  if (!found) throw new Error("count() returns a row");
  return found;
}

/** Waits until all that was due is done. */
async function settled(): Promise<Ticks> {
  return await waitFor(async () => {
    const found = await ticks();
    const isSettled = found.due > 0 && found.passedOn === found.due;
    return isSettled && found.doneChecks === found.checks ? found : undefined;
  });
}

/** Waits for further passes of the scheduler, whichever worker makes them. */
async function passes(count: number): Promise<void> {
  const seen = new Set<string>();
  await waitFor(
    async () => {
      const { rows } = await client.query(
        "select v.cron_on::text from lastgood_queue.version as v",
      );
      return seen.add(String(rows[0]?.cron_on)).size > count;
    },
    { what: `${count} passes of the scheduler` },
  );
}

describe("a changed BackupCheckPeriodInHours", () => {
  test("is scheduled anew in running workers, -1 not at all", async () => {
    const [one, two] = await Promise.all([worker(database.url), worker(database.url)]);
    await setPeriod(2);
    await waitFor(() => isRule("FREQ=HOURLY;INTERVAL=2"), { timeoutMs: 5_000 });
    await setPeriod(-1);
    await waitFor(() => isRule(null), { timeoutMs: 5_000 });
    await setPeriod(12);
    await waitFor(() => isRule("FREQ=HOURLY;INTERVAL=12"), { timeoutMs: 5_000 });
    expect([...one.log.lines, ...two.log.lines].filter(({ level }) => level === "error")).toEqual(
      [],
    );
  });

  test("is found by looking where nobody was told, as behind a pooler", async () => {
    await worker(database.url, { pace: { ...quick, config: 1 } });
    // The second one comes after all that a worker reads when it starts.
    for (const hours of ["3", "4"]) {
      await client.query(
        `insert into lastgood.config_value as v (name, value)
         values ('BackupCheckPeriodInHours', $1)
         on conflict (name) do update set value = excluded.value`,
        [hours],
      );
      await waitFor(() => isRule(`FREQ=HOURLY;INTERVAL=${hours}`), { timeoutMs: 5_000 });
    }
    expect(await storedRule(client)).toBe("FREQ=HOURLY;INTERVAL=4");
  });

  test("is written once: a worker that wants the same leaves the schedule alone", async () => {
    await worker(database.url);
    const version = async (): Promise<unknown> =>
      (await client.query("select xmin::text, * from lastgood_queue.schedule order by name")).rows;
    const before = await version();
    await Promise.all([worker(database.url), worker(database.url)]);
    await client.query("notify lastgood_config");
    await doneChecks(client, "start", 3);
    expect(await version()).toEqual(before);
  });

  test("of -1 still lets a starting worker end the alerts that are left", async () => {
    await client.query("select from lastgood.check_backup_freshness()");
    await client.query(
      "insert into lastgood.config_value (name, value) values ('BackupCheckPeriodInHours', '-1')",
    );
    await worker(database.url);
    await doneChecks(client, "start");
    expect(await storedRule(client)).toBeNull();
    const { rows } = await client.query(
      "select from lastgood.audit_log where severity = 10 and not deleted",
    );
    expect(rows).toEqual([]);
  });
});

test("every queue states its limits", async () => {
  await worker(database.url);
  const { rows } = await client.query(
    `select q.name, q.expire_seconds, q.retry_limit, q.heartbeat_seconds
     from lastgood_queue.queue as q
     where q.heartbeat_seconds is null or q.expire_seconds = 900`,
  );
  expect(rows).toEqual([]);
});
