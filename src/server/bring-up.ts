import { setTimeout as delay } from "node:timers/promises";
import { Client } from "pg";
import { ProgramError } from "../errors.ts";
import { readPassfile } from "../passfile.ts";
import { host, loginTo, user, type Answering } from "./answering.ts";
import { findServerBinaries } from "./binaries.ts";
import {
  isSocketFolder,
  newPassword,
  removeSocketFolder,
  socketFolderIn,
  startCluster,
  startOnFreePort,
} from "./cluster.ts";
import { checkReachable, createData, majorOfData, rotateLog, type Home } from "./home.ts";
import type { Cluster, Login, RunningCluster } from "./launch.ts";
import { withLock } from "./lock.ts";
import { checkCanRunAs, serverOwner } from "./owner.ts";
import { runningServer } from "./pidfile.ts";
import { isSameProcess, isServerOf, processIdentity } from "./process.ts";
import { reachableBinaries } from "./reachable.ts";
import type { Env } from "./run.ts";
import { readEmbeddedState, writeEmbeddedState, type EmbeddedState } from "./state.ts";

export interface EmbeddedOptions {
  readonly env: Env;
  /** Told in a few words what takes time. */
  readonly onProgress?: (message: string) => void;
}

/** A server on our data, and what is ours to do about it. */
export interface Found {
  /** As it was when the server was found. */
  readonly state: EmbeddedState;
  /** The cluster was made by this call. */
  readonly isNew: boolean;
  /** Another call or process started the server. */
  readonly alreadyRunning: boolean;
  /** Ends the server, unless another process that still lives started it. Safe to repeat. */
  stop(): Promise<void>;
}

const database = "lastgood";
const patienceMs = 60_000;

/** Starts the server on the port that it had while that is free, making it first where there is none. */
export async function start(options: EmbeddedOptions, home: Home): Promise<Found> {
  const { env, onProgress } = options;
  const major = await majorOfData(home);
  const isNew = major === undefined;
  const cluster = await clusterIn(home, env, major);
  if (isNew) {
    onProgress?.(`creating a PostgreSQL ${cluster.binaries.version} server in ${home.folder}`);
    await createData(home, cluster);
  }
  await rotateLog(home);
  const earlier = await readEmbeddedState(env);
  onProgress?.(`starting PostgreSQL ${cluster.binaries.version}`);
  const running = await startOnFreePort(cluster, earlier?.port);
  return { ...(await own(env, home, cluster, running)), isNew };
}

/**
 * Starts a server that ended, exactly where it was, so that whoever knows its address finds it there.
 *
 * @throws StartError when it does not come up, which may pass; ProgramError when it cannot
 */
export async function startAgain(env: Env, home: Home, ended: EmbeddedState): Promise<Found> {
  const { port, socketFolder } = ended;
  const major = await majorOfData(home);
  if (major === undefined) throw new ProgramError(`${home.dataFolder} is empty`);
  // A start removes sockets from there, and a stop perhaps the folder.
  if (!isSocketFolder(home.folder, socketFolder)) {
    throw new ProgramError(`its sockets in ${socketFolder} are not lastgood's`);
  }
  const cluster = await clusterIn(home, env, major, socketFolder);
  await rotateLog(home);
  return own(env, home, cluster, await startCluster(cluster, port));
}

/** Remembers a server that we started, which makes it ours to stop. */
async function own(
  env: Env,
  home: Home,
  { socketFolder }: Cluster,
  running: RunningCluster,
): Promise<Found> {
  const { pid, port } = running;
  try {
    const self = await processIdentity(process.pid);
    const state = await remember(env, home, { pid, port, socketFolder }, self);
    const stop = async (): Promise<void> => {
      await running.stop();
      await removeSocketFolder(home.folder, socketFolder);
      await withLock(home.lock, () => forget(env, pid));
    };
    return { state, isNew: false, alreadyRunning: false, stop };
  } catch (error) {
    await running.stop();
    throw error;
  }
}

async function clusterIn(
  home: Home,
  env: Env,
  major: number | undefined,
  socketFolder?: string,
): Promise<Cluster> {
  const { dataFolder, logFile, folder } = home;
  const owner = await serverOwner({ env, dataFolder, mayCreateUser: true });
  await checkReachable(home, owner);
  await checkCanRunAs(owner, env);
  const found = await findServerBinaries({ env, major });
  const binaries = await reachableBinaries(found, owner, folder);
  const password =
    major === undefined
      ? newPassword()
      : await readPassfile(home.passfile, { host, port: 0, database, user });
  const sockets = socketFolder ?? (await socketFolderIn(folder, owner));
  const settings = { cluster_name: "lastgood" };
  const place = { dataFolder, socketFolder: sockets, logFile };
  return { binaries, owner, env, ...place, user, password, isDurable: true, settings };
}

/**
 * Uses a server that runs already. It is ours to stop where the `lastgood up` that started it was killed,
 * and where none did and it took the place of one that was ours.
 */
export async function joinRunning(
  { env }: EmbeddedOptions,
  home: Home,
  running: Answering,
  replacesOurs = false,
): Promise<Found> {
  const earlier = await readEmbeddedState(env);
  const starter = earlier?.pid === running.pid ? earlier.startedBy : null;
  const isOurs = starter === null ? replacesOurs : !(await isSameProcess(starter));
  const startedBy = isOurs ? await processIdentity(process.pid) : starter;
  const state = await remember(env, home, running, startedBy);
  const stop = async (): Promise<void> => {
    if (isOurs) await withLock(home.lock, () => stopAdopted(env, home, running));
  };
  return { state, isNew: false, alreadyRunning: true, stop };
}

async function stopAdopted(env: Env, home: Home, running: Answering): Promise<void> {
  const { pid, socketFolder } = running;
  const deadline = Date.now() + patienceMs;
  const found = await runningServer(home.dataFolder);
  if (found?.pid === pid) process.kill(pid, "SIGINT");
  while (await isServerOf(pid, home.dataFolder)) {
    if (Date.now() > deadline) {
      throw new ProgramError(`PostgreSQL (process ${pid}) did not stop within a minute`);
    }
    await delay(50);
  }
  await removeSocketFolder(home.folder, socketFolder);
  await forget(env, pid);
}

/** Writes the state, after making sure that the database is there: an earlier start may have been cut short. */
async function remember(
  env: Env,
  home: Home,
  server: Answering,
  startedBy: string | null,
): Promise<EmbeddedState> {
  const { pid, port, socketFolder } = server;
  const version = await prepareDatabase(await loginTo(home, server));
  const { dataFolder, passfile } = home;
  const address = { host, port, socketFolder, user, database, passfile };
  const state = { ...address, dataFolder, version, pid, startedBy };
  await writeEmbeddedState(env, state);
  return state;
}

async function prepareDatabase(login: Login): Promise<string> {
  const client = new Client(login);
  await client.connect();
  try {
    const { rows } = await client.query<{ version: string; is_present: boolean }>(
      `select split_part(current_setting('server_version'), ' ', 1) as version,
         exists (select from pg_catalog.pg_database where datname = $1) as is_present`,
      [database],
    );
    if (rows[0]?.is_present !== true) await client.query(`create database ${database}`);
    return rows[0]?.version ?? "";
  } finally {
    await client.end();
  }
}

async function forget(env: Env, pid: number): Promise<void> {
  const state = await readEmbeddedState(env);
  if (state?.pid === pid) await writeEmbeddedState(env, { ...state, pid: null, startedBy: null });
}
