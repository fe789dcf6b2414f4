import type { Client } from "pg";
import { migrate } from "postgres-migrations";
import { afterEach, beforeEach, describe, expect, inject, test } from "vitest";
import { InstallError } from "../src/errors.ts";
import { install } from "../src/install.ts";
import { migrationsFolder, readSqlFile } from "../src/sql-files.ts";
import {
  administer,
  copyTemplate,
  createRole,
  dropRole,
  emptyDatabase,
  report,
  type TestDatabase,
  type TestRole,
} from "./support/database.ts";
import { fingerprint, versions } from "./support/fingerprint.ts";
import { waitFor } from "./support/wait.ts";

let database: TestDatabase;
let client: Client;
let roles: TestRole[];

async function useDatabase(made: Promise<TestDatabase>): Promise<void> {
  database = await made;
  client = await database.connect();
}

async function newRole(): Promise<TestRole> {
  const role = await createRole();
  roles.push(role);
  return role;
}

beforeEach(() => {
  roles = [];
});

afterEach(async () => {
  await database.drop();
  await Promise.all(roles.map(dropRole));
});

/** Makes the next install apply the code layer anew. */
async function forgetCodeLayer(): Promise<void> {
  await client.query("update lastgood.code_layer set version = 'another'");
}

async function sessionOf(session: Client): Promise<unknown> {
  const { rows } = await session.query(`
    select
      current_setting('search_path') as search_path,
      current_setting('lock_timeout') as lock_timeout,
      current_setting('client_min_messages') as client_min_messages,
      (select count(*) from pg_locks where locktype = 'advisory' and pid = pg_backend_pid()) as locks`);
  return rows[0];
}

test("the server is one of those that are supported", async () => {
  await useDatabase(copyTemplate());
  expect([14, 15, 16, 17, 18]).toContain(inject("serverMajor"));
});

describe("into an empty database", () => {
  beforeEach(() => useDatabase(emptyDatabase()));

  test("five at once install once", async () => {
    const clients = await Promise.all(Array.from({ length: 5 }, () => database.connect()));
    const results = await Promise.all(clients.map((each) => install(each)));
    expect(results.filter((result) => result.isCodeApplied)).toHaveLength(1);
    expect(results.flatMap((result) => result.migrations)).toEqual([
      "001_awareness.sql",
      "002_catalogue.sql",
      "003_providers.sql",
      "004_calendar.sql",
    ]);
  });

  test("beside another tool's table called migrations, which stays as it is", async () => {
    await client.query(`
      create table public.migrations (version text primary key, dirty boolean);
      insert into public.migrations values ('20260101', false), ('20260102', true)`);
    await install(client);
    const { rows } = await client.query("select version, dirty from public.migrations order by 1");
    expect(rows).toEqual([
      { version: "20260101", dirty: false },
      { version: "20260102", dirty: true },
    ]);
  });

  test("beside a table called migrations that comes first on the search_path", async () => {
    await client.query(`
      create schema app;
      create table app.migrations (id integer primary key, name text, hash text);
      insert into app.migrations values (0, 'create-migrations-table', 'x'), (7, 'other', 'y');
      set search_path = app, public`);
    const { migrations } = await install(client);
    expect(migrations).toEqual([
      "001_awareness.sql",
      "002_catalogue.sql",
      "003_providers.sql",
      "004_calendar.sql",
    ]);
    const { rows } = await client.query("select count(*)::integer as count from app.migrations");
    expect(rows).toEqual([{ count: 2 }]);
  });

  test("as a role that may do nothing but create schemas here, and everything works", async () => {
    const role = await newRole();
    await administer(`grant create on database ${database.name} to ${role.user}`);
    const installer = await database.connect(role);
    await install(installer);
    expect(await report(installer, {})).toBeGreaterThan(0);
    await installer.query("select from lastgood.check_backup_freshness()");
    const { rows } = await installer.query("select fqdn, state from lastgood.system_status");
    expect(rows).toEqual([{ fqdn: "engine.test", state: "missing" }]);
    expect(await install(installer)).toEqual({ migrations: [], isCodeApplied: false });
  });

  test("a role that may not create schemas is told what it needs, and nothing is left", async () => {
    const role = await newRole();
    const visitor = await database.connect(role);
    const failure = await install(visitor).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(InstallError);
    expect((failure as InstallError).hint).toContain("grant create on database");
    const { rows } = await client.query("select to_regnamespace('lastgood') as schema");
    expect(rows).toEqual([{ schema: null }]);
    expect(await sessionOf(visitor)).toMatchObject({ locks: "0" });
  });

  test("carries on after a crash between the migrations and the code layer", async () => {
    await client.query(readSqlFile("bootstrap.sql").text);
    await client.query("set search_path = lastgood");
    await migrate({ client }, migrationsFolder);
    await client.query("reset search_path");
    expect(await install(client)).toEqual({ migrations: [], isCodeApplied: true });

    await using fresh = await copyTemplate();
    expect(await fingerprint(client)).toEqual(await fingerprint(await fresh.connect()));
  });

  test("carries on after a session that was cut off in the middle of the code layer", async () => {
    const [installer, blocker] = [await database.connect(), await database.connect()];
    await client.query(readSqlFile("bootstrap.sql").text);
    await client.query("set search_path = lastgood");
    await migrate({ client }, migrationsFolder);
    await client.query("reset search_path");
    await blocker.query("begin; lock table lastgood.last_check");
    const { rows } = await installer.query<{ pid: number }>("select pg_backend_pid() as pid");
    const outcome = install(installer).catch(() => "cut off");
    await waitFor(async () => {
      const { rows: waiting } = await client.query(
        "select from pg_stat_activity where pid = $1 and wait_event_type = 'Lock'",
        [rows[0]?.pid],
      );
      return waiting.length > 0;
    });
    await client.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
    expect(await outcome).toBe("cut off");
    await blocker.query("rollback");
    const { rows: left } = await client.query("select to_regproc('lastgood.clock') as clock");
    expect(left).toEqual([{ clock: null }]);
    expect(await install(client)).toEqual({ migrations: [], isCodeApplied: true });
  });
});

describe("where it is installed already", () => {
  beforeEach(() => useDatabase(copyTemplate()));

  test("again changes nothing: no object, no row, no setting", async () => {
    await report(client, {});
    const before = await versions(client);
    expect(before.length).toBeGreaterThan(200);
    expect(await install(client)).toEqual({ migrations: [], isCodeApplied: false });
    expect(await versions(client)).toEqual(before);
  });

  test("again waits for nobody, not even for one who has locked every table", async () => {
    const other = await database.connect();
    await other.query("begin");
    await other.query("lock table lastgood.audit_log, lastgood.system, lastgood.config_key");
    await client.query("set lock_timeout = '1s'");
    expect(await install(client)).toEqual({ migrations: [], isCodeApplied: false });
    await other.query("rollback");
  });

  test("leaves no setting and no lock of its own behind", async () => {
    await client.query("set search_path = public, pg_temp");
    await client.query("set client_min_messages = error");
    const before = await sessionOf(client);
    await forgetCodeLayer();
    await install(client);
    expect(await sessionOf(client)).toEqual(before);

    await forgetCodeLayer();
    await client.query("alter table lastgood.last_check rename column checked_at to seen_at");
    await expect(install(client)).rejects.toThrow(InstallError);
    expect(await sessionOf(client)).toEqual(before);
  });

  test("the code layer of another version is replaced as a whole", async () => {
    const wanted = await fingerprint(client);
    await client.query(`
      create or replace function lastgood.find_system(p_fqdn text) returns bigint
        language plpgsql stable set search_path = pg_catalog, pg_temp as $$ begin return 7; end; $$;
      do $$ begin execute format('create or replace view lastgood.check_summary as
        select v.* from (%s) as v where false', rtrim(pg_get_viewdef('lastgood.check_summary'), ';'));
      end; $$;
      update lastgood.config_key set description = 'other';
      comment on function lastgood.clock() is 'other';
      grant select on lastgood.audit_log to public`);
    expect(await fingerprint(client)).not.toEqual(wanted);
    await forgetCodeLayer();
    expect(await install(client)).toEqual({ migrations: [], isCodeApplied: true });
    expect(await fingerprint(client)).toEqual(wanted);
  });

  test("values that were set stay when the code layer is replaced", async () => {
    await client.query("select lastgood.set_config_value('BackupAlertPeriodInDays', '9')");
    await forgetCodeLayer();
    await install(client);
    const { rows } = await client.query(
      "select lastgood.get_config_value('BackupAlertPeriodInDays') as value",
    );
    expect(rows).toEqual([{ value: "9" }]);
  });

  test("a file that fails names itself and its line, and the old code layer stays", async () => {
    await forgetCodeLayer();
    await client.query("alter table lastgood.last_check rename column checked_at to seen_at");
    const before = await versions(client);
    const failure = await install(client).catch((error: unknown) => error);
    const { text } = readSqlFile("views/setting.sql");
    const line = text.slice(0, text.indexOf("l.checked_at")).split("\n").length;
    expect(failure).toBeInstanceOf(InstallError);
    expect((failure as Error).message).toMatch(`views/setting.sql:${line}: column l.checked_at`);
    expect(await versions(client)).toEqual(before);
  });

  test("a newer schema is refused", async () => {
    await client.query(
      "insert into lastgood.migrations (id, name, hash) values (99, 'later', 'x')",
    );
    await forgetCodeLayer();
    const before = await versions(client);
    const failure = await install(client).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(InstallError);
    expect((failure as InstallError).hint).toContain("newer version");
    expect(await versions(client)).toEqual(before);
  });

  test("a migration that was changed since it was applied is refused", async () => {
    await client.query("update lastgood.migrations set hash = 'x' where id = 1");
    await expect(install(client)).rejects.toThrow(/hash/i);
  });

  test("what roles were granted is granted again", async () => {
    const [reporter, reader] = [await newRole(), await newRole()];
    await client.query("select lastgood.grant_role($1, 'reporter')", [reporter.user]);
    await client.query("select lastgood.grant_role($1, 'reader')", [reader.user]);
    const granted = await fingerprint(client);
    await client.query(`revoke all on all tables in schema lastgood from ${reader.user}`);
    await client.query(
      `revoke all on all functions in schema lastgood_report from ${reporter.user}`,
    );
    expect(await fingerprint(client)).not.toEqual(granted);
    await forgetCodeLayer();
    await install(client);
    expect(await fingerprint(client)).toEqual(granted);
  });

  test("a remembered role that is gone does not stop an install", async () => {
    const role = await newRole();
    await client.query("select lastgood.grant_role($1, 'reader')", [role.user]);
    await client.query(`drop owned by ${role.user}`);
    await dropRole(role);
    await forgetCodeLayer();
    expect((await install(client)).isCodeApplied).toBe(true);
  });

  test("no report is lost while the code layer is replaced under reporters", async () => {
    const role = await newRole();
    await client.query("select lastgood.grant_role($1, 'reporter')", [role.user]);
    const installed = new AbortController();
    const reporting = ["a.test", "b.test", "c.test", "d.test"].map(async (fqdn) => {
      const session = await database.connect(role);
      let sent = 0;
      while (!installed.signal.aborted) {
        await session.query(
          `select LogEngineBackupEvent('db', timestamptz '2026-01-01' + $1 * interval '1 second',
             1, 'done', $2, '/var/log/b.log')`,
          [++sent, fqdn],
        );
      }
      return { fqdn, count: sent };
    });
    for (let again = 0; again < 3; again++) {
      await forgetCodeLayer();
      expect((await install(client)).isCodeApplied).toBe(true);
    }
    installed.abort();
    const sent = await Promise.all(reporting);
    const { rows } = await client.query(`
      select fqdn, count(*)::integer as count
      from lastgood.engine_backup_log
      group by fqdn
      order by fqdn`);
    expect(rows).toEqual(sent);
  });

  test("uninstalling leaves nothing of ours, and it can be installed anew", async () => {
    await client.query(readSqlFile("uninstall.sql").text);
    const { rows } = await client.query("select from pg_namespace where nspname like 'lastgood%'");
    expect(rows).toEqual([]);
    const again = await database.connect();
    expect(await install(again)).toEqual({
      migrations: [
        "001_awareness.sql",
        "002_catalogue.sql",
        "003_providers.sql",
        "004_calendar.sql",
      ],
      isCodeApplied: true,
    });
  });
});
