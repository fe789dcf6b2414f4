import { setTimeout as delay } from "node:timers/promises";
import { Client } from "pg";
import { ProgramError } from "../errors.ts";
import { findServerBinaries } from "./binaries.ts";
import { findClientProgram } from "./client-programs.ts";
import { newPassword, removeSocketFolder, socketFolderIn, startOnFreePort } from "./cluster.ts";
import { checkReachable, createData, majorOfData, openHome, rotateLog, type Home } from "./home.ts";
import { isBusy, isRefusedForGood, refusalOf, type Cluster, type Login } from "./launch.ts";
import { withLock } from "./lock.ts";
import { checkCanRunAs, serverOwner } from "./owner.ts";
import { readPassfile } from "../passfile.ts";
import { runningServer, type PidFile } from "./pidfile.ts";
import { isSameProcess, isServerOf, processIdentity } from "./process.ts";
import { reachableBinaries } from "./reachable.ts";
import { watchServer } from "./watch.ts";
import type { Env } from "./run.ts";
import {
  embeddedClientConfig,
  embeddedUrl,
  readEmbeddedState,
  writeEmbeddedState,
  type EmbeddedState,
} from "./state.ts";

export interface EmbeddedOptions {
  readonly env: Env;
  /** Told in a few words what takes time. */
  readonly onProgress?: (message: string) => void;
}

/** The persistent server of an installation that has no database of its own. */
export interface EmbeddedServer {
  /** For libpq's tools; names the passfile instead of a password. */
  readonly url: string;
  /** A whole line to paste into a shell. */
  readonly psqlLine: string;
  /** For `pg`, password included; goes through the socket. */
  readonly connection: Login;
  readonly state: EmbeddedState;
  /** The cluster was made by this call. */
  readonly isNew: boolean;
  /** Another call or process started the server. */
  readonly alreadyRunning: boolean;
  /** Waits for the signal; throws `ProgramError` when the server ends before. */
  watch(signal: AbortSignal): Promise<void>;
  /** Ends the server, unless another process that still lives started it. Safe to repeat. */
  stop(): Promise<void>;
}

type Found = Pick<EmbeddedServer, "state" | "isNew" | "alreadyRunning" | "stop">;

const host = "127.0.0.1";
const user = "postgres";
const database = "lastgood";

/**
 * Finds the embedded server running, or starts it, making it first where there is none.
 *
 * Safe to call from several processes at once: one starts, the others find it. The caller stops it;
 * nothing else will. Throws `ProgramError` where PostgreSQL is missing or does not start.
 */
export async function startEmbedded(options: EmbeddedOptions): Promise<EmbeddedServer> {
  const home = await openHome(options.env);
  const found = await withLock(home.lock, async () => {
    const running = await answeringServer(home, options);
    return running === undefined ? start(options, home) : joinRunning(options, home, running);
  });
  const { state } = found;
  return {
    ...found,
    url: embeddedUrl(state),
    psqlLine: await psqlLine(state, options.env),
    watch: (signal) => watchServer(home, state.pid ?? -1, signal),
    connection: await embeddedClientConfig(state),
  };
}

interface Answering {
  readonly pid: number;
  readonly port: number;
  readonly socketFolder: string;
}

const patienceMs = 60_000;

/** The server on our data once it lets us in; one that is starting or stopping is waited for. */
async function answeringServer(
  home: Home,
  { onProgress }: EmbeddedOptions,
): Promise<Answering | undefined> {
  const deadline = Date.now() + patienceMs;
  let said = "";
  for (;;) {
    const found = await runningServer(home.dataFolder);
    if (found === undefined) return undefined;
    const answer = await answerOf(home, found);
    if (!(answer instanceof Error)) return answer;
    if (isRefusedForGood(answer) || Date.now() > deadline) {
      throw new ProgramError(`the embedded server (process ${found.pid}) runs but lets nobody in`, {
        cause: answer,
        hint: `It said: ${answer.message}. Its log is ${home.logFile}.`,
      });
    }
    if (isBusy(answer) && said !== answer.message) {
      said = answer.message;
      onProgress?.(`waiting for the server that runs here (process ${found.pid}): ${said}`);
    }
    await delay(50);
  }
}

/** The server where it lets us in, else why it does not. */
async function answerOf(home: Home, found: PidFile): Promise<Answering | Error> {
  const { pid, port, socketFolder } = found;
  if (port === undefined || socketFolder === undefined) {
    return new Error("it has not opened its port yet");
  }
  const answering = { pid, port, socketFolder };
  return (await refusalOf(await loginTo(home, answering))) ?? answering;
}

async function loginTo(home: Home, server: Omit<Answering, "pid">): Promise<Login> {
  const { port, socketFolder } = server;
  const login = { host, port, database: "postgres", user };
  const password = await readPassfile(home.passfile, login);
  return { ...login, host: socketFolder, password, ssl: false };
}

async function start(options: EmbeddedOptions, home: Home): Promise<Found> {
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
  try {
    const { pid, port } = running;
    const { socketFolder } = cluster;
    const self = await processIdentity(process.pid);
    const state = await remember(env, home, { pid, port, socketFolder }, self);
    const stop = async (): Promise<void> => {
      await running.stop();
      await removeSocketFolder(home.folder, socketFolder);
      await withLock(home.lock, () => forget(env, pid));
    };
    return { state, isNew, alreadyRunning: false, stop };
  } catch (error) {
    await running.stop();
    throw error;
  }
}

async function clusterIn(home: Home, env: Env, major: number | undefined): Promise<Cluster> {
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
  const socketFolder = await socketFolderIn(folder, owner);
  const settings = { cluster_name: "lastgood" };
  const place = { dataFolder, socketFolder, logFile };
  return { binaries, owner, env, ...place, user, password, isDurable: true, settings };
}

/** Uses a server that runs already; one whose `lastgood up` was killed is ours to stop from now on. */
async function joinRunning(
  options: EmbeddedOptions,
  home: Home,
  running: Answering,
): Promise<Found> {
  const { env } = options;
  const earlier = await readEmbeddedState(env);
  const starter = earlier?.pid === running.pid ? earlier.startedBy : null;
  const isOrphan = starter !== null && !(await isSameProcess(starter));
  const startedBy = isOrphan ? await processIdentity(process.pid) : starter;
  const state = await remember(env, home, running, startedBy);
  const stop = async (): Promise<void> => {
    if (isOrphan) await withLock(home.lock, () => stopOrphan(env, home, running.pid));
  };
  return { state, isNew: false, alreadyRunning: true, stop };
}

async function stopOrphan(env: Env, home: Home, pid: number): Promise<void> {
  const deadline = Date.now() + patienceMs;
  const found = await runningServer(home.dataFolder);
  if (found?.pid === pid) process.kill(pid, "SIGINT");
  while (await isServerOf(pid, home.dataFolder)) {
    if (Date.now() > deadline) {
      throw new ProgramError(`PostgreSQL (process ${pid}) did not stop within a minute`);
    }
    await delay(50);
  }
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

async function psqlLine(state: EmbeddedState, env: Env): Promise<string> {
  const found = await findClientProgram("psql", { env });
  const path = found?.path ?? "psql";
  const program = /^[\w./@+-]+$/.test(path) ? path : `'${path.replaceAll("'", `'\\''`)}'`;
  return `${program} "${embeddedUrl(state)}" -c "select * from lastgood.system_status"`;
}
