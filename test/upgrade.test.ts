import { readdirSync, readFileSync } from "node:fs";
import type { Client } from "pg";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { install } from "../src/install.ts";
import { catalogRules } from "./support/catalog-rules.ts";
import { copyTemplate, emptyDatabase, setClock, type TestDatabase } from "./support/database.ts";
import { fingerprint } from "./support/fingerprint.ts";

// Databases of every released version, in use, as pg_dump wrote them: see fixtures/make.ts.
const folder = new URL("fixtures/", import.meta.url);
const fixtures = readdirSync(folder)
  .filter((name) => /^schema-.*\.sql$/.test(name))
  .toSorted();

/**
 * Functions that a fresh install does not have: a migration should have dropped them. Their xmin says
 * nothing, since grants.sql touches every function.
 */
async function leftOvers(client: Client): Promise<string[]> {
  const query = `
    select p.oid::regprocedure::text as name
    from pg_proc as p
    where p.pronamespace in ('lastgood'::regnamespace, 'lastgood_report'::regnamespace)
    order by 1`;
  await using fresh = await copyTemplate();
  const wanted = await (await fresh.connect()).query<{ name: string }>(query);
  const made = new Set(wanted.rows.map(({ name }) => name));
  const { rows } = await client.query<{ name: string }>(query);
  return rows.map(({ name }) => name).filter((name) => !made.has(name));
}

/** What people put in, which no upgrade may change. */
const contents = [
  "select count(*)::integer as count, md5(string_agg(a::text, '' order by a.audit_log_id)) from lastgood.audit_log as a where arrived_at < '2026-02-01'",
  "select l.* from lastgood.engine_backup_log as l order by audit_log_id",
  "select s.* from lastgood.system as s order by system_id",
  "select v.* from lastgood.config_value as v order by name",
  "select g.* from lastgood.granted_role as g order by role_name",
  "select s.* from lastgood.system_status as s order by fqdn",
  "select s.* from lastgood.backup_status as s order by fqdn, scope",
  "select a.* from lastgood.active_alert as a order by audit_log_id",
];

/** The same of a schema that has the catalogue already. */
const catalogueContents = [
  "select i.* from lastgood.installation as i",
  "select p.* from lastgood.provider as p where type <> 'noop'",
  "select s.* from lastgood.source as s",
  "select b.* from lastgood.backup as b order by backup_id",
  "select c.* from lastgood.backup_copy as c order by backup_copy_id",
  "select k.* from lastgood.pack as k order by pack_id",
  "select u.* from lastgood.backup_copy_pack as u order by backup_copy_id, pack_id",
  "select i.* from lastgood.backup_item as i order by backup_item_id",
  "select r.* from lastgood.restore as r order by restore_id",
  "select b.* from lastgood.backup_summary as b order by backup_id",
];

async function hasCatalogue(client: Client): Promise<boolean> {
  const { rows } = await client.query(
    "select from pg_class where oid = to_regclass('lastgood.backup')",
  );
  return rows.length > 0;
}

async function contentsOf(client: Client, queries: readonly string[]): Promise<unknown[]> {
  const found: unknown[] = [];
  for (const query of queries) {
    found.push((await client.query(query)).rows);
  }
  return found;
}

test("there are fixtures of the first schemas, as they grew", () => {
  expect(fixtures).toEqual([
    "schema-0.1.0-awareness.sql",
    "schema-0.1.0-catalogue.sql",
    "schema-0.1.0.sql",
  ]);
});

describe.each(fixtures)("an upgrade from %s", (fixture) => {
  let database: TestDatabase;
  let client: Client;

  beforeEach(async () => {
    database = await emptyDatabase();
    const restorer = await database.connect();
    await restorer.query(readFileSync(new URL(fixture, folder), "utf8"));
    client = await database.connect();
    await setClock(client, "2026-01-10T12:00:00Z");
    // As it would be if any file had changed since.
    await client.query("update lastgood.code_layer set version = 'of another version'");
  });

  afterEach(() => database.drop());

  test("ends in the same schema as a fresh install", async () => {
    expect((await install(client)).isCodeApplied).toBe(true);
    await using fresh = await copyTemplate();
    expect(await fingerprint(client)).toEqual(await fingerprint(await fresh.connect()));
  });

  test("starts from functions that came back as they were dumped, on every version", async () => {
    const { rows } = await client.query(
      "select c.functions_hash = lastgood.functions_hash() as are_same from lastgood.code_layer as c",
    );
    expect(rows).toEqual([{ are_same: true }]);
  });

  test("keeps every row and every verdict", async () => {
    const queries = (await hasCatalogue(client)) ? [...contents, ...catalogueContents] : contents;
    const before = await contentsOf(client, queries);
    await install(client);
    // Columns may be added, none may change or go.
    expect(await contentsOf(client, queries)).toMatchObject(before);
    expect(before.every((rows) => Array.isArray(rows) && rows.length > 0)).toBe(true);
  });

  test("keeps the house rules", async () => {
    await install(client);
    for (const rule of catalogRules) {
      const { rows } = await client.query(rule.query);
      expect({ rule: rule.name, rows }).toEqual({ rule: rule.name, rows: [] });
    }
  });

  test("leaves no function that has no file", async () => {
    await install(client);
    expect(await leftOvers(client)).toEqual([]);
  });

  test("would show a function that has no file, and one with a new parameter", async () => {
    await client.query(`
      create function lastgood.left_over() returns integer language sql return 1;
      create function lastgood.find_system(p_fqdn text, p_strict boolean default true)
        returns bigint language sql return 1`);
    await install(client);
    expect(await leftOvers(client)).toEqual([
      "lastgood.find_system(text,boolean)",
      "lastgood.left_over()",
    ]);
  });

  test("goes on numbering where it was", async () => {
    await install(client);
    const { rows } = await client.query(`
      select newest.id < lastgood.record_event('db', now(), 1, '', 'good.example.test', '') as is_later
      from (select max(audit_log_id) as id from lastgood.audit_log) as newest`);
    expect(rows).toEqual([{ is_later: true }]);
  });
});
