import { access, constants } from "node:fs/promises";
import { join } from "node:path";
import { programVersion, type Version } from "./binaries.ts";
import { programFolders } from "./folders.ts";
import type { Env } from "./run.ts";

export type ClientProgramName = "psql" | "pg_dump" | "pg_dumpall" | "pg_restore" | "pg_basebackup";

export interface ClientProgram extends Version {
  readonly path: string;
}

export interface ClientSearch {
  readonly env: Env;
  /** The server's major version: the same is best, a newer one will do, an older one comes last. */
  readonly major?: number;
}

/** What to do where `findClientProgram` finds nothing, or something older than the server. */
export const clientProgramsHint: string =
  "Install PostgreSQL's client programs: apt install postgresql-client (Debian, Ubuntu), " +
  "dnf install postgresql (Fedora, RHEL), apk add postgresql-client (Alpine), brew install libpq (macOS).";

/**
 * Finds psql, pg_dump and the like: the real program, before a wrapper on PATH.
 *
 * Runs candidates with `--version` (5 to 10 ms each; one, or all of them where a major is given).
 * A program older than the server may be returned: compare `major`.
 */
export async function findClientProgram(
  name: ClientProgramName,
  search: ClientSearch,
): Promise<ClientProgram | undefined> {
  const wanted = search.major;
  let best: ClientProgram | undefined;
  for (const folder of await programFolders(search.env)) {
    const found = await clientProgram(join(folder, name), search.env);
    if (found === undefined) continue;
    if (wanted === undefined || found.major === wanted) return found;
    if (best === undefined || found.major > best.major) best = found;
  }
  return best;
}

async function clientProgram(path: string, env: Env): Promise<ClientProgram | undefined> {
  try {
    await access(path, constants.X_OK);
  } catch {
    return undefined;
  }
  const version = await programVersion(path, env);
  return version === undefined ? undefined : { path, ...version };
}
