import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { CopyReader } from "../../../src/layouts/layout.ts";
import { administer, emptyDatabase } from "../../support/database.ts";
import { clientProgram } from "../../support/programs.ts";
import { backUpUrl, databaseWith, restoreTo, type Backup } from "./support.ts";

/** The backup as if other bytes had been stored for its first table. */
function withRows({ copy, reader }: Backup, change: (bytes: Buffer) => Buffer): CopyReader {
  const table = copy.entries.find(({ path }) => /\/\d+\.dat$/.test(path));
  const bytes = change(Buffer.from(copy.contents.get(String(table?.content?.sha256)) ?? ""));
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  copy.contents.set(sha256, bytes);
  const content = { size: bytes.length, sha256, segments: [] };
  return {
    ...reader,
    async *entries(prefix) {
      for await (const entry of reader.entries(prefix)) {
        yield entry === table ? { ...entry, content } : entry;
      }
    },
  };
}

const many = `create table a (i integer, "t,x" text, twice integer generated always as (i * 2) stored);
  alter table a add gone integer; alter table a drop gone;
  insert into a select i, repeat('x', 100) from generate_series(1, 50000) i`;

test("columns with odd names, generated and dropped ones come back", async (context) => {
  await clientProgram(context, "pg_dump");
  await using source = await databaseWith(many);
  await using target = await emptyDatabase();
  await restoreTo(target.url, await backUpUrl(source.url));
  const client = await target.connect();
  const { rows } = await client.query(
    `select count(*)::integer as count, sum(twice)::text as twice, max("t,x") as longest from a`,
  );
  expect(rows).toEqual([{ count: 50_000, twice: "2500050000", longest: "x".repeat(100) }]);
});

test("rows that the server does not take name their table", async (context) => {
  await clientProgram(context, "pg_dump");
  await using source = await databaseWith(many);
  const backup = await backUpUrl(source.url);
  await using target = await emptyDatabase();
  const reader = withRows(backup, (bytes) => Buffer.concat([Buffer.from("one\tx\n"), bytes]));
  await expect(restoreTo(target.url, { ...backup, reader })).rejects.toMatchObject({
    code: "PROGRAM",
    message: expect.stringMatching(
      /rows of public\.a: invalid input syntax for type integer: "one"/,
    ),
  });
  const client = await target.connect();
  expect((await client.query("select 1 from pg_class where relname = 'a'")).rows).toEqual([]);
});

test("a table whose last bytes are wrong keeps none of the first", async (context) => {
  await clientProgram(context, "pg_dump");
  await using source = await databaseWith(many);
  const backup = await backUpUrl(source.url);
  await using target = await emptyDatabase();
  const watcher = await target.connect();
  const table = backup.copy.entries.find(({ path }) => /\/\d+\.dat$/.test(path));
  let seen: unknown;
  await watcher.query("set lock_timeout = '50ms'");
  const reader: CopyReader = {
    ...backup.reader,
    async *open(content) {
      yield* backup.reader.open(content);
      if (content.sha256 !== table?.content?.sha256) return;
      // All rows are at the server by now, and nobody sees any of them.
      seen = await watcher.query("select count(*) from a").catch((error: unknown) => error);
      throw new Error("these are not the bytes");
    },
  };
  await expect(restoreTo(target.url, { ...backup, reader })).rejects.toThrow(
    "these are not the bytes",
  );
  expect(seen).toMatchObject({ code: "55P03" });
  expect((await watcher.query("select 1 from pg_class where relname = 'a'")).rows).toEqual([]);
});

test("two restores to one new database: one of them gets it whole", async (context) => {
  await clientProgram(context, "pg_dump");
  await using source = await databaseWith(many);
  const backup = await backUpUrl(source.url);
  const url = new URL(source.url);
  const name = `${source.name}_twice`;
  url.pathname = `/${name}`;
  const results = await Promise.allSettled([
    restoreTo(url.href, backup),
    restoreTo(url.href, backup),
  ]);
  expect(results.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
  const failure = results.find((result) => result.status === "rejected");
  expect(failure).toMatchObject({ reason: { code: "USAGE" } });
  await using reader = await emptyDatabase();
  const client = await reader.connect();
  const { rows } = await client.query("select datname from pg_database where datname like $1", [
    `${name}%`,
  ]);
  await administer(`drop database ${name}`);
  expect(rows).toEqual([{ datname: name }]);
});
