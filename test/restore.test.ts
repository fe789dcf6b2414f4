import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Client } from "pg";
import { beforeEach, describe, expect, inject, test, type TestContext } from "vitest";
import { runProgram as runLastgood } from "../src/cli/program.ts";
import { install } from "../src/install.ts";
import type { Finished } from "./support/bin.ts";
import {
  copyTemplate,
  createRole,
  dropRole,
  emptyDatabase,
  report,
  setClock,
  type TestDatabase,
  type TestRole,
} from "./support/database.ts";
import { fingerprint } from "./support/fingerprint.ts";
import { testIo } from "./support/io.ts";
import { clientProgram, runProgram } from "./support/programs.ts";

// The schema lives in databases that others dump, with engine-backup for one.

const time = "2026-01-10T12:00:00Z";
const reportCall =
  "select LogEngineBackupEvent('db', $1, 1, 'done', 'engine.test', '/var/log/b.log')";

let database: TestDatabase;
let owner: Client;
let role: TestRole;
let folder: string;

// Also where a later hook skips the test; the last one that was registered runs first.
beforeEach(async ({ onTestFinished }) => {
  folder = mkdtempSync(join(tmpdir(), "lastgood-restore-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  role = await createRole();
  onTestFinished(() => dropRole(role));
  database = await copyTemplate();
  onTestFinished(() => database.drop());
  owner = await database.connect();
  await setClock(owner, time);
  await owner.query("select lastgood.grant_role($1, 'reporter', true)", [role.user]);
  for (const [fqdn, done] of [
    ["engine.test", "2026-01-10T11:00:00Z"],
    ["old.test", "2026-01-01T11:00:00Z"],
  ] as const) {
    await report(owner, { fqdn, doneAt: done, scope: "db" });
    await report(owner, { fqdn, doneAt: done, scope: "files", message: 'it\'s\n"ünïcode"' });
  }
  await owner.query("select lastgood.add_system('silent.test')");
  await owner.query("select lastgood.set_config_value('BackupStuckAfterHours', '12')");
  await owner.query("select lastgood.check_backup_freshness()");
});

/** As engine-backup does: the role of the application dumps its database, ours within. */
async function dumpAs(context: TestContext, url: string, options = ["-Fc"]): Promise<Finished> {
  const pgDump = await clientProgram(context, "pg_dump");
  return await runProgram(pgDump, [...options, "-f", join(folder, "dump"), "-d", url]);
}

async function restoreInto(
  context: TestContext,
  target: TestDatabase,
  ...options: string[]
): Promise<Finished> {
  const pgRestore = await clientProgram(context, "pg_restore");
  return await runProgram(pgRestore, [...options, "-d", target.url, join(folder, "dump")]);
}

const silent: Finished = { status: 0, stdout: "", stderr: "" };

async function verdictOf(client: Client): Promise<unknown[]> {
  const found: unknown[] = [];
  for (const query of [
    "select s.* from lastgood.system_status as s order by fqdn",
    "select s.* from lastgood.backup_status as s order by fqdn, scope",
    "select a.* from lastgood.active_alert as a order by audit_log_id",
    "select c.* from lastgood.check_summary as c",
    "select c.* from lastgood.backup_config as c order by name",
  ]) {
    found.push((await client.query(query)).rows);
  }
  return found;
}

async function roleFinding(client: Client): Promise<unknown> {
  const { rows } = await client.query(
    "select outcome, hint from lastgood.diagnose() where subject = $1",
    [`role ${role.user}`],
  );
  return rows[0];
}

async function functionsOutcome(client: Client): Promise<unknown> {
  const { rows } = await client.query(
    "select outcome from lastgood.diagnose() where subject = 'functions'",
  );
  return rows[0]?.outcome;
}

describe("a dump by the role that backs the database up", () => {
  test("succeeds and says nothing", async (context) => {
    expect(await dumpAs(context, database.urlFor(role))).toEqual(silent);
  });

  test("fails without --dumps, so that it is no empty promise", async (context) => {
    const plain = await createRole();
    try {
      await owner.query("select lastgood.grant_role($1, 'reporter')", [plain.user]);
      const { status, stderr } = await dumpAs(context, database.urlFor(plain));
      expect(status).toBe(1);
      expect(stderr).toContain("permission denied");
    } finally {
      await database.drop();
      await dropRole(plain);
    }
  });

  test("still succeeds after an install that brought a table, and with the queue's schema", async (context) => {
    await owner.query(`
      create table lastgood.later (id bigint generated always as identity);
      create schema lastgood_queue;
      create table lastgood_queue.job (id serial);
      update lastgood.code_layer set version = 'another'`);
    await install(owner);
    expect(await dumpAs(context, database.urlFor(role))).toEqual(silent);
  });

  test("holds a start, and not the success that is reported after it", async (context) => {
    await report(owner, { status: 0, doneAt: "2026-01-10T11:30:00Z" });
    await dumpAs(context, database.urlFor(role));
    await report(owner, { status: 1, doneAt: "2026-01-10T11:45:00Z" });
    await using target = await emptyDatabase();
    await restoreInto(context, target);
    const restored = await target.connect();
    await setClock(restored, time);
    const { rows } = await restored.query(`
      select activity, last_success_at from lastgood.backup_status
      where fqdn = 'engine.test' and scope = 'db'`);
    expect(rows).toEqual([
      { activity: "running", last_success_at: new Date("2026-01-10T11:00:00Z") },
    ]);
  });
});

describe("a restore into an empty database", () => {
  let target: TestDatabase;
  let restored: Client;
  let result: Finished;

  beforeEach(async (context) => {
    await dumpAs(context, database.urlFor(role));
    target = await emptyDatabase();
    context.onTestFinished(() => target.drop());
    result = await restoreInto(context, target);
    restored = await target.connect();
    await setClock(restored, time);
  });

  test("gives the same verdicts, alerts and config", async () => {
    expect(result).toEqual(silent);
    const verdict = await verdictOf(restored);
    expect(verdict).toEqual(await verdictOf(owner));
    expect(verdict.every((rows) => Array.isArray(rows) && rows.length > 0)).toBe(true);
  });

  test("gives the same schema, and leaves install nothing to do", async () => {
    expect(await fingerprint(restored)).toEqual(await fingerprint(owner));
    expect(await install(restored)).toEqual({ migrations: [], isCodeApplied: false });
  });

  test.each(["public", "lastgood, public", "lastgood_report"])(
    "has the functions that were installed, as diagnose sees it with search_path %s",
    async (path) => {
      await restored.query(`set search_path = ${path}`);
      expect(await functionsOutcome(restored)).toBe("ok");
    },
  );

  test("has not the functions that were installed where somebody changed one", async () => {
    await restored.query("alter function lastgood.clock() set search_path = public");
    expect(await functionsOutcome(restored)).toBe("warning");
  });

  test("can be installed over anew", async () => {
    await restored.query("update lastgood.code_layer set version = 'another'");
    expect((await install(restored)).isCodeApplied).toBe(true);
    expect(await verdictOf(restored)).toEqual(await verdictOf(owner));
  });

  test("goes on: reports work, and their numbers follow those that were dumped", async () => {
    const { rows } = await restored.query("select max(audit_log_id) as id from lastgood.audit_log");
    const id = await report(restored, { fqdn: "engine.test", doneAt: "2026-01-10T11:59:00Z" });
    expect(id).toBeGreaterThan(Number(rows[0]?.id));
    await restored.query("select lastgood.add_system('new.test')");
    await restored.query("select lastgood.check_backup_freshness()");
  });

  test("loses the reporter's search_path; doctor says so and lastgood grant mends it", async () => {
    const reporter = await target.connect(role);
    await expect(reporter.query(reportCall, [time])).rejects.toMatchObject({ code: "42883" });
    expect(await roleFinding(restored)).toEqual({
      outcome: "failed",
      hint: expect.stringContaining(`lastgood grant ${role.user} --as reporter`),
    });
    const io = testIo({ env: { DATABASE_URL: target.url } });
    await runLastgood(io, ["doctor"]);
    expect(io.status()).toBe(1);
    expect(io.output()).toContain(role.user);

    const grant = testIo({ env: { DATABASE_URL: target.url } });
    await runLastgood(grant, ["grant", role.user, "--as", "reporter"]);
    expect(grant.status()).toBe(0);
    expect(await roleFinding(restored)).toMatchObject({ outcome: "ok" });
    const again = await target.connect(role);
    await expect(again.query(reportCall, [time])).resolves.toMatchObject({ rowCount: 1 });
  });

  test("keeps what was granted: the role can dump it again", async (context) => {
    expect(await dumpAs(context, target.urlFor(role))).toEqual(silent);
  });
});

describe("a restore by other ways", () => {
  test("pg_dump -C keeps the reporter's search_path", async (context) => {
    const psql = await clientProgram(context, "psql");
    // An older server does not know every option of create database.
    await clientProgram(context, "pg_dump", { isOfServer: true });
    expect(await dumpAs(context, database.url, ["-Fp", "-C"])).toEqual(silent);
    await database.drop();
    const { status, stderr } = await runProgram(psql, [
      "-X",
      "-q",
      "-v",
      "ON_ERROR_STOP=1",
      "-o",
      "/dev/null",
      "-d",
      inject("serverUrl"),
      "-f",
      join(folder, "dump"),
    ]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
    const reporter = await database.connect(role);
    await expect(reporter.query(reportCall, [time])).resolves.toMatchObject({ rowCount: 1 });
  });

  test("without privileges is seen by diagnose, and mended by an install and granting", async (context) => {
    await dumpAs(context, database.urlFor(role));
    await using target = await emptyDatabase();
    expect(await restoreInto(context, target, "--no-privileges")).toEqual(silent);
    const restored = await target.connect();
    expect(await functionsOutcome(restored)).toBe("warning");
    expect(await roleFinding(restored)).toMatchObject({ outcome: "failed" });
    await restored.query("delete from lastgood.code_layer");
    expect(await install(restored)).toMatchObject({ isCodeApplied: true });
    expect(await functionsOutcome(restored)).toBe("ok");
    expect(await roleFinding(restored)).toMatchObject({ outcome: "ok" });
    expect(await fingerprint(restored)).toEqual(await fingerprint(owner));
  });

  test("where the role is gone all but its grants is restored, and granting mends it", async (context) => {
    await dumpAs(context, database.urlFor(role));
    const verdict = await verdictOf(owner);
    await database.drop();
    await dropRole(role);
    await using target = await emptyDatabase();
    const { status, stderr } = await restoreInto(context, target);
    expect(status).toBe(1);
    expect(stderr).toContain(`role "${role.user}" does not exist`);
    const restored = await target.connect();
    await setClock(restored, time);
    expect(await verdictOf(restored)).toEqual(verdict);
    expect(await roleFinding(restored)).toMatchObject({ outcome: "failed" });
    expect(await install(restored)).toEqual({ migrations: [], isCodeApplied: false });
  });
});
