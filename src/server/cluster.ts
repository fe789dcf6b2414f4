import { randomBytes } from "node:crypto";
import { chmod, mkdir, mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { UsageError } from "../errors.ts";
import { isPlainPath } from "./binaries.ts";
import { giveTo, type ServerOwner } from "./owner.ts";
import { freePort, isPortFree } from "./ports.ts";
import { disarmLeftovers } from "./pidfile.ts";
import { launch, StartError, type Cluster, type RunningCluster } from "./launch.ts";
import { run } from "./run.ts";

export function newPassword(): string {
  return randomBytes(24).toString("base64url");
}

const initdbHint =
  "The user who runs PostgreSQL needs a name in /etc/passwd, the right to write there and free space.";

/**
 * Runs initdb. What an earlier attempt left in a half-made folder is removed by the caller.
 *
 * @throws UsageError where initdb cannot work from the folder that it is in
 */
export async function createCluster(cluster: Cluster): Promise<void> {
  const { dataFolder, owner } = cluster;
  checkPlain(cluster.binaries.dir);
  await mkdir(dataFolder, { mode: 0o700 });
  await giveTo(owner, dataFolder);
  const passwordFile = `${dataFolder}.password`;
  await rm(passwordFile, { force: true });
  try {
    await writeFile(passwordFile, `${cluster.password}\n`, { mode: 0o600, flag: "wx" });
    await giveTo(owner, passwordFile);
    const sync = cluster.isDurable ? [] : ["--no-sync"];
    await run(
      join(cluster.binaries.dir, "initdb"),
      [
        `--pgdata=${dataFolder}`,
        `--username=${cluster.user}`,
        `--pwfile=${passwordFile}`,
        "--no-locale",
        "--encoding=UTF8",
        "--auth=scram-sha-256",
        ...sync,
      ],
      { env: cluster.env, runAs: owner, hint: initdbHint },
    );
  } finally {
    await rm(passwordFile, { force: true });
  }
}

function checkPlain(dir: string): void {
  if (isPlainPath(dir)) return;
  throw new UsageError(`PostgreSQL's initdb cannot work in ${dir}`, {
    hint:
      'Its path must hold none of " $ ` \\. Set LASTGOOD_HOME, or for the demo TMPDIR, to another folder, ' +
      "or install a PostgreSQL server (Debian: apt install postgresql).",
  });
}

/** Starts on exactly this port; throws `StartError` when the server does not come up. */
export async function startCluster(cluster: Cluster, port: number): Promise<RunningCluster> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    await disarmLeftovers(cluster.dataFolder, cluster.socketFolder);
    try {
      return await launch(cluster, port);
    } catch (error) {
      // Backends of a killed server need a moment to notice.
      const isBusy = error instanceof StartError && error.reason === "backends-left";
      if (!isBusy || Date.now() > deadline) throw error;
      await delay(100);
    }
  }
}

/** Starts on the preferred port while it is free, else on another free one. */
export async function startOnFreePort(
  cluster: Cluster,
  preferred: number | undefined,
): Promise<RunningCluster> {
  for (let attempt = 1; ; attempt += 1) {
    const isFree = attempt === 1 && preferred !== undefined && (await isPortFree(preferred));
    try {
      return await startCluster(cluster, isFree ? preferred : await freePort());
    } catch (error) {
      // Another process may take the port between our look and the server's.
      const isTaken = error instanceof StartError && error.reason === "port-taken";
      if (!isTaken || attempt === 5) throw error;
    }
  }
}

// The address of a socket holds 104 bytes on macOS, 108 on Linux, with a zero at the end.
const longestSocketPath = 100;

/** A folder for sockets that only the server's user (and root) may enter; below /tmp where the path is too long. */
export async function socketFolderIn(base: string, owner: ServerOwner): Promise<string> {
  const near = join(base, "socket");
  const isShort = Buffer.byteLength(join(near, ".s.PGSQL.65535")) <= longestSocketPath;
  if (!isShort) {
    const far = await mkdtemp("/tmp/lastgood-");
    await giveTo(owner, far);
    return far;
  }
  const isPresent = (await stat(near).catch(() => undefined)) !== undefined;
  if (!isPresent) await mkdir(near, { mode: 0o700 });
  await chmod(near, 0o700);
  await giveTo(owner, near);
  return near;
}

/** Whether it is a folder that `socketFolderIn` makes: whatever lies there is ours. */
export function isSocketFolder(base: string, folder: string): boolean {
  return folder === join(base, "socket") || /^\/tmp\/lastgood-[A-Za-z0-9]{6}$/.test(folder);
}

/** Removes a folder made by `socketFolderIn` below /tmp; one inside `base` stays, and so does another's. */
export async function removeSocketFolder(base: string, folder: string): Promise<void> {
  if (dirname(folder) === base || !isSocketFolder(base, folder)) return;
  await rm(folder, { recursive: true, force: true });
}
