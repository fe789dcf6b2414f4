import { chmod, mkdir, readdir, readFile, rename, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { ProgramError, UsageError } from "../errors.ts";
import { createCluster } from "./cluster.ts";
import type { Cluster } from "./launch.ts";
import { canReach, type ServerOwner } from "./owner.ts";
import { writePassfile } from "../passfile.ts";
import type { Env } from "./run.ts";
import { homeFolder } from "./state.ts";

/** Where the parts of the embedded server lie. */
export interface Home {
  readonly folder: string;
  readonly dataFolder: string;
  readonly passfile: string;
  readonly logFile: string;
  readonly lock: string;
}

const homeHint = "Set LASTGOOD_HOME to a folder of yours.";

export async function openHome(env: Env): Promise<Home> {
  const folder = homeFolder(env);
  // The server's user must get through root's folder; a normal user's is closed to others.
  const mode = process.getuid?.() === 0 ? 0o755 : 0o700;
  try {
    const isNew = (await mkdir(folder, { recursive: true, mode })) !== undefined;
    if (isNew) await chmod(folder, mode);
  } catch (cause) {
    throw new UsageError(`the folder ${folder} cannot be made`, { cause, hint: homeHint });
  }
  const { uid } = await stat(folder);
  if (uid !== (process.getuid?.() ?? uid)) {
    // Whoever owns the folder could replace the passfile.
    throw new UsageError(`the folder ${folder} belongs to another user`, { hint: homeHint });
  }
  return {
    folder,
    dataFolder: join(folder, "data"),
    passfile: join(folder, "passfile"),
    logFile: join(folder, "postgresql.log"),
    lock: join(folder, "lock"),
  };
}

export async function checkReachable(home: Home, owner: ServerOwner): Promise<void> {
  if (await canReach(owner, home.folder)) return;
  throw new UsageError(`user ${owner.name}, who runs PostgreSQL, cannot enter ${home.folder}`, {
    hint: "Set LASTGOOD_HOME to a folder that every user may pass through, such as /var/lib/lastgood.",
  });
}

/** The major version of the data, or undefined where there is none yet. */
export async function majorOfData(home: Home): Promise<number | undefined> {
  const text = await readFile(join(home.dataFolder, "PG_VERSION"), "utf8").catch(() => undefined);
  if (text !== undefined) return parseMajor(home, text);
  const names = await readdir(home.dataFolder).catch(() => []);
  if (names.length === 0) return undefined;
  throw new ProgramError(`${home.dataFolder} holds something that is no PostgreSQL data`, {
    hint: "Move it away, or set LASTGOOD_HOME to another folder.",
  });
}

function parseMajor({ dataFolder }: Home, text: string): number {
  const major = Number.parseInt(text, 10);
  if (!Number.isNaN(major)) return major;
  throw new ProgramError(`${join(dataFolder, "PG_VERSION")} names no version of PostgreSQL`, {
    hint: "The data folder is damaged; mend it, or set LASTGOOD_HOME to another folder.",
  });
}

/**
 * Makes the data under another name first, so that one that was cut short is never used. A name of its
 * own: the initdb of a start that was killed may still be at work.
 */
export async function createData(home: Home, cluster: Cluster): Promise<void> {
  const unfinished = `${home.dataFolder}.unfinished-${process.pid}`;
  await removeUnfinished(home);
  await writePassfile(home.passfile, cluster.user, cluster.password);
  await createCluster({ ...cluster, dataFolder: unfinished });
  await rename(unfinished, home.dataFolder);
}

async function removeUnfinished(home: Home): Promise<void> {
  for (const name of await readdir(home.folder)) {
    if (!name.startsWith("data.unfinished")) continue;
    // Whoever still writes there is in nobody's way.
    await rm(join(home.folder, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

const longLogBytes = 10_000_000;

/** Puts a long log aside before a start; the one put aside earlier goes. */
export async function rotateLog(home: Home): Promise<void> {
  const found = await stat(home.logFile).catch(() => undefined);
  if (found !== undefined && found.size > longLogBytes) {
    await rename(home.logFile, `${home.logFile}.old`);
  }
}
