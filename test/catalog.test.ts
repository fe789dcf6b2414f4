import { existsSync, readdirSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";
import { readCodeFiles, readSqlFile, sqlFolder, type SqlFile } from "../src/sql-files.ts";
import { catalogRules, type CatalogRule } from "./support/catalog-rules.ts";
import { fileRules } from "./support/file-rules.ts";
import { useSession } from "./support/session.ts";

const session = useSession();

async function offenders(rule: CatalogRule): Promise<string[]> {
  const { rows } = await session.client.query<{ offender: string }>(rule.query);
  return rows.map((row) => row.offender);
}

describe("the catalog keeps the house rules", () => {
  test.each(catalogRules)("$name", async (rule) => {
    expect(await offenders(rule)).toEqual([]);
  });

  test.each(catalogRules)("it would be seen if not: $name", async (rule) => {
    await session.client.query(rule.broken.by);
    expect(await offenders(rule)).toContainEqual(expect.stringContaining(rule.broken.offender));
  });
});

function allSqlFiles(): SqlFile[] {
  return readdirSync(sqlFolder, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".sql") && path !== "schema.snapshot.sql")
    .toSorted()
    .map((path) => readSqlFile(path.replaceAll("\\", "/")));
}

describe("the files keep the house rules", () => {
  test.each(fileRules)("$name", (rule) => {
    const defects = allSqlFiles().flatMap((file) =>
      rule.defects(file).map((defect) => `${file.path}: ${defect}`),
    );
    expect(defects).toEqual([]);
  });

  test.each(fileRules)("it would be seen if not: $name", (rule) => {
    expect(rule.defects(rule.broken)).not.toEqual([]);
  });
});

const folders = ["functions", "procedures", "views", "triggers"] as const;

function onDisk(folder: string): string[] {
  const path = join(sqlFolder, folder);
  return existsSync(path) ? readdirSync(path).map((name) => `${folder}/${name}`) : [];
}

/** What a file of the code layer makes and describes. */
function outlineOf(path: string): object {
  const { text } = readSqlFile(path);
  const made = text.matchAll(
    /^create or replace (?:(?:function|view|procedure) [a-z_]+\.|trigger )([a-z_]+)/gm,
  );
  return {
    path,
    makes: [...made].map(([, name]) => name),
    comments: text.match(/^comment on /gm)?.length,
  };
}

describe("list, disk and catalog are equal", () => {
  test("every file of the code layer is listed once, and every listed file is there", () => {
    const listed = readCodeFiles().map(({ path }) => path);
    const inFolders = listed.filter((path) => path.includes("/") && !path.startsWith("comments/"));
    expect(inFolders.toSorted()).toEqual(folders.flatMap(onDisk).toSorted());
    expect(new Set(listed).size).toBe(listed.length);
    expect(listed.at(-1)).toBe("grants.sql");
  });

  test("every file makes the one object that it is named after", async () => {
    const { rows } = await session.client.query<{ path: string }>(`
      select 'functions/' || p.proname || '.sql' as path
      from pg_proc as p
      where p.pronamespace in ('lastgood'::regnamespace, 'lastgood_report'::regnamespace)
        and p.prokind = 'f'
      union all
      select 'views/' || c.relname || '.sql'
      from pg_class as c
      where c.relnamespace = 'lastgood'::regnamespace and c.relkind = 'v'
      union all
      select 'triggers/' || t.tgname || '.sql'
      from pg_trigger as t
      join pg_class as c on c.oid = t.tgrelid and c.relnamespace = 'lastgood'::regnamespace
      where not t.tgisinternal`);
    expect(rows.map((row) => row.path).toSorted()).toEqual(folders.flatMap(onDisk).toSorted());
  });

  test("every file makes nothing else, and says what it is", () => {
    const paths = folders.flatMap(onDisk);
    expect(paths.map(outlineOf)).toEqual(
      paths.map((path) => ({ path, makes: [basename(path, ".sql")], comments: 1 })),
    );
  });
});
