import type { Client } from "pg";
import { migrate } from "postgres-migrations";
import { InstallError, isDatabaseError } from "./errors.ts";
import {
  codeLayerVersion,
  migrationsFolder,
  readCodeFiles,
  readMigrations,
  readSqlFile,
  type Migration,
  type SqlFile,
} from "./sql-files.ts";

/** Key of the advisory lock that every install holds, also the one by psql alone. */
export const installLock = 7_310_579_629_112_423n;

/** The first major version that binds the bodies of SQL functions when they are made. */
export const oldestServer = 14;

export interface InstallResult {
  /** Names of the migrations that were run. */
  readonly migrations: readonly string[];
  /** Whether functions, views, config keys and grants were applied anew. */
  readonly isCodeApplied: boolean;
}

/**
 * Installs or upgrades schema `lastgood`. Safe to repeat and to run from many places at once: all
 * of it happens under one advisory lock, and where everything is current no object is locked.
 *
 * @param client a connected client of its own, not a pool, and not through a pooler in transaction mode
 * @throws InstallError when the role may not, or the schema is newer than this version
 */
export async function install(client: Client): Promise<InstallResult> {
  await client.query("select pg_advisory_lock($1)", [installLock]);
  try {
    return await installLocked(client);
  } catch (error) {
    throw explain(error);
  } finally {
    await client.query("select pg_advisory_unlock($1)", [installLock]);
  }
}

async function installLocked(client: Client): Promise<InstallResult> {
  await refuseOldServer(client);
  await client.query(readSqlFile("bootstrap.sql").text);
  const known = await readMigrations();
  await refuseNewerSchema(client, known);
  const migrations = await runMigrations(client);
  const files = readCodeFiles();
  const version = codeLayerVersion(known, files);
  const { rows } = await client.query("select version from lastgood.code_layer");
  if (rows[0]?.version === version) {
    return { migrations, isCodeApplied: false };
  }
  await applyCodeLayer(client, files, version);
  return { migrations, isCodeApplied: true };
}

async function refuseOldServer(client: Client): Promise<void> {
  const { rows } = await client.query<{ major: number; version: string }>(
    `select current_setting('server_version_num')::integer / 10000 as major,
            current_setting('server_version') as version`,
  );
  if ((rows[0]?.major ?? 0) < oldestServer) {
    throw new InstallError(`this server is PostgreSQL ${rows[0]?.version}`, {
      hint: `lastgood needs PostgreSQL ${oldestServer} or newer.`,
    });
  }
}

async function refuseNewerSchema(client: Client, known: readonly Migration[]): Promise<void> {
  const { rows } = await client.query("select max(id) as id from lastgood.migrations");
  const newest = known.at(-1)?.id ?? 0;
  if (Number(rows[0]?.id ?? 0) > newest) {
    throw new InstallError(
      `the schema is at migration ${rows[0].id}, this version knows ${newest} of them`,
      { hint: "Install a newer version of lastgood." },
    );
  }
}

/**
 * The library takes any table called migrations; with this search_path it finds ours. A migration
 * that waited for a lock would make every reporter wait behind it, so it gives up soon.
 */
async function runMigrations(client: Client): Promise<string[]> {
  const { rows } = await client.query(
    `select current_setting('search_path') as search_path, current_setting('lock_timeout') as lock_timeout`,
  );
  await client.query(
    "select set_config('search_path', 'lastgood', false), set_config('lock_timeout', '2s', false)",
  );
  try {
    const applied = await migrate({ client }, migrationsFolder);
    return applied.filter(({ id }) => id > 0).map(({ fileName }) => fileName);
  } finally {
    await client.query(
      "select set_config('search_path', $1, false), set_config('lock_timeout', $2, false)",
      [rows[0].search_path, rows[0].lock_timeout],
    );
  }
}

async function applyCodeLayer(
  client: Client,
  files: readonly SqlFile[],
  version: string,
): Promise<void> {
  await client.query("begin");
  try {
    await client.query("set local search_path = ''; set local lock_timeout = '10s'");
    await client.query("set local client_min_messages = warning");
    for (const file of files) {
      await applyFile(client, file);
    }
    await client.query("select lastgood.remember_code_layer($1)", [version]);
    await client.query("commit");
  } catch (error) {
    await client.query("rollback");
    throw error;
  }
}

async function applyFile(client: Client, file: SqlFile): Promise<void> {
  try {
    await client.query(file.text);
  } catch (error) {
    const position = error instanceof Error && "position" in error ? Number(error.position) : 1;
    const line = file.text.slice(0, position).split("\n").length;
    const reason = error instanceof Error ? error.message : String(error);
    throw new InstallError(`${file.path}:${line}: ${reason}`, { cause: error });
  }
}

function explain(error: unknown): unknown {
  const causes = [error, (error as Error).cause, ((error as Error).cause as Error)?.cause];
  if (causes.some((cause) => isDatabaseError(cause) && cause.code === "42501")) {
    return new InstallError((error as Error).message, {
      cause: error,
      hint: "Let the role create schemas: grant create on database … to …; or install as their owner.",
    });
  }
  return error;
}
