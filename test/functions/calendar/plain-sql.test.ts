import { beforeEach, expect, test } from "vitest";
import { addCatalogue, codeOf } from "../../support/catalogue.ts";
import { useSession } from "../../support/session.ts";

/** Schedules that are changed in plain SQL, by the owner, and not by the functions. */

const session = useSession();

beforeEach(async () => {
  await addCatalogue(session.client);
  await setNow("2030-01-01T00:00:30Z");
  await query(
    `insert into lastgood.schedule (source_id, name, pattern)
     select source_id, 'often', '* * * * *' from lastgood.source where name = 'etc'`,
  );
});

async function query(text: string): Promise<Record<string, unknown>[]> {
  const { rows } = await session.client.query<Record<string, unknown>>(text);
  return rows;
}

async function setNow(time: string): Promise<void> {
  await session.client.query("select set_config('lastgood.fake_now', $1, true)", [time]);
}

async function executions(): Promise<unknown[]> {
  const rows = await query(
    "select state || ': ' || coalesce(reason, '-') as what from lastgood.execution order by execution_id",
  );
  return rows.map(({ what }) => what);
}

test.each([
  ["is_enabled = false", "the schedule was disabled"],
  ["deleted_at = now()", "the schedule was deleted"],
])("with %s, what waits is cancelled and what is due is missed", async (change, reason) => {
  await setNow("2030-01-01T00:01:00Z");
  await query("select lastgood.plan_slots()");
  await setNow("2030-01-01T00:03:30Z");
  await query(`update lastgood.schedule set ${change}`);
  expect(await executions()).toEqual([
    `CANCELLED: ${reason}`,
    `MISSED: ${reason}`,
    `MISSED: ${reason}`,
  ]);
});

test("with another pattern, what is due by the old one is missed, however long ago, and what waits stays", async () => {
  await setNow("2030-01-01T00:01:00Z");
  await query("select lastgood.plan_slots()");
  await setNow("2030-01-01T20:00:30Z");
  await query("update lastgood.schedule set pattern = '0 5 * * *'");
  expect(await query("select next_run_at from lastgood.schedule")).toEqual([
    { next_run_at: new Date("2030-01-02T05:00:00Z") },
  ]);
  expect(
    await query(
      `select state, reason, count(*)::integer as count from lastgood.execution
       group by state, reason order by state`,
    ),
  ).toEqual([
    { state: "MISSED", reason: "the schedule was changed", count: 1199 },
    { state: "QUEUED", reason: null, count: 1 },
  ]);
});

test("changes that leave the times alone miss nothing", async () => {
  await setNow("2030-01-01T00:03:30Z");
  await query("update lastgood.schedule set description = 'x', retries = 3");
  expect(await executions()).toEqual([]);
});

test("one whose zone is gone is disabled, and its slot has a row; the next one goes on", async () => {
  await query(
    `insert into lastgood.schedule (source_id, name, pattern)
     select source_id, 'other', '* * * * *' from lastgood.source where name = 'etc'`,
  );
  await query("alter table lastgood.schedule disable trigger schedule_changed");
  await query("update lastgood.schedule set tz = 'Mars/Base' where name = 'often'");
  await query("alter table lastgood.schedule enable trigger schedule_changed");
  await setNow("2030-01-01T00:01:30Z");
  await query("select lastgood.plan_slots()");
  expect(
    await query("select name, is_enabled from lastgood.schedule order by schedule_id"),
  ).toEqual([
    { name: "often", is_enabled: false },
    { name: "other", is_enabled: true },
  ]);
  expect(await executions()).toEqual(["MISSED: the schedule was disabled", "QUEUED: -"]);
});

test("a timeout that no timestamp can bear is refused: it would stop all workers", async () => {
  expect(
    await codeOf(session.client, "update lastgood.schedule set timeout = interval '300000 years'"),
  ).toBe("23514");
});

test("doctor tells of what is due and of what waits with no worker about, and of nothing else", async () => {
  const finding = async (): Promise<unknown> => {
    const rows = await query(
      "select outcome, detail from lastgood.diagnose() where subject = 'schedules'",
    );
    return rows[0];
  };
  expect(await finding()).toEqual({ outcome: "ok", detail: "what is due finds a worker" });
  await setNow("2030-01-01T00:05:00Z");
  expect(await finding()).toEqual({
    outcome: "warning",
    detail: "due, and seen by no worker: 1, the first since 2030-01-01T00:01:00Z",
  });
  await query("update lastgood.schedule set is_enabled = false");
  await query(
    `insert into lastgood.execution (schedule_id, queued_at)
     select schedule_id, '2020-01-01T00:00:00Z' from lastgood.schedule`,
  );
  expect(await finding()).toEqual({
    outcome: "warning",
    detail: 'runs that no worker takes: 1, the first, of "often", since 2020-01-01T00:00:00Z',
  });
  await query("update lastgood.execution set not_before = clock_timestamp() + interval '1 hour'");
  expect(await finding()).toMatchObject({ outcome: "ok" });
});
