import { InstallError } from "./errors.ts";
import { installLock, oldestServer } from "./install.ts";
import {
  codeLayerVersion,
  type Migration,
  readCodeFiles,
  readMigrations,
  readSqlFile,
} from "./sql-files.ts";

/**
 * One script with which psql alone installs or upgrades the schema, in one transaction. It writes
 * the same rows to lastgood.migrations as `install`, so that either can carry on from the other.
 */
export async function installScript(): Promise<string> {
  const migrations = await readMigrations();
  const files = readCodeFiles();
  const version = quote(codeLayerVersion(migrations, files));
  const parts = [
    "-- Installs or upgrades lastgood: psql -f this file. Running it again changes nothing.",
    "\\set ON_ERROR_STOP on\n\\set QUIET on\nbegin;",
    "set local search_path = '';\nset local client_min_messages = warning;\nset local lock_timeout = '10s';",
    refuse(
      `current_setting('server_version_num')::integer < ${oldestServer}0000`,
      `lastgood needs PostgreSQL ${oldestServer} or newer`,
    ),
    `do $$ begin perform pg_advisory_xact_lock(${installLock}); end; $$;`,
    readSqlFile("bootstrap.sql").text,
    refuse(
      `(select max(id) from lastgood.migrations) > ${migrations.at(-1)?.id ?? 0}`,
      "the schema is newer than this script; use a newer version of lastgood",
    ),
    ...migrations.map(migrationPart),
    unlessExists(`lastgood.code_layer where version = ${version}`, [
      ...files.map(({ path, text }) => `-- ${path}\n${text}`),
      `do $$ begin perform lastgood.remember_code_layer(${version}); end; $$;`,
    ]),
    "commit;",
  ];
  return `${parts.join("\n\n")}\n`;
}

function migrationPart({ id, name, fileName, hash, sql }: Migration): string {
  if (sql.includes("-- postgres-migrations disable-transaction")) {
    throw new InstallError(`${fileName} does not run in a transaction; use lastgood install`);
  }
  const changed = `exists (select from lastgood.migrations where id = ${id} and hash <> ${quote(hash)})`;
  const remember = `insert into lastgood.migrations (id, name, hash) values (${id}, ${quote(name)}, ${quote(hash)});`;
  return [
    refuse(changed, `migration ${id} was changed since it was applied`),
    // Number 0 is the library's own table, which bootstrap.sql has made.
    unlessExists(`lastgood.migrations where id = ${id}`, id === 0 ? [remember] : [sql, remember]),
  ].join("\n\n");
}

function unlessExists(what: string, statements: readonly string[]): string {
  const head = `select not exists (select from ${what}) as is_wanted \\gset\n\\if :is_wanted`;
  return [head, ...statements, "\\endif"].join("\n\n");
}

function refuse(condition: string, message: string): string {
  return `do $$ begin\n  if ${condition} then\n    raise exception ${quote(message)};\n  end if;\nend; $$;`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
