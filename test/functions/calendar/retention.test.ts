import { beforeEach, describe, expect, test } from "vitest";
import { addCatalogue } from "../../support/catalogue.ts";
import {
  addBackups,
  addSchedule,
  type PastBackup,
  planOf,
  reasonsOf,
} from "../../support/retention.ts";
import { useSession } from "../../support/session.ts";

const session = useSession();

beforeEach(async () => {
  await addCatalogue(session.client);
});

/** The reasons of backups that a schedule with these settings made, in their order. */
async function reasons(
  settings: Readonly<Record<string, unknown>>,
  backups: readonly (PastBackup | string)[],
): Promise<(string | null)[]> {
  const schedule = await addSchedule(session.client, settings);
  const past = backups.map((each) => (typeof each === "string" ? { at: each } : each));
  return await reasonsOf(
    session.client,
    schedule,
    await addBackups(session.client, schedule, past),
  );
}

/** How many of them are kept: from the newest on, as all rules here go. */
function kept(found: readonly (string | null)[]): boolean[] {
  return found.map((reason) => reason !== null);
}

const good = "the last good one of its source; the newest proven one of its source";
const top = `newest; proven 1 of 1; ${good}`;

describe("what settings keep", () => {
  test("without any, everything", async () => {
    const found = await reasons({}, ["2026-01-01T02:00Z", "2026-01-02T02:00Z"]);
    expect(found).toEqual([
      "its schedule keeps all of them",
      `its schedule keeps all of them; ${top}`,
    ]);
  });

  test("keep_last: the newest ones, and nothing more", async () => {
    const days = [1, 2, 3, 4].map((day) => `2026-01-0${day}T02:00Z`);
    expect(await reasons({ keep_last: 2 }, days)).toEqual([
      null,
      null,
      "last 2 of 2",
      `newest; last 1 of 2; proven 1 of 1; ${good}`,
    ]);
  });

  test("keep_hourly: the newest of each hour", async () => {
    const found = await reasons({ keep_hourly: 2 }, [
      "2026-01-01T00:10Z",
      "2026-01-01T01:10Z",
      "2026-01-01T01:50Z",
      "2026-01-01T02:10Z",
    ]);
    expect(found.slice(0, 3)).toEqual([null, null, "hourly 2 of 2"]);
  });

  test("keep_daily: the newest of each day in the zone of the schedule", async () => {
    // 23:30 and 00:30 of Oslo are one day in UTC.
    const times = ["2026-01-01T22:30Z", "2026-01-01T23:30Z", "2026-01-02T01:00Z"];
    expect(kept(await reasons({ keep_daily: 2, tz: "Europe/Oslo" }, times))).toEqual([
      true,
      false,
      true,
    ]);
  });

  test("keep_daily in UTC takes the same times for other days", async () => {
    const times = ["2026-01-01T22:30Z", "2026-01-01T23:30Z", "2026-01-02T01:00Z"];
    expect(kept(await reasons({ keep_daily: 2 }, times))).toEqual([false, true, true]);
  });

  test("keep_weekly: weeks begin on Monday, also across the year", async () => {
    // 2025-12-29 is a Monday.
    const days = ["2025-12-28", "2025-12-29", "2026-01-01", "2026-01-04", "2026-01-05"];
    const found = await reasons(
      { keep_weekly: 3 },
      days.map((day) => `${day}T02:00Z`),
    );
    expect(found.slice(0, 4)).toEqual(["weekly 3 of 3", null, null, "weekly 2 of 3"]);
  });

  test("keep_monthly and keep_yearly", async () => {
    const days = ["2024-12-31", "2025-11-30", "2025-12-01", "2025-12-31", "2026-01-05"];
    const found = await reasons(
      { keep_monthly: 3, keep_yearly: 2 },
      days.map((day) => `${day}T02:00Z`),
    );
    expect(found).toEqual([
      null,
      "monthly 3 of 3",
      null,
      "monthly 2 of 3; yearly 2 of 2",
      `newest; monthly 1 of 3; yearly 1 of 2; proven 1 of 1; ${good}`,
    ]);
  });

  test("the oldest stays while there are fewer periods than are kept", async () => {
    const times = ["2026-01-01T01:00Z", "2026-01-01T02:00Z", "2026-01-02T02:00Z"];
    const [oldest, second] = await reasons({ keep_daily: 3 }, times);
    expect([oldest, second]).toEqual(["oldest, with daily at 2 of 3", "daily 2 of 3"]);
  });

  test("the oldest goes once there are as many", async () => {
    const times = ["2026-01-01T01:00Z", "2026-01-01T02:00Z", "2026-01-02T02:00Z"];
    expect(kept(await reasons({ keep_daily: 2 }, times))).toEqual([false, true, true]);
  });

  test("both passes of a repeated hour are hours of their own, and one day", async () => {
    // In Oslo 02:30 comes twice on 2025-10-26.
    const times = ["2025-10-26T00:30Z", "2025-10-26T01:30Z", "2025-10-26T02:30Z"];
    const found = await reasons({ keep_hourly: 3, tz: "Europe/Oslo" }, times);
    expect(found.slice(0, 2)).toEqual(["hourly 3 of 3", "hourly 2 of 3"]);
  });

  test("a day whose midnight there is not, is one day", async () => {
    // In Santiago 2026-09-06 begins at 01:00; this one is a year before, 2025-09-07.
    const times = ["2025-09-06T12:00Z", "2025-09-07T04:30Z", "2025-09-07T20:00Z"];
    const found = await reasons({ keep_daily: 2, tz: "America/Santiago" }, times);
    expect(kept(found)).toEqual([true, false, true]);
  });
});

describe("which ones have slots", () => {
  test("a PARTIAL one takes none of a COMPLETE one", async () => {
    const found = await reasons({ keep_last: 2 }, [
      "2026-01-01T02:00Z",
      { at: "2026-01-02T02:00Z", state: "PARTIAL" },
      "2026-01-03T02:00Z",
    ]);
    expect(found.slice(0, 2)).toEqual(["last 2 of 2", null]);
  });

  test("nor within its day, though it is newer", async () => {
    const found = await reasons({ keep_daily: 2 }, [
      "2026-01-01T02:00Z",
      { at: "2026-01-01T03:00Z", state: "PARTIAL" },
      "2026-01-02T02:00Z",
    ]);
    expect(found.slice(0, 2)).toEqual(["daily 2 of 2", null]);
  });

  test("it has those that are left over", async () => {
    const found = await reasons({ keep_last: 3 }, [
      "2026-01-01T02:00Z",
      { at: "2026-01-02T02:00Z", state: "PARTIAL" },
      { at: "2026-01-03T02:00Z", state: "PARTIAL" },
      "2026-01-04T02:00Z",
    ]);
    expect(found.slice(0, 3)).toEqual(["last 2 of 3", null, "last 3 of 3"]);
  });

  test("a corrupt one takes none of a good one", async () => {
    const found = await reasons({ keep_last: 2 }, [
      "2026-01-01T02:00Z",
      { at: "2026-01-02T02:00Z", copy: "CORRUPT" },
      "2026-01-03T02:00Z",
    ]);
    expect(found.slice(0, 2)).toEqual(["last 2 of 2", null]);
  });

  test("so many proven ones stay, whatever else is kept", async () => {
    const found = await reasons({ keep_last: 1, keep_proven: 2 }, [
      "2026-01-01T02:00Z",
      { at: "2026-01-02T02:00Z", level: 1 },
      "2026-01-03T02:00Z",
      { at: "2026-01-04T02:00Z", level: 1 },
    ]);
    expect(found).toEqual([
      "proven 2 of 2",
      null,
      "proven 1 of 2; the newest proven one of its source",
      "newest; last 1 of 1; the last good one of its source",
    ]);
  });

  test("a FAILED and a DELETED one are not looked at", async () => {
    const schedule = await addSchedule(session.client, { keep_last: 1 });
    await addBackups(session.client, schedule, [
      { at: "2026-01-01T02:00Z", state: "FAILED", copy: "DELETING" },
      { at: "2026-01-02T02:00Z", state: "DELETED" },
    ]);
    expect(await planOf(session.client, schedule)).toEqual([]);
  });

  test("those of another schedule, and of nobody, are neither counted nor taken", async () => {
    const other = await addSchedule(session.client, { keep_last: 1 }, "other");
    const schedule = await addSchedule(session.client, { keep_last: 1 });
    const [mine] = await addBackups(session.client, schedule, [
      { at: "2026-01-01T02:00Z" },
      { at: "2026-01-02T02:00Z", schedule: other },
      { at: "2026-01-03T02:00Z", schedule: null },
    ]);
    expect(await planOf(session.client, schedule)).toEqual([
      expect.objectContaining({
        id: mine,
        is_kept: true,
        reason: "newest; last 1 of 1; proven 1 of 1",
      }),
    ]);
  });
});

describe("what stays whatever the settings say", () => {
  const older = { at: "2026-01-01T02:00Z" };
  const newer = { at: "2026-01-05T02:00Z" };

  test("a held one", async () => {
    const [held] = await reasons({ keep_last: 1 }, [{ ...older, held: true }, newer]);
    expect(held).toBe("held by ann");
  });

  test("one that is being restored, until the lease of the restore ends", async () => {
    const schedule = await addSchedule(session.client, { keep_last: 1 });
    const ids = await addBackups(session.client, schedule, [older, newer]);
    await session.client.query(
      "select lastgood.start_restore(p_backup_id => $1, p_target => '/x', p_picked => '{}')",
      [ids[0]],
    );
    expect(await reasonsOf(session.client, schedule, ids)).toEqual([
      "is being restored",
      expect.anything(),
    ]);
    await session.client.query(
      "update lastgood.restore set lease_until = clock_timestamp() - interval '1 second'",
    );
    expect(await reasonsOf(session.client, schedule, ids)).toEqual([null, expect.anything()]);
  });

  test("all that are younger than the newest complete one", async () => {
    const found = await reasons({ keep_last: 1 }, [
      older,
      { at: "2026-01-06T02:00Z", state: "PARTIAL" },
      { at: "2026-01-07T02:00Z", copy: "CORRUPT" },
      { at: "2026-01-08T02:00Z", state: "PARTIAL" },
    ]);
    const young = "younger than the newest complete one";
    expect(found.slice(1)).toEqual([young, young, young]);
  });

  test("everything, while none is complete", async () => {
    const found = await reasons({ keep_last: 1 }, [
      { ...older, state: "PARTIAL" },
      { ...newer, state: "PARTIAL" },
    ]);
    expect(found).toEqual(["no newer one is complete", "no newer one is complete; last 1 of 1"]);
  });

  test("the last good one of the source, where the newer ones are not proven enough", async () => {
    await session.client.query("select lastgood.set_config_value('BackupRequiredProofLevel', '3')");
    const found = await reasons({ keep_last: 1 }, [
      { ...older, level: 3 },
      { at: "2026-01-02T02:00Z" },
      newer,
    ]);
    expect(found).toEqual([
      "the last good one of its source",
      null,
      "newest; last 1 of 1; proven 1 of 1; the newest proven one of its source",
    ]);
  });

  test("bases of those that are kept, down to the first", async () => {
    const schedule = await addSchedule(session.client, { keep_last: 1, kind: "full" });
    const [full] = await addBackups(session.client, schedule, [older]);
    const [middle] = await addBackups(session.client, schedule, [
      { at: "2026-01-02T02:00Z", parent: full },
    ]);
    const [last] = await addBackups(session.client, schedule, [{ ...newer, parent: middle }]);
    const ids = [full, middle, last].map(Number);
    expect((await reasonsOf(session.client, schedule, ids)).slice(0, 2)).toEqual([
      `the base of "b${middle}"`,
      `the base of "b${last}"`,
    ]);
  });

  test.for([
    ["RUNNING", true],
    ["COMPLETE", true],
    ["DELETE_FAILED", true],
    ["DELETING", false],
    ["FAILED", false],
    ["DELETED", false],
  ] as const)("the base of one that is %s and of nobody's: %s", async ([state, stays]) => {
    const schedule = await addSchedule(session.client, { keep_last: 1 });
    const [base, ...rest] = await addBackups(session.client, schedule, [older, newer]);
    await addBackups(session.client, schedule, [
      { at: "2026-01-03T02:00Z", state, parent: base, schedule: null },
    ]);
    const [found] = await reasonsOf(session.client, schedule, [Number(base), ...rest]);
    expect(found !== null).toBe(stays);
  });

  test("the base of a running one of its own", async () => {
    const schedule = await addSchedule(session.client, { keep_last: 1 });
    const ids = await addBackups(session.client, schedule, [older, newer]);
    await addBackups(session.client, schedule, [
      { at: "2026-01-06T02:00Z", state: "RUNNING", parent: ids[0] },
    ]);
    const [running, , base] = await planOf(session.client, schedule);
    expect(running).toMatchObject({ is_kept: true, reason: "is running", ended_at: null });
    expect(base?.reason).toBe(`the base of "${running?.name}"`);
  });
});

test("5,000 backups that build on one another are explained within two seconds", async () => {
  const schedule = await addSchedule(session.client, { keep_last: 1, keep_daily: 7 });
  const [first] = await addBackups(
    session.client,
    schedule,
    Array.from({ length: 5000 }, (_, minute) => ({
      at: new Date(Date.UTC(2026, 0, 1, 0, minute)).toISOString(),
    })),
  );
  await session.client.query(
    `update lastgood.backup
     set parent_id = backup_id - 1, type = 'incremental' where backup_id > $1`,
    [first],
  );
  await session.client.query("analyze lastgood.backup; analyze lastgood.backup_copy");
  const start = performance.now();
  const plan = await planOf(session.client, schedule);
  expect(performance.now() - start).toBeLessThan(2000);
  expect(plan.filter((row) => row.is_kept)).toHaveLength(5000);
});
