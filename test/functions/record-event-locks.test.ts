import { randomUUID } from "node:crypto";
import type { Client } from "pg";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { readCodeFiles } from "../../src/sql-files.ts";
import { copyTemplate, report, type TestDatabase } from "../support/database.ts";
import { waitsForLock } from "../support/locks.ts";
import { waitFor } from "../support/wait.ts";

const literal = "2026-01-10T12:00:00Z";
let database: TestDatabase;
let first: Client;
let second: Client;
let watcher: Client;

beforeAll(async () => {
  database = await copyTemplate();
  watcher = await database.connect();
});
afterAll(() => database.drop());
beforeEach(async () => {
  [first, second] = await Promise.all([database.connect(), database.connect()]);
});
afterEach(async () => {
  await Promise.all([first.end(), second.end()]);
  await watcher.query(
    "truncate lastgood.audit_log, lastgood.engine_backup_log, lastgood.system restart identity cascade",
  );
});

async function successes(): Promise<string[]> {
  const { rows } = await watcher.query(
    "select fqdn || '/' || scope as name from lastgood.engine_backup_log where is_passed order by 1",
  );
  return rows.map((row) => row.name as string);
}

describe("no report waits for another session, and no success is lost", () => {
  test("a check in progress on the same system", async () => {
    await report(first, { requiredScopes: ["db"], doneAt: "2020-01-01" });
    await first.query("begin");
    const { rows } = await first.query("select * from lastgood.check_backup_freshness()");
    expect(rows).toMatchObject([]);
    await first.query("update lastgood.audit_log set message = message where severity = 10");
    await second.query("set statement_timeout = '3s'");
    expect(await report(second, { doneAt: literal })).not.toBeNull();
    await first.query("commit");
    expect(await successes()).toEqual(["engine.test/db", "engine.test/db"]);
  });

  test("two reporters of a new system, with scopes in opposite order", async () => {
    await Promise.all([first.query("begin"), second.query("begin")]);
    for (const client of [first, second]) {
      await client.query("set local statement_timeout = '3s'");
    }
    await report(first, { scope: "db", doneAt: "2026-01-10T12:00:01Z" });
    await report(second, { scope: "files", doneAt: "2026-01-10T12:00:02Z" });
    await report(first, { scope: "files", doneAt: "2026-01-10T12:00:03Z" });
    await report(second, { scope: "db", doneAt: "2026-01-10T12:00:04Z" });
    await Promise.all([first.query("commit"), second.query("commit")]);
    expect(await successes()).toHaveLength(4);
    await watcher.query("select lastgood.check_backup_freshness()");
    const { rows } = await watcher.query("select fqdn from lastgood.system");
    expect(rows).toEqual([{ fqdn: "engine.test" }]);
  });

  test("two reporters of two new systems, in opposite order", async () => {
    await Promise.all([first.query("begin"), second.query("begin")]);
    await report(first, { fqdn: "a", doneAt: "2026-01-10T12:00:01Z" });
    await report(second, { fqdn: "b", doneAt: "2026-01-10T12:00:02Z" });
    await report(first, { fqdn: "b", doneAt: "2026-01-10T12:00:03Z" });
    await report(second, { fqdn: "a", doneAt: "2026-01-10T12:00:04Z" });
    await Promise.all([first.query("commit"), second.query("commit")]);
    expect(await successes()).toEqual(["a/db", "a/db", "b/db", "b/db"]);
  });

  test("a duplicate in another open transaction that is rolled back", async () => {
    await first.query("begin");
    await report(first, { doneAt: literal });
    const pending = report(second, { doneAt: literal });
    await waitFor(() => waitsForLock(watcher, second));
    await first.query("rollback");
    expect(await pending).not.toBeNull();
    expect(await successes()).toEqual(["engine.test/db"]);
  });

  test("a duplicate in another transaction that stays open", async () => {
    await first.query("begin");
    await report(first, { doneAt: literal });
    expect(await report(second, { doneAt: literal })).not.toBeNull();
    await first.query("rollback");
    expect(await successes()).toEqual(["engine.test/db"]);
  });

  test("duplicates that deadlock", async () => {
    await Promise.all([first.query("begin"), second.query("begin")]);
    await report(first, { scope: "db", doneAt: literal });
    await report(second, { scope: "files", doneAt: literal });
    const pending = [
      report(first, { scope: "files", doneAt: literal }),
      report(second, { scope: "db", doneAt: literal }),
    ];
    const race = await Promise.race(pending.map(async (each, index) => (await each, index)));
    await (race === 0 ? first : second).query("commit");
    await Promise.all(pending);
    await (race === 0 ? second : first).query("rollback");
    expect(new Set(await successes())).toEqual(new Set(["engine.test/db", "engine.test/files"]));
  });

  test("an install that is replacing functions and views", async () => {
    await watcher.query("select lastgood.add_system('engine.test', array['db'])");
    await first.query("begin");
    for (const { text } of readCodeFiles()) {
      await first.query(text);
    }
    await second.query("set statement_timeout = '3s'");
    expect(await report(second, { doneAt: new Date() })).not.toBeNull();
    await first.query("commit");
    expect(await successes()).toEqual(["engine.test/db"]);
    expect((await watcher.query("select 1 from lastgood.active_alert")).rowCount).toBe(0);
  });

  test.each(["serializable", "repeatable read"])(
    "two reporters at once under %s",
    async (level) => {
      await report(watcher, { scope: "seen", doneAt: "2026-01-01" });
      await Promise.all(
        [first, second].map((client) => client.query(`begin isolation level ${level}`)),
      );
      await report(first, { scope: "db", doneAt: "2026-01-10T12:00:01Z" });
      await report(second, { scope: "db", doneAt: "2026-01-10T12:00:02Z" });
      await report(first, { scope: "files", doneAt: "2026-01-10T12:00:03Z" });
      await report(second, { scope: "files", doneAt: "2026-01-10T12:00:04Z" });
      await first.query("commit");
      await second.query("commit");
      expect(await successes()).toHaveLength(5);
    },
  );

  test("under serializable the system of a first report is registered by the next check", async () => {
    await first.query("begin isolation level serializable");
    await report(first, { requiredScopes: ["db"] });
    await first.query("commit");
    expect((await watcher.query("select 1 from lastgood.system")).rowCount).toBe(0);
    await watcher.query("select lastgood.check_backup_freshness()");
    expect((await watcher.query("select fqdn from lastgood.system")).rows).toEqual([
      { fqdn: "engine.test" },
    ]);
  });

  test("a read-only server: the call warns, returns null and raises nothing", async () => {
    const warnings: string[] = [];
    first.on("notice", (notice) => warnings.push(`${notice.severity}: ${notice.message}`));
    await first.query("set default_transaction_read_only = on");
    expect(await report(first, { eventId: randomUUID() })).toBeNull();
    await first.query(`select lastgood_report.logenginebackupevent('db', now(), 1, '', 'e', '')`);
    expect(warnings).toHaveLength(2);
    expect(warnings[0]).toMatch(/^WARNING: lastgood could not record this event: .*read-only/);
  });

  test("twenty equal reports at once are one", async () => {
    const clients = await Promise.all(Array.from({ length: 20 }, () => database.connect()));
    const ids = await Promise.all(clients.map((client) => report(client, { doneAt: literal })));
    expect(new Set(ids).size).toBe(1);
    expect(await successes()).toEqual(["engine.test/db"]);
  });

  test("checks at once wait for nobody, and raise one alert", async () => {
    await watcher.query("select lastgood.add_system('a'), lastgood.add_system('b')");
    await first.query("begin");
    await first.query("select lastgood.check_backup_freshness()");
    await second.query("set statement_timeout = '3s'");
    await second.query("select lastgood.check_backup_freshness()");
    await first.query("commit");
    await second.query("select lastgood.check_backup_freshness()");
    const { rows } = await watcher.query("select fqdn from lastgood.active_alert order by fqdn");
    expect(rows).toEqual([{ fqdn: "a" }, { fqdn: "b" }]);
  });

  test("a reporter's open transaction keeps no check from the alerts of other systems", async () => {
    await watcher.query("select lastgood.set_config_value('BackupCheckPeriodInHours', '-1')");
    await watcher.query(
      "insert into lastgood.system (fqdn) select 'host' || i from generate_series(1, 300) as i",
    );
    await watcher.query("delete from lastgood.config_value");
    await first.query("begin");
    for (let i = 1; i <= 100; i += 1) {
      await report(first, { fqdn: `new${i}`, doneAt: literal });
      await report(first, { fqdn: `host${i}`, doneAt: literal });
    }
    await second.query("set statement_timeout = '5s'");
    await second.query("select lastgood.check_backup_freshness()");
    const { rows } = await watcher.query(
      "select count(distinct fqdn)::integer as systems from lastgood.audit_log where severity = 10",
    );
    expect(rows).toEqual([{ systems: 300 }]);
    await first.query("commit");
  });

  test("an alert that somebody is dismissing keeps no check from the others", async () => {
    await watcher.query("select lastgood.add_system('a')");
    await first.query("begin");
    await first.query(
      "select lastgood.dismiss_alert(audit_log_id, '2999-01-01') from lastgood.active_alert",
    );
    await watcher.query("insert into lastgood.system (fqdn) values ('b')");
    await second.query("set statement_timeout = '5s'");
    const { rows } = await second.query(
      "select fqdn, change from lastgood.check_backup_freshness()",
    );
    expect(rows).toEqual([{ fqdn: "b", change: "raised" }]);
    await first.query("commit");
  });

  test("an open first report keeps other new systems from nothing", async () => {
    await first.query("begin");
    await report(first, { fqdn: "new.test" });
    await second.query("set statement_timeout = '5s'");
    await second.query("select lastgood.add_system('other1'), lastgood.add_system('other2')");
    expect(await report(second, { fqdn: "other3" })).not.toBeNull();
    await first.query("rollback");
    await second.query("select lastgood.check_backup_freshness()");
    const { rows } = await watcher.query("select fqdn from lastgood.system order by fqdn");
    expect(rows).toEqual([{ fqdn: "other1" }, { fqdn: "other2" }, { fqdn: "other3" }]);
  });

  test.each(["repeatable read", "serializable"])("checks at once under %s", async (level) => {
    await watcher.query("select lastgood.add_system('a')");
    await report(watcher, { fqdn: "a", scope: "db" });
    for (const client of [first, second]) {
      await client.query(`begin isolation level ${level}`);
      await client.query("select count(*) from lastgood.system");
    }
    await first.query("select lastgood.check_backup_freshness()");
    await first.query("commit");
    await second.query("select lastgood.check_backup_freshness()");
    await second.query("rollback");
    const { rows } = await watcher.query("select fqdn from lastgood.active_alert");
    expect(rows).toEqual([{ fqdn: "a" }]);
  });
});
