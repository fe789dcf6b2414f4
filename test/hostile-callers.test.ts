import type { Client } from "pg";
import { afterAll, beforeAll, beforeEach, expect, test } from "vitest";
import {
  copyTemplate,
  createRole,
  dropRole,
  type TestDatabase,
  type TestRole,
} from "./support/database.ts";

// Callers with objects of their own in the way: none of ours may take them for ours or PostgreSQL's.

let database: TestDatabase;
let owner: Client;
let reporter: TestRole;
let operator: TestRole;

beforeAll(async () => {
  database = await copyTemplate();
  owner = await database.connect();
  [reporter, operator] = await Promise.all([createRole(), createRole()]);
  await owner.query("select lastgood.grant_role($1, 'reporter')", [reporter.user]);
  await owner.query("select lastgood.grant_role($1, 'operator')", [operator.user]);
  await owner.query(`
    create schema evil;
    grant usage on schema evil to public;
    create table evil.call (name text);
    create function evil.format(text, variadic text[]) returns text language sql as
      $$ insert into evil.call values ('format') returning name $$;
    create function evil.format(text) returns text language sql as
      $$ insert into evil.call values ('format') returning name $$;
    create function evil.clock_timestamp() returns timestamptz language sql as
      $$ insert into evil.call values ('clock_timestamp') returning timestamptz 'epoch' $$;
    create function evil.btrim(text) returns text language sql as
      $$ insert into evil.call values ('btrim') returning name $$;
    create function evil.same(text, text) returns boolean language sql as
      $$ insert into evil.call values ('=') returning true $$;
    create operator evil.= (function = evil.same, leftarg = text, rightarg = text);
    create function evil.record_event(text, timestamptz, integer, text, text, text)
      returns bigint language sql as
      $$ insert into evil.call values ('record_event') returning 0::bigint $$`);
});

afterAll(async () => {
  await database.drop();
  await Promise.all([reporter, operator].map(dropRole));
});

beforeEach(() => owner.query("truncate evil.call"));

async function callsOfEvil(): Promise<unknown[]> {
  return (await owner.query("select name from evil.call")).rows;
}

test("the trap works: a careless call falls into it", async () => {
  const careless = await database.connect();
  await careless.query("set search_path = evil, pg_catalog");
  await careless.query("select format('a'), 'a'::text = 'b'::text");
  expect(await callsOfEvil()).toEqual([{ name: "format" }, { name: "=" }]);
});

test("functions and operators first on the search_path are not called", async () => {
  const session = await database.connect(reporter);
  await session.query("set search_path = evil, pg_catalog, lastgood_report");
  const call = "LogEngineBackupEvent($1, pg_catalog.now(), $2, '', 'trap.test', '')";
  for (const [scope, status] of [
    ["db", 0],
    ["db", 1],
    ["", 7],
  ]) {
    await session.query(`select ${call}`, [scope, status]);
  }
  expect(await callsOfEvil()).toEqual([]);
  const { rows } = await owner.query(
    `select log_type_name from lastgood.audit_log
     where fqdn = 'trap.test' and log_type between 9024 and 9100
     order by 1`,
  );
  expect(rows.map((row) => row.log_type_name)).toEqual([
    "ENGINE_BACKUP_COMPLETED",
    "ENGINE_BACKUP_STARTED",
    "LASTGOOD_INVALID_EVENT",
  ]);
});

test("an operator's calls do not fall into it either", async () => {
  const session = await database.connect(operator);
  await session.query("set search_path = evil, pg_catalog");
  await session.query("begin");
  await session.query("select lastgood.add_system('operated.test', array['db'])");
  await session.query("select lastgood.set_config_value('BackupRequiredScopes', 'a,b')");
  await session.query("select lastgood.check_backup_freshness()");
  await session.query("commit");
  expect(await callsOfEvil()).toEqual([]);
  await owner.query("select lastgood.reset_config_value('BackupRequiredScopes')");
});

test("temporary tables with the names of ours are not touched", async () => {
  const { rows: tables } = await owner.query<{ name: string }>(
    `select c.relname as name from pg_class as c
     where c.relnamespace = 'lastgood'::regnamespace and c.relkind in ('r', 'v')`,
  );
  const trapped = await database.connect(reporter);
  for (const { name } of tables) {
    await trapped.query(`create temporary table ${name} (trap integer)`);
  }
  await trapped.query("set search_path = pg_temp, pg_catalog, lastgood_report");
  await trapped.query("select LogEngineBackupEvent('db', now(), 1, '', 'temporary.test', '')");
  const { rows } = await owner.query(
    "select fqdn, scope from lastgood.engine_backup_log where fqdn = 'temporary.test'",
  );
  expect(rows).toEqual([{ fqdn: "temporary.test", scope: "db" }]);
  expect((await trapped.query("select from pg_temp.audit_log")).rows).toEqual([]);
});

test.each(["a reporter", "an operator"])(
  "temporary types of %s, named as PostgreSQL's, run no code with the owner's rights",
  async (who) => {
    const trapped = await database.connect(who === "a reporter" ? reporter : operator);
    await trapped.query(`
      create temporary table run_as (name pg_catalog.text);
      grant insert on run_as to public;
      create function pg_temp.note(anyelement) returns boolean language plpgsql as
        $$ begin insert into pg_temp.run_as values (current_user); return true; end $$`);
    const { rows: types } = await trapped.query<{ name: string }>(
      `select t.typname as name from pg_catalog.pg_type as t
       where t.typnamespace = 'pg_catalog'::pg_catalog.regnamespace and t.typtype = 'b'
         and t.typcategory <> 'A' and t.typname not like any (array['%\\_internal', '%\\_summary'])
         and t.oid <> all (array['aclitem', 'pg_node_tree', 'pg_ndistinct']::pg_catalog.regtype[])`,
    );
    expect(types.length).toBeGreaterThan(40);
    for (const { name } of types) {
      await trapped.query(
        `create domain pg_temp."${name}" as pg_catalog."${name}" check (pg_temp.note(value))`,
      );
    }
    await trapped.query("select null::text, 'careless'::text");
    expect((await trapped.query("table run_as")).rowCount).toBeGreaterThan(0);
    await trapped.query("truncate run_as");
    const statements =
      who === "a reporter"
        ? [
            "select lastgood_report.LogEngineBackupEvent('db', now(), 1, '', 'typed.test', '')",
            "select lastgood_report.LogEngineBackupEvent('', now(), 7, '', 'typed.test', '')",
            `select lastgood.record_event('db', now(), 1, '', 'typed.test', '',
               gen_random_uuid(), 'run', 1, array['db'])`,
          ]
        : [
            "select lastgood.add_system('typed.test', array['db'], interval '1 day')",
            "select lastgood.set_reporters('typed.test', null)",
            "select lastgood.set_config_value('BackupRequiredScopes', 'db')",
            "select lastgood.reset_config_value('BackupRequiredScopes')",
            "select lastgood.check_backup_freshness()",
            "select lastgood.retire_system('typed.test'), lastgood.reinstate_system('typed.test')",
            "select lastgood.prune_events()",
            "select lastgood.add_source('typed', 'files', 'typed.test', 'db')",
            "select lastgood.add_provider('typed', 'debug', '{}', 'pack', array['age1x'])",
            `select lastgood.seal_backup(b.id, b.token, 1, 1)
             from (
               select (made ->> 'backup_id')::pg_catalog.int8, (made ->> 'token')::pg_catalog.uuid
               from lastgood.start_backup('typed') as made
             ) as b(id, token)`,
            `select lastgood.claim_leftovers(provider_id), lastgood.repack_candidates(provider_id)
             from lastgood.provider_status`,
            "select lastgood.start_delete(backup_id) from lastgood.backup_summary",
            "select lastgood.reap_backups()",
            "select lastgood.delete_source('typed')",
          ];
    for (const statement of statements) {
      await trapped.query(statement);
    }
    expect((await trapped.query("table run_as")).rows).toEqual([]);
  },
);
