import { readFile } from "node:fs/promises";
import type { TestContext as VitestContext } from "vitest";
import type { CopyReader } from "../../../src/layouts/layout.ts";
import type { Item, ManifestBody } from "../../../src/manifest/entry.ts";
import { backUp } from "../../../src/sources/postgresql/back-up.ts";
import { restore } from "../../../src/sources/postgresql/restore.ts";
import { postgresqlSettings } from "../../../src/sources/postgresql/settings.ts";
import type { RestoreReport } from "../../../src/sources/source.ts";
import { emptyDatabase, type TestDatabase } from "../../support/database.ts";
import { dump } from "../../support/dump.ts";
import { clientProgram } from "../../support/programs.ts";
import { memoryCopy, testContext, type MemoryCopy, type TestContext } from "../support.ts";

export const zoo: string = await readFile(new URL("zoo.sql", import.meta.url), "utf8");

/** A database with these statements, dropped with `await using`. */
export async function databaseWith(statements: string): Promise<TestDatabase> {
  const database = await emptyDatabase();
  const client = await database.connect();
  await client.query(statements);
  await client.end();
  return database;
}

export interface Backup {
  readonly copy: MemoryCopy;
  readonly body: ManifestBody;
  readonly reader: CopyReader;
  readonly context: TestContext;
}

export interface BackupRequest {
  readonly settings?: Readonly<Record<string, string>>;
  readonly excludeTables?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/**
 * Backs up into memory, the URL as a secret. Roles belong to all tests of the server: without asking
 * for them they are left out, lest restoring brings back those of another test.
 */
export async function backUpUrl(url: string, request: BackupRequest = {}): Promise<Backup> {
  const context = await testContext({ LASTGOOD_SECRET_SHOP: url, ...request.env });
  const copy = memoryCopy();
  const body = await backUp({
    settings: postgresqlSettings.parse({
      url: "secret:shop",
      globals: "false",
      ...request.settings,
    }),
    sink: copy.sink,
    excludeTables: request.excludeTables ?? [],
    context,
  });
  return { copy, body, reader: copy.reader(body), context };
}

export interface RestoreRequest {
  /** Ends of names of items. */
  readonly items?: readonly string[];
  readonly replace?: boolean;
  readonly dryRun?: boolean;
  readonly options?: Readonly<Record<string, string | boolean>>;
  readonly context?: TestContext;
}

export async function restoreTo(
  target: string,
  { reader, body }: Pick<Backup, "reader" | "body">,
  request: RestoreRequest = {},
): Promise<RestoreReport> {
  return await restore({
    reader,
    picked: { items: (request.items ?? []).map((name) => itemNamed(body, name)) },
    target,
    replace: request.replace ?? false,
    dryRun: request.dryRun ?? false,
    options: request.options ?? {},
    context: request.context ?? (await testContext()),
  });
}

function itemNamed({ items }: ManifestBody, name: string): Item {
  const found = items.find((item) => item.name === name || item.name.endsWith(`.${name}`));
  if (found === undefined) throw new Error(`there is no item ${name}`);
  return found;
}

/** The whole of a database as SQL, to compare it with another. */
export async function contentsOf(
  context: VitestContext,
  url: string,
  options: readonly string[] = [],
): Promise<string> {
  return await dump(await clientProgram(context, "pg_dump"), url, options);
}
