import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Client } from "pg";
import { afterAll, describe, expect, test, type TestContext } from "vitest";
import { restore } from "../../../src/sources/postgresql/restore.ts";
import {
  administer,
  createRole,
  dropRole,
  emptyDatabase,
  type TestDatabase,
} from "../../support/database.ts";
import { temporaryFolder } from "../../support/folder.ts";
import { clientProgram } from "../../support/programs.ts";
import { testContext } from "../support.ts";
import { backUpUrl, databaseWith, restoreTo, type Backup } from "./support.ts";

const small = `
  create table a (id integer primary key);
  insert into a select generate_series(1, 10);
  create table b (a integer references a)`;

let source: TestDatabase | undefined;
afterAll(async () => source?.drop());

/** A small database, backed up. */
async function smallBackup(context: TestContext): Promise<Backup> {
  await clientProgram(context, "pg_dump");
  source ??= await databaseWith(small);
  return await backUpUrl(source.url);
}

async function tablesIn(client: Client): Promise<readonly string[]> {
  const { rows } = await client.query<{ name: string }>(
    `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1`,
  );
  return rows.map(({ name }) => name);
}

function renamed(url: string, database: string): string {
  const copy = new URL(url);
  copy.pathname = `/${database}`;
  return copy.href;
}

async function databasesLike(pattern: string): Promise<readonly string[]> {
  await using database = await emptyDatabase();
  const client = await database.connect();
  const { rows } = await client.query<{ datname: string }>(
    "select datname from pg_database where datname like $1 order by 1",
    [pattern],
  );
  return rows.map(({ datname }) => datname);
}

describe("a database that has something in it", () => {
  test.for([
    ["a table", "create table mine ()"],
    ["a schema", "create schema mine"],
    ["a function", "create function mine() returns void language sql as ''"],
    ["a type", "create type mine as enum ()"],
    ["a large object", "select lo_create(0)"],
  ] as const)("is left as it is: %s", async ([, statement], context) => {
    const backup = await smallBackup(context);
    await using target = await databaseWith(statement);
    await expect(restoreTo(target.url, backup)).rejects.toMatchObject({
      code: "USAGE",
      message: expect.stringMatching(/is not empty: it has .*(mine|large object)/),
    });
    expect(await tablesIn(await target.connect())).not.toContain("a");
  });

  test("may have an extension alone", async (context) => {
    const backup = await smallBackup(context);
    await using target = await databaseWith("create extension hstore");
    await restoreTo(target.url, backup);
    expect(await tablesIn(await target.connect())).toEqual(["a", "b"]);
  });

  test("is replaced by rename, and kept under another name", async (context) => {
    const backup = await smallBackup(context);
    await using target = await databaseWith("create table mine ()");
    const report = await restoreTo(target.url, backup, { replace: true });
    expect(await tablesIn(await target.connect())).toEqual(["a", "b"]);
    const [kept = ""] = await databasesLike(`${target.name}\\_before%`);
    expect(kept).toMatch(/_before_\d{8}t\d{6}z$/);
    expect(report.actions.at(-1)).toContain(kept);
    await administer(`drop database ${kept}`);
  });

  test("is not replaced while others use it, unless they may be ended", async (context) => {
    const backup = await smallBackup(context);
    await using target = await databaseWith("create table mine ()");
    await target.connect();
    const refusal = restoreTo(target.url, backup, { replace: true });
    await expect(refusal).rejects.toMatchObject({ message: expect.stringContaining("in use") });
    expect(await databasesLike(`${target.name}\\_%`)).toEqual([]);
    await restoreTo(target.url, backup, { replace: true, options: { force: true } });
    expect(await tablesIn(await target.connect())).toEqual(["a", "b"]);
    const [kept = ""] = await databasesLike(`${target.name}\\_before%`);
    await administer(`drop database ${kept} with (force)`);
  });
});

describe("a database that is not there", () => {
  test("is made, with the encoding and the settings of the original", async (context) => {
    await clientProgram(context, "pg_dump");
    await using original = await databaseWith(small);
    await administer(
      `alter database ${original.name} set search_path = "$user", public, "odd, one"`,
    );
    await administer(`alter database ${original.name} set app.mode = 'o''dd'`);
    await administer(`comment on database ${original.name} is 'the ''original'''`);
    await administer(`revoke connect on database ${original.name} from public`);
    const backup = await backUpUrl(original.url);
    const name = `${original.name}_copy`;
    const report = await restoreTo(renamed(original.url, name), backup);
    expect(report.warnings).toEqual([]);
    await using reader = await emptyDatabase();
    const client = await reader.connect();
    const { rows } = await client.query(
      `select pg_encoding_to_char(encoding) as encoding, array(select unnest(datacl)::text order by 1) as acl,
              shobj_description(oid, 'pg_database') as comment,
              (select setconfig from pg_db_role_setting where setdatabase = oid) as settings
         from pg_database where datname = any ($1) order by datname`,
      [[original.name, name]],
    );
    await administer(`drop database ${name}`);
    expect(rows).toHaveLength(2);
    expect(rows[1]).toEqual(rows[0]);
    expect(rows[0]).toMatchObject({ comment: "the 'original'" });
  });

  test("is not made by a dry run, which says what would happen", async (context) => {
    const backup = await smallBackup(context);
    const name = `${source?.name}_dry`;
    const report = await restoreTo(renamed(String(source?.url), name), backup, { dryRun: true });
    expect(report.actions.join("\n")).toContain(`create database "${name}"`);
    expect(await databasesLike(`${name}%`)).toEqual([]);
  });

  test("is not made where the login may not", async (context) => {
    const backup = await smallBackup(context);
    const role = await createRole();
    const url = new URL(renamed(String(source?.urlFor(role)), `${source?.name}_denied`)).href;
    await expect(restoreTo(url, backup, { options: { "no-owner": true } })).rejects.toMatchObject({
      code: "USAGE",
      message: expect.stringContaining("may not create the database"),
    });
    await dropRole(role);
  });
});

describe("what goes wrong half-way leaves nothing behind", () => {
  test("corrupt data never reaches the server", async (context) => {
    const backup = await smallBackup(context);
    const path = backup.copy.entries.find(
      (entry) => entry.path.endsWith(".dat") && entry.content?.size === 26,
    );
    const sha256 = String(path?.content?.sha256);
    const bytes = Buffer.from(backup.copy.contents.get(sha256) ?? "");
    bytes.writeUInt8(bytes.readUInt8(0) ^ 1, 0);
    backup.copy.contents.set(sha256, bytes);
    await using target = await emptyDatabase();
    await expect(restoreTo(target.url, backup)).rejects.toThrow("corrupt");
    expect(await tablesIn(await target.connect())).toEqual([]);
    const name = `${target.name}_new`;
    await expect(restoreTo(renamed(target.url, name), backup)).rejects.toThrow("corrupt");
    expect(await databasesLike(`${name}%`)).toEqual([]);
  });

  test("a database that pg_restore cannot fill is empty again, with what it had", async (context) => {
    await clientProgram(context, "pg_dump");
    await using original = await databaseWith(`
      create schema s; create table s.t (a integer); create type public.e as enum ('x');
      create function public.f() returns integer language sql as 'select 1';
      create extension pgcrypto;
      create table public.z (e public.e); create view public.v as select * from public.z;
      create materialized view public.m as select f() / 0 as broken with no data`);
    const session = await original.connect();
    // Refreshing fails after all else was restored.
    await session.query(
      `create or replace function public.f() returns integer language sql as 'select 1'`,
    );
    const backup = await backUpUrl(original.url);
    const graph = backup.copy.entries.find(({ path }) => path.endsWith("toc.dat"));
    expect(graph).toBeDefined();
    await using target = await databaseWith("create extension hstore");
    // A type of the same name as a later one, made by an event trigger as soon as a schema comes.
    const client = await target.connect();
    await client.query(`create function public.get_in_the_way() returns event_trigger language plpgsql as
      'begin if tg_tag = ''CREATE TABLE'' then raise exception ''in the way''; end if; end'`);
    await client.query("alter extension hstore add function public.get_in_the_way()");
    await client.query(
      "create event trigger get_in_the_way on ddl_command_end execute function public.get_in_the_way()",
    );
    await client.query("alter extension hstore add event trigger get_in_the_way");
    await expect(restoreTo(target.url, backup)).rejects.toMatchObject({
      code: "PROGRAM",
      message: expect.stringContaining("in the way"),
    });
    const { rows } = await client.query<{ name: string }>(
      `select nspname::text as name from pg_namespace where nspname = 's'
       union all select extname from pg_extension where extname <> 'plpgsql'
       union all select proname from pg_proc where pronamespace = 'public'::regnamespace and proname = 'f'
       union all select typname from pg_type where typname = 'e'`,
    );
    expect(rows.map(({ name }) => name)).toEqual(["hstore"]);
  });

  test("an interrupted one takes back what it made", async (context) => {
    const backup = await smallBackup(context);
    const name = `${source?.name}_stopped`;
    const run = await testContext();
    const reader = {
      ...backup.reader,
      readMany: (...args: Parameters<typeof backup.reader.readMany>) => {
        if (Array.isArray(args[0]) && args[0].length > 1) run.abort();
        return backup.reader.readMany(...args);
      },
    };
    const request = restoreTo(
      renamed(String(source?.url), name),
      { ...backup, reader },
      { context: run },
    );
    await expect(request).rejects.toMatchObject({ name: "AbortError" });
    expect(await databasesLike(`${name}%`)).toEqual([]);
  });

  test("what a killed one left is removed by the next, and what runs is not", async (context) => {
    const backup = await smallBackup(context);
    const comment = "lastgood: an unfinished restore, removed by the next one";
    const dead = `${source?.name}_lastgood_00000000`;
    const alive = `${source?.name}_lastgood_11111111`;
    // Before it is there: restores of other tests remove what nobody holds.
    const holder = new Client({ connectionString: renamed(String(source?.url), "postgres") });
    await holder.connect();
    await holder.query("select pg_advisory_lock(hashtextextended('lastgood restore ' || $1, 0))", [
      alive,
    ]);
    for (const name of [dead, alive]) {
      await administer(`create database ${name} template template0`);
      await administer(`comment on database ${name} is '${comment}'`);
    }
    await using maintenance = await emptyDatabase();
    await restoreTo(maintenance.url, backup);
    // Restores of other tests, at the same time, may have removed it before.
    expect(await databasesLike(`${source?.name}\\_lastgood%`)).toEqual([alive]);
    await holder.end();
    await administer(`drop database ${alive}`);
  });
});

test("a pg_dump that is older than the server is refused with what to install", async (context) => {
  await clientProgram(context, "pg_dump");
  const folder = await temporaryFolder();
  const program = join(folder, "pg_dump");
  await writeFile(program, "#!/bin/sh\necho 'pg_dump (PostgreSQL) 9.6.24'\n");
  await chmod(program, 0o755);
  await using original = await databaseWith(small);
  const env = { LASTGOOD_PG_BINDIR: folder };
  await expect(backUpUrl(original.url, { env })).rejects.toMatchObject({
    code: "PROGRAM",
    message: expect.stringMatching(/pg_dump 9\.6\.24 is older than the server/),
    hint: expect.stringContaining("apt install"),
  });
});

test("a server that does not answer is told from a bad backup, and no password is shown", async () => {
  const url = "postgresql://somebody:hush-hush@127.0.0.1:9/shop";
  const failure = await backUpUrl(url).catch((error: unknown) => error);
  expect(failure).toMatchObject({ code: "UNREACHABLE" });
  const reader = (await testContext()).scratchFolder;
  expect(reader).toBeTruthy();
  const { inspect } = await import("node:util");
  expect(inspect(failure, { depth: 10 })).not.toContain("hush-hush");
});

test("a URL that cannot be read is not repeated", async () => {
  const context = await testContext({ LASTGOOD_SECRET_BAD: "postgresql://u:hush-hush@h:port/d" });
  const failure = await restore({
    reader: (await import("../support.ts"))
      .memoryCopy()
      .reader({ items: [], missing: [], notCollected: [], versions: {} }),
    picked: { items: [] },
    target: "secret:bad",
    replace: false,
    dryRun: false,
    options: {},
    context,
  }).catch((error: unknown) => error);
  const { inspect } = await import("node:util");
  expect(failure).toMatchObject({ code: "USAGE" });
  expect(inspect(failure, { depth: 10 })).not.toContain("hush-hush");
});
