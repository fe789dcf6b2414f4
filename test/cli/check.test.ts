import { spawn } from "node:child_process";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Client } from "pg";
import { emptyDatabase, report } from "../support/database.ts";
import { lastgood, type Outcome } from "../support/cli.ts";
import { copyTemplate, createRole, dropRole, type TestDatabase } from "../support/database.ts";

const program = fileURLToPath(new URL("../../bin/lastgood.js", import.meta.url));
let database: TestDatabase;
let shared: Client;

beforeAll(async () => {
  database = await copyTemplate();
  shared = await database.connect();
});
afterAll(() => database.drop());

function checkAll(...args: string[]): Promise<Outcome> {
  return lastgood({ DATABASE_URL: database.url }, "check", ...args);
}

function hoursAgo(hours: number): Date {
  return new Date(Date.now() - hours * 3_600_000);
}

test("the statuses and lines of a monitoring plugin, from no system to trouble and back", async () => {
  await using mine = await copyTemplate();
  const client = await mine.connect();
  const check = (...args: string[]): Promise<Outcome> =>
    lastgood({ DATABASE_URL: mine.url }, "check", ...args);
  expect(await check()).toEqual({
    status: 2,
    output: "LASTGOOD CRITICAL - no system has ever reported a backup\n",
    errors: "",
  });

  await report(client, { fqdn: "a.test", requiredScopes: ["db"], doneAt: hoursAgo(51.1) });
  const outdated = await check();
  expect(outdated.status).toBe(2);
  expect(outdated.output).toMatch(
    /^LASTGOOD CRITICAL - a\.test\/db last good 2d 3h ago \(limit 1d\) \| 'a\.test\/db age'=18396\ds;;86400;0\n$/,
  );

  await report(client, { fqdn: "b.test", requiredScopes: ["db", "files"], doneAt: hoursAgo(1) });
  const missing = await check("--fqdn", "b.test");
  expect(missing.status).toBe(2);
  expect(missing.output).toMatch(
    /^LASTGOOD CRITICAL - b\.test\/files has no good backup \(limit 1d\) \| 'b\.test\/db age'=\d+s;;86400;0 'b\.test\/files age'=U;;86400;0\n$/,
  );

  await report(client, { fqdn: "b.test", scope: "files", doneAt: hoursAgo(2) });
  await report(client, { fqdn: "a.test", doneAt: hoursAgo(1) });
  const fine = await check();
  expect(fine.status).toBe(0);
  expect(fine.output).toMatch(/^LASTGOOD OK - 2 systems fresh, oldest full backup 2h ago \| /);

  await report(client, { fqdn: "a.test", status: -1, doneAt: hoursAgo(0.5) });
  const warning = await check();
  expect(warning.status).toBe(1);
  expect(warning.output).toMatch(
    /^LASTGOOD WARNING - a\.test\/db last good 1h ago, last attempt failed \(limit 1d\) \|/,
  );

  await client.query("select lastgood.set_config_value('BackupCheckPeriodInHours', '-1')");
  const off = await check();
  expect(off.status).toBe(0);
  expect(off.output).toMatch(/^LASTGOOD OK - checking is off \(BackupCheckPeriodInHours is -1\)/);
  await client.query("select lastgood.reset_config_value('BackupCheckPeriodInHours')");
});

test("a backup from the future, after the clock was set back, is a warning that says so", async () => {
  await using mine = await copyTemplate();
  const client = await mine.connect();
  await report(client, { fqdn: "a.test", requiredScopes: ["db"], doneAt: new Date() });
  await client.query(
    `alter database ${mine.name} set lastgood.fake_now = '${new Date(Date.now() - 7_500_000).toISOString()}'`,
  );
  const { status, output } = await lastgood({ DATABASE_URL: mine.url }, "check");
  expect(status).toBe(1);
  expect(output).toMatch(
    /^LASTGOOD WARNING - a\.test\/db last good lies 2h \d+min ahead of the clock \(limit 1d\) \|/,
  );
});

test("one line, whatever reporters put into names", async () => {
  await report(shared, { fqdn: "evil\n'|=x", requiredScopes: ["d'b\n"], doneAt: hoursAgo(50) });
  const { output } = await checkAll("--fqdn", "evil\n'|=x");
  expect(output.split("\n")).toHaveLength(2);
  expect(output.split("|")).toHaveLength(2);
  expect(output).toMatch(/'evil\?_\?_x\/d_b\? age'=/);
});

test("json, human and prometheus say the same", async () => {
  const json = JSON.parse((await checkAll("--json")).output);
  expect(json.summary.systems).toBe(json.systems.length);
  const human = (await checkAll("--output", "human")).output;
  const prometheus = (await checkAll("--output", "prometheus")).output;
  const scopes = json.systems.flatMap((each: { scopes: object[] }) => each.scopes);
  for (const scope of scopes.filter((each: { fqdn: string }) => each.fqdn.endsWith(".test"))) {
    expect(human).toContain(scope.fqdn);
    const seconds = new Date(scope.last_success_at).getTime() / 1000;
    expect(prometheus).toContain(
      `lastgood_backup_last_success_timestamp_seconds{system="${scope.fqdn}",scope="${scope.scope}"} ${seconds}\n`,
    );
  }
});

test("prometheus: what never happened is 0, and the alert is active without any worker", async () => {
  await shared.query("select lastgood.add_system('new.test', array['db'])");
  const { output } = await checkAll("--output", "prometheus");
  expect(output).toContain(
    `lastgood_backup_last_success_timestamp_seconds{system="new.test",scope="db"} 0\n`,
  );
  expect(output).toContain(
    `lastgood_alert_active{system="new.test",event="ENGINE_NO_FULL_BACKUP"} 1\n`,
  );
  expect(output).toContain(
    `lastgood_alert_active{system="new.test",event="ENGINE_NO_WARM_BACKUP"} 0\n`,
  );
  expect(output).toMatch(/^lastgood_check_last_run_timestamp_seconds \d/m);
});

describe("what could not be determined is 3, never ok and never critical", () => {
  test.each([
    ["--help", ["--help"]],
    ["a mistyped option", ["--nope"]],
    ["a bad timeout", ["--timeout", "0"]],
    ["a bad format", ["--output", "xml"]],
    ["a system that is not watched", ["--fqdn", "nope"]],
    ["an argument too many", ["nope"]],
  ])("%s", async (name, args) => {
    const { status, output } = await checkAll(...args);
    expect(status).toBe(3);
    expect(output).toMatch(name === "--help" ? /^Usage: / : /^LASTGOOD UNKNOWN - .+\n$/);
  });

  test.each([
    ["no database that answers", { DATABASE_URL: "postgresql://127.0.0.1:1/none" }],
    ["no database named", { LASTGOOD_HOME: "/nonexistent" }],
    ["a URL that is none", { DATABASE_URL: "not a url" }],
  ])("%s", async (_name, env) => {
    const { status, output, errors } = await lastgood(env, "check");
    expect(status).toBe(3);
    expect(output).toMatch(/^LASTGOOD UNKNOWN - .+\n$/);
    expect(errors).toMatch(/hint: /);
  });

  test("a database without the schema", async () => {
    await using empty = await emptyDatabase();
    const { status, output, errors } = await lastgood({ DATABASE_URL: empty.url }, "check");
    expect(status).toBe(3);
    expect(output).toMatch(/^LASTGOOD UNKNOWN/);
    expect(errors).toMatch(/lastgood install/);
  });

  test("a role that may not read", async () => {
    const role = await createRole();
    const { status, errors } = await lastgood({ DATABASE_URL: database.urlFor(role) }, "check");
    await dropRole(role);
    expect(status).toBe(3);
    expect(errors).toMatch(/^hint: .*lastgood grant/m);
  });

  test("a lock that is held longer than the timeout", async () => {
    const holder = await database.connect();
    await holder.query("begin; lock table lastgood.last_check in access exclusive mode");
    const { status, output } = await checkAll("--timeout", "0.3");
    await holder.query("rollback");
    expect(status).toBe(3);
    expect(output).toBe("LASTGOOD UNKNOWN - no verdict within 0.3 s\n");
  });

  test("a server that takes connections and never answers", async () => {
    await using silent = createServer((peer) => peer.resume()).listen(0, "127.0.0.1");
    await once(silent, "listening");
    const { port } = silent.address() as AddressInfo;
    const env = { DATABASE_URL: `postgresql://127.0.0.1:${port}/none` };
    const start = performance.now();
    const { status, output } = await lastgood(env, "check", "--timeout", "0.3");
    expect(status).toBe(3);
    expect(output).toBe("LASTGOOD UNKNOWN - no verdict within 0.3 s\n");
    expect(performance.now() - start).toBeLessThan(5_000);
  });

  test("in prometheus format nothing but metrics is ever printed", async () => {
    const env = { DATABASE_URL: "postgresql://127.0.0.1:1/none" };
    expect(await lastgood(env, "check", "--output", "prometheus")).toMatchObject({
      status: 3,
      output: "",
    });
  });
});

test("a reader that goes away early changes no verdict", async () => {
  await using mine = await copyTemplate();
  const child = spawn(process.execPath, [program, "check"], {
    env: { DATABASE_URL: mine.url },
    stdio: ["ignore", "pipe", "ignore"],
  });
  child.stdout.destroy();
  expect(await once(child, "exit")).toEqual([2, null]);
});
