import { describe, expect, test } from "vitest";
import { report } from "../support/database.ts";
import { at, noon, useSession } from "../support/session.ts";

const session = useSession();

async function systems(): Promise<Record<string, unknown>[]> {
  const { rows } = await session.client.query(
    `select fqdn, state, activity, last_full_backup_at, extract(epoch from age)::float8 as age,
            alert_after::text, is_checked, alert, check_status
     from lastgood.system_status order by fqdn`,
  );
  return rows;
}

async function query(text: string, values: unknown[] = []): Promise<void> {
  await session.client.query(text, values);
}

describe("a full backup is all required scopes of one system", () => {
  test("it is as old as its oldest required scope", async () => {
    await report(session.client, { scope: "db", doneAt: at({ hours: -2 }) });
    await report(session.client, { scope: "files", doneAt: at({ hours: -5 }) });
    expect(await systems()).toEqual([
      {
        fqdn: "engine.test",
        state: "ok",
        activity: "idle",
        last_full_backup_at: at({ hours: -5 }),
        age: 18_000,
        alert_after: "1 day",
        is_checked: true,
        alert: null,
        check_status: 0,
      },
    ]);
  });

  test("while one scope is missing there is none", async () => {
    await report(session.client, { scope: "db", doneAt: noon });
    expect(await systems()).toMatchObject([
      {
        state: "missing",
        last_full_backup_at: null,
        age: null,
        alert: "ENGINE_NO_FULL_BACKUP",
        check_status: 2,
      },
    ]);
  });

  test("missing is worse than outdated, outdated is worse than ok", async () => {
    await query("select lastgood.add_system('engine.test', array['a', 'b', 'c'])");
    await report(session.client, { scope: "a", doneAt: noon });
    await report(session.client, { scope: "b", doneAt: at({ days: -2 }) });
    expect(await systems()).toMatchObject([{ state: "missing" }]);
    await report(session.client, { scope: "c", doneAt: noon });
    expect(await systems()).toMatchObject([{ state: "outdated", alert: "ENGINE_NO_WARM_BACKUP" }]);
  });

  test("scopes that are not required change nothing", async () => {
    await query("select lastgood.add_system('engine.test', array['db'])");
    await report(session.client, { scope: "db", doneAt: noon });
    await report(session.client, { scope: "dwhdb", status: -1, doneAt: noon });
    await report(session.client, { scope: "files", status: 0, doneAt: at({ days: -9 }) });
    expect(await systems()).toMatchObject([{ state: "ok", activity: "idle", check_status: 0 }]);
  });

  test("required scopes are the system's own, else those of BackupRequiredScopes", async () => {
    await report(session.client, { fqdn: "a", scope: "db", doneAt: noon });
    await report(session.client, { fqdn: "b", scope: "db", doneAt: noon });
    await query("select lastgood.set_required_scopes('a', array['db'])");
    expect(await systems()).toMatchObject([{ state: "ok" }, { state: "missing" }]);
    await query("select lastgood.set_config_value('BackupRequiredScopes', ' db ,db')");
    expect(await systems()).toMatchObject([{ state: "ok" }, { state: "ok" }]);
    await query("select lastgood.set_required_scopes('a', null)");
    expect(await systems()).toMatchObject([{ state: "ok" }, { state: "ok" }]);
  });

  test("the alert period is the system's own, else BackupAlertPeriodInDays", async () => {
    for (const fqdn of ["a", "b"]) {
      await report(session.client, { fqdn, requiredScopes: ["db"], doneAt: at({ hours: -30 }) });
    }
    await query("select lastgood.set_alert_after('a', '30 hours')");
    expect(await systems()).toMatchObject([
      { state: "ok", alert_after: "30:00:00" },
      { state: "outdated", alert_after: "1 day" },
    ]);
    await query("select lastgood.set_alert_after('a', null)");
    await query("select lastgood.set_config_value('BackupAlertPeriodInDays', '2')");
    expect(await systems()).toMatchObject([{ state: "ok" }, { state: "ok" }]);
  });
});

describe("which systems are watched", () => {
  test("one added by hand is missing before it ever reports", async () => {
    await query("select lastgood.add_system('new.test')");
    expect(await systems()).toMatchObject([
      { fqdn: "new.test", state: "missing", activity: "idle" },
    ]);
  });

  test("a retired one is left out, also when it reports again, until it is reinstated", async () => {
    await report(session.client, { requiredScopes: ["db"], doneAt: noon });
    await query("select lastgood.retire_system('engine.test')");
    await report(session.client, { doneAt: at({ minutes: -1 }) });
    expect(await systems()).toEqual([]);
    await query("select lastgood.reinstate_system('engine.test')");
    expect(await systems()).toMatchObject([{ state: "ok" }]);
  });
});

describe("what a monitoring plugin makes of it", () => {
  async function summary(): Promise<Record<string, unknown> | undefined> {
    const { rows } = await session.client.query(
      "select check_status, systems::integer, ok::integer, is_checked from lastgood.check_summary",
    );
    return rows[0];
  }

  test("no system at all is critical", async () => {
    expect(await summary()).toEqual({ check_status: 2, systems: 0, ok: 0, is_checked: true });
  });

  test("fresh is ok; failed since, or stuck, is a warning; one outdated system is critical", async () => {
    await report(session.client, { fqdn: "a", requiredScopes: ["db"], doneAt: at({ hours: -2 }) });
    expect(await summary()).toEqual({ check_status: 0, systems: 1, ok: 1, is_checked: true });
    await report(session.client, { fqdn: "a", status: -1, doneAt: at({ hours: -1 }) });
    expect(await summary()).toMatchObject({ check_status: 1, ok: 1 });
    await report(session.client, { fqdn: "a", doneAt: noon });
    await report(session.client, { fqdn: "b", requiredScopes: ["db"], doneAt: at({ days: -3 }) });
    expect(await summary()).toMatchObject({ check_status: 2, systems: 2, ok: 1 });
  });

  test("a backup from the future, after the clock was set back, is a warning", async () => {
    await query("select lastgood.add_system('a', array['db'])");
    await report(session.client, { fqdn: "a", doneAt: at({ hours: 1 }) });
    expect(await systems()).toMatchObject([{ state: "ok", check_status: 0 }]);
    await report(session.client, { fqdn: "a", doneAt: at({ hours: 1, seconds: 1 }) });
    expect(await systems()).toMatchObject([{ state: "ok", check_status: 1 }]);
  });

  test("with checking off the verdict is still computed and shown, and nothing is critical", async () => {
    await report(session.client, { doneAt: at({ days: -3 }) });
    await query("select lastgood.set_config_value('BackupCheckPeriodInHours', '-1')");
    expect(await systems()).toMatchObject([
      { state: "missing", is_checked: false, alert: null, check_status: 0 },
    ]);
    expect(await summary()).toMatchObject({ check_status: 0, is_checked: false });
  });
});

describe("the clock", () => {
  test("a fake time of nobody but the owner's members is believed", async () => {
    await session.client.query("set local lastgood.fake_now = '2001-01-01T00:00:00Z'");
    const mine = await session.client.query("select lastgood.clock() as now");
    expect(mine.rows).toEqual([{ now: new Date("2001-01-01T00:00:00Z") }]);
    await session.client.query("create role lastgood_clock_test");
    await session.client.query("grant usage on schema lastgood to lastgood_clock_test");
    await session.client.query("grant execute on function lastgood.clock to lastgood_clock_test");
    await session.client.query("set local session authorization lastgood_clock_test");
    for (const fake of ["2001-01-01T00:00:00Z", "no time at all"]) {
      await session.client.query("select set_config('lastgood.fake_now', $1, true)", [fake]);
      const theirs = await session.client.query(
        "select lastgood.clock() = statement_timestamp() as is_real",
      );
      expect(theirs.rows).toEqual([{ is_real: true }]);
    }
  });

  test("an empty fake time is none", async () => {
    await session.client.query("set local lastgood.fake_now = ''");
    const { rows } = await session.client.query(
      "select lastgood.clock() = statement_timestamp() as is_real",
    );
    expect(rows).toEqual([{ is_real: true }]);
  });
});
