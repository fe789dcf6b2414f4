import { describe, expect, test } from "vitest";
import { report } from "../support/database.ts";
import { at, noon, useSession } from "../support/session.ts";

const session = useSession();

async function scope(
  name = "db",
  fqdn = "engine.test",
): Promise<Record<string, unknown> | undefined> {
  const { rows } = await session.client.query(
    `select state, activity, is_required, last_success_at, extract(epoch from age)::float8 as age,
            last_attempt_at, last_attempt_passed, running_since, proof_level
     from lastgood.backup_status where fqdn = $1 and scope = $2`,
    [fqdn, name],
  );
  return rows[0];
}

async function set(name: string, value: string): Promise<void> {
  await session.client.query("select lastgood.set_config_value($1, $2)", [name, value]);
}

describe("state", () => {
  test("a scope that never succeeded is missing", async () => {
    await report(session.client, { status: -1, doneAt: at({ hours: -1 }) });
    expect(await scope()).toMatchObject({
      state: "missing",
      last_success_at: null,
      age: null,
      proof_level: null,
    });
  });

  test.each([
    ["a second younger than allowed", at({ hours: -24, seconds: 1 }), "ok"],
    ["exactly as old as allowed", at({ hours: -24 }), "ok"],
    ["a second too old", at({ hours: -24, seconds: -1 }), "outdated"],
  ])("%s", async (_name, doneAt, state) => {
    await report(session.client, { doneAt });
    expect(await scope()).toMatchObject({ state, last_success_at: doneAt, proof_level: 0 });
  });

  test.each([
    [100, at({ days: -100 }), "ok"],
    [100, at({ days: -100, seconds: -1 }), "outdated"],
    [2_147_483_647, "0001-01-01T00:00:00Z", "ok"],
    [2_147_483_647, "4713-01-02 00:00:00 BC", "ok"],
    [1, "4713-01-02 00:00:00 BC", "outdated"],
  ])("with BackupAlertPeriodInDays %i and a backup of %s", async (days, doneAt, state) => {
    await report(session.client, { doneAt });
    await set("BackupAlertPeriodInDays", String(days));
    expect(await scope()).toMatchObject({ state });
  });

  test("a day is 24 hours, also where the session's zone skips one", async () => {
    await session.client.query("set local timezone = 'Europe/Berlin'");
    await session.client.query("set local lastgood.fake_now = '2026-03-29T12:00:00Z'");
    await report(session.client, { doneAt: "2026-03-28T12:00:00Z" });
    expect(await scope()).toMatchObject({ state: "ok", age: 86_400 });
    await report(session.client, { scope: "files", doneAt: "2026-03-28T11:59:59Z" });
    expect(await scope("files")).toMatchObject({ state: "outdated" });
  });

  test("a later failure does not make a fresh success stale; it is shown beside it", async () => {
    await report(session.client, { doneAt: at({ hours: -2 }) });
    await report(session.client, { status: -1, doneAt: at({ hours: -1 }) });
    expect(await scope()).toMatchObject({
      state: "ok",
      last_success_at: at({ hours: -2 }),
      last_attempt_at: at({ hours: -1 }),
      last_attempt_passed: false,
    });
  });

  test("order is by done_at, never by arrival", async () => {
    await report(session.client, { doneAt: at({ hours: -1 }) });
    await report(session.client, { doneAt: at({ days: -9 }) });
    await report(session.client, { status: -1, doneAt: at({ days: -8 }) });
    expect(await scope()).toMatchObject({
      state: "ok",
      last_success_at: at({ hours: -1 }),
      last_attempt_passed: true,
    });
  });

  test("a success and a failure at one time: the attempt failed, the backup counts", async () => {
    await report(session.client, { doneAt: noon });
    await report(session.client, { status: -1, doneAt: noon });
    expect(await scope()).toMatchObject({ state: "ok", last_attempt_passed: false });
  });

  test("a failure reported for the year 9999 does not stay the last attempt", async () => {
    await report(session.client, { status: -1, doneAt: "9999-01-01" });
    await session.client.query("select pg_sleep(0.001)");
    await report(session.client, { status: 1, doneAt: "9999-01-01" });
    expect(await scope()).toMatchObject({ last_attempt_passed: true });
  });

  test("hosts never mask each other, nor do scopes", async () => {
    await report(session.client, { fqdn: "a", doneAt: noon });
    await report(session.client, { fqdn: "b", status: 0, doneAt: noon });
    expect(await scope("db", "a")).toMatchObject({ state: "ok" });
    expect(await scope("db", "b")).toMatchObject({ state: "missing" });
    expect(await scope("files", "a")).toMatchObject({ state: "missing" });
  });

  test("a scope that was reported and is not required is judged, and marked", async () => {
    await report(session.client, { scope: "dwhdb", doneAt: at({ days: -3 }) });
    expect(await scope("dwhdb")).toMatchObject({ state: "outdated", is_required: false });
    expect(await scope("db")).toMatchObject({ state: "missing", is_required: true });
  });

  test.each([
    [0, "ok"],
    [1, "missing"],
    [5, "missing"],
  ])("with BackupRequiredProofLevel %i a foreign success leaves it %s", async (level, state) => {
    await report(session.client, { doneAt: noon });
    await set("BackupRequiredProofLevel", String(level));
    expect(await scope()).toMatchObject({ state });
  });
});

describe("activity", () => {
  test.each([
    ["a second before it is stuck", at({ hours: -24 }), "running"],
    ["a second too long", at({ hours: -24, seconds: -1 }), "stuck"],
  ])("a start without an end, %s", async (_name, doneAt, activity) => {
    await report(session.client, { status: 0, doneAt });
    expect(await scope()).toMatchObject({ activity, running_since: doneAt, state: "missing" });
  });

  test("with BackupStuckAfterHours at its largest nothing is stuck, and nothing breaks", async () => {
    await set("BackupStuckAfterHours", "2147483647");
    await report(session.client, { status: 0, doneAt: "0001-01-01" });
    await report(session.client, { status: 1, runId: "b", doneAt: "4713-01-02 00:00:00 BC" });
    expect(await scope()).toMatchObject({ activity: "running" });
  });

  test.each([1, -1])("an end with status %i ends it", async (status) => {
    await report(session.client, { status: 0, doneAt: at({ hours: -2 }) });
    await report(session.client, { status, doneAt: at({ hours: -1 }) });
    expect(await scope()).toMatchObject({ activity: "idle", running_since: null });
  });

  test("at equal time a start precedes an end, however they arrive", async () => {
    await report(session.client, { status: 1, doneAt: noon });
    await report(session.client, { status: 0, doneAt: noon });
    expect(await scope()).toMatchObject({ activity: "idle", last_attempt_passed: true });
  });

  test("an end that arrives before its start ends it", async () => {
    await report(session.client, { status: 1, doneAt: at({ hours: -1 }) });
    await report(session.client, { status: 0, doneAt: at({ hours: -2 }) });
    expect(await scope()).toMatchObject({ activity: "idle" });
  });

  test("a new start while the last backup is fresh: running, and still ok", async () => {
    await report(session.client, { status: 1, doneAt: at({ hours: -3 }) });
    await report(session.client, { status: 0, doneAt: at({ hours: -1 }) });
    expect(await scope()).toMatchObject({
      activity: "running",
      state: "ok",
      last_attempt_passed: true,
    });
  });

  test("an end without run id closes every earlier start, with one or without", async () => {
    await report(session.client, { status: 0, doneAt: at({ hours: -4 }), runId: "a" });
    await report(session.client, { status: 0, doneAt: at({ hours: -3 }) });
    await report(session.client, { status: 1, doneAt: at({ hours: -1 }) });
    expect(await scope()).toMatchObject({ activity: "idle" });
  });

  test("an end with a run id closes its own start only", async () => {
    await report(session.client, { status: 0, doneAt: at({ hours: -4 }), runId: "a" });
    await report(session.client, { status: 0, doneAt: at({ hours: -3 }), runId: "b" });
    await report(session.client, { status: 1, doneAt: at({ hours: -1 }), runId: "b" });
    expect(await scope()).toMatchObject({ activity: "running", running_since: at({ hours: -4 }) });
    await report(session.client, { status: -1, doneAt: at({ minutes: -1 }), runId: "a" });
    expect(await scope()).toMatchObject({ activity: "idle" });
  });

  test("an end of another system or scope closes nothing", async () => {
    await report(session.client, { status: 0, doneAt: at({ hours: -4 }) });
    await report(session.client, { status: 1, doneAt: at({ hours: -3 }), fqdn: "other" });
    await report(session.client, { status: 1, doneAt: at({ hours: -3 }), scope: "files" });
    expect(await scope()).toMatchObject({ activity: "running" });
  });

  test("a killed run is stuck until another one ends after that", async () => {
    await report(session.client, { status: 0, doneAt: at({ hours: -30 }), runId: "killed" });
    await report(session.client, { status: 1, doneAt: at({ hours: -7 }), runId: "b" });
    expect(await scope()).toMatchObject({ activity: "stuck", running_since: at({ hours: -30 }) });
    await report(session.client, { status: 1, doneAt: at({ hours: -5 }), runId: "c" });
    expect(await scope()).toMatchObject({ activity: "idle" });
  });

  test.each([
    [2, "idle"],
    [3, "failing"],
    [4, "failing"],
  ])("%i failures in a row: %s", async (failures, activity) => {
    await report(session.client, { doneAt: at({ hours: -20 }) });
    for (let hours = failures; hours > 0; hours -= 1) {
      await report(session.client, { status: -1, doneAt: at({ hours: -hours }) });
    }
    expect(await scope()).toMatchObject({ activity, state: "ok" });
  });

  test("a success among the last attempts, or at their end, is not failing", async () => {
    await set("BackupFailingAfterAttempts", "2");
    await report(session.client, { status: -1, doneAt: at({ hours: -3 }) });
    await report(session.client, { status: 1, doneAt: at({ hours: -2 }) });
    await report(session.client, { status: -1, doneAt: at({ hours: -1 }) });
    expect(await scope()).toMatchObject({ activity: "idle" });
    await report(session.client, { status: -1, doneAt: at({ minutes: -1 }) });
    expect(await scope()).toMatchObject({ activity: "failing" });
    await report(session.client, { status: 1, doneAt: noon });
    expect(await scope()).toMatchObject({ activity: "idle" });
  });

  test("a retry of a failing scope is still failing; a stuck start goes first", async () => {
    for (const hours of [4, 3, 2]) {
      await report(session.client, { status: -1, doneAt: at({ hours: -hours }) });
    }
    await report(session.client, { status: 0, doneAt: at({ hours: -1 }) });
    expect(await scope()).toMatchObject({ activity: "failing", running_since: at({ hours: -1 }) });
  });
});
