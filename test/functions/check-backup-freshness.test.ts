import { describe, expect, test } from "vitest";
import { report, setClock } from "../support/database.ts";
import { at, noon, useSession } from "../support/session.ts";

const session = useSession();

interface Alert {
  readonly id: number;
  readonly name: string;
  readonly fqdn: string | null;
  readonly message: string;
}

async function active(): Promise<Alert[]> {
  const { rows } = await session.client.query<Alert>(
    `select audit_log_id::integer as id, log_type_name as name, fqdn, message
     from lastgood.active_alert order by fqdn, log_type_name`,
  );
  return rows;
}

async function check(): Promise<string[]> {
  const { rows } = await session.client.query(
    "select change, log_type_name as name, fqdn from lastgood.check_backup_freshness()",
  );
  return rows.map(({ change, name, fqdn }) => `${change} ${name} ${fqdn ?? "-"}`).toSorted();
}

async function query(text: string): Promise<void> {
  await session.client.query(text);
}

async function fullBackup(doneAt: Date, fqdn = "engine.test"): Promise<void> {
  await report(session.client, { fqdn, scope: "db", doneAt });
  await report(session.client, { fqdn, scope: "files", doneAt });
}

describe("alerts are raised", () => {
  test("on a fresh install, because nothing has ever reported", async () => {
    expect(await check()).toEqual(["raised ENGINE_NO_FULL_BACKUP -"]);
    expect(await active()).toMatchObject([{ name: "ENGINE_NO_FULL_BACKUP", fqdn: null }]);
  });

  test("for a system without a full backup, and one whose full backup is too old", async () => {
    await query("select lastgood.add_system('a'), lastgood.add_system('b')");
    await fullBackup(at({ days: -2 }), "b");
    await check();
    expect(await active()).toMatchObject([
      { name: "ENGINE_NO_FULL_BACKUP", fqdn: "a" },
      { name: "ENGINE_NO_WARM_BACKUP", fqdn: "b" },
    ]);
  });

  test("by the first report of a system at once, without a check", async () => {
    await check();
    await report(session.client, { scope: "files", doneAt: noon });
    expect(await active()).toMatchObject([{ name: "ENGINE_NO_FULL_BACKUP", fqdn: "engine.test" }]);
  });

  test("with ids, names and severities of oVirt", async () => {
    await fullBackup(at({ days: -2 }), "old");
    await query("select lastgood.add_system('none')");
    await check();
    const { rows } = await session.client.query(
      `select log_type, log_type_name, severity, deleted, fqdn from lastgood.audit_log
       where severity = 10 and not deleted order by log_type`,
    );
    expect(rows).toEqual([
      {
        log_type: 9022,
        log_type_name: "ENGINE_NO_FULL_BACKUP",
        severity: 10,
        deleted: false,
        fqdn: "none",
      },
      {
        log_type: 9023,
        log_type_name: "ENGINE_NO_WARM_BACKUP",
        severity: 10,
        deleted: false,
        fqdn: "old",
      },
    ]);
  });

  test("with a text that says what is at risk and what to do", async () => {
    await query(
      "select lastgood.set_config_value('BackupDocumentationUrl', 'https://wiki.test/backup')",
    );
    await fullBackup(at({ hours: -51 }));
    await check();
    const [alert] = await active();
    expect(alert?.message).toBe(
      "Full backup of engine.test was created on 2026-01-08 09:00:00 UTC and it's too old" +
        " (age: 2 days 03:00:00, allowed: 1 day, outdated: db, files). Its data is at risk: please run" +
        " engine-backup, or your own backup tool, to prevent data loss in case of corruption." +
        " See https://wiki.test/backup",
    );
  });

  test("with a text that names what is missing, failing and stuck", async () => {
    for (const hours of [3, 2, 1]) {
      await report(session.client, { status: -1, doneAt: at({ hours: -hours }) });
    }
    await report(session.client, { scope: "files", status: 0, doneAt: at({ days: -2 }) });
    await check();
    const [alert] = await active();
    expect(alert?.message).toMatch(
      /^There is no full backup of engine\.test available \(missing: db, files\)\./,
    );
    expect(alert?.message).toMatch(
      /The last attempts failed: db\. Started and never ended: files\.$/,
    );
  });
});

describe("an alert lives exactly as long as its condition", () => {
  test("one live row for a system and kind, refreshed by every check", async () => {
    await fullBackup(at({ days: -2 }));
    await check();
    const [before] = await active();
    await setClock(session.client, at({ hours: 6 }));
    expect(await check()).toEqual([]);
    const [after] = await active();
    expect(after?.id).toBe(before?.id);
    expect(after?.message).toContain("age: 2 days 06:00:00");
    const { rows } = await session.client.query(
      "select raised_at, last_seen_at from lastgood.active_alert",
    );
    expect(rows).toEqual([{ raised_at: noon, last_seen_at: at({ hours: 6 }) }]);
  });

  test("within a minute a row with the same text is not written again", async () => {
    await query("select lastgood.add_system('engine.test')");
    await setClock(session.client, at({ seconds: 59 }));
    await report(session.client, { status: 0, doneAt: noon });
    const seen = "select last_seen_at from lastgood.active_alert";
    expect((await session.client.query(seen)).rows).toEqual([{ last_seen_at: noon }]);
    await setClock(session.client, at({ seconds: 61 }));
    await report(session.client, { status: 0, doneAt: at({ seconds: 1 }) });
    expect((await session.client.query(seen)).rows).toEqual([
      { last_seen_at: at({ seconds: 61 }) },
    ]);
  });

  test("an alert whose system was deleted ends too", async () => {
    await query("select lastgood.add_system('gone'), lastgood.add_system('there')");
    await query("delete from lastgood.system where fqdn = 'gone'");
    expect(await check()).toEqual(["ended ENGINE_NO_FULL_BACKUP gone"]);
  });

  test("reporting a full backup ends it at once; any other success does not", async () => {
    await query("select lastgood.add_system('engine.test')");
    await query("select lastgood.add_system('other.test', array['db'])");
    await check();
    await report(session.client, { scope: "dwhdb", doneAt: noon });
    await report(session.client, { scope: "files", doneAt: noon });
    await report(session.client, { fqdn: "other.test", doneAt: noon });
    expect(await active()).toMatchObject([{ fqdn: "engine.test" }]);
    await report(session.client, { scope: "db", doneAt: noon });
    expect(await active()).toEqual([]);
    const { rows } = await session.client.query(
      "select count(*)::integer as live from lastgood.audit_log where severity = 10 and not deleted",
    );
    expect(rows).toEqual([{ live: 0 }]);
  });

  test("a full backup that is too old already does not end it", async () => {
    await query("select lastgood.add_system('engine.test')");
    await fullBackup(at({ days: -2 }));
    expect(await active()).toMatchObject([{ name: "ENGINE_NO_WARM_BACKUP" }]);
  });

  test("never both kinds for one system", async () => {
    await fullBackup(at({ days: -2 }));
    await check();
    await query("select lastgood.set_required_scopes('engine.test', array['db', 'new'])");
    await check();
    expect(await active()).toMatchObject([{ name: "ENGINE_NO_FULL_BACKUP" }]);
    await report(session.client, { scope: "new", doneAt: noon });
    expect(await active()).toMatchObject([{ name: "ENGINE_NO_WARM_BACKUP" }]);
  });

  test.each([
    ["a longer period", "select lastgood.set_config_value('BackupAlertPeriodInDays', '100')"],
    ["a longer period of the system", "select lastgood.set_alert_after('engine.test', '9 days')"],
    ["switching checks off", "select lastgood.set_config_value('BackupCheckPeriodInHours', '-1')"],
    ["other required scopes", "select lastgood.set_required_scopes('engine.test', array['fresh'])"],
  ])("%s ends it at once, and it is back when its condition returns", async (_name, statement) => {
    await fullBackup(at({ days: -2 }));
    await report(session.client, { scope: "fresh", doneAt: noon });
    await check();
    const [first] = await active();
    await query("savepoint ended");
    await query(statement);
    expect(await active()).toEqual([]);
    const { rows } = await session.client.query(
      "select deleted, ended_at from lastgood.audit_log where audit_log_id = $1",
      [first?.id],
    );
    expect(rows).toEqual([{ deleted: true, ended_at: noon }]);
    await query("select lastgood.set_config_value('BackupAlertPeriodInDays', '1')");
    await query("select lastgood.set_alert_after('engine.test', null)");
    await query("select lastgood.set_required_scopes('engine.test', null)");
    await query("select lastgood.set_config_value('BackupCheckPeriodInHours', '6')");
    await check();
    const [second] = await active();
    expect(second).toMatchObject({ name: "ENGINE_NO_WARM_BACKUP" });
    expect(second?.id).not.toBe(first?.id);
  });

  test("retiring the system ends it", async () => {
    await fullBackup(at({ days: -2 }));
    await check();
    await query("select lastgood.retire_system('engine.test')");
    expect(await active()).toMatchObject([{ fqdn: null }]);
    await query("select lastgood.add_system('other.test', array['db'])");
    await report(session.client, { fqdn: "other.test", doneAt: noon });
    expect(await active()).toEqual([]);
  });

  test("it is never aged out", async () => {
    await fullBackup(at({ days: -2 }));
    await check();
    await setClock(session.client, at({ days: 5000 }));
    await query("select lastgood.prune_events()");
    expect(await active()).toHaveLength(1);
  });

  test("what is stored is shown only while the verdict says so, even when nothing checks", async () => {
    await fullBackup(at({ days: -2 }));
    await check();
    await setClock(session.client, at({ days: -1, hours: -12 }));
    expect(await active()).toEqual([]);
    await setClock(session.client, noon);
    expect(await active()).toHaveLength(1);
  });
});

describe("the check itself", () => {
  test("says when it last ran, in every row of system_status", async () => {
    await fullBackup(noon, "a");
    await fullBackup(noon, "b");
    await check();
    const { rows } = await session.client.query("select last_check_at from lastgood.system_status");
    expect(rows).toEqual([{ last_check_at: noon }, { last_check_at: noon }]);
  });

  test("changes nothing while nothing changes", async () => {
    await fullBackup(noon);
    await check();
    expect(await check()).toEqual([]);
  });

  test("judges 500 systems in all buckets", async () => {
    await query("select lastgood.set_config_value('BackupCheckPeriodInHours', '-1')");
    await query(
      "insert into lastgood.system (fqdn) select 'host' || i from generate_series(1, 500) as i",
    );
    await query("select lastgood.set_config_value('BackupCheckPeriodInHours', '6')");
    expect(await active()).toHaveLength(500);
  });
});

describe("dismissing", () => {
  test("keeps the alert active, with who and until when, and ends by itself", async () => {
    await fullBackup(at({ days: -2 }));
    await check();
    const [alert] = await active();
    await session.client.query("select lastgood.dismiss_alert($1, $2)", [
      alert?.id,
      at({ days: 1 }),
    ]);
    const shown =
      "select dismissed_by = session_user as is_by_me, dismissed_until, is_dismissed from lastgood.active_alert";
    expect((await session.client.query(shown)).rows).toEqual([
      { is_by_me: true, dismissed_until: at({ days: 1 }), is_dismissed: true },
    ]);
    await check();
    expect(
      (await session.client.query("select state, check_status from lastgood.system_status")).rows,
    ).toEqual([{ state: "outdated", check_status: 2 }]);
    await setClock(session.client, at({ days: 1 }));
    expect((await session.client.query(shown)).rows).toMatchObject([{ is_dismissed: false }]);
  });

  test("does not reach an alert that comes back", async () => {
    await fullBackup(at({ days: -2 }));
    await check();
    const [alert] = await active();
    await session.client.query("select lastgood.dismiss_alert($1, $2)", [
      alert?.id,
      at({ days: 30 }),
    ]);
    await fullBackup(noon);
    await setClock(session.client, at({ days: 3 }));
    await check();
    const { rows } = await session.client.query("select is_dismissed from lastgood.active_alert");
    expect(rows).toEqual([{ is_dismissed: false }]);
  });

  test.each([
    ["an alert that is not live", 999_999, at({ days: 1 }), "LG008"],
    ["a time that is past", 1, at({ seconds: -1 }), "LG009"],
    ["no time", 1, null, "LG009"],
    ["for ever", 1, "infinity", "LG009"],
  ])("%s is refused", async (_name, id, until, code) => {
    await expect(
      session.client.query("select lastgood.dismiss_alert($1, $2)", [id, until]),
    ).rejects.toMatchObject({ code });
  });
});
