import type { Client } from "pg";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readSqlFile } from "../src/sql-files.ts";
import {
  copyTemplate,
  createRole,
  dropRole,
  report,
  type TestDatabase,
  type TestRole,
} from "./support/database.ts";

const reaches = ["reporter", "reader", "operator"] as const;
type Reach = (typeof reaches)[number];

let database: TestDatabase;
let owner: Client;
let stranger: TestRole;
let roles: Record<Reach, TestRole>;

beforeAll(async () => {
  database = await copyTemplate();
  owner = await database.connect();
  const [reporter, reader, operator, other] = await Promise.all([
    createRole(),
    createRole(),
    createRole(),
    createRole(),
  ]);
  roles = { reporter, reader, operator };
  stranger = other;
  for (const reach of reaches) {
    await owner.query("select lastgood.grant_role($1, $2)", [roles[reach].user, reach]);
  }
  await report(owner, { scope: "db" });
  await report(owner, { scope: "files", status: -1 });
});

afterAll(async () => {
  await database.drop();
  await Promise.all([...Object.values(roles), stranger].map(dropRole));
});

async function names(query: string, role: TestRole): Promise<string[]> {
  const { rows } = await owner.query<{ name: string }>(query, [role.user]);
  return rows.map(({ name }) => name);
}

const relations = `
  from pg_class as c
  where c.relnamespace in ('lastgood'::regnamespace, 'lastgood_report'::regnamespace)`;

/** Tables and views that a role may select from, wholly or in part. */
async function readable(role: TestRole): Promise<string[]> {
  return await names(
    `select c.relname as name ${relations} and c.relkind in ('r', 'v')
       and has_any_column_privilege($1, c.oid, 'select')
     order by 1`,
    role,
  );
}

/** Everything that a role may do to a table, view or sequence except select. */
async function changeable(role: TestRole): Promise<string[]> {
  return await names(
    `select c.relname as name ${relations} and (
       c.relkind in ('r', 'v') and (
         has_table_privilege($1, c.oid, 'insert, update, delete, truncate, references, trigger')
         or has_any_column_privilege($1, c.oid, 'insert, update, references')
       )
       or c.relkind = 'S' and has_sequence_privilege($1, c.oid, 'usage, update')
     )
     union all
     select n.nspname from pg_namespace as n
     where n.nspname like 'lastgood%' and has_schema_privilege($1, n.oid, 'create')`,
    role,
  );
}

async function callable(role: TestRole): Promise<string[]> {
  return await names(
    `select p.proname as name
     from pg_proc as p
     where p.pronamespace in ('lastgood'::regnamespace, 'lastgood_report'::regnamespace)
       and has_function_privilege($1, p.oid, 'execute')
     order by 1`,
    role,
  );
}

const viewsAndLogs = [
  "active_alert",
  "audit_log",
  "backup_config",
  "backup_item",
  "backup_status",
  "backup_summary",
  "check_summary",
  "code_layer",
  "copy_status",
  "engine_backup_log",
  "event_type",
  "installation",
  "last_check",
  "provider_status",
  "provider_type",
  "restore_status",
  "source_status",
  "source_type",
  "system",
  "system_status",
];
const readerFunctions = ["clock", "get_config_value", "get_last_successful_engine_backup"];

const catalogueFunctions = [
  "add_items",
  "add_provider",
  "add_source",
  "adopt_pack",
  "attach_backups",
  "attach_provider",
  "attach_source",
  "begin_pack",
  "claim_leftovers",
  "complete_adopted_pack",
  "complete_attach",
  "complete_pack",
  "complete_restore",
  "delete_provider",
  "delete_source",
  "detach_provider",
  "fail_backup",
  "fail_copy",
  "fail_restore",
  "find_backup",
  "find_room",
  "finish_copy_delete",
  "forget_pack",
  "hold_backup",
  "learn_body",
  "make_room",
  "reap_backups",
  "record_verification",
  "release_backup",
  "renew_backup_lease",
  "renew_restore_lease",
  "repack_candidates",
  "replace_manifest",
  "seal_backup",
  "seal_copy",
  "set_source_settings",
  "stale_manifests",
  "start_backup",
  "start_delete",
  "start_restore",
  "use_packs",
];

const denied = expect.objectContaining({ code: "42501" }) as unknown;

async function failure(session: Client, statement: string): Promise<unknown> {
  return await session.query(statement).catch((error: unknown) => error);
}

describe("somebody who was granted nothing", () => {
  test("may select, change and call nothing", async () => {
    expect(await readable(stranger)).toEqual([]);
    expect(await changeable(stranger)).toEqual([]);
    expect(await callable(stranger)).toEqual([]);
  });

  test("may not even look into the schemas", async () => {
    const session = await database.connect(stranger);
    for (const statement of [
      "select from lastgood.system_status",
      "select lastgood.record_event('db', now(), 1, '', 'x.test', '')",
      "select lastgood_report.LogEngineBackupEvent('db', now(), 1, '', 'x.test', '')",
    ]) {
      expect(await failure(session, statement)).toEqual(denied);
    }
  });
});

describe("a reporter", () => {
  let session: Client;
  beforeAll(async () => {
    session = await database.connect(roles.reporter);
  });

  test("may call the three functions that report, and no other", async () => {
    expect(await callable(roles.reporter)).toEqual([
      "log_engine_backup_event",
      "logenginebackupevent",
      "record_event",
    ]);
  });

  test("may select and change nothing", async () => {
    expect(await readable(roles.reporter)).toEqual([]);
    expect(await changeable(roles.reporter)).toEqual([]);
    expect(await failure(session, "select from lastgood.audit_log")).toEqual(denied);
    expect(await failure(session, "delete from lastgood.audit_log")).toEqual(denied);
    expect(await failure(session, "select lastgood.clock()")).toEqual(denied);
    expect(await failure(session, "select lastgood.settle_live_alerts(null)")).toEqual(denied);
  });

  test("reports without naming a schema, under both names", async () => {
    for (const name of ["LogEngineBackupEvent", "log_engine_backup_event"]) {
      await session.query(`select ${name}('${name}', now(), 1, '', 'named.test', '')`);
    }
    const { rows } = await owner.query(
      "select scope, reported_by from lastgood.audit_log where fqdn = 'named.test' and done_at is not null order by 1",
    );
    expect(rows).toEqual(
      ["LogEngineBackupEvent", "log_engine_backup_event"].map((scope) => ({
        scope,
        reported_by: roles.reporter.user,
      })),
    );
  });

  test.each(["2001-01-01", "2099-01-01"])(
    "moves no clock by setting lastgood.fake_now to %s",
    async (fake) => {
      const fqdn = `fake-${fake}.test`;
      const cheat = await database.connect(roles.reporter);
      await cheat.query("select set_config('lastgood.fake_now', $1, false)", [fake]);
      for (const scope of ["db", "files"]) {
        await cheat.query("select LogEngineBackupEvent($1, $2, 1, '', $3, '')", [
          scope,
          "2098-12-31",
          fqdn,
        ]);
      }
      const { rows } = await owner.query(
        `select bool_and(a.log_time between now() - interval '1 minute' and clock_timestamp()) as is_real
         from lastgood.audit_log as a
         where a.fqdn = $1`,
        [fqdn],
      );
      expect(rows).toEqual([{ is_real: true }]);
    },
  );
});

describe("a reader", () => {
  let session: Client;
  beforeAll(async () => {
    session = await database.connect(roles.reader);
  });

  test("may select from every view and log, and from nothing else", async () => {
    expect(await readable(roles.reader)).toEqual(viewsAndLogs);
  });

  test.each(viewsAndLogs)("gets rows from %s", async (relation) => {
    const result = session.query(`select count(r) from lastgood.${relation} as r`);
    await expect(result).resolves.toMatchObject({ rowCount: 1 });
  });

  test("may change nothing and call only what reads", async () => {
    expect(await changeable(roles.reader)).toEqual([]);
    expect(await callable(roles.reader)).toEqual(readerFunctions);
    const { rows } = await session.query(
      `select lastgood.get_config_value('BackupAlertPeriodInDays') as value, l.scope
       from lastgood.get_last_successful_engine_backup('db') as l`,
    );
    expect(rows).toEqual([{ value: "1", scope: "db" }]);
  });

  test("is not believed about the time", async () => {
    await session.query("set lastgood.fake_now = '2099-01-01'");
    const { rows } = await session.query("select lastgood.clock() < '2099-01-01' as is_real");
    expect(rows).toEqual([{ is_real: true }]);
  });
});

describe("an operator", () => {
  let session: Client;
  beforeAll(async () => {
    session = await database.connect(roles.operator);
  });

  test("reads what a reader reads and what is in packs, and changes nothing in tables", async () => {
    expect(await readable(roles.operator)).toEqual([...viewsAndLogs, "usable_pack"]);
    expect(await changeable(roles.operator)).toEqual([]);
    const statement = "update lastgood.system set retired_at = now()";
    expect(await failure(session, statement)).toEqual(denied);
  });

  test("may call what changes config, systems, alerts and the catalogue, and no other", async () => {
    expect(await callable(roles.operator)).toEqual(
      [
        ...readerFunctions,
        ...catalogueFunctions,
        "add_system",
        "check_backup_freshness",
        "dismiss_alert",
        "freshness_check_rule",
        "merge_config_value",
        "next_restore_copy",
        "prune_events",
        "reinstate_system",
        "reset_config_value",
        "retire_system",
        "set_alert_after",
        "set_config_value",
        "set_reporters",
        "set_required_scopes",
      ].toSorted(),
    );
  });

  test.each([
    "select lastgood.set_config_value('BackupAlertPeriodInDays', '2')",
    "select lastgood.merge_config_value('BackupRequiredScopes', 'dwhdb')",
    "select lastgood.reset_config_value('BackupRequiredScopes')",
    "select lastgood.reset_config_value('BackupAlertPeriodInDays')",
    "select lastgood.add_system('operated.test', array['db'], interval '2 days')",
    "select lastgood.set_required_scopes('engine.test', array['db', 'files'])",
    "select lastgood.set_alert_after('engine.test', interval '3 days')",
    "select lastgood.set_reporters('engine.test', null)",
    "select lastgood.retire_system('engine.test'), lastgood.reinstate_system('engine.test')",
    "select count(*) from lastgood.check_backup_freshness()",
    "select lastgood.dismiss_alert(max(audit_log_id), '2099-01-01') from lastgood.active_alert",
    "select lastgood.prune_events()",
    "select lastgood.freshness_check_rule()",
  ])("may %s", async (statement) => {
    await owner.query("select lastgood.add_system('alerting.test')");
    await session.query("begin");
    await expect(session.query(statement)).resolves.toMatchObject({ rowCount: 1 });
    await session.query("rollback");
  });

  test("raises no alert by moving the clock", async () => {
    for (const scope of ["db", "files"]) {
      await report(owner, { scope, fqdn: "fresh.test" });
    }
    await session.query("set lastgood.fake_now = '2099-01-01'");
    const { rows } = await session.query(
      "select from lastgood.check_backup_freshness() where fqdn = 'fresh.test'",
    );
    expect(rows).toEqual([]);
    await session.query("reset lastgood.fake_now");
  });
});

describe("granting", () => {
  test("a role's name is a name and nothing else", async () => {
    const name = `x"; drop table lastgood.audit_log; --'`;
    await owner.query("begin");
    await owner.query(`create role "${name.replaceAll('"', '""')}" login`);
    for (const reach of reaches) {
      const { rows } = await owner.query("select lastgood.grant_role($1, $2, true)", [name, reach]);
      expect(rows).toEqual([]);
    }
    const { rows } = await owner.query(
      "select has_table_privilege($1, 'lastgood.audit_log', 'select') as may_read",
      [name],
    );
    expect(rows).toEqual([{ may_read: true }]);
    await owner.query("rollback");
  });

  test("a role that has no reach of its own cannot give one", async () => {
    const operator = await database.connect(roles.operator);
    const statement = "select lastgood.grant_role(current_user, 'reporter')";
    expect(await failure(operator, statement)).toEqual(denied);
  });

  test("the optional group roles have their reach by their names", async () => {
    await owner.query("begin");
    await owner.query(readSqlFile("roles.sql").text);
    await owner.query(readSqlFile("roles.sql").text);
    await owner.query("select lastgood.apply_grants()");
    for (const reach of reaches) {
      const group = { user: `lastgood_${reach}`, password: "" };
      expect(await callable(group)).toEqual(await callable(roles[reach]));
      expect(await readable(group)).toEqual(await readable(roles[reach]));
    }
    await owner.query("rollback");
  });
});
