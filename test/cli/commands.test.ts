import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { lastgood, type Outcome } from "../support/cli.ts";
import { temporaryFolder } from "../support/folder.ts";
import {
  copyTemplate,
  createRole,
  dropRole,
  emptyDatabase,
  report,
  type TestDatabase,
} from "../support/database.ts";

let database: TestDatabase;

beforeAll(async () => {
  database = await copyTemplate();
});
afterAll(() => database.drop());

async function run(...args: string[]): Promise<Outcome> {
  return await lastgood({ DATABASE_URL: database.url }, ...args);
}

const commands = [
  "up",
  "install",
  "work",
  "status",
  "exec",
  "log-event",
  "events",
  "alerts",
  "system list",
  "system add x",
  "config list",
  "doctor",
  "sql",
  "grant x --as reader",
];

describe("every command", () => {
  test.each([...commands.map((each) => each.split(" ")[0] ?? ""), "check"])(
    "%s --help states its exit statuses",
    async (name) => {
      const isGroup = name === "system" || name === "config";
      const { output, errors } = await run(name, ...(isGroup ? ["list"] : []), "--help");
      expect(output).toMatch(/^Usage: lastgood /);
      expect(output).toMatch(/Exit status/);
      expect(errors).toBe("");
    },
  );

  test.each(["status", "events", "alerts", "system list", "config list", "doctor", "install"])(
    "%s without a database that answers ends with 3, and says so in JSON where asked",
    async (command) => {
      const env = { DATABASE_URL: "postgresql://127.0.0.1:1/none" };
      const text = await lastgood(env, ...command.split(" "));
      expect(text).toMatchObject({ status: 3, output: "" });
      expect(text.errors).toMatch(/does not answer/);
      const json = await lastgood(env, ...command.split(" "), "--json");
      expect(json.status).toBe(3);
      expect(JSON.parse(json.output)).toMatchObject({ error: { code: "UNREACHABLE" } });
    },
  );

  test.each(["status", "events", "alerts", "system list", "config list"])(
    "%s without the schema ends with 1 and names the remedy",
    async (command) => {
      await using empty = await emptyDatabase();
      const { status, errors } = await lastgood({ DATABASE_URL: empty.url }, ...command.split(" "));
      expect(status).toBe(1);
      expect(errors).toMatch(/hint: .*lastgood install/);
    },
  );
});

describe("lastgood", () => {
  test("alone shows its commands and ends with 2; --help and --version with 0", async () => {
    expect((await run()).status).toBe(2);
    const help = await run("--help");
    expect(help.status).toBe(0);
    for (const name of [
      "up",
      "status",
      "check",
      "exec",
      "log-event",
      "install",
      "work",
      "doctor",
    ]) {
      expect(help.output).toMatch(new RegExp(`^  ${name}\\b`, "m"));
    }
    expect(await run("--version")).toMatchObject({
      status: 0,
      output: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) as string,
    });
  });

  test("an unknown command ends with 2", async () => {
    expect((await run("backupp")).status).toBe(2);
  });
});

test("status: one line before any report, a table after", async () => {
  await using fresh = await copyTemplate();
  const env = { DATABASE_URL: fresh.url };
  expect(await lastgood(env, "status")).toEqual({
    status: 0,
    output: "No system has ever reported a backup.\n",
    errors: "",
  });
  const session = await fresh.connect();
  await report(session, { fqdn: null, doneAt: new Date(Date.now() - 3_600_000) });
  await report(session, { scope: "dwhdb", doneAt: new Date() });
  const { output } = await lastgood(env, "status");
  const rows = output
    .split("\n")
    .map((line) => line.split(/ {2,}/).filter(Boolean).slice(0, 3).join("|"));
  expect(rows).toEqual([
    "SYSTEM|STATE|ACTIVITY",
    "(unnamed)|missing|idle",
    "db|ok|idle",
    "files|missing|idle",
    "engine.test|missing|idle",
    "db|missing|idle",
    "files|missing|idle",
    "dwhdb (optional)|ok|idle",
    "No freshness check has run yet.",
    "",
  ]);
  expect(JSON.parse((await lastgood(env, "status", "engine.test", "--json")).output)).toMatchObject(
    [
      {
        fqdn: "engine.test",
        state: "missing",
        scopes: [{ scope: "db" }, { scope: "dwhdb" }, { scope: "files" }],
      },
    ],
  );
});

test("events and alerts, dismissing among them", async () => {
  await using mine = await copyTemplate();
  const runMine = (...args: string[]): Promise<Outcome> =>
    lastgood({ DATABASE_URL: mine.url }, ...args);
  const session = await mine.connect();
  await session.query("select lastgood.add_system('e.test', array['db'])");
  const alerts = JSON.parse((await runMine("alerts", "--json")).output);
  expect(alerts).toMatchObject([{ fqdn: "e.test", log_type_name: "ENGINE_NO_FULL_BACKUP" }]);
  const id = String(alerts[0].audit_log_id);
  expect(await runMine("alerts", "dismiss", id, "--until", "2099-01-01T00:00:00Z")).toEqual({
    status: 0,
    output: "",
    errors: "",
  });
  expect((await runMine("alerts")).output).toBe("No live alerts.\n1 dismissed; show with --all.\n");
  expect((await runMine("alerts", "--all")).output).toMatch(
    /dismissed by \S+ until 2099-01-01 00:00:00 UTC/,
  );
  expect(JSON.parse((await runMine("alerts", "--json")).output)).toEqual([]);
  expect((await runMine("alerts", "dismiss", id, "--until", "2001-01-01")).status).toBe(1);
  expect((await runMine("alerts", "dismiss", "999999", "--until", "2099-01-01")).status).toBe(1);
  expect((await runMine("alerts", "dismiss", "x", "--until", "2099-01-01")).status).toBe(2);
  expect((await runMine("alerts", "dismiss", id, "--until", "no time")).status).toBe(2);

  const events = JSON.parse((await runMine("events", "--fqdn", "e.test", "--json")).output);
  expect(events.map((each: { log_type_name: string }) => each.log_type_name)).toContain(
    "LASTGOOD_SYSTEM_ADDED",
  );
  const page = JSON.parse(
    (await runMine("events", "--fqdn", "e.test", "--json", "--limit", "1")).output,
  );
  expect(page).toHaveLength(1);
  const next = JSON.parse(
    (
      await runMine(
        "events",
        "--json",
        "--fqdn",
        "e.test",
        "--before",
        String(page[0].audit_log_id),
      )
    ).output,
  );
  expect([...page, ...next]).toEqual(events);
  expect((await runMine("events", "--limit", "0")).status).toBe(2);
  expect((await runMine("events", "--limit", "-1")).status).toBe(2);
  expect((await runMine("events", "--fqdn", "nope")).output).toBe("No events.\n");
});

test("system: add, set, list, retire and reinstate; what is refused leaves nothing", async () => {
  expect(
    (
      await run(
        "system",
        "add",
        "s.test",
        "--scope",
        "db",
        "--scope",
        "files",
        "--alert-after",
        "36 hours",
      )
    ).status,
  ).toBe(0);
  expect((await run("system", "list")).output).toMatch(
    /^s\.test +watched +db, files +1d 12h +\(any\) +hand$/m,
  );
  expect(
    (await run("system", "set", "s.test", "--default-scopes", "--default-alert-after")).status,
  ).toBe(0);
  expect((await run("system", "list")).output).toMatch(
    /^s\.test +watched +\(default\) +\(default\)/m,
  );
  expect((await run("system", "set", "s.test")).status).toBe(2);
  expect((await run("system", "add", "bad.test", "--alert-after", "-1 day")).status).toBe(1);
  expect((await run("system", "list")).output).not.toContain("bad.test");
  expect((await run("system", "retire", "s.test")).status).toBe(0);
  expect((await run("system", "list")).output).toMatch(/^s\.test +retired/m);
  expect((await run("system", "reinstate", "s.test")).status).toBe(0);
  expect((await run("system", "retire", "nope.test")).status).toBe(1);
  expect((await run("system")).status).toBe(2);
});

test("grant: does what it may, and prints for a DBA what it may not", async () => {
  const role = await createRole();
  const owner = await createRole();
  await using mine = await emptyDatabase();
  const admin = await mine.connect();
  await admin.query(`grant create on database ${mine.name} to ${owner.user}`);
  const env = { DATABASE_URL: mine.urlFor(owner) };
  expect((await lastgood(env, "install")).status).toBe(0);
  const { status, output, errors } = await lastgood(env, "grant", role.user, "--as", "reporter");
  expect(status).toBe(1);
  expect(errors).toMatch(/DBA/);
  expect(output).toBe(
    `alter role ${role.user} in database ${mine.name} set search_path = lastgood_report, "$user", public;\n`,
  );
  await admin.query(output);
  const theirs = await mine.connect(role);
  await theirs.query("select LogEngineBackupEvent('db', now(), 1, '', 'e', '')");
  expect(await lastgood(env, "grant", role.user, "--as", "reporter")).toMatchObject({
    status: 0,
    output: "",
  });
  expect((await run("grant", "no_such_role", "--as", "reader")).status).toBe(1);
  expect((await run("grant", role.user)).status).toBe(2);
  await mine.drop();
  await dropRole(role);
  await dropRole(owner);
});

test("doctor: 1 and a hint while something is wrong, 0 when nothing is", async () => {
  await using mine = await copyTemplate();
  const env = { DATABASE_URL: mine.url, PATH: process.env["PATH"] };
  const before = await lastgood(env, "doctor");
  expect(before.status).toBe(1);
  expect(before.output).toMatch(/^warning +freshness check +last run: never$/m);
  const session = await mine.connect();
  await session.query("select lastgood.check_backup_freshness()");
  const findings = JSON.parse((await lastgood(env, "doctor", "--json")).output) as {
    subject: string;
    outcome: string;
  }[];
  expect(findings.filter(({ outcome, subject }) => outcome !== "ok" && subject !== "psql")).toEqual(
    [],
  );
  await session.query(
    "create or replace function lastgood.find_system(p_fqdn text) returns bigint language sql as 'select 1::bigint'",
  );
  await report(session, { status: 7 });
  await session.query("select lastgood.add_system('gone'), lastgood.retire_system('gone')");
  await report(session, { fqdn: "gone", doneAt: new Date() });
  await session.query(
    "create function public.log_engine_backup_event(text) returns void language sql as ''",
  );
  const { output, status } = await lastgood(env, "doctor");
  expect(status).toBe(1);
  for (const subject of [
    "functions",
    "reports",
    "system gone",
    "function public.log_engine_backup_event\\(text\\)",
  ]) {
    expect(output).toMatch(new RegExp(`^warning +${subject} `, "m"));
  }
});

test("what a reporter sends can neither forge a line of a table nor steer the terminal", async () => {
  await using mine = await copyTemplate();
  const env = { DATABASE_URL: mine.url };
  const hostile = "a.test\nb.test  ok\u001b[2J";
  await lastgood(env, "system", "add", hostile, "--scope", hostile);
  for (const args of [["status"], ["alerts"], ["events"], ["system", "list"]]) {
    const { output } = await lastgood(env, ...args);
    expect(output).toContain("a.test?b.test  ok?[2J");
    expect(output).not.toMatch(/^b\.test/m);
    expect(output).not.toContain("\u001b");
  }
});

test("the value of an option is never taken for --version", async () => {
  const state = await temporaryFolder();
  const env = { DATABASE_URL: database.url, LASTGOOD_STATE_DIR: state, PATH: process.env["PATH"] };
  const given = ["--scope", "db", "--status", "completed", "--fqdn", "v.test", "--message", "-V"];
  expect((await lastgood(env, "log-event", ...given)).status).toBe(0);
  expect((await run("events", "--fqdn", "v.test")).output).toMatch(
    /ENGINE_BACKUP_COMPLETED .* -V$/m,
  );
});

test("doctor: a role that dumps this database and cannot read all of it", async () => {
  const role = await createRole();
  await using mine = await copyTemplate();
  const session = await mine.connect();
  const env = { DATABASE_URL: mine.url, PATH: process.env["PATH"] };
  await lastgood(env, "grant", role.user, "--as", "reporter", "--dumps");
  const line = (outcome: string): RegExp =>
    new RegExp(`^${outcome} +role ${role.user} +is a reporter that may dump$`, "m");
  expect((await lastgood(env, "doctor")).output).toMatch(line("ok"));
  await session.query("create table lastgood.later ()");
  expect((await lastgood(env, "doctor")).output).toMatch(line("failed"));
  await session.query("drop table lastgood.later");
  await session.query(`drop owned by ${role.user}`);
  await mine.drop();
  await dropRole(role);
});

test("sql prints scripts, and refuses others", async () => {
  expect((await run("sql")).output).toMatch(/^-- Installs or upgrades lastgood/);
  expect((await run("sql", "roles")).output).toMatch(/create role/);
  expect((await run("sql", "uninstall")).output).toMatch(/drop schema if exists lastgood cascade/);
  expect(await run("sql", "nope")).toMatchObject({ status: 2, output: "" });
});
