import { expect, test } from "vitest";
import { report, setClock } from "./support/database.ts";
import { at, noon, useSession } from "./support/session.ts";

/** The nine states in which oVirt's design page describes its status view, one after the other. */

const session = useSession();

async function isNotified(): Promise<boolean> {
  const { rowCount } = await session.client.query("select 1 from lastgood.active_alert");
  return (rowCount ?? 0) > 0;
}

async function view(): Promise<Record<string, [string, Date | null]>> {
  const { rows } = await session.client.query(
    "select scope, state, last_success_at from lastgood.backup_status where fqdn = 'engine.test'",
  );
  return Object.fromEntries(rows.map((row) => [row.scope, [row.state, row.last_success_at]]));
}

async function setConfig(name: string, value: string): Promise<void> {
  await session.client.query("select lastgood.set_config_value($1, $2)", [name, value]);
}

test("from a fresh install to a backup that is good for a hundred days", async () => {
  const missing: [string, null] = ["missing", null];
  await session.client.query("select lastgood.add_system('engine.test')");

  // 1: a fresh install without any backup.
  await session.client.query("select lastgood.check_backup_freshness()");
  expect(await isNotified()).toBe(true);
  expect(await view()).toEqual({ db: missing, files: missing });

  // 2: the documentation is where the config says.
  await setConfig("BackupDocumentationUrl", "https://docs.example.test/backup");
  await session.client.query("select lastgood.check_backup_freshness()");
  const { rows } = await session.client.query("select message from lastgood.active_alert");
  expect(rows[0]?.message).toMatch(/See https:\/\/docs\.example\.test\/backup$/);

  // 3 and 4: checking is off; the view still tells the truth, and that checking is off.
  await setConfig("BackupCheckPeriodInHours", "-1");
  expect(await isNotified()).toBe(false);
  expect(await view()).toEqual({ db: missing, files: missing });
  const off = await session.client.query("select is_checked from lastgood.system_status");
  expect(off.rows).toEqual([{ is_checked: false }]);

  // 5: checking is on again, and the files were backed up.
  await setConfig("BackupCheckPeriodInHours", "6");
  await report(session.client, { scope: "files", doneAt: at({ minutes: -2 }) });
  expect(await isNotified()).toBe(true);
  expect(await view()).toEqual({ files: ["ok", at({ minutes: -2 })], db: missing });

  // 6: the database was backed up too.
  await report(session.client, { scope: "db", doneAt: noon });
  expect(await isNotified()).toBe(false);
  expect(await view()).toEqual({ files: ["ok", at({ minutes: -2 })], db: ["ok", noon] });

  // 7: the clock moves past the limit of one of them.
  await setClock(session.client, at({ hours: 24 }));
  await session.client.query("select lastgood.check_backup_freshness()");
  expect(await isNotified()).toBe(true);
  expect(await view()).toEqual({ files: ["outdated", at({ minutes: -2 })], db: ["ok", noon] });

  // 8 and 9: a hundred days are allowed.
  await setConfig("BackupAlertPeriodInDays", "100");
  expect(await isNotified()).toBe(false);
  expect(await view()).toEqual({ files: ["ok", at({ minutes: -2 })], db: ["ok", noon] });
});
