import type { Client } from "pg";

/** Which server a connection leads to, by the id that initdb gave it; standbys have that of their primary. */
export async function readSystemIdentifier(client: Client): Promise<string | undefined> {
  const { rows } = await client.query<{ mayAsk: boolean }>(
    `select has_function_privilege('pg_control_system()', 'execute') as "mayAsk"`,
  );
  if (rows[0]?.mayAsk !== true) return undefined;
  const { rows: found } = await client.query<{ id: string }>(
    `select system_identifier::text as id from pg_control_system()`,
  );
  return found[0]?.id;
}

/**
 * These databases of the connection's server, each as `SYSTEM_IDENTIFIER/OID`: the same for everybody
 * who means the same one, by whatever address and name. Undefined where the login may not know the server.
 */
export async function identifyDatabases(
  client: Client,
  names: readonly string[],
): Promise<readonly string[] | undefined> {
  const server = await readSystemIdentifier(client);
  if (server === undefined) return undefined;
  const { rows } = await client.query<{ oid: number }>(
    `select oid from pg_database where datname = any ($1)`,
    [names],
  );
  return rows.map(({ oid }) => `${server}/${oid}`);
}

/** The server of a database that {@link identifyDatabases} named. */
export function serverOf(database: string): string {
  return database.slice(0, database.indexOf("/"));
}

export const identityHint: string =
  "Which server it is tells the function pg_control_system: grant execute on function pg_control_system() to the role.";
