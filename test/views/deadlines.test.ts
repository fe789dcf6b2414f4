import { beforeEach, describe, expect, test } from "vitest";
import { report } from "../support/database.ts";
import { at, useSession } from "../support/session.ts";

/** When a scope with schedules is due, and how its schedules are told apart. */

const session = useSession();

beforeEach(async () => {
  await query("select lastgood.add_source('shop', 'files', 'engine.test', 'db')");
});

async function query(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
  const { rows } = await session.client.query<Record<string, unknown>>(text, values);
  return rows;
}

async function schedule(
  name: string,
  pattern: string,
  options: Record<string, unknown> = {},
  source = "shop",
): Promise<number> {
  const [row] = await query("select lastgood.add_schedule($1, $2, $3, $4)::integer as id", [
    source,
    pattern,
    name,
    options,
  ]);
  return Number(row?.["id"]);
}

async function setNow(time: string): Promise<void> {
  await query("select set_config('lastgood.fake_now', $1, true)", [time]);
}

async function db(): Promise<Record<string, unknown> | undefined> {
  const [row] = await query(
    `select state, alert_after::text, due_at, due_by, schedule_state
     from lastgood.backup_status where fqdn = 'engine.test' and scope = 'db'`,
  );
  return row;
}

async function system(): Promise<Record<string, unknown> | undefined> {
  const [row] = await query(
    `select state, alert_after::text, due_at, alert
     from lastgood.system_status where fqdn = 'engine.test'`,
  );
  return row;
}

async function message(): Promise<unknown> {
  const [row] = await query("select message from lastgood.alert_messages(array['engine.test'])");
  return row?.["message"];
}

/** Runs of a schedule, the oldest first, an hour apart. */
async function ran(id: number, ...states: string[]): Promise<void> {
  await query(
    `insert into lastgood.execution (schedule_id, slot_at, state, finished_at)
     select $1, $3::timestamptz + make_interval(hours => run.place::integer), run.state, $3
     from unnest($2::text[]) with ordinality as run(state, place)`,
    [id, states, at({ days: -1 })],
  );
}

describe("a scope is due at the second run after its last good backup plus grace", () => {
  const oslo = { tz: "Europe/Oslo" };

  test.each([
    ["in UTC", "30 2 * * *", {}, "2025-06-02T02:40:00Z", "2025-06-04T03:30:00", "2 days 00:50:00"],
    [
      "strictly after",
      "30 2 * * *",
      {},
      "2025-06-02T02:30:00Z",
      "2025-06-04T03:30:00",
      "2 days 01:00:00",
    ],
    [
      "where clocks go forward",
      "0 3 * * *",
      oslo,
      "2025-03-29T02:10:00Z",
      "2025-03-31T02:00:00",
      "1 day 23:50:00",
    ],
    [
      "in the hour that is skipped",
      "30 2 * * *",
      oslo,
      "2025-03-29T01:40:00Z",
      "2025-03-31T01:30:00",
      "1 day 23:50:00",
    ],
    [
      "where clocks go back",
      "0 3 * * *",
      oslo,
      "2025-10-25T01:10:00Z",
      "2025-10-27T03:00:00",
      "2 days 01:50:00",
    ],
    [
      "in the hour that comes twice",
      "30 2 * * *",
      oslo,
      "2025-10-25T00:40:00Z",
      "2025-10-27T02:30:00",
      "2 days 01:50:00",
    ],
    [
      "with a grace of nothing",
      "0 * * * *",
      { grace: "0" },
      "2025-06-02T02:40:00Z",
      "2025-06-02T04:00:00",
      "01:20:00",
    ],
    [
      "with a grace of days",
      "0 3 * * *",
      { ...oslo, grace: "1 day" },
      "2025-03-28T02:10:00Z",
      "2025-03-31T01:00:00",
      "2 days 22:50:00",
    ],
    [
      "not before the schedule begins",
      "0 3 * * *",
      { first_at: "2026-02-01T03:00:00Z" },
      "2025-06-02T02:40:00Z",
      "2026-02-02T04:00:00",
      "245 days 01:20:00",
    ],
    [
      "by increments, too",
      "0 3 * * *",
      { kind: "incremental" },
      "2025-06-02T03:00:00Z",
      "2025-06-04T04:00:00",
      "2 days 01:00:00",
    ],
  ] as const)("%s", async (_name, pattern, options, doneAt, due, allowed) => {
    await query("set local timezone = 'America/New_York'");
    await report(session.client, { doneAt });
    await schedule("nightly", pattern, options);
    await setNow(`${due}Z`);
    const dueAt = new Date(`${due}Z`);
    const expected = { due_at: dueAt, due_by: "nightly", alert_after: allowed };
    expect(await db()).toMatchObject({ ...expected, state: "ok" });
    expect(await system()).toEqual({
      state: "ok",
      alert_after: allowed,
      due_at: dueAt,
      alert: null,
    });
    await setNow(`${due}.000001Z`);
    expect(await db()).toMatchObject({ ...expected, state: "outdated" });
    expect(await system()).toMatchObject({ state: "outdated", alert: "ENGINE_NO_WARM_BACKUP" });
  });

  test("weekly and daily, one daily run missed, in the night in which clocks go forward", async () => {
    await report(session.client, { doneAt: "2025-03-29T02:10:00Z" });
    await schedule("weekly", "0 3 * * 0", oslo);
    await schedule("daily", "0 3 * * *", { ...oslo, kind: "incremental" });
    await setNow("2025-03-31T02:00:00Z");
    expect(await db()).toMatchObject({ state: "ok", due_by: "daily" });
    await setNow("2025-03-31T02:00:00.000001Z");
    expect(await db()).toMatchObject({
      state: "outdated",
      due_by: "daily",
      due_at: new Date("2025-03-31T02:00:00Z"),
    });
  });

  test("of several sources of the scope, the soonest deadline counts", async () => {
    await query("select lastgood.add_source('more', 'files', 'engine.test', 'db')");
    await query("select lastgood.add_source('rest', 'files', 'engine.test', 'files')");
    await report(session.client, { doneAt: at({ hours: -3 }) });
    await report(session.client, { scope: "files", doneAt: at({ hours: -1 }) });
    await schedule("slow", "0 6 * * *");
    await schedule("quick", "0 * * * *", { grace: "2 hours" }, "more");
    await schedule("elsewhere", "*/5 * * * *", { grace: "0" }, "rest");
    expect(await db()).toMatchObject({ due_by: "quick", due_at: at({ hours: 1 }) });
    expect(await system()).toMatchObject({
      state: "outdated",
      due_at: at({ minutes: -50 }),
      alert_after: "02:10:00",
    });
  });
});

/** A scope that was due two hours ago by the period of its system. */
function byPeriod(state: string): Record<string, unknown> {
  return {
    state: "outdated",
    alert_after: "1 day",
    due_at: at({ hours: -2 }),
    due_by: null,
    schedule_state: state,
  };
}

describe("the period of the system counts", () => {
  test.each([
    ["without a schedule", "select 1", "none"],
    ["where all are disabled", "update lastgood.schedule set is_enabled = false", "disabled"],
    ["where they are deleted", "update lastgood.schedule set deleted_at = now()", "none"],
    ["where their source is", "select lastgood.delete_source('shop', true)", "none"],
    ["after the last run", "update lastgood.schedule set max_runs = 1, runs = 1", "ended"],
    [
      "where less than two runs come",
      "update lastgood.schedule set until_at = '2026-01-10T00:00:00Z'",
      "ended",
    ],
  ])("%s", async (_name, change, state) => {
    await report(session.client, { doneAt: at({ hours: -26 }) });
    if (state !== "none" || change !== "select 1") await schedule("nightly", "0 3 * * *");
    await query(change);
    expect(await db()).toEqual(byPeriod(state));
    expect(await system()).toMatchObject({ alert_after: "1 day", due_at: at({ hours: -2 }) });
  });

  test("where the zone of the schedule is no more, and nobody's verdict breaks", async () => {
    await report(session.client, { doneAt: at({ hours: -26 }) });
    await schedule("nightly", "0 3 * * *");
    await query("set local session_replication_role = replica");
    await query("update lastgood.schedule set tz = 'Mars/Olympus'");
    expect(await db()).toEqual(byPeriod("never ran"));
  });

  test.each([
    ["36 hours", at({ hours: 10 })],
    ["2 days", at({ hours: 22 })],
    ["1 year", at({ days: 360, hours: -26 })],
  ])("alone where it was set by hand: %s", async (period, dueAt) => {
    await report(session.client, { doneAt: at({ hours: -26 }) });
    await schedule("hourly", "0 * * * *");
    await query("select lastgood.set_alert_after('engine.test', $1)", [period]);
    expect(await db()).toMatchObject({ state: "ok", due_by: null, due_at: dueAt });
    await setNow(dueAt.toISOString());
    expect(await db()).toMatchObject({ state: "ok" });
    await setNow(dueAt.toISOString().replace("Z", "001Z"));
    expect(await db()).toMatchObject({ state: "outdated" });
  });

  test("of a scope that is not required", async () => {
    await query("select lastgood.set_required_scopes('engine.test', array['files'])");
    await report(session.client, { doneAt: at({ hours: -20 }) });
    await schedule("hourly", "0 * * * *");
    expect(await db()).toMatchObject({ state: "ok", due_by: null, schedule_state: "never ran" });
  });
});

describe("what is the matter with schedules", () => {
  test.each([
    ["never ran", [], "Scope db: its schedule nightly never ran."],
    ["never ran", ["MISSED", "SKIPPED"], "Scope db: its schedule nightly never ran."],
    ["scheduled", ["SUCCESS"], ""],
    ["scheduled", ["SUCCESS", "ERROR"], "Scope db: the last run of schedule nightly failed."],
    [
      "failing",
      ["SUCCESS", "ERROR", "INTERRUPTED", "PARTIAL"],
      "Scope db: the last 3 runs of schedule nightly failed.",
    ],
    ["scheduled", ["ERROR", "ERROR", "ERROR", "SUCCESS", "MISSED"], ""],
  ] as const)("%s, after runs %j", async (state, states, text) => {
    await ran(await schedule("nightly", "0 3 * * *"), ...states);
    expect(await db()).toMatchObject({ state: "missing", due_at: null, schedule_state: state });
    expect(await system()).toMatchObject({ alert_after: "1 day", due_at: null });
    const [, ofSchedules = ""] =
      /^There is no full backup of engine\.test available \(missing: db\)\..* corruption\.(?: (.*))?$/.exec(
        String(await message()),
      ) ?? [];
    expect(ofSchedules).toBe(text);
  });

  test("disabled", async () => {
    const id = await schedule("nightly", "0 3 * * *");
    await query("select lastgood.set_schedule($1, '{\"is_enabled\": false}')", [id]);
    expect(await db()).toMatchObject({ schedule_state: "disabled" });
    expect(await message()).toContain("Scope db: its schedule nightly is disabled.");
  });

  test("too old by its schedule, which fails", async () => {
    await report(session.client, { doneAt: "2026-01-08T03:05:00Z" });
    const id = await schedule("nightly", "0 3 * * *");
    await ran(id, "ERROR", "ERROR");
    expect(await message()).toMatch(
      /^Full backup of engine\.test was created on 2026-01-08 03:05:00 UTC and it's too old \(age: 2 days 08:55:00, allowed: 2 days 00:55:00, outdated: db\)\. .* Scope db: due at 2026-01-10 04:00:00 UTC by its schedule nightly; the last 2 runs of schedule nightly failed\./,
    );
  });

  test("a new schedule beside one that runs is no trouble", async () => {
    await ran(await schedule("nightly", "0 3 * * *"), "SUCCESS");
    await schedule("weekly", "0 3 * * 0");
    expect(await db()).toMatchObject({ schedule_state: "scheduled" });
  });
});

test("readers see deadlines without any right to the table of schedules", async () => {
  await report(session.client, { doneAt: at({ hours: -3 }) });
  await schedule("hourly", "0 * * * *");
  await query("create role lastgood_deadline_test");
  await query("select lastgood.grant_role('lastgood_deadline_test', 'reader')");
  await query("set local role lastgood_deadline_test");
  expect(await query("select due_by from lastgood.backup_status")).toEqual([{ due_by: "hourly" }]);
  expect(await query("select state from lastgood.system_status")).toEqual([{ state: "ok" }]);
});
