import { constants, open, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { isPresent, isServerOf } from "./process.ts";

/** What a running server says of itself in postmaster.pid. */
export interface PidFile {
  readonly pid: number;
  readonly port: number | undefined;
  readonly socketFolder: string | undefined;
}

/** Undefined where no server runs, or none was stopped the hard way. */
export async function readPidFile(dataFolder: string): Promise<PidFile | undefined> {
  const text = await readFile(join(dataFolder, "postmaster.pid"), "utf8").catch(() => "");
  const lines = text.split("\n");
  const pid = Number.parseInt(lines[0] ?? "", 10);
  if (Number.isNaN(pid)) return undefined;
  const port = Number.parseInt(lines[3] ?? "", 10);
  const socketFolder = lines[4];
  return {
    pid,
    port: Number.isNaN(port) ? undefined : port,
    socketFolder: socketFolder === "" ? undefined : socketFolder,
  };
}

/** The server that runs on a data folder now; a left-over postmaster.pid counts for nothing. */
export async function runningServer(dataFolder: string): Promise<PidFile | undefined> {
  const found = await readPidFile(dataFolder);
  return found !== undefined && (await isServerOf(found.pid, dataFolder)) ? found : undefined;
}

/**
 * Makes what a killed server left behind harmless for the next start.
 *
 * PostgreSQL follows a dead server by itself, but stops when the old number now belongs to another process
 * of the same user (usual in containers). postmaster.pid is not removed: it also guards against
 * surviving backends. It gets our own number, which the server, as our child, passes over.
 */
export async function disarmLeftovers(dataFolder: string, socketFolder: string): Promise<void> {
  const found = await readPidFile(dataFolder);
  if (found !== undefined && (await isServerOf(found.pid, dataFolder))) return;
  if (found !== undefined && isPresent(found.pid)) {
    await replacePid(join(dataFolder, "postmaster.pid"));
  }
  const names = await readdir(socketFolder);
  const sockets = names.filter((name) => name.startsWith(".s.PGSQL."));
  await Promise.all(sockets.map((name) => rm(join(socketFolder, name), { force: true })));
}

async function replacePid(path: string): Promise<void> {
  // No link is followed: the folder belongs to the server's user, and we may be root.
  const file = await open(path, constants.O_RDWR | constants.O_NOFOLLOW);
  try {
    const text = await file.readFile("utf8");
    await file.truncate();
    await file.write(text.replace(/^\d+/, String(process.pid)), 0);
  } finally {
    await file.close();
  }
}
