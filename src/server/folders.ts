import { readdir, stat } from "node:fs/promises";
import { delimiter, isAbsolute, join } from "node:path";
import { UsageError } from "../errors.ts";
import { tryRun, type Env } from "./run.ts";

/** Where packages put PostgreSQL's programs; `*` holds the version. */
const packagedFolders = [
  "/usr/lib/postgresql/*/bin",
  "/usr/pgsql-*/bin",
  "/usr/libexec/postgresql*",
  "/usr/local/pgsql*/bin",
  "/opt/homebrew/opt/postgresql@*/bin",
  "/usr/local/opt/postgresql@*/bin",
] as const;

/**
 * Folders that may hold PostgreSQL's programs, best first: what `pg_config` says, the packages' own
 * (newest first), then PATH. `LASTGOOD_PG_BINDIR`, where set, is the only one.
 *
 * PATH comes last because Debian's /usr/bin/psql is a Perl wrapper, three times slower than the real one.
 */
export async function programFolders(env: Env): Promise<readonly string[]> {
  const chosen = env["LASTGOOD_PG_BINDIR"];
  if (chosen !== undefined && chosen !== "") return [await existingFolder(chosen)];

  const config = await tryRun("pg_config", ["--bindir"], { env, timeoutMs: 10_000 });
  const configured = config.status === 0 ? [config.stdout.trim()] : [];
  const packaged = await Promise.all(packagedFolders.map(expandVersions));
  const path = (env["PATH"] ?? "").split(delimiter).filter((folder) => isAbsolute(folder));
  return [...new Set([...configured, ...packaged.flat(), ...path])];
}

async function existingFolder(folder: string): Promise<string> {
  const found = await stat(folder).catch(() => undefined);
  if (found?.isDirectory() === true && isAbsolute(folder)) return folder;
  throw new UsageError(`LASTGOOD_PG_BINDIR is not a folder: ${folder}`, {
    hint: "Name the absolute folder that holds initdb, postgres and psql, or unset it.",
  });
}

/** Folders that fit a pattern with one `*`, newest version first. */
async function expandVersions(pattern: string): Promise<readonly string[]> {
  const [before = "", after = ""] = pattern.split("*");
  const cut = before.lastIndexOf("/");
  const parent = before.slice(0, cut);
  const prefix = before.slice(cut + 1);
  const names = await readdir(parent).catch(() => []);
  return names
    .filter((name) => name.startsWith(prefix) && /^\d/.test(name.slice(prefix.length)))
    .toSorted((a, b) => parseFloat(b.slice(prefix.length)) - parseFloat(a.slice(prefix.length)))
    .map((name) => join(parent, name) + after);
}
