import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, inject, test } from "vitest";
import { sqlFolder } from "../src/sql-files.ts";
import { copyTemplate } from "./support/database.ts";
import { dump, snapshotOptions } from "./support/dump.ts";
import { clientProgram } from "./support/programs.ts";
import { skip } from "./support/skip.ts";

test("sql/schema.snapshot.sql is what a fresh install makes; else: npm run snapshot", async (context) => {
  if (inject("serverMajor") !== 15) skip(context, "the snapshot is that of PostgreSQL 15");
  const pgDump = await clientProgram(context, "pg_dump");
  await using database = await copyTemplate();
  const snapshot = readFileSync(join(sqlFolder, "schema.snapshot.sql"), "utf8");
  expect(await dump(pgDump, database.url, snapshotOptions)).toBe(snapshot);
});
