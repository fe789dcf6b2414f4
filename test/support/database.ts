import { randomBytes } from "node:crypto";
import { Client } from "pg";
import { inject } from "vitest";

/** A database of one's own: a copy of the template, or an empty one. */
export interface TestDatabase extends AsyncDisposable {
  readonly name: string;
  readonly url: string;
  /** A new connection, as the server's superuser or as another role; closed with the database. */
  connect(role?: { user: string; password: string }): Promise<Client>;
  /** The URL for a role that was made with {@link createRole}. */
  urlFor(role: { user: string; password: string }): string;
  drop(): Promise<void>;
}

export interface TestRole {
  readonly user: string;
  readonly password: string;
}

/** A copy of the installed template. */
export async function copyTemplate(): Promise<TestDatabase> {
  return await createDatabase(`template ${inject("template")}`);
}

/** A database with nothing of ours in it. */
export async function emptyDatabase(): Promise<TestDatabase> {
  return await createDatabase("template template0");
}

async function createDatabase(options: string): Promise<TestDatabase> {
  const name = `lastgood_test_${randomBytes(6).toString("hex")}`;
  await administer(`create database ${name} ${options}`);
  const clients: Client[] = [];
  const url = databaseUrl(name);
  const database: TestDatabase = {
    name,
    url,
    urlFor: (role) => databaseUrl(name, role),
    async connect(role) {
      const client = new Client({ connectionString: role ? databaseUrl(name, role) : url });
      // A connection that a test ends on purpose reports it here too.
      client.on("error", () => undefined);
      await client.connect();
      clients.push(client);
      return client;
    },
    async drop() {
      await Promise.allSettled(clients.map((client) => client.end()));
      await administer(`drop database if exists ${name} with (force)`);
    },
    [Symbol.asyncDispose]: () => database.drop(),
  };
  return database;
}

function databaseUrl(name: string, role?: TestRole): string {
  const url = new URL(inject("serverUrl"));
  url.pathname = `/${name}`;
  if (role) {
    url.username = role.user;
    url.password = role.password;
  }
  return url.href;
}

/** A login role with a name of its own; roles belong to the cluster, so drop it with {@link dropRole}. */
export async function createRole(options = ""): Promise<TestRole> {
  const user = `lastgood_role_${randomBytes(6).toString("hex")}`;
  const password = randomBytes(12).toString("hex");
  await administer(`create role ${user} login password '${password}' ${options}`);
  return { user, password };
}

/** Drops a role after the databases in which it owns or may do something. */
export async function dropRole(role: TestRole): Promise<void> {
  await administer(`drop role if exists ${role.user}`);
}

/** Runs one statement as the server's superuser in the maintenance database. */
export async function administer(statement: string): Promise<void> {
  const client = new Client({ connectionString: inject("serverUrl") });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

/** Moves the clock of every verdict that this connection reads. */
export async function setClock(client: Client, time: Date | string): Promise<void> {
  const text = typeof time === "string" ? time : time.toISOString();
  await client.query("select set_config('lastgood.fake_now', $1, false)", [text]);
}

/** Reports an event as a backup script would; the id of the event, or null. */
export async function report(
  client: Client,
  event: {
    scope?: string | null;
    doneAt?: Date | string | null;
    status?: number | null;
    message?: string | null;
    fqdn?: string | null;
    logPath?: string | null;
    eventId?: string;
    runId?: string;
    backupId?: number;
    requiredScopes?: readonly string[];
  },
): Promise<number | null> {
  const {
    scope = "db",
    doneAt = new Date(),
    status = 1,
    message = "",
    fqdn = "engine.test",
  } = event;
  const { rows } = await client.query<{ id: string | null }>(
    `select lastgood.record_event(
       p_scope => $1::text, p_done_at => $2::timestamptz, p_status => $3::integer,
       p_message => $4::text, p_fqdn => $5::text, p_log_path => $6::text, p_event_id => $7::uuid,
       p_run_id => $8::text, p_backup_id => $9::bigint, p_required_scopes => $10::text[]) as id`,
    [
      scope,
      doneAt,
      status,
      message,
      fqdn,
      event.logPath ?? "/var/log/backup.log",
      event.eventId ?? null,
      event.runId ?? null,
      event.backupId ?? null,
      event.requiredScopes ?? null,
    ],
  );
  const id = rows[0]?.id ?? null;
  return id === null ? null : Number(id);
}
