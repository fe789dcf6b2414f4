import type { Client } from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Executions } from "../../../src/admin/executions.ts";
import {
  addSchedule,
  claim,
  claimed,
  complete,
  endExecutionLeases,
  executionOf,
  planAt,
  running,
  runNow,
  setSchedule,
  slotsOf,
  start,
} from "../../support/calendar.ts";
import { addCatalogue, rowOf } from "../../support/catalogue.ts";
import { copyTemplate, setClock, type TestDatabase } from "../../support/database.ts";
import * as locks from "../../support/locks.ts";
import { at } from "../../support/session.ts";
import { waitFor } from "../../support/wait.ts";

// Several sessions at once. Who waits for whom is seen in pg_stat_activity.

let database: TestDatabase;
let first: Client;
let second: Client;
let watcher: Client;

beforeEach(async () => {
  database = await copyTemplate();
  [first, second, watcher] = await Promise.all([connect(), connect(), connect()]);
  await addCatalogue(watcher);
});
afterEach(() => database.drop());

/** A session for which it is noon. */
async function connect(): Promise<Client> {
  const client = await database.connect();
  await setClock(client, at({}));
  return client;
}

async function inTurn<T>(work: () => Promise<unknown>, other: () => Promise<T>): Promise<T> {
  return await locks.inTurn({ first, second, watcher }, work, other);
}

/** Many sources, each with a schedule. */
async function schedules(count: number, options: Record<string, unknown> = {}): Promise<number[]> {
  const ids = [];
  for (let number = 0; number < count; number += 1) {
    const source = `source${number}`;
    await watcher.query("select lastgood.add_source($1, 'files', 'engine.test', 'files')", [
      source,
    ]);
    ids.push(await addSchedule(watcher, { source, ...options }));
  }
  return ids;
}

async function sessions(count: number): Promise<Client[]> {
  return await Promise.all(Array.from({ length: count }, connect));
}

async function claimAll(client: Client, number: number, concurrency = 1000): Promise<number[]> {
  const claimant = { worker: `worker-${number}`, host: `host-${number % 2}`, concurrency };
  const ids = [];
  for (let got = await claim(client, claimant); got; got = await claim(client, claimant)) {
    ids.push(got.schedule_id);
  }
  return ids;
}

function byNumber(a: number, b: number): number {
  return a - b;
}

describe("taking slots", () => {
  test("by many sessions at once: each slot becomes one row", async () => {
    const ids = await schedules(40, { missed: "all" });
    const clients = await sessions(6);
    const taken = await Promise.all(clients.map((client) => planAt(client, at({ hours: 3 }))));
    expect(taken.reduce((sum, count) => sum + count, 0)).toBe(120);
    for (const id of ids) {
      expect(await slotsOf(watcher, id)).toEqual(["13:00 QUEUED", "14:00 QUEUED", "15:00 QUEUED"]);
    }
  });

  test("passes over what another session takes, and waits for nobody", async () => {
    const [one = 0, two = 0] = await schedules(2);
    await first.query("begin");
    await setClock(first, at({ hours: 1 }));
    await first.query("select lastgood.plan_slots(1)");
    expect(await planAt(second, at({ hours: 1 }))).toBe(1);
    await first.query("commit");
    expect([await slotsOf(watcher, one), await slotsOf(watcher, two)]).toEqual([
      ["13:00 QUEUED"],
      ["13:00 QUEUED"],
    ]);
  });

  test("at the moment at which somebody asks for a run: one of them runs", async () => {
    const id = await addSchedule(watcher);
    await inTurn(
      async () => planAt(first, at({ hours: 1 })),
      async () => runNow(second, id),
    );
    expect(await slotsOf(watcher, id)).toEqual(["13:00 QUEUED", "now SKIPPED"]);
    const other = await addSchedule(watcher);
    await first.query("begin");
    await runNow(first, other);
    expect(await planAt(second, at({ hours: 1 }))).toBe(0);
    await first.query("commit");
    await planAt(second, at({ hours: 1 }));
    expect((await slotsOf(watcher, other)).toSorted()).toEqual(["13:00 SKIPPED", "now QUEUED"]);
  });

  test("while the schedule is changed: by what it was, or what it is then, and once", async () => {
    const id = await addSchedule(watcher);
    await setClock(second, at({ hours: 1 }));
    await inTurn(
      async () => planAt(first, at({ hours: 1 })),
      async () => setSchedule(second, id, { pattern: "30 * * * *" }),
    );
    expect(await slotsOf(watcher, id)).toEqual(["13:00 QUEUED"]);
    await planAt(watcher, at({ hours: 2 }));
    expect(await slotsOf(watcher, id)).toEqual(["13:00 QUEUED", "13:30 SKIPPED"]);
  });
});

describe("claiming", () => {
  test("by many sessions at once: each execution goes to one", async () => {
    const ids = await schedules(30);
    await planAt(watcher, at({ hours: 1 }));
    const clients = await sessions(6);
    const got = await Promise.all(clients.map((client, number) => claimAll(client, number)));
    expect(got.flat().toSorted(byNumber)).toEqual(ids);
    expect(got.filter((each) => each.length > 0).length).toBeGreaterThan(1);
  });

  test.each([
    ["a host", 4, "true", 8],
    [
      "a source",
      1000,
      `alter table lastgood.schedule disable trigger schedule_changed;
       update lastgood.schedule set source_id = (select min(source_id) from lastgood.source);
       alter table lastgood.schedule enable trigger schedule_changed`,
      1,
    ],
    ["a provider", 1000, "update lastgood.provider set max_running = 3 where name = 'vault'", 3],
  ])(
    "by many sessions at once keeps to the limit of %s",
    async (_what, concurrency, limit, most) => {
      await schedules(12);
      if (limit !== "true") await watcher.query(limit);
      await planAt(watcher, at({ hours: 1 }));
      const clients = await sessions(6);
      const got = await Promise.all(
        clients.map((client, number) => claimAll(client, number, concurrency)),
      );
      expect(got.flat()).toHaveLength(most);
    },
  );

  test("waits for a session that is about to have claimed, and sees what it took", async () => {
    await addSchedule(watcher);
    await planAt(watcher, at({ hours: 1 }));
    const got = await inTurn(
      async () => claimed(first),
      async () => claim(second),
    );
    expect(got).toBeUndefined();
  });

  test("where nothing waits waits for nobody", async () => {
    await first.query("begin");
    await running(first);
    expect(await claim(second)).toBeUndefined();
    await first.query("commit");
  });

  test("LG054 is refused under an isolation that sees the past", async () => {
    await runNow(watcher, await addSchedule(watcher));
    await first.query("begin isolation level repeatable read");
    await expect(claim(first)).rejects.toMatchObject({ code: "LG054" });
  });

  test("while somebody cancels: the run is cancelled", async () => {
    const id = await runNow(watcher, await addSchedule(watcher));
    const state = await inTurn(
      async () => claimed(first),
      async () => {
        const { rows } = await second.query<{ state: string }>(
          "select lastgood.cancel_execution($1) as state",
          [id],
        );
        return rows[0]?.state;
      },
    );
    expect(state).toBe("CANCELLED");
    expect(await executionOf(watcher, id)).toMatchObject({ state: "CANCELLED" });
  });
});

describe("reaping", () => {
  test("by two sessions at once ends each execution once, and neither waits", async () => {
    const execution = await running(watcher);
    await start(watcher, execution);
    await endExecutionLeases(watcher);
    await first.query("begin");
    expect(await new Executions(first).reap()).toEqual([execution.execution_id]);
    expect(await new Executions(second).reap()).toEqual([]);
    await first.query("commit");
    expect(await executionOf(watcher, execution.execution_id)).toMatchObject({
      state: "INTERRUPTED",
    });
  });

  test("waits for a backup that is being sealed: that counts", async () => {
    const execution = await running(watcher);
    const backup = await start(watcher, execution);
    await endExecutionLeases(watcher);
    await inTurn(
      async () => complete(first, backup),
      async () => new Executions(second).reap(),
    );
    expect((await rowOf(watcher, backup)).state).toBe("COMPLETE");
    expect(await executionOf(watcher, execution.execution_id)).toMatchObject({ state: "SUCCESS" });
  });

  test("lets nobody seal what it is about to end", async () => {
    const execution = await running(watcher);
    const backup = await start(watcher, execution);
    await endExecutionLeases(watcher);
    const late = inTurn(
      async () => new Executions(first).reap(),
      async () => complete(second, backup),
    );
    await expect(late).rejects.toMatchObject({ code: "LG035" });
    expect((await rowOf(watcher, backup)).state).toBe("FAILED");
  });

  test("passes over what is renewed meanwhile", async () => {
    const execution = await running(watcher);
    await endExecutionLeases(watcher);
    await first.query("begin");
    expect(await new Executions(first).renewLease(execution)).toBe(true);
    expect(await new Executions(second).reap()).toEqual([]);
    await first.query("commit");
    expect(await new Executions(second).reap()).toEqual([]);
  });
});

describe("deleting a schedule", () => {
  test("while its run is put back for a retry: that stays a failure", async () => {
    const execution = await running(watcher, { retries: 1 });
    await inTurn(
      async () => new Executions(first).finish(execution),
      async () => second.query("select lastgood.delete_schedule($1)", [execution.schedule_id]),
    );
    expect(await executionOf(watcher, execution.execution_id)).toMatchObject({
      state: "ERROR",
      reason: "no backup was completed; not tried again: the schedule was deleted",
    });
  });

  test("before its run would be put back for a retry: that ends", async () => {
    const execution = await running(watcher, { retries: 1 });
    const state = await inTurn(
      async () => first.query("select lastgood.delete_schedule($1)", [execution.schedule_id]),
      async () => new Executions(second).finish(execution),
    );
    expect(state).toBe("ERROR");
  });

  test("LG054 is refused under an isolation that does not see what waits", async () => {
    const schedule = await addSchedule(watcher);
    await first.query("begin isolation level repeatable read");
    await first.query("select from lastgood.schedule");
    await runNow(second, schedule);
    const late = first.query("select lastgood.delete_schedule($1)", [schedule]);
    await expect(late).rejects.toMatchObject({ code: "LG054" });
  });

  test("with its source, while a run starts its backup: that finds no source", async () => {
    const execution = await running(watcher);
    const late = inTurn(
      async () => first.query("select lastgood.delete_source('etc', true)"),
      async () => start(second, execution),
    );
    await expect(late).rejects.toMatchObject({ code: "LG028" });
  });
});

test("workers that plan, run, fail, die and are reaped at once account for every slot", async () => {
  const ids = await schedules(10, { missed: "all", retries: 1, backoff: "1 millisecond" });
  const clients = await sessions(5);
  let turn = 0;
  const work = async (client: Client): Promise<void> => {
    const executions = new Executions(client);
    for (let hours = 1; hours <= 6; hours += 1) {
      await planAt(client, at({ hours }));
      for (let got = await claim(client); got; got = await claim(client)) {
        turn += 1;
        const backup = turn % 7 === 0 ? undefined : await start(client, got);
        // One in five dies: somebody takes its execution for dead at once.
        if (turn % 5 === 0) {
          await client.query(
            `update lastgood.execution set lease = '1 millisecond',
               lease_until = clock_timestamp() - interval '1 second'
             where execution_id = $1 and token = $2`,
            [got.execution_id, got.token],
          );
        } else {
          if (backup && turn % 3 !== 0) await complete(client, backup);
          await executions.finish(got);
        }
        await executions.reap();
      }
    }
  };
  await Promise.all(clients.map(work));
  await waitFor(async () => {
    await work(watcher);
    const { rows } = await watcher.query(
      "select from lastgood.execution where state in ('QUEUED', 'RUNNING')",
    );
    return rows.length === 0;
  });
  for (const id of ids) {
    expect((await slotsOf(watcher, id)).map((slot) => slot.slice(0, 5))).toEqual(
      [13, 14, 15, 16, 17, 18].map((hour) => `${hour}:00`),
    );
  }
  const { rows } = await watcher.query(
    `select e.execution_id, e.state, b.state as backup
     from lastgood.execution as e
     left join lastgood.backup as b on b.backup_id = e.backup_id
     where (e.state = 'SUCCESS') <> (b.state is not distinct from 'COMPLETE')
       or e.finished_at is null or e.attempt > 2
     union all
     select null, 'no execution', b.state from lastgood.backup as b
     where b.state = 'COMPLETE'
       and not exists (select from lastgood.execution as e where e.backup_id = b.backup_id)
       or b.state = 'RUNNING'`,
  );
  expect(rows).toEqual([]);
});
