import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { findClientProgram } from "../src/server/client-programs.ts";
import {
  copyTemplate,
  createRole,
  dropRole,
  type TestDatabase,
  type TestRole,
} from "./support/database.ts";

/**
 * The statements that backup scripts have sent to oVirt's procedure since 3.6, through the same
 * program with the same flags, under a role that may do nothing but report.
 */

const psql = await findClientProgram("psql", { env: process.env });
if (!psql) {
  console.warn("SKIPPED: the interface call needs psql, which is not installed");
}

const scopes = ["files", "db", "dwhdb", "cinderlib", "managedblock", "keycloak", "grafanadb"];
let database: TestDatabase;
let reporter: TestRole;

beforeAll(async () => {
  database = await copyTemplate();
  reporter = await createRole();
  const admin = await database.connect();
  await admin.query("select lastgood.grant_role($1, 'reporter')", [reporter.user]);
});
afterAll(async () => {
  await database.drop();
  await dropRole(reporter);
});

async function call(
  statement: string,
  inside: TestDatabase = database,
): Promise<{ stdout: string; stderr: string }> {
  const url = new URL(inside.urlFor(reporter));
  const args = [
    "-w",
    "-U",
    reporter.user,
    "-h",
    url.hostname,
    "-p",
    url.port,
    inside.name,
    "-t",
    "-c",
    statement,
  ];
  return await promisify(execFile)(psql?.path ?? "psql", args, {
    env: { PATH: process.env["PATH"], PGPASSWORD: reporter.password },
  });
}

describe.skipIf(!psql)("the literal calls of backup scripts", () => {
  test.each([
    ["4.1 and later", "engine-backup: Backup", scopes],
    ["3.6 to 4.0, with reportsdb", "", ["files", "db", "dwhdb", "reportsdb"]],
  ])("%s: started and finished, every scope in a row", async (release, prefix, all) => {
    const fqdn = `engine-${release.slice(0, 3)}.example.test`;
    for (const [status, word] of [
      [0, "Started"],
      [1, "Finished"],
    ] as const) {
      for (const scope of all) {
        const { stderr } = await call(
          `SELECT LogEngineBackupEvent('${scope}', now(), ${status}, '${prefix} ${word}, scope=${scope}, log=/var/log/b1.log', '${fqdn}', '/var/log/b1.log');`,
        );
        expect(stderr).toBe("");
      }
    }
    const admin = await database.connect();
    const { rows } = await admin.query(
      "select scope, state, activity from lastgood.backup_status where fqdn = $1 order by scope",
      [fqdn],
    );
    expect(rows).toEqual(all.toSorted().map((scope) => ({ scope, state: "ok", activity: "idle" })));
  });

  test("a failure, with a doubled quote in its message", async () => {
    await call(
      "SELECT LogEngineBackupEvent('db', now(), -1, 'engine-backup: can''t dump, scope=db, log=/var/log/b4.log', 'failed.example.test', '/var/log/b4.log');",
    );
    const admin = await database.connect();
    const { rows } = await admin.query(
      "select is_passed, output_message from lastgood.engine_backup_log where fqdn = 'failed.example.test'",
    );
    expect(rows).toEqual([
      {
        is_passed: false,
        output_message: "engine-backup: can't dump, scope=db, log=/var/log/b4.log",
      },
    ]);
  });

  test.each([
    "SELECT log_engine_backup_event('db', now(), 1, '', 'both.example.test', '');",
    "SELECT LogEngineBackupEvent(NULL, NULL, NULL, NULL, NULL, NULL);",
    "SELECT LogEngineBackupEvent('db', 'infinity', 7, '', '', '');",
    "SELECT LogEngineBackupEvent('db'::varchar, now()::timestamptz, 1::bigint::int, ''::varchar, ''::varchar(255), '');",
  ])("%s succeeds", async (statement) => {
    expect((await call(statement)).stderr).toBe("");
  });

  test("it takes its place before a procedure of the host application in public", async () => {
    await using host = await copyTemplate();
    const admin = await host.connect();
    await admin.query("select lastgood.grant_role($1, 'reporter')", [reporter.user]);
    await admin.query(
      `create function public.logenginebackupevent(varchar, timestamptz, int, text, varchar, text)
       returns void language plpgsql as $$ begin raise exception 'the wrong one'; end $$`,
    );
    await call("SELECT LogEngineBackupEvent('db', now(), 1, '', 'ours.example.test', '');", host);
    const { rows } = await admin.query("select fqdn from lastgood.engine_backup_log");
    expect(rows).toEqual([{ fqdn: "ours.example.test" }]);
  });
});

test("the server is one of 14 to 18", () => {
  expect(inject("serverMajor")).toBeGreaterThanOrEqual(14);
  expect(inject("serverMajor")).toBeLessThanOrEqual(18);
});
