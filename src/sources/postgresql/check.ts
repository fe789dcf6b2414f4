import type { Client } from "pg";
import type { RunContext } from "../source.ts";
import { chooseDatabases } from "./back-up.ts";
import { connectTo, inDatabase, resolveTarget } from "../../postgresql/connection.ts";
import * as queries from "./queries.ts";
import { majorOf, programFor, readServer } from "./server.ts";
import { dataSize } from "./size.ts";
import type { PostgresqlSettings } from "./settings.ts";

/** Tries what a backup needs: the server, the programs, each database, the right to read. */
export async function check(
  settings: PostgresqlSettings,
  context: RunContext,
): Promise<readonly string[]> {
  const target = await resolveTarget(settings.url, context.env);
  const remarks: string[] = [];
  const databases = await chooseDatabases(target, settings, context);
  for (const database of databases) {
    const client = await connectTo(inDatabase(target, database), context);
    try {
      if (remarks.length === 0) remarks.push(...(await checkServer(client, settings, context)));
      const megabytes = (await dataSize(client, settings.exclude_tables)) / 1e6;
      remarks.push(`database ${database}: about ${megabytes.toFixed(1)} MB`);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
  return remarks;
}

async function checkServer(
  client: Client,
  settings: PostgresqlSettings,
  { env }: RunContext,
): Promise<readonly string[]> {
  const facts = await readServer(client);
  const program = await programFor("pg_dump", majorOf(facts), env);
  const remarks = [
    `server: PostgreSQL ${facts.version}`,
    `pg_dump: ${program.version}, ${program.path}`,
  ];
  if (settings.globals) await programFor("pg_dumpall", majorOf(facts), env);
  if (settings.globals && !facts.isSuperuser) {
    remarks.push("roles are kept without their passwords: the login is no superuser");
  }
  const { rows } = await client.query<{ mayReadAll: boolean }>(queries.mayReadAll);
  if (rows[0]?.mayReadAll !== true) {
    remarks.push(
      "the login may not read everything; grant pg_read_all_data to it, or a dump may fail",
    );
  }
  return remarks;
}

/** Bytes that a backup may have. */
export async function estimate(
  settings: PostgresqlSettings,
  context: RunContext,
): Promise<number | undefined> {
  const target = await resolveTarget(settings.url, context.env);
  let total = 0;
  for (const database of await chooseDatabases(target, settings, context)) {
    const client = await connectTo(inDatabase(target, database), context);
    try {
      total += await dataSize(client, settings.exclude_tables);
    } finally {
      await client.end().catch(() => undefined);
    }
  }
  return total;
}
