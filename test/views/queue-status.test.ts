import { beforeEach, expect, test } from "vitest";
import { addCatalogue } from "../support/catalogue.ts";
import { addSchedule } from "../support/calendar.ts";
import { report } from "../support/database.ts";
import { at, useSession } from "../support/session.ts";

/** What waits for workers, since when, and when that is a warning. */

const session = useSession();

beforeEach(async () => {
  await addCatalogue(session.client);
  await query(
    "select lastgood.add_source('far', 'files', 'engine.test', 'far', '{}', array['dmz'])",
  );
});

async function query(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  const { rows } = await session.client.query<Record<string, unknown>>(text, values);
  return rows;
}

/** An execution that came so many minutes ago. */
async function wait(schedule: number, minutes: number): Promise<void> {
  await query(
    `insert into lastgood.execution (schedule_id, queued_at)
     values ($1, clock_timestamp() - make_interval(mins => $2))`,
    [schedule, minutes],
  );
}

/** An execution that a worker runs. */
async function run(schedule: number, lease = "30 seconds"): Promise<void> {
  await query(
    `insert into lastgood.execution (schedule_id, state, lease, lease_until, token)
     values ($1, 'RUNNING', $2::interval, clock_timestamp() + $2::interval, gen_random_uuid())`,
    [schedule, lease],
  );
}

async function queue(): Promise<unknown> {
  const [row] = await query(
    `select due::integer, queued::integer, running::integer, untaken::integer, untaken_schedule,
            check_status
     from lastgood.queue_status`,
  );
  return row;
}

const nothing = { due: 0, queued: 0, running: 0, untaken: 0, untaken_schedule: null };

test("where nothing waits or runs there is no row", async () => {
  await addSchedule(session.client);
  expect(await queue()).toBeUndefined();
});

test("a slot that is due and seen by no worker is a warning after ten minutes, the schedule named", async () => {
  const id = await addSchedule(session.client, { name: "nightly", pattern: "0 13 * * *" });
  const after = async (minutes: number): Promise<unknown> => {
    await query(
      `select set_config('lastgood.fake_now', (next_run_at + make_interval(mins => $2))::text, true)
       from lastgood.schedule where schedule_id = $1`,
      [id, minutes],
    );
    return await queue();
  };
  expect(await after(1)).toBeUndefined();
  const untaken = { ...nothing, due: 1, untaken: 1, untaken_schedule: "nightly" };
  expect(await after(10)).toEqual({ ...untaken, check_status: 0 });
  expect(await after(11)).toEqual({ ...untaken, check_status: 1 });
  await query("select lastgood.set_config_value('BackupUntakenAfterMinutes', '12')");
  expect(await queue()).toMatchObject({ check_status: 0 });
  await query("select lastgood.set_config_value('BackupUntakenAfterMinutes', '-1')");
  expect(await after(200)).toMatchObject({ untaken: 1, check_status: 0 });
  expect(await after(300)).toMatchObject({ untaken: 1, check_status: 1 });
  await query("select lastgood.set_config_value('BackupCheckPeriodInHours', '-1')");
  expect(await queue()).toMatchObject({ check_status: 0 });
});

test("a run that no worker takes is a warning, and check_summary says so", async () => {
  const id = await addSchedule(session.client, { name: "nightly" });
  await wait(id, 0);
  expect(await queue()).toEqual({ ...nothing, queued: 1, check_status: 0 });
  await wait(id, 11);
  expect(await queue()).toEqual({
    ...nothing,
    queued: 2,
    untaken: 1,
    untaken_schedule: "nightly",
    check_status: 1,
  });
  await query("select lastgood.set_required_scopes('engine.test', array['files'])");
  await report(session.client, { fqdn: "engine.test", scope: "files", doneAt: at({ hours: -1 }) });
  expect(
    await query(
      "select check_status, waiting::integer, untaken::integer from lastgood.check_summary",
    ),
  ).toEqual([{ check_status: 1, waiting: 2, untaken: 1 }]);
});

test("while a worker with the labels is busy, or was a moment ago, runs wait for room: four hours", async () => {
  const near = await addSchedule(session.client);
  const far = await addSchedule(session.client, { source: "far", name: "far" });
  await wait(far, 60);
  await run(near);
  expect(await queue()).toMatchObject({ untaken: 1, check_status: 1 });
  const other = await addSchedule(session.client, { source: "far" });
  await run(other);
  expect(await queue()).toMatchObject({ queued: 1, running: 2, untaken: 0, check_status: 0 });
  await query(
    `update lastgood.execution
     set state = 'SUCCESS', finished_at = clock_timestamp() - interval '1 minute', lease = null,
       lease_until = null, token = null
     where schedule_id = $1`,
    [other],
  );
  expect(await queue()).toMatchObject({ untaken: 0, check_status: 0 });
  await wait(far, 241);
  expect(await queue()).toMatchObject({ untaken: 0, check_status: 1 });
});

test("a worker whose lease ran out is there no more", async () => {
  const id = await addSchedule(session.client);
  await run(id, "-1 seconds");
  await wait(id, 11);
  expect(await queue()).toMatchObject({ running: 1, untaken: 1, check_status: 1 });
});

test("at a provider that is full a run waits for room, whatever its labels", async () => {
  const near = await addSchedule(session.client);
  const far = await addSchedule(session.client, { source: "far" });
  await run(near);
  await wait(far, 60);
  expect(await queue()).toMatchObject({ untaken: 1 });
  await query("update lastgood.provider set max_running = 1 where name <> 'noop'");
  expect(await queue()).toMatchObject({ untaken: 0 });
});

test("of a system that is watched no more nothing is a warning", async () => {
  await report(session.client, {
    fqdn: "shop.test",
    requiredScopes: ["files"],
    scope: "files",
    doneAt: at({ hours: -1 }),
  });
  await wait(await addSchedule(session.client), 60);
  await query("select lastgood.retire_system('engine.test')");
  expect(await queue()).toBeUndefined();
  expect(await query("select check_status, waiting::integer from lastgood.check_summary")).toEqual([
    { check_status: 0, waiting: 0 },
  ]);
});

test("a retry that waits for its time does not wait for a worker", async () => {
  await wait(await addSchedule(session.client), 60);
  await query("update lastgood.execution set not_before = clock_timestamp() + interval '1 hour'");
  expect(
    await query(
      "select queued::integer, retrying::integer, waiting_since from lastgood.queue_status",
    ),
  ).toEqual([{ queued: 0, retrying: 1, waiting_since: null }]);
});

test("executions are counted by state: what waits and runs, and what ended within the hour", async () => {
  const id = await addSchedule(session.client);
  await wait(id, 1000);
  await query(
    `insert into lastgood.execution (schedule_id, state, finished_at)
     select $1, s.state, clock_timestamp() - make_interval(mins => s.minutes)
     from (values ('ERROR', 59), ('ERROR', 1), ('ERROR', 61), ('MISSED', 5)) as s(state, minutes)`,
    [id],
  );
  const rows = await query("select state, executions::integer from lastgood.execution_count");
  expect(rows).toHaveLength(9);
  expect(rows.filter(({ executions }) => executions !== 0)).toEqual([
    { state: "QUEUED", executions: 1 },
    { state: "ERROR", executions: 2 },
    { state: "MISSED", executions: 1 },
  ]);
});
