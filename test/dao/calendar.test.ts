import { beforeEach, describe, expect, test } from "vitest";
import { Schedules } from "../../src/admin/schedules.ts";
import { ExecutionDao } from "../../src/dao/execution.ts";
import { ScheduleDao } from "../../src/dao/schedule.ts";
import { NotFoundError } from "../../src/errors.ts";
import { addCatalogue, codeOf } from "../support/catalogue.ts";
import { at, useSession } from "../support/session.ts";

const session = useSession();
let schedules: Schedules;
let dao: ScheduleDao;

beforeEach(async () => {
  await addCatalogue(session.client);
  schedules = new Schedules(session.client);
  dao = new ScheduleDao(session.client);
});

/** What is due becomes executions. */
async function plan(): Promise<void> {
  await session.client.query("select lastgood.plan_slots()");
}

async function setClock(time: Date): Promise<void> {
  await session.client.query("select set_config('lastgood.fake_now', $1, true)", [
    time.toISOString(),
  ]);
}

test("a schedule has the fields of Trove and ours, as numbers and dates", async () => {
  const settings = { description: "every hour", tz: "Europe/Oslo", timeout: "90 minutes" };
  const schedule = await schedules.scheduleCreate("etc", "0 * * * *", "hourly", settings);
  expect(schedule).toEqual({
    id: schedule.id,
    name: "hourly",
    instance: "etc",
    source_id: expect.any(Number) as number,
    fqdn: "engine.test",
    scope: "files",
    description: "every hour",
    pattern: "0 * * * *",
    tz: "Europe/Oslo",
    next_execution_time: at({ hours: 1 }),
    kind: "full",
    parent_id: null,
    on_missing_parent: "full",
    max_chain: null,
    providers: [],
    is_enabled: true,
    first_at: null,
    until_at: null,
    max_runs: null,
    runs: 0,
    overlap: "skip",
    missed: "once",
    missed_cap: 10,
    retries: 0,
    backoff_seconds: 60,
    timeout_seconds: 5400,
    grace_seconds: 3600,
    keep_last: null,
    keep_hourly: null,
    keep_daily: null,
    keep_weekly: null,
    keep_monthly: null,
    keep_yearly: null,
    keep_proven: 1,
    created_at: expect.any(Date) as Date,
    created_by: expect.any(String) as string,
    updated_at: null,
    input: { instance: "etc", name: "hourly", description: "every hour", parent_id: null },
    last_execution_id: null,
    last_slot_at: null,
    last_state: null,
    running_execution_id: null,
    last_success_at: null,
    consecutive_failures: 0,
  });
  expect(typeof schedule.id).toBe("number");
  expect(await dao.getSchedule("hourly")).toEqual(schedule);
  expect(await dao.getSchedules(schedule.source_id)).toEqual([schedule]);
  expect(await dao.getSchedules(schedule.source_id + 1)).toEqual([]);
});

test("an execution that runs, and the schedule that it is of", async () => {
  const { id } = await schedules.scheduleCreate("etc", "0 * * * *", "hourly", { timeout: "1h" });
  await setClock(at({ hours: 1 }));
  await plan();
  await session.client.query("select lastgood.claim_execution('w1', 'host.test')");
  const [execution, ...others] = await schedules.executionList(id);
  expect(others).toEqual([]);
  expect(execution).toEqual({
    id: execution?.id,
    schedule_id: id,
    schedule: "hourly",
    instance: "etc",
    fqdn: "engine.test",
    scope: "files",
    execution_time: at({ hours: 1 }),
    slot_at: at({ hours: 1 }),
    queued_at: expect.any(Date) as Date,
    not_before: null,
    started_at: expect.any(Date) as Date,
    finished_at: null,
    state: "RUNNING",
    reason: null,
    attempt: 1,
    is_late: false,
    worker: "w1",
    host: "host.test",
    running_until: expect.any(Date) as Date,
    timeout_at: expect.any(Date) as Date,
    backup_id: null,
    backup: null,
    backup_state: null,
    output: null,
    requested_by: null,
  });
  expect(await schedules.executionShow(execution?.id ?? 0)).toEqual(execution);
  expect(await schedules.scheduleShow(id)).toMatchObject({
    last_execution_id: execution?.id,
    last_slot_at: at({ hours: 1 }),
    last_state: "RUNNING",
    running_execution_id: execution?.id,
    next_execution_time: at({ hours: 2 }),
  });
});

test("schedules and sources by id or name; what is not there is told", async () => {
  const { id, source_id } = await schedules.scheduleCreate("etc", "0 3 * * *", "nightly");
  await schedules.scheduleCreate(source_id, "0 4 * * *", "later");
  expect((await schedules.scheduleList("etc")).map(({ name }) => name)).toEqual([
    "nightly",
    "later",
  ]);
  expect(await schedules.scheduleList(source_id)).toEqual(await schedules.scheduleList());
  expect((await schedules.scheduleShow(id)).name).toBe("nightly");
  await expect(schedules.scheduleList("nope")).rejects.toThrow(NotFoundError);
  await expect(new ExecutionDao(session.client).getExecution(999)).rejects.toThrow(NotFoundError);
  for (const ref of ["nope", 999, "9".repeat(30)]) {
    const work = async (): Promise<unknown> => schedules.scheduleShow(ref);
    expect(await codeOf(session.client, work)).toBe("LG074");
  }
  const twin = "select lastgood.add_source('two', 'files', 'b.test', 'files')";
  await session.client.query(twin);
  await schedules.scheduleCreate("two", "0 3 * * *", "nightly");
  const work = async (): Promise<unknown> => schedules.executionList("nightly");
  expect(await codeOf(session.client, work)).toBe("LG075");
  await schedules.scheduleDelete(id);
  await expect(schedules.scheduleShow(id)).rejects.toThrow(NotFoundError);
  expect(await schedules.executionList(id)).toEqual([]);
});

describe("pages of executions", () => {
  test("hold 50 without a limit, and hang together", async () => {
    const { id } = await schedules.scheduleCreate("etc", "* * * * *", "often", {
      missed: "skip",
    });
    await setClock(at({ minutes: 60, seconds: 30 }));
    await plan();
    const first = await schedules.executionList(id);
    expect(first).toHaveLength(50);
    const rest = await schedules.executionList(id, { marker: first.at(-1)?.id });
    expect([...first, ...rest].map(({ slot_at: slot }) => slot)).toEqual(
      Array.from({ length: 60 }, (_, index) => at({ minutes: 60 - index })),
    );
  });

  test.each([0, -1, 1001, 1.5])("a limit of %d is refused", async (limit) => {
    const { id } = await schedules.scheduleCreate("etc", "0 3 * * *", "nightly");
    await expect(schedules.executionList(id, { limit })).rejects.toThrow(RangeError);
  });
});

test("what is changed, and nothing else; what had a value may lose it", async () => {
  const limits = { timeout: "1h", maxRuns: 3, firstAt: at({ days: 1 }), keepLast: 5 };
  const before = await schedules.scheduleCreate("etc", "0 3 * * *", "nightly", limits);
  expect(before).toMatchObject({ max_runs: 3, first_at: at({ days: 1 }), keep_last: 5 });
  const lifted = { timeout: null, maxRuns: null, firstAt: null, keepLast: null };
  const after = await schedules.scheduleUpdate("nightly", { ...lifted, overlap: "queue" });
  expect(after).toEqual({
    ...before,
    timeout_seconds: null,
    max_runs: null,
    first_at: null,
    keep_last: null,
    overlap: "queue",
    next_execution_time: at({ hours: 15 }),
    updated_at: expect.any(Date) as Date,
  });
  expect(await schedules.scheduleUpdate("nightly", {})).toEqual(after);
  const work = async (): Promise<unknown> =>
    schedules.scheduleUpdate("nightly", { timeout: "-1 hour" });
  expect(await codeOf(session.client, work)).toBe("LG073");
});

test("cancelling tells the state; deleting one that waits wants force", async () => {
  await schedules.scheduleCreate("etc", "0 3 * * *", "nightly");
  const { id } = await schedules.scheduleRun("nightly");
  expect(await codeOf(session.client, async () => schedules.executionDelete(id))).toBe("LG076");
  expect(await schedules.executionCancel(id)).toBe("CANCELLED");
  expect(await codeOf(session.client, async () => schedules.executionCancel(id))).toBe("LG078");
  await schedules.executionDelete(id);
  const { id: next } = await schedules.scheduleRun("nightly");
  await schedules.executionDelete(next, { force: true });
  expect(await schedules.executionList("nightly")).toEqual([]);
  expect(await codeOf(session.client, async () => schedules.executionCancel(next))).toBe("LG077");
});

describe("runs to come", () => {
  test("have their local time with its offset, on both sides of a change", async () => {
    const from = new Date("2026-10-24T20:00:00Z");
    expect(await dao.getRunsOf("30 2 * * *", "Europe/Oslo", { from, count: 2 })).toEqual([
      { run_at: new Date("2026-10-25T00:30:00Z"), local: "2026-10-25T02:30:00+02:00" },
      { run_at: new Date("2026-10-26T01:30:00Z"), local: "2026-10-26T02:30:00+01:00" },
    ]);
    const [nepal] = await dao.getRunsOf("0 0 * * *", "Asia/Kathmandu", { from });
    expect(nepal?.local).toBe("2026-10-26T00:00:00+05:45");
    const [newfoundland] = await dao.getRunsOf("0 0 * * *", "America/St_Johns", { from });
    expect(newfoundland?.local).toBe("2026-10-25T00:00:00-02:30");
    const [utc, ...others] = await dao.getRunsOf("0 * * * *");
    expect([utc?.run_at, others.length]).toEqual([at({ hours: 1 }), 4]);
  });

  test("of a schedule are those that it may still have", async () => {
    const { id } = await schedules.scheduleCreate("etc", "0 * * * *", "hourly", {
      untilAt: at({ hours: 3 }),
    });
    const times = async (): Promise<Date[]> =>
      (await dao.getRuns(id)).map(({ run_at: time }) => time);
    expect(await times()).toEqual([at({ hours: 1 }), at({ hours: 2 }), at({ hours: 3 })]);
    await schedules.scheduleUpdate(id, { maxRuns: 2 });
    expect(await times()).toEqual([at({ hours: 1 }), at({ hours: 2 })]);
    await setClock(at({ hours: 1 }));
    await plan();
    expect(await times()).toEqual([at({ hours: 2 })]);
    expect(await dao.getRuns(id, { from: at({ hours: 2 }).toISOString() })).toEqual([]);
    await schedules.scheduleUpdate(id, { maxRuns: null });
    const [later] = await dao.getRuns(id, { from: at({ hours: 2 }).toISOString() });
    expect(later?.run_at).toEqual(at({ hours: 3 }));
  });
});
