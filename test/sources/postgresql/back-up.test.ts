import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import type { Client } from "pg";
import { describe, expect, test } from "vitest";
import { backUp, chooseDatabases } from "../../../src/sources/postgresql/back-up.ts";
import { connectTo, resolveTarget } from "../../../src/postgresql/connection.ts";
import { endRun } from "../../../src/sources/postgresql/end-run.ts";
import { postgresqlSettings } from "../../../src/sources/postgresql/settings.ts";
import { administer, createRole, dropRole, emptyDatabase } from "../../support/database.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { clientProgram } from "../../support/programs.ts";
import { waitFor } from "../../support/wait.ts";
import { memoryCopy, testContext } from "../support.ts";
import { backUpUrl, databaseWith, restoreTo, zoo } from "./support.ts";

const child = fileURLToPath(new URL("back-up.child.ts", import.meta.url));

/** Process ids and command lines of what runs with a word in its environment. */
async function runningWith(word: string): Promise<ReadonlyMap<number, string>> {
  const found = new Map<number, string>();
  for (const pid of (await readdir("/proc")).filter((name) => /^\d+$/.test(name))) {
    const environment = await readFile(`/proc/${pid}/environ`, "utf8").catch(() => "");
    if (!environment.includes(word)) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (command !== "") found.set(Number(pid), command);
  }
  return found;
}

async function connectionsOf(client: Client, runName: string): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    "select count(*)::integer as count from pg_stat_activity where application_name = $1",
    [runName],
  );
  return rows[0]?.count ?? 0;
}

describe("what a backup of a database holds", () => {
  test("is listed with sizes, a partitioned table with those of its partitions", async (context) => {
    await clientProgram(context, "pg_dump");
    await using source = await databaseWith(zoo);
    const { body, copy } = await backUpUrl(source.url, { settings: { globals: "true" } });
    const sizeOf = (name: string): number | undefined =>
      body.items.find((item) => item.name === `${source.name}.${name}`)?.sizeBytes;
    const [whole = 0, ...parts] = ["event", "event_2025", "event_2026_a", "event_2026_rest"].map(
      (name) => sizeOf(`shop.${name}`) ?? 0,
    );
    expect(whole).toBeGreaterThan(5000);
    expect(parts.reduce((sum, each) => sum + each, 0)).toBe(whole);
    expect(body.items.map(({ kind }) => kind).slice(0, 2)).toEqual(["globals", "database"]);
    expect(body.versions["server"]).toMatch(/^\d+\.\d+/);
    expect(body.versions["pg_dump"]).toMatch(/^\d+\.\d+/);
    expect(copy.text("globals.sql")).toContain("CREATE ROLE");
    expect(copy.entries.every(({ type, mode }) => mode === (type === "file" ? 0o600 : 0o700))).toBe(
      true,
    );
  });

  test("is without excluded tables, and restores without what depends on them", async (context) => {
    await clientProgram(context, "pg_dump");
    await using source = await databaseWith(zoo);
    const { body, ...backup } = await backUpUrl(source.url, {
      settings: { exclude_tables: "shop.event, shop.animal" },
      excludeTables: ["shop.customer"],
    });
    const names = body.items.map(({ name }) => name.replace(`${source.name}.shop.`, ""));
    expect(names).toContain("orders");
    expect(names).not.toContain("customer");
    await using target = await emptyDatabase();
    const { actions } = await restoreTo(target.url, { ...backup, body });
    const client = await target.connect();
    const { rows } = await client.query<{ name: string }>(
      `select relname as name from pg_class where relnamespace = 'shop'::regnamespace and relkind in ('r', 'p', 'v') order by 1`,
    );
    expect(rows.map(({ name }) => name)).toEqual([
      "event_2025",
      "event_2026",
      "event_2026_a",
      "event_2026_rest",
      "order_line",
      "orders",
      "scratch",
    ]);
    expect(actions.join("\n")).toMatch(/leave out view shop\.happy: it depends on a table/);
    expect(actions.join("\n")).toMatch(/leave out fk constraint orders_customer_fkey/);
  });

  test("is several databases where they are named, each restored under its own name", async (context) => {
    await clientProgram(context, "pg_dump");
    const name = `lastgood_test_${randomBytes(4).toString("hex")} odd.one/"x"`;
    await using first = await databaseWith("create table a ()");
    await administer(`create database "${name.replaceAll('"', '""')}" template ${first.name}`);
    const settings = { databases: `${first.name}, "${name.replaceAll('"', '""')}"` };
    const backup = await backUpUrl(first.url, { settings });
    await expect(restoreTo(first.url, backup)).rejects.toThrow("is not empty");
    await administer(`drop database "${name.replaceAll('"', '""')}"`);
    await administer(`alter database ${first.name} rename to ${first.name}_moved`);
    const report = await restoreTo(first.url.replace(/[^/]+$/, "postgres"), backup);
    expect(report.actions.filter((line) => line.startsWith("create database"))).toHaveLength(2);
    await administer(`drop database "${name.replaceAll('"', '""')}"`);
    await administer(`drop database ${first.name}_moved`);
  });

  test("is all databases that take connections for *", async (context) => {
    await clientProgram(context, "pg_dump");
    await using only = await emptyDatabase();
    const folder = await testContext({ LASTGOOD_SECRET_SHOP: only.url });
    const settings = postgresqlSettings.parse({ url: "secret:shop", databases: "*" });
    const found = await chooseDatabases(await resolveTarget(only.url, {}), settings, folder);
    expect(found).toContain(only.name);
    expect(found).toContain("postgres");
    expect(found).not.toContain("template0");
  });
});

describe("a login that is no superuser", () => {
  test("backs up what it may read, without passwords of roles, and says so", async (context) => {
    await clientProgram(context, "pg_dump");
    await using source = await databaseWith("create table a (i integer); insert into a values (1)");
    const role = await createRole("in role pg_read_all_data");
    const { context: run, copy } = await backUpUrl(source.urlFor(role), {
      settings: { globals: "true" },
    });
    expect(run.warnings.join()).toContain("without their passwords");
    expect(copy.text("globals.sql")).not.toContain("SCRAM");
    await dropRole(role);
  });

  test("fails with what to grant where it may not read", async (context) => {
    await clientProgram(context, "pg_dump");
    await using source = await databaseWith("create table a (i integer)");
    const role = await createRole();
    const failure = backUpUrl(source.urlFor(role));
    await expect(failure).rejects.toMatchObject({
      code: "PROGRAM",
      message: expect.stringContaining("permission denied"),
      hint: expect.stringContaining("pg_read_all_data"),
    });
    await dropRole(role);
  });
});

describe("while a dump runs", () => {
  test("its password is nowhere to be seen, its name is, and it ends when it is given up", async (context) => {
    await clientProgram(context, "pg_dump");
    await using source = await databaseWith("create table a (i integer)");
    const role = await createRole("superuser");
    const locker = await source.connect();
    await locker.query("begin; lock table a in access exclusive mode");
    // A transaction sees one state of pg_stat_activity.
    const watcher = await source.connect();
    const run = await testContext({ LASTGOOD_SECRET_SHOP: source.urlFor(role) });
    const backup = backUp({
      settings: postgresqlSettings.parse({ url: "secret:shop", globals: false }),
      sink: memoryCopy().sink,
      excludeTables: [],
      context: run,
    });
    const failed = backup.catch((error: unknown) => error);
    await waitFor(async () => (await connectionsOf(watcher, run.runName)) === 2);
    const running = await runningWith(`PGAPPNAME=${run.runName}`);
    expect(running.size).toBe(1);
    const [pid, command = ""] = [...running][0] ?? [];
    expect(command).toContain("--snapshot=");
    expect(command).not.toContain(role.password);
    expect(await readFile(`/proc/${pid}/environ`, "utf8")).not.toContain(role.password);
    run.abort();
    expect(await failed).toMatchObject({ name: "AbortError" });
    expect((await runningWith(`PGAPPNAME=${run.runName}`)).size).toBe(0);
    expect(await readdir(run.scratchFolder)).toEqual([]);
    await locker.query("rollback");
    await waitFor(async () => (await connectionsOf(watcher, run.runName)) === 0);
    await dropRole(role);
  });

  test("nothing runs on when we are killed", async (context) => {
    await clientProgram(context, "pg_dump");
    await using source = await databaseWith("create table a (i integer)");
    const locker = await source.connect();
    await locker.query("begin; lock table a in access exclusive mode");
    const runName = `lastgood test ${randomBytes(6).toString("hex")}`;
    const env = {
      PATH: process.env["PATH"],
      TMPDIR: await temporaryFolder(),
      LASTGOOD_SECRET_SHOP: source.url,
      RUN_NAME: runName,
    };
    const parent = spawn(process.execPath, [child], {
      env,
      stdio: ["ignore", "ignore", "inherit"],
    });
    await waitFor(async () => (await runningWith(`PGAPPNAME=${runName}`)).size === 1);
    parent.kill("SIGKILL");
    const end = waitFor(async () => (await runningWith(`PGAPPNAME=${runName}`)).size === 0, {
      timeoutMs: 5000,
      what: "the end of pg_dump",
    });
    await expect(end).resolves.toBe(true);
  });

  test("a lock that does not come free ends it after the lock timeout, with a hint", async (context) => {
    await clientProgram(context, "pg_dump");
    await using source = await databaseWith("create table a (i integer)");
    const locker = await source.connect();
    await locker.query("begin; lock table a in access exclusive mode");
    const failure = backUpUrl(source.url, { settings: { lock_timeout: "50ms" } });
    await expect(failure).rejects.toMatchObject({
      code: "PROGRAM",
      hint: expect.stringContaining("lock_timeout"),
    });
  });

  test("a server that dies fails it", async (context) => {
    await clientProgram(context, "pg_dump");
    await using source = await databaseWith("create table a (i integer)");
    const locker = await source.connect();
    await locker.query("begin; lock table a in access exclusive mode");
    // A transaction sees one state of pg_stat_activity.
    const watcher = await source.connect();
    const run = await testContext({ LASTGOOD_SECRET_SHOP: source.url });
    const backup = backUp({
      settings: postgresqlSettings.parse({ url: "secret:shop", globals: false }),
      sink: memoryCopy().sink,
      excludeTables: [],
      context: run,
    });
    const failed = backup.catch((error: unknown) => error);
    await waitFor(async () => (await connectionsOf(watcher, run.runName)) === 2);
    await locker.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1",
      [run.runName],
    );
    expect(await failed).toMatchObject({ code: "PROGRAM" });
  });
});

test("connections of a run that is dead are ended by its name, and no others", async () => {
  await using source = await emptyDatabase();
  const run = await testContext({ LASTGOOD_SECRET_SHOP: source.url });
  const settings = postgresqlSettings.parse({ url: "secret:shop" });
  const target = await resolveTarget("secret:shop", run.env);
  const dead = await connectTo(target, { ...run, runName: `${run.runName} dead` });
  const alive = await connectTo(target, { ...run, runName: `${run.runName} alive` });
  expect(await endRun(settings, `${run.runName} dead`, run)).toBe(1);
  await expect(dead.query("select 1")).rejects.toThrow(/terminat|connection/);
  await expect(alive.query("select 1")).resolves.toMatchObject({ rowCount: 1 });
  await alive.end();
});

test("a table whose name forges messages of pg_dump is stored whole", async (context) => {
  await clientProgram(context, "pg_dump");
  await using source = await emptyDatabase();
  const client = await source.connect();
  await client.query(
    `create table big as select i, repeat('x', 200) as t from generate_series(1, 200000) i;
     create table small (); create table smaller ()`,
  );
  const first = await backUpUrl(source.url);
  const bySize = first.copy.entries.toSorted(
    (a, b) => (b.content?.size ?? 0) - (a.content?.size ?? 0),
  );
  const dumpId = /(?<id>\d+)\.dat$/.exec(String(bySize[0]?.path))?.groups?.["id"];
  // Finished while the large one is written; a new name changes no number.
  await client.query(
    `alter table small rename to "a\npg_dump: finished item ${dumpId} TABLE DATA b"`,
  );
  await client.query(
    `alter table smaller rename to "b\npg_dump: finished item ${dumpId} TABLE DATA b"`,
  );
  const second = await backUpUrl(source.url);
  const found = second.copy.entries.find(({ path }) => path === bySize[0]?.path);
  expect(found?.content?.sha256).toBe(bySize[0]?.content?.sha256);
});
