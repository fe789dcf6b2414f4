import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { loadMigrationFiles } from "postgres-migrations";

/** The folder with the product: found from src/ and, after a build, from dist/. */
export const sqlFolder: string = fileURLToPath(new URL("../sql/", import.meta.url));
export const migrationsFolder: string = join(sqlFolder, "migrations");

export interface SqlFile {
  /** Path below sql/, such as `functions/clock.sql`. */
  readonly path: string;
  readonly text: string;
}

export interface Migration {
  readonly id: number;
  readonly name: string;
  readonly fileName: string;
  readonly hash: string;
  readonly sql: string;
}

/** A file of sql/ by its path there. */
export function readSqlFile(path: string): SqlFile {
  return { path, text: readFileSync(join(sqlFolder, path), "utf8") };
}

/** The files of the code layer, in the order in which sql/code.sql lists them. */
export function readCodeFiles(): SqlFile[] {
  const { text } = readSqlFile("code.sql");
  return [...text.matchAll(/^\\ir (\S+)$/gm)].map(([, path]) => readSqlFile(path ?? ""));
}

/** All migrations in order, the library's own, number 0, first. */
export async function readMigrations(): Promise<Migration[]> {
  return await loadMigrationFiles(migrationsFolder);
}

/**
 * What lastgood.code_layer holds when it is current. The last migration is part of it: a process
 * can die between the two steps, and a migration may drop what an unchanged file made.
 */
export function codeLayerVersion(
  migrations: readonly Migration[],
  files: readonly SqlFile[],
): string {
  const hash = createHash("sha256");
  for (const file of files) {
    hash.update(`${file.path}\n${file.text.replaceAll("\r\n", "\n")}\n`);
  }
  return `${migrations.at(-1)?.id ?? 0}:${hash.digest("hex")}`;
}
