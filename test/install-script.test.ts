import { afterEach, beforeEach, expect, test, type TestContext } from "vitest";
import type { Client } from "pg";
import { installScript } from "../src/install-script.ts";
import { install } from "../src/install.ts";
import type { Finished } from "./support/bin.ts";
import {
  administer,
  copyTemplate,
  createRole,
  dropRole,
  emptyDatabase,
  report,
  type TestDatabase,
} from "./support/database.ts";
import { fingerprint, versions } from "./support/fingerprint.ts";
import { clientProgram, runProgram } from "./support/programs.ts";

let database: TestDatabase;
let client: Client;

beforeEach(async () => {
  database = await emptyDatabase();
  client = await database.connect();
});

afterEach(() => database.drop());

/** What `lastgood sql` prints, run by psql alone. */
async function runScript(context: TestContext, url: string = database.url): Promise<Finished> {
  const psql = await clientProgram(context, "psql");
  return await runProgram(psql, ["-X", "-d", url, "-f", "-"], { input: await installScript() });
}

const silent: Finished = { status: 0, stdout: "", stderr: "" };

test("psql alone makes the same schema as install, and says nothing", async (context) => {
  expect(await runScript(context)).toEqual(silent);
  await using fresh = await copyTemplate();
  expect(await fingerprint(client)).toEqual(await fingerprint(await fresh.connect()));
});

test("install carries on from psql with nothing to do", async (context) => {
  await runScript(context);
  const before = await versions(client);
  expect(await install(client)).toEqual({ migrations: [], isCodeApplied: false });
  expect(await versions(client)).toEqual(before);
});

test("psql carries on from install with nothing to do", async (context) => {
  await install(client);
  await report(client, {});
  const before = await versions(client);
  expect(await runScript(context)).toEqual(silent);
  expect(await versions(client)).toEqual(before);
});

test("psql twice changes nothing the second time", async (context) => {
  await runScript(context);
  const before = await versions(client);
  expect(await runScript(context)).toEqual(silent);
  expect(await versions(client)).toEqual(before);
});

test("psql replaces the code layer of another version", async (context) => {
  await install(client);
  const wanted = await fingerprint(client);
  await client.query(`
    update lastgood.code_layer set version = 'another';
    comment on function lastgood.clock() is 'other'`);
  expect(await runScript(context)).toEqual(silent);
  expect(await fingerprint(client)).toEqual(wanted);
});

test("psql and install at once install once", async (context) => {
  const others = await Promise.all([database.connect(), database.connect()]);
  const [script, ...installs] = await Promise.all([
    runScript(context),
    ...others.map((other) => install(other)),
  ]);
  expect(script).toEqual(silent);
  expect(installs.filter(({ isCodeApplied }) => isCodeApplied).length).toBeLessThanOrEqual(1);
  await using fresh = await copyTemplate();
  expect(await fingerprint(client)).toEqual(await fingerprint(await fresh.connect()));
});

test("psql as a role that may do nothing but create schemas here", async (context) => {
  const role = await createRole();
  try {
    await administer(`grant create on database ${database.name} to ${role.user}`);
    expect(await runScript(context, database.urlFor(role))).toEqual(silent);
    expect(await install(await database.connect(role))).toMatchObject({ isCodeApplied: false });
  } finally {
    await database.drop();
    await dropRole(role);
  }
});

test("psql beside another tool's table called migrations", async (context) => {
  await client.query("create table public.migrations (version text); set search_path = public");
  expect(await runScript(context)).toEqual(silent);
  const { rows } = await client.query("select version from public.migrations");
  expect(rows).toEqual([]);
});

test("psql refuses a newer schema, ends with an error and changes nothing", async (context) => {
  await install(client);
  await client.query("insert into lastgood.migrations (id, name, hash) values (99, 'later', 'x')");
  await client.query("update lastgood.code_layer set version = 'another'");
  const before = await versions(client);
  const { status, stderr } = await runScript(context);
  expect(status).toBe(3);
  expect(stderr).toContain("newer");
  expect(await versions(client)).toEqual(before);
});

test("psql refuses a migration that was changed since it was applied", async (context) => {
  await install(client);
  await client.query("update lastgood.migrations set hash = 'x' where id = 1");
  const { status, stderr } = await runScript(context);
  expect(status).toBe(3);
  expect(stderr).toContain("migration 1 was changed");
});

test("psql leaves nothing behind where the role may not create schemas", async (context) => {
  const role = await createRole();
  try {
    const { status, stderr } = await runScript(context, database.urlFor(role));
    expect(status).toBe(3);
    expect(stderr).toContain("permission denied");
    const { rows } = await client.query("select from pg_namespace where nspname ~ '^lastgood'");
    expect(rows).toEqual([]);
  } finally {
    await database.drop();
    await dropRole(role);
  }
});

test("in one transaction of psql's own, too: psql -1", async (context) => {
  const psql = await clientProgram(context, "psql");
  const { status } = await runProgram(psql, ["-X", "-1", "-d", database.url, "-f", "-"], {
    input: await installScript(),
  });
  expect(status).toBe(0);
  expect(await install(client)).toEqual({ migrations: [], isCodeApplied: false });
});
